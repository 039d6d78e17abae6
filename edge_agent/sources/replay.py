"""A recorded file of readings, played at any speed: for demonstrations, tests and post-mortems.

Each line is one moment: `{"at_s": 12.5, …}` with the words of edge_agent/sources/lines.py. Whatever it
counts becomes cumulative totals of this source. The place in the file is kept before the totals are handed
on, so that an agent killed at any moment goes on where it was and counts every line once. With `loop` the
recording begins again and its counts are added to those of the lap before.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge_agent.counting.readings import Increment, Reading, Refusal, Take, Total
from edge_agent.errors import ConfigError, SourceError
from edge_agent.sources.lines import Line, LineRefused, read_line, read_object
from edge_agent.sources.memory import Memory
from edge_agent.sources.options import says
from edge_agent.sources.refusals import Refusals
from edge_agent.sources.surroundings import Surroundings
from protocol.limits import COUNT_MAX
from protocol.refused import REFUSED_READINGS

FILE_MAX_BYTES = 256 * 1024 * 1024
LAP_MIN_S = 0.01  # an empty recording in a loop must not spin


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    file: Path = field(default=Path(), metadata=says("the recording, one JSON object a line"))
    speed: float = field(default=1.0, metadata=says("how much faster than recorded; 0: as fast as it can be read"))
    loop: bool = field(default=False, metadata=says("begin again at the end"))
    keep_s: float = field(default=1.0, metadata=says("seconds between two writes of the place", low=0.01, high=900))


@dataclass(slots=True)
class Position:
    """Where the player is, and what all lines before it add up to. Pure."""

    digest: str
    lap: int = 0
    line: int = 0
    totals: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)  # series -> its latest cumulative value in this lap

    def play(self, line: Line) -> list[Reading]:
        """Count a line; what is no count is handed on as it is.

        A total that falls is a restart where the line names no source. Of one source it never is: it is a Refusal, and
        goes on when its highest value is passed.
        """
        passed: list[Reading] = []
        for reading in line.readings:
            if isinstance(reading, Total):
                series = f"{reading.counter} {reading.epoch}"
                before = self.last.get(series, 0.0)
                if reading.value < before and reading.fall == "never":
                    passed.append(Refusal(REFUSED_READINGS["fell"], reading.counter))
                    continue
                self.last[series] = reading.value
                self._add(reading.counter, reading.value - (before if reading.value >= before else 0.0))
            elif isinstance(reading, Increment):
                self._add(reading.counter, reading.amount)
            else:
                passed.append(reading)
        return passed

    def begin_again(self) -> None:
        """The next lap: its cumulative values start from zero, what they add up to goes on."""
        self.lap, self.line, self.last = self.lap + 1, 0, {}

    def _add(self, counter: str, amount: float) -> None:
        self.totals[counter] = self.totals.get(counter, 0.0) + amount


class Replay:
    """Plays to the end, then waits to be cancelled."""

    def __init__(self, name: str, options: Options, around: Surroundings) -> None:
        if options.file == Path():
            raise ConfigError("[sources.{name}] file is missing: name the recording to play", name=name)
        self.name = name
        self.finished = asyncio.Event()
        self._options = options
        self._around = around
        self._memory = Memory(around.state_dir / f"source-{name}.json")
        self._from_zero = True
        self._kept_s = 0.0

    async def run(self, take: Take) -> None:
        """Raises SourceError when the file cannot be read or the place not be kept."""
        refusals = Refusals(self.name, take)
        recording = _read_file(self._options.file, self.name)
        place = self._recall(hashlib.sha256(recording).hexdigest()[:16])
        lines = recording.splitlines()
        while True:
            await self._lap(lines, place, take, refusals)
            if not self._options.loop:
                break
            place.begin_again()
            await asyncio.sleep(LAP_MIN_S)
        self.finished.set()
        await asyncio.get_running_loop().create_future()  # nothing more to say; ending would be a failure

    async def _lap(self, lines: list[bytes], place: Position, take: Take, refusals: Refusals) -> None:
        loop = asyncio.get_running_loop()
        began_s, offset_s = loop.time(), -1.0
        self._keep(place, take)
        try:
            for number, at_s, line in _moments(lines, place.line, refusals):
                offset_s = at_s if offset_s < 0 else offset_s  # where a restart goes on, at once
                due_s = began_s + ((at_s - offset_s) / self._options.speed if self._options.speed else 0.0)
                wait_s = due_s - loop.time()
                if max(wait_s, loop.time() - self._kept_s) >= self._options.keep_s:
                    self._keep(place, take)
                    wait_s = max(wait_s, 0.0)
                if wait_s >= 0:
                    await asyncio.sleep(wait_s)
                for reading in place.play(line):
                    take(reading)
                place.line = number
        finally:
            self._keep(place, take)

    def _recall(self, digest: str) -> Position:
        kept: dict[str, Any] = self._memory.load() or {}
        if kept.get("digest") != digest:
            return Position(digest)
        self._from_zero = kept.get("outbox") == self._around.outbox
        return Position(digest, *(kept[name] for name in ("lap", "line", "totals", "last")))

    def _keep(self, place: Position, take: Take) -> None:
        """First the file, then the totals: the outbox must never know more than the file."""
        kept = {
            "digest": place.digest,
            "lap": place.lap,
            "line": place.line,
            "totals": place.totals,
            "last": place.last,
        }
        try:
            self._memory.save(kept | {"outbox": self._around.outbox if self._from_zero else ""})
        except OSError as error:
            raise SourceError(f"{self.name}: place cannot be kept ({error}): make room in the state folder") from error
        for counter, value in place.totals.items():
            take(Total(counter, value, place.digest, self._from_zero, fall="never"))


def _moments(lines: list[bytes], first: int, refusals: Refusals) -> Iterator[tuple[int, float, Line]]:
    """(lines up to and with this one, seconds of the recording, what happened then); rubbish is counted and left."""
    at_s = 0.0
    for number, data in enumerate(lines[first:], first + 1):
        if not data.strip():
            continue
        try:
            raw = read_object(data)
            line = read_line(raw)
        except LineRefused as error:
            refusals.add(str(error))
            continue
        for reason in line.refused.values():
            refusals.add(reason)
        moment = raw.get("at_s", at_s)
        at_s = max(at_s, float(moment)) if isinstance(moment, (int, float)) and abs(moment) < COUNT_MAX else at_s
        yield number, at_s, line


def _read_file(path: Path, name: str) -> bytes:
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise SourceError(f"{name}: {path} is larger than {FILE_MAX_BYTES >> 20} MB: cut it")
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{name}: {path}: {error.strerror}: correct file") from error


def build(name: str, options: Options, around: Surroundings) -> Replay:
    return Replay(name, options, around)
