"""Commercial and support (F1 to F3): raw values from the ledger. Pure; nothing dated after T counts."""

from typing import TYPE_CHECKING

from collector.accounts.contracts.terms import Due
from collector.accounts.ledger.kinds.relations import Ticket
from collector.accounts.ledger.view import AccountLedger
from collector.health.measures.measure import Measure
from collector.health.model import AccountInputs, Reading

if TYPE_CHECKING:  # the policy checks its weights against the measures
    from collector.health.policy.file import Policy


def f1(inputs: AccountInputs, due: Due | None, policy: "Policy") -> Reading:
    """Steps towards the renewal that are done, over those expected so many days before it."""
    day = inputs.day
    if due is None:
        why = "not_near" if any(each.starts <= day for each in inputs.ledger.contracts) else "no_contract"
        return Reading(measure="F1", value=None, state="na", why=why)
    detail = {"contracts": [due.contract.id], "due_day": due.due_day, "steps": sorted(set(due.steps))}
    if due.noticed:
        return Reading(measure="F1", value=0.0, newest_day=day, detail={**detail, "noticed": True})
    if due.days_left > policy.renewal.horizon_days:
        return Reading(measure="F1", value=None, state="na", why="not_near", detail=detail)
    if due.auto_renews:
        return Reading(measure="F1", value=None, state="na", why="auto_renews", detail=detail)
    expected = sum(due.days_left <= before for before in policy.renewal.expected_days.values())
    if not expected:
        return Reading(measure="F1", value=None, state="na", why="not_near", detail=detail)
    done = len(set(due.steps) & set(policy.renewal.expected_days))
    return Reading(
        measure="F1",
        value=min(1.0, done / expected),
        count=float(done),
        exposure=float(expected),
        newest_day=day,
        detail=detail,
    )


def overdue_days(ledger: AccountLedger, day: int) -> dict[str, int]:
    """Unpaid invoices past their due day, with the days since."""
    return {each.id: day - each.due_day for each in ledger.invoices if each.due_day < day and each.is_owed(day)}


def finance_day(ledger: AccountLedger, day: int) -> int | None:
    """The newest thing that the account's own invoices tell."""
    told = [each.issued_day for each in ledger.invoices if each.issued_day <= day]
    told += [each.paid_day for each in ledger.invoices if each.paid_day is not None and each.paid_day <= day]
    return max(told, default=None)


def f2(inputs: AccountInputs, source_day: int | None) -> Reading:
    """Days that the longest unpaid invoice is overdue."""
    if source_day is None:
        return Reading(measure="F2", value=None, state="na", why="no_source")
    overdue = overdue_days(inputs.ledger, inputs.day)
    detail = {"invoices": sorted(overdue)} if overdue else {}
    return Reading(measure="F2", value=float(max(overdue.values(), default=0)), newest_day=source_day, detail=detail)


def tickets_day(ledger: AccountLedger, day: int) -> int | None:
    """The newest thing that the account's own tickets tell."""
    told = [each.opened_day for each in ledger.tickets if each.opened_day <= day]
    told += [each.closed_day for each in ledger.tickets if each.closed_day is not None and each.closed_day <= day]
    return max(told, default=None)


def f3(inputs: AccountInputs, robots: int, policy: "Policy", source_day: int | None) -> Reading:
    """Urgent tickets that are open and tickets that breached their service level lately, each once, per robot."""
    if source_day is None:
        return Reading(measure="F3", value=None, state="na", why="no_source")
    if robots <= 0:
        return Reading(measure="F3", value=None, state="na", why="no_robots")
    day = inputs.day
    opened = [each for each in inputs.ledger.tickets if each.opened_day <= day]
    urgent = [each.id for each in opened if each.urgency == "urgent" and _is_open(each, day)]
    breached = [each.id for each in opened if _breached(each, day, policy.tickets.breach_days)]
    points = len({*urgent, *breached})
    return Reading(
        measure="F3",
        value=points / robots,
        count=float(points),
        exposure=float(robots),
        newest_day=source_day,
        detail={"tickets": sorted({*urgent, *breached}), "urgent": len(urgent), "breached": len(breached)},
    )


def _is_open(ticket: Ticket, day: int) -> bool:
    return ticket.closed_day is None or ticket.closed_day > day


def _breached(ticket: Ticket, day: int, within_days: int) -> bool:
    """It was open after its service level's day, and still is or was so lately."""
    if ticket.sla_day is None or ticket.sla_day >= day:
        return False
    end = day if ticket.closed_day is None or ticket.closed_day > day else ticket.closed_day
    return end > ticket.sla_day and end > day - within_days


MEASURES = (
    Measure("F1", lambda of: f1(of.inputs, of.due, of.policy)),
    Measure("F2", lambda of: f2(of.inputs, of.finance_day), ages_with="finance", is_lower_better=True),
    Measure(
        "F3", lambda of: f3(of.inputs, of.robots, of.policy, of.tickets_day), ages_with="tickets", is_count_rate=True,
        is_lower_better=True,
    ),
)  # fmt: skip
