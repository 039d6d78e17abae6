"""Why a score changed: parts that sum exactly to the difference. Pure.

With w the weights as shares of one and s the measures' scores, raw S = sum w s, and S1 - S0 is exactly

    sum over measures of mean(w) * (s1 - s0)            what the measures did
  + sum over measures of (mean(s) - c) * (w1 - w0)      what weights did, c = mean of S0 and S1 (weights sum to one,
                                                        so c takes nothing away and gives nothing)

A measure that is in only one of the two scores has no s of its own in the other: it moves weight only. A measure whose
value is the same moved with its peers, or with another policy, and is said as that.

The number then passes through the exceptions' caps, a person's caps and a person's floors, one after the other
(`limits.py`). What one of these does by coming, going or moving is its own part; what it keeps from passing while it
stays as it is, is `held`: it contributes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from collector.health.explain.limits import OVERRIDE, Effect, passed
from collector.health.model import MeasureScore, Scored

Kind = Literal["measure", "data", "peers", "profile", "policy", "cap", "held"]
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Part:
    """One cause of a change, in points. `name`: a measure, an exception's code, OVERRIDE, `weights`, `peers`, a policy.

    measure: its value changed. data: it came, went, became stale or muted, and weight moved with it.
    peers: the accounts it is compared with did. profile: another profile weighs otherwise. policy: another policy does,
    or has other curves or caps; `name` is its hash. cap: an exception or override came, went, or moved.
    held: what an exception or override that holds on both days kept from passing.
    """

    kind: Kind
    name: str
    points: float
    before: float | None = None
    after: float | None = None


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """From one day to another. `parts` sum to `difference`, largest first. None: one of the days has no score."""

    from_day: int
    to_day: int
    before: float | None
    after: float | None
    difference: float | None
    parts: tuple[Part, ...]


def change(earlier: Scored, later: Scored) -> ScoreChange:
    """What made the score what it is, against an earlier day's."""
    if earlier.final is None or later.final is None or earlier.raw is None or later.raw is None:
        return ScoreChange(earlier.day, later.day, earlier.final, later.final, None, ())
    parts = _joined([*_raw_parts(earlier, later), *_cap_parts(earlier, later)])
    ordered = sorted(parts, key=lambda part: (-abs(part.points), part.kind, part.name))
    kept = tuple(part for part in ordered if abs(part.points) > _TINY)
    return ScoreChange(earlier.day, later.day, earlier.final, later.final, later.final - earlier.final, kept)


def _joined(parts: Sequence[Part]) -> list[Part]:
    """The parts, those of one policy as one."""
    policies = [part for part in parts if part.kind == "policy"]
    rest = [part for part in parts if part.kind != "policy"]
    return [*rest, replace(policies[0], points=sum(part.points for part in policies))] if policies else rest


def _raw_parts(earlier: Scored, later: Scored) -> list[Part]:
    centre = ((earlier.raw or 0.0) + (later.raw or 0.0)) / 2
    is_other_policy = earlier.policy != later.policy
    found, rest, same_value = [], 0.0, 0.0
    for measure in {**earlier.measures, **later.measures}:
        old, new = _counted(earlier, measure), _counted(later, measure)
        w0, w1 = old.weight / 100, new.weight / 100
        s0 = old.score if old.score is not None else new.score
        s1 = new.score if new.score is not None else old.score
        if s0 is None or s1 is None:
            continue
        if s1 != s0:
            points = (w0 + w1) / 2 * (s1 - s0)
            if old.value is not None and old.value == new.value:
                same_value += points
            else:
                found.append(Part("measure", measure, points, old.score, new.score))
        moved = ((s0 + s1) / 2 - centre) * (w1 - w0)
        if old.state != new.state:
            found.append(Part("data", measure, moved, old.score, new.score))
        else:
            rest += moved
    if is_other_policy:
        return [*found, _policy_part(earlier, later, same_value + rest)]
    return [*found, Part("peers", "peers", same_value), Part("profile", "weights", rest)]


def _policy_part(earlier: Scored, later: Scored, points: float) -> Part:
    """What another policy did, named by the newer of the two, so that there and back have one name."""
    newer = max(earlier, later, key=lambda scored: (scored.day, scored.policy))
    return Part("policy", newer.policy, points)


def _counted(scored: Scored, measure: str) -> MeasureScore:
    """The measure as it stands in the score; one that weighs nothing has no score in it."""
    said = scored.measures.get(measure)
    if said is None:
        return MeasureScore(state="na")
    return said if said.weight > 0 else replace(said, score=None)


def _cap_parts(earlier: Scored, later: Scored) -> list[Part]:
    is_other_policy = earlier.policy != later.policy
    found: dict[tuple[Kind, str], float] = {}
    for effect in passed(earlier.raw or 0.0, earlier.caps, later.raw or 0.0, later.caps):
        key = _cause(effect, is_other_policy=is_other_policy)
        found[key] = found.get(key, 0.0) + effect.points
    return [
        _policy_part(earlier, later, points) if kind == "policy" else Part(kind, name, points)
        for (kind, name), points in found.items()
    ]


def _cause(effect: Effect, *, is_other_policy: bool) -> tuple[Kind, str]:
    if effect.kind == "moved":
        return ("policy", "") if is_other_policy and effect.code != OVERRIDE else ("cap", effect.code)
    return ("held" if effect.kind == "held" else "cap", effect.code)


def rounded(parts: Sequence[Part], difference: float, digits: int = 1) -> tuple[Part, ...]:
    """The same parts as they are printed: rounded so that what is read sums to the rounded difference.

    What rounding leaves over goes to the parts that lost most by it; parts that round to nothing are left out.
    """
    step = 10.0**-digits
    units = [round(part.points / step) for part in parts]
    missing = round(difference / step) - sum(units)
    by_loss = sorted(range(len(parts)), key=lambda i: parts[i].points / step - units[i], reverse=missing > 0)
    for i in by_loss[: abs(missing)]:
        units[i] += 1 if missing > 0 else -1
    return tuple(
        replace(part, points=round(unit * step, digits)) for part, unit in zip(parts, units, strict=True) if unit
    )
