"""Whether a skill may still run by the licence in the signed wish, also far from any network. Pure.

A licence names a last moment, or none, and a grace: how long the robot may be without a signed word of the centre. What
time it is at least is reckoned without the clock: from the moments that the centre signed, from what the outbox has
vouched for, and from how long the robot has run since. So a clock that is turned back renews nothing, and one that is
wrongly ahead ends a skill only until it is right. Hours in which a robot is switched off under a clock that was turned
back are not seen; nor is a whole card that was put back and is kept offline with such a clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

from edge_agent.skills.errors import Untrusted

GRACE_MOST_S = 14 * 86_400  # whatever a licence says
Over = Literal["", "licence_over", "licence_unheard"]


@dataclass(frozen=True, slots=True)
class Licence:
    """`until_s`: Unix time from which it holds no more; None: no such moment is known. `grace_s`: at most 14 days."""

    until_s: int | None
    grace_s: int


@dataclass(frozen=True, slots=True)
class Reckoned:
    """`least_s`: it is at least that late, Unix time; known when `boot` had run for `uptime_s`."""

    least_s: int = 0
    boot: str = ""
    uptime_s: int = 0

    def at(self, boot: str, uptime_s: int, signed_s: int, vouched_s: int) -> "Reckoned":
        """Later on. `signed_s`: the newest moment that the centre signed; `vouched_s`: that the outbox vouches for.

        After a start at least the time since that start has gone by; it never falls.
        """
        ran_s = uptime_s - self.uptime_s if boot == self.boot else uptime_s
        least_s = max(self.least_s + max(0, ran_s), signed_s, vouched_s) if self.least_s else max(signed_s, vouched_s)
        return Reckoned(least_s, boot, uptime_s)

    def note(self) -> dict[str, Any]:
        """As it is kept."""
        return {"least_s": self.least_s, "boot": self.boot, "uptime_s": self.uptime_s}


def reckoned_of(note: object) -> Reckoned:
    """What was kept; nothing where there is nothing, or no such note."""
    if not isinstance(note, Mapping):
        return Reckoned()
    least_s, boot, uptime_s = note.get("least_s"), note.get("boot"), note.get("uptime_s")
    if not isinstance(least_s, int) or not isinstance(boot, str) or not isinstance(uptime_s, int):
        return Reckoned()
    return Reckoned(least_s, boot, uptime_s)


def licence_of(form: object) -> Licence | None:
    """Of what was signed; None: the wish goes by no licence. Raises Untrusted for one that is none."""
    if form is None:
        return None
    until_s, grace_s = (form.get("until_s"), form.get("grace_s")) if isinstance(form, Mapping) else (None, None)
    if not _is_moment(grace_s) or not (until_s is None or _is_moment(until_s)):
        raise Untrusted("the signed document names a licence that is none")
    return Licence(until_s, min(grace_s, GRACE_MOST_S))


def _is_moment(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40


def over(licence: Licence | None, *, signed_s: int, least_s: int, clock_s: float) -> Over:
    """Why it may run no more; "": it may. A robot that never had a signed moment is judged by the last one alone."""
    if licence is None:
        return ""
    now_s = max(least_s, clock_s)
    if licence.until_s is not None and now_s >= licence.until_s:
        return "licence_over"
    return "licence_unheard" if signed_s and now_s >= signed_s + licence.grace_s else ""
