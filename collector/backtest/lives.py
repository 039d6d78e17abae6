"""An account's ledger as a back-test sees it: which contracts came due, and what became of each. Pure."""

from dataclasses import replace

from collector.accounts.contracts.arr import term_arr
from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.contracts.renewed import KEPT, Expired, Period, expired_in
from collector.accounts.contracts.terms import next_due, standing_terms
from collector.accounts.ledger.view import AccountLedger
from collector.backtest.history import Ending, Life


def life_of(ledger: AccountLedger, through_day: int, rates: Rates, grace_days: int) -> Life | None:
    """As known now, of everything until `through_day`. None: it never had a contract."""
    starts = [contract.starts for contract in ledger.contracts]
    if not starts:
        return None
    period = Period(min(starts), through_day, through_day, grace_days)
    endings = [_ending(ledger, one, through_day, rates) for one in expired_in(ledger, period, rates)]
    running = next_due(ledger, through_day, grace_days=grace_days)
    if running is not None and all(one.due_day != running.due_day for one in endings):
        notice = None if running.renewal is None else running.renewal.notice_day
        endings.append(Ending(due_day=running.due_day, kept=False if running.noticed else None, notice_day=notice))
    endings = _with_notices(endings, ledger, through_day, rates, grace_days)
    return Life(
        account=ledger.account.id,
        since_day=min(starts),
        endings=tuple(sorted(endings, key=lambda one: one.due_day)),
    )


def _with_notices(
    endings: list[Ending], ledger: AccountLedger, through_day: int, rates: Rates, grace_days: int
) -> list[Ending]:
    """Every running contract that the customer has said to leave, with what it is worth; its due day is to come."""
    past = [one for one in endings if one.due_day <= through_day]
    found = {one.due_day: one for one in endings if one.due_day > through_day}
    worth: dict[int, list[int | None]] = {}
    for term in standing_terms(ledger, through_day, grace_days=grace_days):
        said = term.renewal
        if term.due <= through_day or said is None or (said.notice_day is None and said.outcome != "lost"):
            continue
        worth.setdefault(term.due, []).append(rates.hundredths(term_arr(ledger, term, through_day, rates)))
        known = found.get(term.due)
        days = [day for day in (said.notice_day, None if known is None else known.notice_day) if day is not None]
        found[term.due] = Ending(due_day=term.due, kept=False, notice_day=min(days, default=None))
    return past + [
        replace(one, arr=None if None in parts else sum(part for part in parts if part is not None))
        if (parts := worth.get(one.due_day))
        else one
        for one in found.values()
    ]


def _ending(ledger: AccountLedger, one: Expired, through_day: int, rates: Rates) -> Ending:
    """Won back after the grace was lost first; inside the grace nothing is decided."""
    kept = None if one.fate == "in_grace" else one.fate in KEPT
    notices = [renewal.notice_day for renewal in ledger.renewals if renewal.contract == one.contract]
    ended = [contract.terminated_day for contract in ledger.contracts if contract.id == one.contract]
    known = [day for day in (*notices, *ended) if day is not None and day <= min(one.due_day, through_day)]
    return Ending(
        due_day=one.due_day, kept=kept, arr=rates.hundredths(one.expiring),
        notice_day=min(known) if known and kept is False else None,
    )  # fmt: skip
