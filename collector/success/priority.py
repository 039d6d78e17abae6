"""What makes one call to action more urgent than another: an account's situation, and the formula. Pure.

    priority = 100 × (severity + renewal urgency + ARR percentile + days since contact / cadence)

Each part is 0..1 and has its weight, as the file of playbooks says. A
contract that renews itself has no date to work towards: contact age takes that place. An ARR that is not known (no
exchange rate is stated) is no small one: the other parts' weights are stretched to the whole.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collector.accounts.contracts import terms
from collector.accounts.ledger.view import AccountLedger
from collector.success.sections import PriorityRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the priority of an account's calls to action depends on besides their rule. Days are numbers."""

    row_id: int
    account: str  # its id
    csm: str = ""
    arr: int | None = None  # hundredths, base currency; None: not known
    due_day: int | None = None  # of the next renewal
    auto_renews: bool = False
    contact_day: int | None = None  # the newest contact in both directions; None: never
    contract: str = ""  # that is due
    notice_day: int | None = None  # the last one on which the customer can give notice of it
    noticed: bool = False  # the customer has said that it leaves
    steps: int = 0  # towards the renewal that were taken
    cadence_days: float  # of the touch model of its segment


def situation(
    ledger: AccountLedger, day: int, *, arr: int | None, due: terms.Due | None, cadence_days: float, grace_days: int
) -> Situation:
    """The account's situation on a day; `due` as `terms.next_due` says with the same grace.

    After the grace nothing is due any more: the end that passed without a renewal is the day then.
    """
    due_day = None if due is None else due.due_day
    if due is None and terms.lapsed(ledger, day, grace_days):
        due_day = max(contract.ends for contract in ledger.contracts)
    return Situation(
        row_id=ledger.row_id,
        account=ledger.account.id,
        csm=ledger.account.csm or "",
        arr=arr,
        due_day=due_day,
        auto_renews=due is not None and due.auto_renews,
        contract="" if due is None else due.contract.id,
        notice_day=None if due is None else due.contract.notice_until(due.due_day),
        noticed=due is not None and due.noticed,
        steps=0 if due is None else len(due.steps),
        contact_day=contact_day(ledger, day),
        cadence_days=cadence_days,
    )


def contact_day(ledger: AccountLedger, day: int) -> int | None:
    """The newest day up to `day` on which the customer spoke: it came to us, or a person answered."""
    spoken = (touch.spoken_day for touch in ledger.touches)
    return max((each for each in spoken if each is not None and each <= day), default=None)


def renewal_urgency(days_left: int | None, rules: PriorityRules) -> float:
    """The first step's also when it is overdue, falling by steps to 0 beyond the last, or without a contract."""
    if days_left is None:
        return 0.0
    return next((step.urgency for step in rules.renewal_urgency if days_left <= step.days), 0.0)


def contact_age(one: Situation, day: int) -> float:
    """Days since the newest contact over the cadence, 0..1; never spoken to is 1."""
    if one.contact_day is None:
        return 1.0
    return min(1.0, max(0.0, (day - one.contact_day) / one.cadence_days))


def known_arr(situations: Iterable[Situation]) -> list[int]:
    """What `percentile` ranks among."""
    return [one.arr for one in situations if one.arr is not None]


def percentile(arr: int, ordered: Sequence[int]) -> float:
    """Where `arr` stands among all accounts' ARR (in ascending order), equal ones in the middle of their rank."""
    if not ordered:
        return 0.0
    return (bisect_left(ordered, arr) + bisect_right(ordered, arr)) / (2 * len(ordered))


def priority(severity: float, one: Situation, ordered_arr: Sequence[int], day: int, rules: PriorityRules) -> float:
    """0..100; more is sooner."""
    age = contact_age(one, day)
    days_left = None if one.due_day is None else one.due_day - day
    urgency = age if one.auto_renews else renewal_urgency(days_left, rules)
    rank = None if one.arr is None else percentile(one.arr, ordered_arr)
    parts = (severity, urgency, rank, age)
    known = [(weight, part) for weight, part in zip(rules.weights, parts, strict=True) if part is not None]
    total = 100.0 * sum(weight * part for weight, part in known)
    of = sum(weight for weight, _ in known)
    return total if rank is not None else total / of if of else 0.0
