"""A closed bill's use as events in the shapes that Lago, OpenMeter and Stripe take. Pure.

One event is one robot's day of one line: `value` is the change that the line adds (a delta's may be below zero). Its
key is made of the bill, the line, the robot and the day, which never change: sent again, it is the same event.
Subscriptions and customers are called as here: the key of the subscription, the external id of the account.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from collector.calendar import days
from collector.calendar.days import DAY_S
from collector.skillstore.billing.rating import Counts

EventForm = Literal["lago", "openmeter", "stripe"]
FORMS: tuple[EventForm, ...] = ("lago", "openmeter", "stripe")
STRIPE_PAST_DAYS = 34
"""Stripe takes no event that is older than 35 days when it is sent: one of an older day is stamped with the closing of
its bill, and where that is older too, with the sending."""
SOURCE = "fleetward"


@dataclass(frozen=True, slots=True)
class CountedLine:
    """A line of a closed bill as events need it. `code`: the skill and the charge, which name the meter."""

    bill: int
    place: int
    account: str
    subscription: str
    skill: str
    charge: str
    counts: Counts
    closed_at: int


def events(lines: Iterable[CountedLine], form: EventForm, now_s: int) -> Iterator[dict[str, Any]]:
    """Every event of these lines, by line, robot and day; `now_s` is when they are sent."""
    if form == "stripe":
        for line in lines:
            for (robot, day), count in sorted(line.counts.items()):
                yield _stripe(line, robot, day, count, now_s)
        return
    shape = {"lago": _lago, "openmeter": _openmeter}[form]
    for line in lines:
        for (robot, day), count in sorted(line.counts.items()):
            yield shape(line, robot, day, count)


def key_of(line: CountedLine, robot: str, day: int) -> str:
    """The same for the same robot's day of the same line, whenever it is made; at most 100 characters."""
    named = f"{line.bill}/{line.place}/{robot}/{days.iso(day)}"
    return f"fleetward-{line.bill}-{line.place}-{sha256(named.encode()).hexdigest()[:32]}"


def _noon(day: int) -> int:
    return day * DAY_S + DAY_S // 2


def _code(line: CountedLine) -> str:
    return f"{line.skill}.{line.charge}"


def _lago(line: CountedLine, robot: str, day: int, count: int) -> dict[str, Any]:
    return {
        "transaction_id": key_of(line, robot, day), "external_subscription_id": line.subscription, "code": _code(line),
        "timestamp": _noon(day), "properties": {"value": count, "robot": robot, "day": days.iso(day)},
    }  # fmt: skip


def _openmeter(line: CountedLine, robot: str, day: int, count: int) -> dict[str, Any]:
    """CloudEvents 1.0."""
    return {
        "specversion": "1.0", "id": key_of(line, robot, day), "source": SOURCE, "type": _code(line),
        "subject": line.account, "time": days.rfc3339(_noon(day)), "datacontenttype": "application/json",
        "data": {"value": count, "robot": robot, "day": days.iso(day), "subscription": line.subscription},
    }  # fmt: skip


def _stripe(line: CountedLine, robot: str, day: int, count: int, now_s: int) -> dict[str, Any]:
    oldest = now_s - STRIPE_PAST_DAYS * DAY_S
    at = next((each for each in (_noon(day), line.closed_at) if each >= oldest), now_s)
    return {
        "event_name": _code(line)[:100], "identifier": key_of(line, robot, day),
        "timestamp": at,
        "payload": {"stripe_customer_id": line.account, "value": str(count)},
    }  # fmt: skip
