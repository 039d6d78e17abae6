"""Success plans as they are reported to the customer: each objective with what was reached, expected and when. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from collector.accounts import objectives
from collector.accounts.ledger.kinds.care import Objective
from collector.accounts.objectives import Progress, Status
from collector.calendar import days
from collector.health.model import AccountDay


@dataclass(frozen=True, slots=True)
class Tracked:
    """One objective. `reached`, `expected` and `projected` are in the target's unit; null: not known yet.

    `known_days` of `elapsed_days` had a count: what did not arrive is unknown, not zero.
    """

    id: str
    text: str
    counter: str
    per: str
    target: float
    from_day: str
    to_day: str
    status: Status
    reached: float | None
    expected: float | None
    projected: float | None
    done_day: str | None
    known_days: int
    elapsed_days: int
    total_days: int
    agreed_with: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The objectives of one plan, the next to end first. `name` empty: those that belong to none."""

    name: str
    on_track: int
    judged: int
    objectives: list[Tracked]


@dataclass(frozen=True, slots=True)
class Plans:
    """All plans of an account on a day. `share` is measure E2; null: there is nothing to judge."""

    account: str
    day: str
    on_track: int
    judged: int
    share: float | None
    plans: list[Plan]


def plans(account: str, agreed: Sequence[Objective], counted: Sequence[AccountDay], day: int) -> Plans:
    """Every objective, also those that ended long ago; the share counts what E2 counts."""
    found: dict[str, list[Progress]] = {}
    for one in sorted(agreed, key=lambda each: (each.to_day, each.id)):
        found.setdefault(one.plan, []).append(objectives.progress(one, counted, day))
    standing = objectives.on_track(agreed, counted, day)
    shown = [
        Plan(
            name,
            sum(one.status in objectives.ON_TRACK for one in progress),
            sum(one.status in objectives.JUDGED for one in progress),
            [_tracked(one) for one in progress],
        )
        for name, progress in sorted(found.items())
    ]
    return Plans(account, days.iso(day), standing.on_track, standing.judged, standing.share, shown)


def _tracked(one: Progress) -> Tracked:
    said = one.objective
    return Tracked(
        id=said.id,
        text=said.text,
        counter=said.counter,
        per=said.per,
        target=said.target,
        from_day=days.iso(said.from_day),
        to_day=days.iso(said.to_day),
        status=one.status,
        reached=one.reached,
        expected=one.expected,
        projected=one.projected,
        done_day=None if one.done_day is None else days.iso(one.done_day),
        known_days=one.known_days,
        elapsed_days=one.elapsed_days,
        total_days=one.total_days,
        agreed_with=said.agreed_with,
    )
