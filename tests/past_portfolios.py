"""Portfolios with a past, from a seed: scores, contracts, and what became of them, for tests of the back-test."""

import numpy as np

from collector.backtest.history import ROW_DAYS, Ending, History, Life, ScoredDay

DAY0, DAYS = 20_000, 540
YEAR = 365


def history(accounts: int, seed: int, signal: float, churn: float = 0.2, days: int = DAYS) -> History:
    """Yearly contracts that are not renewed with a chance of `churn`. In the half year before, the score of those who
    leave lies `signal` points lower; 0 is a null history: the score knows nothing.
    """
    rng = np.random.default_rng(seed)
    rows, lives, bands = [], {}, {}
    for number in range(accounts):
        account = f"A{number:05d}"
        since = DAY0 - int(rng.integers(0, YEAR))
        arr = int(rng.lognormal(15, 0.8))
        endings, gone = [], None
        for due in range(since + YEAR, DAY0 + days + YEAR, YEAR):
            kept: bool | None = None if due > DAY0 + days else bool(rng.random() > churn)
            notice = None if kept is not False or rng.random() < 0.4 else due - int(rng.integers(10, 80))
            endings.append(Ending(due_day=due, kept=kept, arr=arr, notice_day=notice))
            if kept is False:
                gone = due
                break
        lives[account] = Life(account=account, since_day=since, endings=tuple(endings))
        usual = rng.normal(65, 8)
        for day in range(DAY0, DAY0 + days, ROW_DAYS):
            if gone is not None and day > gone:
                break
            leaving = gone is not None and gone - day < YEAR // 2
            final = float(np.clip(usual + rng.normal(0, 8) - signal * leaving, 0, 100))
            band = "red" if final < 40 else "yellow" if final < 70 else "green"
            scores = {"B2": float(np.clip(final + rng.normal(0, 20), 0, 100)), "C1": float(rng.uniform(0, 100))}
            share = float(rng.random())
            rows.append(
                ScoredDay(
                    account=account, day=day, final=final, band=band, scores=scores, usage_percentile=share, arr=arr
                )
            )
            bands.setdefault(account, []).append((day, band))
    return History(
        rows=rows,
        lives=lives,
        through_day=DAY0 + days,
        bands=bands,
        source="simulated",
        basis="arrived",
        policy=(),
    )
