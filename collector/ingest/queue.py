"""What waits for its transaction, each robot in its turn: whoever sends most waits longest."""

from collections.abc import Iterator
from dataclasses import dataclass, field

ROBOT_MESSAGES = 1_000  # of one robot that wait at most; an agent sends no fifth before an answer
ROBOT_BYTES = 8 * 1024 * 1024
TURNS = 4  # messages of one robot in a group, while others wait: as many as an agent has under way


@dataclass(slots=True)
class Arrival:
    """A message as it came. `token` is what the link acknowledges to the broker after the commit."""

    topic: str
    payload: bytes
    arrived_s: float  # monotonic
    token: object = None
    early_until_s: float = 0.0

    @property
    def robot(self) -> str:
        return self.topic.rpartition("/")[2]


@dataclass(slots=True)
class _Line:
    """One robot's messages, in their order."""

    waiting: list[Arrival] = field(default_factory=list)  # a deque sets 64 places aside, and most hold one message
    bytes: int = 0


@dataclass(slots=True)
class FairQueue:
    """A line for each robot; each group begins with the robots that waited longest for their turn.

    `newest_wins`: a line that is full loses its oldest, for later messages replace it; else what comes is not taken,
    for later batches are worth nothing without the earlier ones.
    """

    newest_wins: bool = False
    bytes: int = 0
    length: int = 0
    _lines: dict[str, _Line] = field(default_factory=dict)  # in the order of their turns

    def __len__(self) -> int:
        return self.length

    def push(self, arrival: Arrival) -> list[Arrival]:
        """Put it at the end of its robot's line; returns what the line has no room for."""
        robot, size = arrival.robot, len(arrival.payload)
        line = self._lines.get(robot)
        if line is None:
            line = self._lines[robot] = _Line()
        line.waiting.append(arrival)
        line.bytes += size
        self.bytes += size
        self.length += 1
        dropped: list[Arrival] = []
        while len(line.waiting) > ROBOT_MESSAGES or line.bytes > ROBOT_BYTES:
            dropped.append(line.waiting.pop(0 if self.newest_wins else -1))
            self._gone(line, dropped[-1])
        return dropped

    def floods(self, robot: str, share: float) -> bool:
        """Does the robot fill that share of what one robot may have waiting?"""
        line = self._lines.get(robot)
        return line is not None and (len(line.waiting) > share * ROBOT_MESSAGES or line.bytes > share * ROBOT_BYTES)

    def take(self, most: int, max_bytes: int) -> Iterator[Arrival]:
        """Round after round, one message of each robot, and at most TURNS of one."""
        size = 0
        for _ in range(TURNS):
            for robot in list(self._lines):
                if most <= 0 or size >= max_bytes:
                    return
                line = self._lines.pop(robot)
                arrival = line.waiting.pop(0)
                if line.waiting:
                    self._lines[robot] = line  # behind the others
                self._gone(line, arrival)
                most -= 1
                size += len(arrival.payload)
                yield arrival

    def _gone(self, line: _Line, arrival: Arrival) -> None:
        size = len(arrival.payload)
        line.bytes -= size
        self.bytes -= size
        self.length -= 1
