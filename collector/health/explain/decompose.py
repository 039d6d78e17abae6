"""Why a score changed: parts that sum exactly to the difference. Pure.

With w the weights as shares of one and s the measures' scores, raw S = sum w s, and S1 - S0 is exactly

    sum over measures of mean(w) * (s1 - s0)            what the measures did
  + sum over measures of (mean(s) - c) * (w1 - w0)      what weights did, c = mean of S0 and S1 (weights sum to one,
                                                        so c takes nothing away and gives nothing)

A measure that is in only one of the two scores has no s of its own in the other: it moves weight only. What is left is
the caps: (final1 - S1) - (final0 - S0), named by the exceptions that bind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from collector.health.model import MeasureScore, Scored

Kind = Literal["measure", "data", "profile", "cap"]
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Part:
    """One cause of a change, in points. `name`: a measure, an exception's code, or `weights`.

    measure: its score changed. data: it came, went, became stale or muted, and weight moved with it.
    profile: the weights themselves changed (another profile or policy). cap: an exception came, went or bound deeper.
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
    parts = [*_raw_parts(earlier, later), *_cap_parts(earlier, later)]
    ordered = sorted(parts, key=lambda part: (-abs(part.points), part.kind, part.name))
    kept = tuple(part for part in ordered if abs(part.points) > _TINY)
    return ScoreChange(earlier.day, later.day, earlier.final, later.final, later.final - earlier.final, kept)


def _raw_parts(earlier: Scored, later: Scored) -> list[Part]:
    centre = ((earlier.raw or 0.0) + (later.raw or 0.0)) / 2
    found, rest = [], 0.0
    for measure in {**earlier.measures, **later.measures}:
        old, new = _counted(earlier, measure), _counted(later, measure)
        w0, w1 = old.weight / 100, new.weight / 100
        s0 = old.score if old.score is not None else new.score
        s1 = new.score if new.score is not None else old.score
        if s0 is None or s1 is None:
            continue
        if s1 != s0:
            found.append(Part("measure", measure, (w0 + w1) / 2 * (s1 - s0), old.score, new.score))
        moved = ((s0 + s1) / 2 - centre) * (w1 - w0)
        if old.state != new.state:
            found.append(Part("data", measure, moved, old.score, new.score))
        else:
            rest += moved
    return [*found, Part("profile", "weights", rest)]


def _counted(scored: Scored, measure: str) -> MeasureScore:
    """The measure as it stands in the score; one that weighs nothing has no score in it."""
    said = scored.measures.get(measure)
    if said is None:
        return MeasureScore(state="na")
    return said if said.weight > 0 else replace(said, score=None)


def _cap_parts(earlier: Scored, later: Scored) -> list[Part]:
    effect: dict[str, float] = {}
    for scored, sign in ((earlier, -1.0), (later, 1.0)):
        points = (scored.final or 0.0) - (scored.raw or 0.0)
        if points:
            code = scored.caps[0].code if scored.caps else "OVERRIDE"
            effect[code] = effect.get(code, 0.0) + sign * points
    return [Part("cap", code, points) for code, points in effect.items()]


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
