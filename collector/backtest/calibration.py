"""Probabilities made of the score, apart from it: only after enough past losses, judged where not fitted. Pure."""

import numpy as np
from numpy.typing import NDArray

from collector.backtest.baselines import Logistic
from collector.backtest.history import EvaluationSettings
from collector.backtest.report import Bin, Calibration

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
BINS = 5
MISCALIBRATED_P = 0.01


def calibration(
    risk: Numbers, lost: Flags, fold: NDArray[np.int64], train: Flags | None, test: Flags, losses: int,
    lost_accounts: int, settings: EvaluationSettings,
) -> Calibration:  # fmt: skip
    """`losses`: past non-renewals; `lost_accounts`: those among the rows that are judged.

    Without a split (`train` None) or with too few of them: not enough history.
    """
    needed = settings.calibration_losses
    if train is None or losses < needed or not lost[train].any() or not test.any():
        return Calibration(enough=False, losses=losses, needed=needed)
    foretold = np.zeros(len(risk))
    usual = np.zeros(len(risk))
    for one in np.unique(fold[test]):
        here, others = test & (fold == one), train & (fold != one)
        if lost[others].any():
            foretold[here] = Logistic(risk[others, None], lost[others]).probability(risk[here, None])
        usual[here] = lost[others].mean() if others.any() else 0.0
    happened = lost[test].astype(float)
    brier, constant = float(((foretold[test] - happened) ** 2).mean()), float(((usual[test] - happened) ** 2).mean())
    table = _table(foretold[test], happened)
    return Calibration(
        enough=True,
        losses=losses,
        needed=needed,
        brier=brier,
        brier_constant=constant,
        miscalibrated=brier > constant or _differs(table, int(lost[test].sum()) / max(lost_accounts, 1)),
        table=table,
    )


def _differs(table: tuple[Bin, ...], rows_an_account: float) -> bool:
    """Hosmer and Lemeshow's sum over the bins, judged by chance. An account that is lost has several rows for one loss,
    which says as much as one: so many fold less.
    """
    spread = [(one, one.rows * one.foretold * (1 - one.foretold)) for one in table]
    found = sum((one.rows * (one.happened - one.foretold)) ** 2 / of for one, of in spread if of > 0)
    from scipy.special import chdtrc  # noqa: PLC0415 - it loads for a quarter of a second; most starts judge nothing

    return float(chdtrc(len(table), found / max(rows_an_account, 1.0))) < MISCALIBRATED_P


def _table(foretold: Numbers, happened: Numbers) -> tuple[Bin, ...]:
    """Bins of as many rows each, by what was foretold."""
    found = []
    for part in np.array_split(np.argsort(foretold, kind="stable"), BINS):
        if len(part):
            inside = foretold[part]
            found.append(
                Bin(
                    float(inside.min()),
                    float(inside.max()),
                    len(part),
                    float(inside.mean()),
                    float(happened[part].mean()),
                )
            )
    return tuple(found)
