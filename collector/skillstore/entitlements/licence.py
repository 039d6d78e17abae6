"""What a robot is told of an account's right to a skill: a licence inside its signed desired document. Pure.

The document is bound to the robot's name, its key and the account's word, and a newer one replaces it: so a licence
needs no list of what was revoked (docs/adr/0038-licences-are-in-the-desired-document.md).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from collector.calendar.days import DAY_S
from collector.skillstore.entitlements.entitlement import Entitlement

GRACE_S = 14 * DAY_S  # without a signed word of the centre; a robot grants no more, whatever a licence says


@dataclass(frozen=True, slots=True)
class SkillLicence:
    """`until_s`: Unix time from which it holds no more; None: no such moment is known."""

    until_s: int | None

    def to_json(self) -> dict[str, Any]:
        """As it is signed."""
        return {"until_s": self.until_s, "grace_s": GRACE_S}


@dataclass(frozen=True, slots=True)
class Bound:
    """What a desired document is for. `key`: SHA-256 of the robot's public key, "": none was ever paired."""

    key: str = ""
    licences: Mapping[str, SkillLicence] = field(default_factory=dict)


UNBOUND = Bound()


def licences(entitlements: Iterable[Entitlement], day: int, ends_s: Callable[[int], int]) -> dict[str, SkillLicence]:
    """By skill, of all that an account has or had. `ends_s`: the moment at which a day of the robot ends.

    A skill that the account was not entitled to up to that day has none: whoever wished it goes by no licence, and what
    begins later changes nothing before its first day. Entitlements that
    follow one another, or overlap, are one; of a gap the first end counts, and what comes after it is signed later.
    """
    by_skill: dict[str, list[Entitlement]] = {}
    for one in entitlements:
        by_skill.setdefault(one.skill, []).append(one)
    found = {}
    for skill, had in by_skill.items():
        if not any(one.has_begun(day) for one in had):
            continue
        last = _last_day(had, day)
        found[skill] = SkillLicence(None if last is None else ends_s(last))
    return found


def differs(told: SkillLicence | None, holds: SkillLicence | None, now_s: float) -> bool:
    """Whether a robot must be told another licence than it was. Two that are over say the same."""
    if told is None or holds is None:
        return told is not holds
    return told != holds and not (_is_over(told, now_s) and _is_over(holds, now_s))


def _is_over(one: SkillLicence, now_s: float) -> bool:
    return one.until_s is not None and one.until_s <= now_s


def _last_day(had: Iterable[Entitlement], day: int) -> int | None:
    """The last day of the run of days that holds `day`; the day before, where none does."""
    last = day - 1
    for one in sorted(had, key=lambda each: each.from_day):
        if one.from_day <= last + 1:
            if one.to_day is None:
                return None
            last = max(last, one.to_day)
    return last
