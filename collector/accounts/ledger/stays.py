"""Who has a robot on which day, when several say it: which claims stand, which wait. Pure.

A claim is a deployment that somebody stated. Claims of one robot with different accounts that share a day contradict
each other: the one that stands goes on standing, the other waits, and both are shown, until one of them is ended,
corrected or withdrawn. Two claims with the same account on the same day are one too many: the second is refused. A
claim that the collector made itself from imported usage gives way to one that somebody states for the same account.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from collector.calendar import days

DERIVED = "usage:"  # ids of claims made from imported usage begin with this


@dataclass(frozen=True, slots=True)
class Claim:
    """A robot with an account from a day to a day, both counting; None: it is still there."""

    key: str
    robot: str
    account: str
    from_day: int
    to_day: int | None = None

    @property
    def derived(self) -> bool:
        return self.key.startswith(DERIVED)

    def shares_a_day(self, other: "Claim") -> bool:
        return (other.to_day is None or self.from_day <= other.to_day) and (
            self.to_day is None or other.from_day <= self.to_day
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """Why a claim cannot be taken as it is."""

    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """A claim that changed. None before: new; None now: gone."""

    before: Claim | None
    now: Claim | None


@dataclass
class RobotClaims:
    """The claims of some robots, by robot and key. `stand` never share a day; `wait` contradict one that stands."""

    stand: dict[str, dict[str, Claim]] = field(default_factory=dict)
    wait: dict[str, dict[str, Claim]] = field(default_factory=dict)
    gave_way: dict[str, Claim | None] = field(default_factory=dict)
    """Derived claims that became shorter, or None: that are no more. Their facts have to say so."""
    robots: dict[str, str] = field(default_factory=dict)  # whose claim it is, by key

    @classmethod
    def of(cls, stand: Iterable[Claim], wait: Iterable[Claim]) -> "RobotClaims":
        book = cls()
        for claims, shelf in ((stand, book.stand), (wait, book.wait)):
            for claim in claims:
                shelf.setdefault(claim.robot, {})[claim.key] = claim
                book.robots[claim.key] = claim.robot
        return book

    def copy(self) -> "RobotClaims":
        return RobotClaims.of(claims_in(self.stand), claims_in(self.wait))

    def put(self, claim: Claim, *, keep: bool, force: bool = False) -> list[str] | Taken:
        """Take a claim, in place of an older one with its key: the keys that it contradicts, or why not.

        `keep`: a contradiction is kept as one that waits; otherwise it is refused. `force`: so is everything else.
        """
        others = [other for other in self.stand.get(claim.robot, {}).values() if other.key != claim.key]
        shared = sorted((other for other in others if claim.shares_a_day(other)), key=lambda other: other.from_day)
        same = [other for other in shared if other.account == claim.account]
        stated = [other for other in same if not other.derived or claim.derived]
        contradicted = [other.key for other in shared if other.account != claim.account]
        if not force and (stated or (contradicted and not keep)):
            return _taken(claim, stated[0] if stated else shared[0], can_be_kept=not stated)
        was_with = self._drop(claim.key)
        for other in same:
            if other not in stated:
                self._give_way(other, claim)
        waits = bool(contradicted or stated)
        (self.wait if waits else self.stand).setdefault(claim.robot, {})[claim.key] = claim
        self.robots[claim.key] = claim.robot
        for robot in {claim.robot, was_with or claim.robot}:
            self.promote(robot)
        return contradicted

    def take_out(self, key: str) -> None:
        """The claim is made no longer; one that waited for it stands now."""
        robot = self._drop(key)
        if robot is not None:
            self.promote(robot)

    def _drop(self, key: str) -> str | None:
        robot = self.robots.pop(key, None)
        if robot is not None:
            self.stand.get(robot, {}).pop(key, None)
            self.wait.get(robot, {}).pop(key, None)
        return robot

    def promote(self, robot: str) -> None:
        """Let claims stand that no longer contradict one that does; the earliest first."""
        standing = self.stand.setdefault(robot, {})
        waiting = self.wait.get(robot, {})
        for claim in sorted(waiting.values(), key=lambda waits: (waits.from_day, waits.key)):
            if not any(claim.shares_a_day(other) for other in standing.values()):
                standing[claim.key] = waiting.pop(claim.key)

    def _give_way(self, derived: Claim, stated: Claim) -> None:
        shorter = None
        if derived.from_day < stated.from_day:
            shorter = replace(derived, to_day=stated.from_day - 1)
            self.stand[derived.robot][derived.key] = shorter
        else:
            self._drop(derived.key)
        self.gave_way[derived.key] = shorter


def claims_in(shelf: Mapping[str, Mapping[str, Claim]]) -> list[Claim]:
    return [claim for claims in shelf.values() for claim in claims.values()]


def changes(before: Iterable[Claim], now: Iterable[Claim]) -> list[ClaimChange]:
    """What differs between two states, by key."""
    old = {claim.key: claim for claim in before}
    new = {claim.key: claim for claim in now}
    return [
        ClaimChange(old.get(key), new.get(key)) for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)
    ]


def _taken(claim: Claim, by: Claim, *, can_be_kept: bool) -> Taken:
    until = "today and on" if by.to_day is None else days.iso(by.to_day)
    remedies = []
    if by.from_day < claim.from_day:
        remedies.append(f"end that deployment on {days.iso(claim.from_day - 1)} or earlier first")
    elif by.from_day > claim.from_day:
        remedies.append(f"let this one end on {days.iso(by.from_day - 1)} or earlier")
    else:
        remedies.append("correct that one, or withdraw it")
    if can_be_kept:
        remedies.append("or keep both as a conflict: keep_conflict=true")
    why = f"{claim.robot} is deployed with {by.account} from {days.iso(by.from_day)} to {until} already ({by.key})"
    return Taken(why, ", ".join(remedies))
