"""Whose clock is right: what the newest vouched-for stamps of some robots say about this collector's clock. Pure.

A robot's offset is where its newest synchronised record ends, minus when it came by the collector's clock. A stamp of
the past may be a backlog, so that alone it says nothing; an offset that stays the same for ten minutes is a live
robot's, and tells how far the two clocks are apart. A stamp that lies a day ahead is no backlog, whoever is right.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from collector.calendar.days import DAY_S, MINUTE_S

APART_S = DAY_S  # clocks that differ by less are taken as they are
STEADY_S = 10 * MINUTE_S  # an offset that stays for this long is no backlog on its way
SWAY_S = 15 * MINUTE_S  # by which a live robot's offset moves: its rhythm of sending
WITNESSES_MAX = 1_000  # robots that are remembered; more would not say more
SUDDEN_MIN = 3  # so many robots that are ahead say it at once; fewer say it once one of them is steady
NAMED_MAX = 3
BELIEVED_S = 10 * 365 * DAY_S  # no robot is believed that is further ahead than this
NEVER_SET_S = 1_704_067_200  # 2024-01-01: a collector before it has a clock that was never set, and believes any robot
BELIEVED_TO_S = 4_102_444_800  # 2100-01-01


@dataclass(slots=True)
class Witness:
    """One robot: since when its offset is steady, and the newest one."""

    since_s: int
    since_offset_s: int
    heard_s: int
    offset_s: int

    @property
    def is_live(self) -> bool:
        return self.heard_s - self.since_s >= STEADY_S


@dataclass(frozen=True, slots=True)
class Votes:
    """How many robots say what of the collector's clock, and a middle one of the offsets that contradict it.

    agree: live, less than a day apart. ahead: their stamps lie more than a day in our future. behind: live, and more
    than a day in our past. near: a stamp of the last day, live or on its way. sudden: of those ahead, the ones that are
    not steady. some: names of robots that contradict the clock.
    """

    agree: int = 0
    ahead: int = 0
    behind: int = 0
    near: int = 0
    apart_s: int = 0
    sudden: int = 0
    some: tuple[str, ...] = ()

    @property
    def overrules_robots(self) -> bool:
        """May a synchronised stamp of the future be doubted? One clock alone doubts nobody."""
        return self.agree > 0 and self.agree >= self.ahead

    @property
    def contradicts(self) -> bool:
        """Do robots say that the collector's clock is wrong?

        One stamp of one robot does not, nor fewer robots than those whose newest stamp is of the last day.
        """
        contradicting = self.ahead + self.behind
        if self.sudden == contradicting < SUDDEN_MIN:
            return False
        return contradicting > max(self.agree, self.near)


@dataclass(slots=True)
class Witnesses:
    """The robots heard since the clock last jumped. One writer; others read `votes`, from any thread."""

    _heard: dict[str, Witness] = field(default_factory=dict)
    _forgot_s: int | None = None  # when room was last looked for: it costs a look at every robot

    def hear(self, robot: str, ends_s: int, received_s: int) -> None:
        """A batch whose newest synchronised record ends at `ends_s`."""
        offset_s = ends_s - received_s
        known = self._heard.get(robot)
        if known is None:
            if len(self._heard) < WITNESSES_MAX or self._forget(received_s):
                self._heard[robot] = Witness(received_s, offset_s, received_s, offset_s)
            return
        if abs(offset_s - known.since_offset_s) > SWAY_S or received_s < known.heard_s:
            known.since_s, known.since_offset_s = received_s, offset_s
        known.heard_s, known.offset_s = received_s, offset_s

    def votes(self, now_s: int) -> Votes:
        """What those say that were heard within a day of `now_s`."""
        return weigh(self._heard, now_s)

    def _forget(self, now_s: int) -> bool:
        """Make room, once a minute: those that were not heard for a day, or by another clock."""
        if self._forgot_s is not None and 0 <= now_s - self._forgot_s < MINUTE_S:
            return False
        self._forgot_s = now_s
        old = [robot for robot, one in self._heard.items() if abs(now_s - one.heard_s) > DAY_S]
        for robot in old:
            del self._heard[robot]
        return bool(old)


def weigh(heard: Mapping[str, Witness], now_s: int) -> Votes:
    """See `Votes`."""
    agree = ahead = behind = near = sudden = 0
    apart: list[int] = []
    some: list[str] = []
    for robot, one in list(heard.items()):
        if abs(now_s - one.heard_s) > DAY_S:
            continue
        if one.offset_s > APART_S:
            ahead += 1
            sudden += not one.is_live
            apart.append(one.offset_s)
            some.append(robot)
        elif one.offset_s >= -APART_S:
            near += 1
            agree += one.is_live
        elif one.is_live:
            behind += 1
            apart.append(one.offset_s)
            some.append(robot)
    apart.sort()
    middle_s = apart[len(apart) // 2] if apart else 0
    return Votes(agree, ahead, behind, near, middle_s, sudden, tuple(sorted(some)[:NAMED_MAX]))


def latest_s(votes: Votes, received_s: int) -> int:
    """The latest moment that a synchronised record is believed."""
    if votes.overrules_robots:
        return received_s + APART_S
    return BELIEVED_TO_S if received_s < NEVER_SET_S else received_s + BELIEVED_S
