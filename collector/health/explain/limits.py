"""What caps, overrides and floors did to a number between two days. Pure.

The number passes through three stages: the caps of the exceptions, a person's caps, a person's floors. In each the
limit that binds decides. Between two days the effects of a stage sum exactly to what changed between its two sides:

- came, went: the limit binds on one of the days and is not there on the other: all that it took or gave on its day;
- moved: it holds on both days, at another level, or one that holds on both gave its place to a deeper one or took it
  back: half of what the new level does to the old number and half of what it does to the new one (Shapley's split), so
  that there and back are one number with two signs;
- held: what is left of a limit that holds on both days: what it kept from passing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from collector.health.model import Cap

OVERRIDE = "OVERRIDE"


@dataclass(frozen=True, slots=True)
class Effect:
    """What one limit did to the difference of two days, in points."""

    kind: Literal["came", "went", "moved", "held"]
    code: str
    points: float


@dataclass(frozen=True, slots=True)
class _Side:
    """A stage on one day: the number before it, and its limits, code -> level."""

    number: float
    levels: dict[str, float]
    is_floor: bool

    @property
    def code(self) -> str:
        """The limit that decides; empty: none is there."""
        if not self.levels:
            return ""
        sign = -1 if self.is_floor else 1
        return min(self.levels, key=lambda code: (sign * self.levels[code], code))

    def after(self, number: float) -> float:
        """A number behind this day's limits."""
        if not self.levels:
            return number
        level = self.levels[self.code]
        return max(number, level) if self.is_floor else min(number, level)

    @property
    def effect(self) -> float:
        return self.after(self.number) - self.number


def passed(before: float, caps_before: Sequence[Cap], after: float, caps_after: Sequence[Cap]) -> list[Effect]:
    """What stands between the raw numbers of two days and the final ones: the effects sum to that, exactly."""
    found: list[Effect] = []
    for one_stage in (_of_exceptions, _of_overrides, _of_floors):
        old = _Side(before, _levels(one_stage(caps_before)), one_stage is _of_floors)
        new = _Side(after, _levels(one_stage(caps_after)), one_stage is _of_floors)
        found += _stage(old, new)
        before, after = old.after(before), new.after(after)
    return [effect for effect in found if effect.points]


def _of_exceptions(caps: Sequence[Cap]) -> list[Cap]:
    return [cap for cap in caps if cap.bound == "cap" and cap.code != OVERRIDE]


def _of_overrides(caps: Sequence[Cap]) -> list[Cap]:
    return [cap for cap in caps if cap.bound == "cap" and cap.code == OVERRIDE]


def _of_floors(caps: Sequence[Cap]) -> list[Cap]:
    return [cap for cap in caps if cap.bound == "floor"]


def _levels(caps: Iterable[Cap]) -> dict[str, float]:
    found: dict[str, float] = {}
    for cap in caps:
        known = found.get(cap.code)
        choose = max if cap.bound == "floor" else min
        found[cap.code] = cap.value if known is None else choose(known, cap.value)
    return found


def _stage(old: _Side, new: _Side) -> list[Effect]:
    if not old.effect and not new.effect:
        return []
    went = old.effect != 0 and old.code not in new.levels
    came = new.effect != 0 and new.code not in old.levels
    if went and new.effect == 0:
        return [Effect("went", old.code, -old.effect)]
    if came and old.effect == 0:
        return [Effect("came", new.code, new.effect)]
    if went and came:
        return [Effect("went", old.code, -old.effect), Effect("came", new.code, new.effect)]
    total = new.effect - old.effect
    level = sum(new.after(number) - old.after(number) for number in (old.number, new.number)) / 2
    lowered = level < 0
    deeper = old.code if lowered == old.is_floor else new.code
    if came or went:  # one that holds on both days stands behind the one that came or went
        deeper = new.code if came else old.code
    kind: Literal["came", "went", "moved"] = "came" if came else "went" if went else "moved"
    binding = [side.code for side in (old, new) if side.effect]
    held = min(binding) if binding else ""
    return [Effect(kind, deeper, level), Effect("held", held, total - level)]
