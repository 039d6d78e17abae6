"""What a line of a closed bill rests on, as it is kept: counts by robot and day, and what is in dispute. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import orjson

from collector.skillstore.billing.rating import Counts, Day

Positions = Mapping[str, Mapping[str, int]]
"""By robot and epoch the number of the newest record that was counted."""


@dataclass(frozen=True, slots=True, order=True)
class Disputed:
    """An amount that no robot can plausibly have counted: it is on no bill. `amount` is decimal text.

    `state`: waiting for a person, or refused by one.
    """

    robot: str
    day: int
    counter: str
    amount: str
    state: str


@dataclass(frozen=True, slots=True)
class LineEvidence:
    """`counts` are changes, by robot (or holder of a seat) and day.

    `beyond`: those of them that were on more robots than were sold; they are billed.
    """

    counts: Counts = field(default_factory=dict)
    disputed: tuple[Disputed, ...] = ()
    beyond: tuple[Day, ...] = ()

    def packed(self) -> str:
        """{"counts": {robot: [[day, n], …]}, "disputed": [[robot, day, counter, amount, state], …], "beyond": [[robot,
        day], …]}; the last two only where there is one.
        """
        days = sorted((robot, day, n) for (robot, day), n in self.counts.items())
        by_robot = {robot: [each[1:] for each in of] for robot, of in groupby(days, key=lambda each: each[0])}
        said: dict[str, Any] = {"counts": by_robot}
        if self.disputed:
            said["disputed"] = [[d.robot, d.day, d.counter, d.amount, d.state] for d in sorted(self.disputed)]
        if self.beyond:
            said["beyond"] = [list(at) for at in sorted(self.beyond)]
        return orjson.dumps(said).decode()

    @classmethod
    def unpacked(cls, text: str) -> "LineEvidence":
        said = orjson.loads(text)
        counts = {(robot, day): n for robot, of in said["counts"].items() for day, n in of}
        beyond = tuple((robot, day) for robot, day in said.get("beyond", ()))
        return cls(counts, tuple(Disputed(*each) for each in said.get("disputed", ())), beyond)


OwedAndCame = tuple[int, int]
"""Of a robot's day: seconds that it was with the account and not switched off, and of these what arrived.

No class: a month of ten thousand accounts has a million of them.
"""


@dataclass(frozen=True, slots=True)
class RobotHours:
    """The same of some days of some robots."""

    expected_s: int
    arrived_s: int
