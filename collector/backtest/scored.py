"""Past days scored anew for a back-test, from accounts, contracts and usage alone. Pure.

Only what such files speak of is read: measures of use, the drop, the contracts. Everything else is NA, never zero:
files without touches do not mean that nobody called. Bands follow the number alone, since coverage is low by design.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from collector.accounts.contracts.arr import arr_on
from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.contracts.terms import standing_contracts
from collector.accounts.ledger.view import AccountLedger
from collector.backtest.as_of_days import laid
from collector.backtest.history import ROW_DAYS, History, ScoredDay
from collector.backtest.lives import life_of
from collector.backtest.scored_row import row_of
from collector.backtest.use import use_percentiles
from collector.health.anomalies import falls, incidents
from collector.health.measures.registry import IN_FILES
from collector.health.model import HISTORY_DAYS, AccountDay, AccountInputs, Reading, Readings
from collector.health.policy.file import Policy
from collector.health.score import peers, readings
from collector.health.score.bands import of_number
from collector.health.score.score import by_what_is_known, score

FIRST_AFTER_DAYS = 84  # 28 + 56: before that there is no momentum
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Past:
    """One account as files tell it: its contracts, and its days in order."""

    ledger: AccountLedger
    days: Sequence[AccountDay]


def history_of(
    pasts: Sequence[Past], through_day: int, rates: Rates, policy: Policy, leads: Sequence[int] = (),
    progress: Progress = lambda *_: None,
) -> History:  # fmt: skip
    """Every 28 days (as_of_days), from the first on that has enough days before it, each account with a contract is
    scored, for those leads.
    """
    first = min((past.days[0].day for past in pasts if past.days), default=through_day) + FIRST_AFTER_DAYS
    row_days = (
        laid(lambda day: day if day >= first else None, first, through_day, leads) if first <= through_day else []
    )
    rows: list[ScoredDay] = []
    for done, day in enumerate(row_days):
        progress("score", done, len(row_days))
        rows += _rows(pasts, day, rates, policy)
    lives = (life_of(past.ledger, through_day, rates, policy.renewal.grace_days) for past in pasts)
    bands: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        bands.setdefault(row.account, []).append((row.day, row.band))
    return History(
        rows=rows,
        lives={life.account: life for life in lives if life is not None},
        through_day=through_day,
        bands=bands,
        source="files",
        basis="files",
        policy=(policy.hash,),
    )


def _rows(pasts: Sequence[Past], day: int, rates: Rates, policy: Policy) -> list[ScoredDay]:
    inputs = [one for past in pasts if (one := _inputs(past, day, rates, policy.renewal.grace_days)) is not None]
    judged = [falls.statistics(one, policy.anomaly, _counter(one, policy)) for one in inputs]
    verdicts = falls.judge_all(judged, policy.anomaly)
    verdicts = incidents.muted(verdicts, incidents.find(judged, verdicts, policy.anomaly))
    read = [_of_use(readings.read(one, policy)) for one in inputs]
    table = peers.build(read, policy)
    use = use_percentiles(dict(_totals(inputs, policy)))
    csms = {one.ledger.account.id: one.ledger.account.csm or "" for one in inputs}
    rows = []
    for said in read:
        scored = score(said, table, policy, verdict=verdicts[said.account])
        final = by_what_is_known(scored)
        rows.append(
            row_of(
                scored, policy, account=said.account, band="grey" if final is None else of_number(final, policy),
                usage_percentile=use.get(said.account), arr=said.arr, csm=csms[said.account],
            )
        )  # fmt: skip
    return rows


def _inputs(past: Past, day: int, rates: Rates, grace_days: int) -> AccountInputs | None:
    """None: no contract stands on that day, as far as was known then."""
    if not standing_contracts(past.ledger, day, grace_days=grace_days):
        return None
    days = tuple(one for one in past.days if day - HISTORY_DAYS < one.day <= day)
    arr = rates.hundredths(arr_on(past.ledger, day, rates, grace_days=grace_days))
    return AccountInputs(day=day, ledger=past.ledger, days=days, arr=arr)


def _counter(inputs: AccountInputs, policy: Policy) -> str:
    return policy.scene(inputs.ledger.account.scene).counter


def _totals(inputs: Sequence[AccountInputs], policy: Policy) -> Iterator[tuple[str, tuple[str, float]]]:
    for one in inputs:
        counter = _counter(one, policy)
        counted = [
            each.counts[counter] for each in one.days if each.day > one.day - ROW_DAYS and counter in each.counts
        ]
        if counted:
            yield one.ledger.account.id, (one.ledger.account.scene, float(sum(counted)))


def _of_use(said: Readings) -> Readings:
    """The readings without what the files do not speak of."""
    kept = {
        name: reading if name in IN_FILES else Reading(measure=name, value=None, state="na", why="not_in_files")
        for name, reading in said.readings.items()
    }
    return replace(said, readings=kept, exceptions=(), pending=(), overrides=())
