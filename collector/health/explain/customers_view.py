"""What a customer is shown of itself: an allow-list of its own facts. Pure.

In goes everything that is known of an account; out comes what has a field below: robots, use, faults, data missing,
goals agreed, open tickets and invoices, the score's number and band. People, signals, references, competitors,
overrides, notes, peers and recurring revenue have no field here, so no page, file or mail made of it can name them. A
reason of the score is a word of `ReasonKey` with numbers and days: text that somebody wrote cannot be in one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from collector.accounts import objectives
from collector.accounts.ledger.kinds.care import Objective
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.objectives import Status
from collector.health.explain import findings
from collector.health.model import AccountDay, Band, Cap, MeasureScore, Scored

REASONS_SHOWN = 2
DEMANDS = frozenset({"demand", "conversion", "both"})  # what fell, by the robots' own counters
ReasonKey = Literal["dark", "fault", "drop", "stall", "overdue", "A2", "B2", "B3", "B4", "C1", "C2", "C3", "E2", "F3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReason:
    """One reason of the score, of the customer's own facts. `some` of `of` robots; `value` in the measure's unit.

    `demand`: of a drop, whether fewer people passed by or fewer of them used the robots; "": not known.
    """

    key: ReasonKey
    value: float | None = None
    some: int | None = None
    of: int | None = None
    since_day: int | None = None
    demand: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersHealth:
    """The number and the band that the CSM sees. `held`: a reason holds it below what it would be.

    `contact_talks`: what weighs most is nothing that is shown here; the contact talks about it. `reasons` may be empty.
    """

    day: int
    final: float | None
    band: Band
    held: bool
    reasons: tuple[ScoreReason, ...]
    contact_talks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOfDay:
    """One closed day of the customer's robots. A counter that is absent was counted by nobody. `faults` None: no robot
    told of that day itself, and no file tells of faults.
    """

    day: int
    open: bool
    robots: int
    heard: int
    active: int
    counts: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A goal that was agreed, with what was reached of it. None: not known yet."""

    text: str
    counter: str
    per: str
    target: float
    from_day: int
    to_day: int
    status: Status
    reached: float | None
    known_days: int
    elapsed_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTicket:
    subject: str
    robot: str
    opened_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInvoice:
    """`amount` is hundredths of `currency`. `late_days` 0: not due yet, or due today."""

    id: str
    amount: int
    currency: str
    due_day: int
    late_days: int


def health_of(scored: Scored) -> CustomersHealth:
    """The score with those of its reasons that are the customer's own facts."""
    binding = next((cap for cap in scored.caps if findings.binds(scored, cap)), None)
    reasons: tuple[ScoreReason, ...] = ()
    talks = False
    if binding is not None:
        shown = _of_cap(binding)
        reasons, talks = (() if shown is None else (shown,)), shown is None
    elif scored.final is not None:
        reasons, talks = _of_measures(scored.measures)
    return CustomersHealth(
        day=scored.day, final=scored.final, band=scored.band, held=binding is not None and bool(reasons),
        reasons=reasons, contact_talks=talks,
    )  # fmt: skip


def _of_cap(cap: Cap) -> ScoreReason | None:
    """None: it does not rest on what the customer's robots and books say."""
    return _CAPS[cap.code](cap.evidence) if cap.code in _CAPS else None


def _count(value: Any) -> int | None:
    return len(value) if isinstance(value, list | tuple) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


_CAPS: Mapping[str, Callable[[Mapping[str, Any]], ScoreReason]] = MappingProxyType(
    {
        "DARK": lambda said: ScoreReason(
            key="dark", some=_count(said.get("robots")), of=_whole(said.get("of")),
            since_day=_whole(said.get("last_heard_day")),
        ),
        "FAULT": lambda said: ScoreReason(
            key="fault", some=_count(said.get("robots")), of=_whole(said.get("of")),
            since_day=_whole(said.get("since_day")),
        ),
        "DROP": lambda said: ScoreReason(
            key="drop", value=_number(said.get("ratio")), since_day=_whole(said.get("since_day")),
            demand=said["demand"] if said.get("demand") in DEMANDS else "",
        ),
        "STALL": lambda said: ScoreReason(
            key="stall", some=_whole(said.get("active_days")), since_day=_whole(said.get("since_day"))
        ),
        "OVERDUE": lambda said: ScoreReason(key="overdue", value=_number(said.get("days"))),
    }
)  # fmt: skip
"""Exceptions of robots, use and invoices. Every other one is what the contact talks about."""

_MEASURES: Mapping[str, ReasonKey] = MappingProxyType(
    {
        "A2": "A2", "B2": "B2", "B3": "B3", "B4": "B4", "C1": "C1", "C2": "C2", "C3": "C3", "E2": "E2",
        "F2": "overdue", "F3": "F3",
    }
)  # fmt: skip
"""Measures of robots, use, faults, goals, invoices and tickets. B1 and B6 are told against peers, so they are not."""


def _of_measures(measures: Mapping[str, MeasureScore]) -> tuple[tuple[ScoreReason, ...], bool]:
    """The largest losses that may be named, and whether most of what is lost may not."""
    lost = sorted(((said.lost, name) for name, said in measures.items() if said.lost > 0), reverse=True)
    named = [name for _, name in lost if name in _MEASURES and measures[name].value is not None]
    reasons = tuple(ScoreReason(key=_MEASURES[name], value=measures[name].value) for name in named[:REASONS_SHOWN])
    all_lost = sum(points for points, _ in lost)
    return reasons, sum(points for points, name in lost if name not in named) > all_lost / 2


def use_of(counted: Sequence[AccountDay]) -> tuple[UseOfDay, ...]:
    return tuple(
        UseOfDay(
            day=one.day, open=one.open, robots=one.robots, heard=one.heard, active=one.active, counts=one.counts,
            faults=one.faults if one.is_watched else None,
        )
        for one in counted
    )  # fmt: skip


def goals_of(agreed: Sequence[Objective], counted: Sequence[AccountDay], day: int) -> tuple[Goal, ...]:
    """How far each goal is on that day, the next to end first. Whom it was agreed with is a person, and left out."""
    found = [objectives.progress(one, counted, day) for one in sorted(agreed, key=lambda each: (each.to_day, each.id))]
    return tuple(
        Goal(
            text=one.objective.text, counter=one.objective.counter, per=one.objective.per, target=one.objective.target,
            from_day=one.objective.from_day, to_day=one.objective.to_day, status=one.status, reached=one.reached,
            known_days=one.known_days, elapsed_days=one.elapsed_days,
        )
        for one in found
    )  # fmt: skip


def tickets_of(ledger: AccountLedger, today: int) -> tuple[OpenTicket, ...]:
    """Those that are open on that day, the newest first."""
    found = [
        one for one in ledger.tickets
        if one.opened_day <= today and (one.closed_day is None or one.closed_day > today)
    ]  # fmt: skip
    return tuple(
        OpenTicket(subject=one.subject, robot=one.robot or "", opened_day=one.opened_day)
        for one in sorted(found, key=lambda each: -each.opened_day)
    )


def invoices_of(ledger: AccountLedger, today: int) -> tuple[OpenInvoice, ...]:
    """Those that were issued and are not paid on that day, the longest due first."""
    found = [one for one in ledger.invoices if one.is_owed(today)]
    return tuple(
        OpenInvoice(
            id=one.id, amount=int(one.amount), currency=one.currency or ledger.account.currency, due_day=one.due_day,
            late_days=max(0, today - one.due_day),
        )
        for one in sorted(found, key=lambda each: each.due_day)
    )  # fmt: skip


def places_of(ledger: AccountLedger, today: int) -> Mapping[str, str]:
    """Robot -> the name of the place where it stands on that day, as the customer calls it."""
    names = {one.id: one.name for one in ledger.sites}
    return {
        stay.robot: names[stay.site]
        for stay in ledger.deployments
        if stay.site in names and stay.from_day <= today and (stay.to_day is None or stay.to_day >= today)
    }
