"""Accounts for tests of the health model: plain good ones, to be changed in one thing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from collector.accounts.ledger.kinds import care, money, relations, who
from collector.accounts.ledger.view import AccountLedger
from collector.built_in import HEALTH as DEFAULT
from collector.health.model import AccountDay, AccountInputs, Fleet, Previous, Readings, Scored
from collector.health.policy.file import Policy
from collector.health.score import peers, readings, score
from tests.plain_facts import a_contract, an_account
from tests.policies import HEALTH

T = 20_500  # a Monday
FIRST = T - 400  # the first robot's day: a mature account
OPEN_S = 8 * 3600


def day(at: int, **more: Any) -> AccountDay:
    """A good day of two robots in an exhibition hall."""
    robots = more.pop("robots", 2)
    counts = more.pop("counts", {"interaction": 90 * robots, "wake_up": 150 * robots, "guided_tour": 10 * robots})
    given = {
        "heard": robots, "active": robots, "online_s": OPEN_S * robots, "scheduled_s": OPEN_S * robots, **more,
    }  # fmt: skip
    return AccountDay(day=at, robots=robots, counts=counts, **given)


def days(until: int = T, n: int = 150, **more: Any) -> tuple[AccountDay, ...]:
    return tuple(day(at, **more) for at in range(until - n + 1, until + 1))


def ledger(name: str = "a1", row_id: int = 1, **facts: Any) -> AccountLedger:
    """An account with a contract that is not near its end, a sponsor, a champion and an admin who answer."""
    words = {
        "id": name, "name": name, "industry": "museum", "scene": "exhibition_hall", "timezone": "Asia/Shanghai",
        **facts.pop("account", {}),
    }  # fmt: skip
    said: dict[str, Any] = {
        "contacts": tuple(
            who.Contact(id=f"{name}-{role}", account=name, name=role, role=role)
            for role in ("sponsor", "champion", "admin")
        ),
        "touches": tuple(
            touch(f"{name}-t{i}", T - ago, contact=f"{name}-{role}", account=name, answered="yes")
            for i, (ago, role) in enumerate(((40, "sponsor"), (25, "champion"), (10, "admin")))
        ),
        "deployments": tuple(
            who.Deployment(id=f"{name}-d{i}", account=name, robot=f"{name}-r{i}", from_day=FIRST) for i in (1, 2)
        ),
        "contracts": (a_contract(id=f"{name}-c", account=name, starts=T - 100, ends=T + 265, renews=f"{name}-c0"),),
    }
    return AccountLedger(row_id=row_id, account=an_account(**words), **(said | facts))


def touch(key: str, at: int, **more: Any) -> relations.Touch:
    given = {"account": "a1", "direction": "out", "channel": "phone", "summary": "spoke", **more}
    return relations.Touch(id=key, day=at, **given)


def inputs(name: str = "a1", row_id: int = 1, **more: Any) -> AccountInputs:
    """`ledger=` facts by field, `days=`, and any other field of AccountInputs."""
    facts = more.pop("ledger", {})
    given: dict[str, Any] = {
        "days": days(), "fleet": Fleet(models={"guide-2": 2}), "arr": 100,
        "feeds": {"touch": T, "ticket": T, "invoice": T}, **more,
    }  # fmt: skip
    return AccountInputs(day=given.pop("day", T), ledger=ledger(name, row_id, **facts), **given)


def read(name: str = "a1", **more: Any) -> Readings:
    return readings.read(inputs(name, **more), policy=HEALTH)


def alone(one: Readings, policy: Policy = DEFAULT, previous: Previous | None = None, **more: Any) -> Scored:
    """The score of an account without any peers."""
    return score.score(one, peers.build([one], policy), policy, previous, **more)


def scored(name: str = "a1", **more: Any) -> Scored:
    return alone(read(name, **more))


def with_reading(one: Readings, measure: str, **changes: Any) -> Readings:
    return replace(one, readings={**one.readings, measure: replace(one.readings[measure], **changes)})


def fleet_of(n: int, **more: Any) -> list[Readings]:
    """`n` accounts that differ a little in use, faults and time on line."""
    found = []
    for i in range(n):
        busy = 60 + 7 * (i % 9)
        one = days(
            counts={"interaction": busy * 2, "wake_up": 300, "guided_tour": 20},
            faults={"navigation": i % 3}, online_s=OPEN_S * 2 - 600 * (i % 5),
        )  # fmt: skip
        found.append(readings.read(inputs(f"p{i}", i + 10, days=one, **more), policy=HEALTH))
    return found


def codes(caps: Iterable[Any]) -> Mapping[str, float]:
    return {cap.code: cap.value for cap in caps}


__all__ = ["care", "money", "relations", "who"]
