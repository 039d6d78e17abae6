"""Does the collector say what was really counted? Per robot, day and counter, in bounded memory.

The truth is sorted on disk; of the collector only the truth's robots are asked, some hundred at a time. A value
that is missing is zero. The agent's counters about itself are left out: no truth knows them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import BinaryIO, Protocol

from collector.calendar import days
from collector.exchange.errors import BadFile
from collector.exchange.export import Row
from collector.exchange.imports.problems import BadTable
from collector.exchange.imports.usage_sheet import TRUTH, read
from collector.exchange.imports.usage_staging import Staging
from collector.fleet.counts import OWN

ROBOTS_AT_ONCE = 200


class Source(Protocol):
    """Where what the collector counted is read."""

    def values(self, robot_names: Sequence[str]) -> Iterator[Row]:
        """Robot-days of at most 500 robots, each robot's days together and in order."""
        ...


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not what was counted."""

    robot: str
    day: str
    counter: str
    truth: int
    collector: int

    @property
    def difference(self) -> int:
        return self.collector - self.truth


@dataclass(slots=True)
class Extent:
    """What was compared so far: robots, different days, values of the truth."""

    robots: int = 0
    values: int = 0
    seen_days: set[int] = field(default_factory=set)

    @property
    def days(self) -> int:
        return len(self.seen_days)


def stage_truth(file: BinaryIO, staging: Staging) -> None:
    """Sort the truth in. Raises BadFile naming its bad rows."""
    try:
        staging.take(read(file, TRUTH))
    except BadTable as error:
        raise BadFile(f"the truth cannot be read: {error}") from error
    if staging.bad:
        raise BadFile(
            f"the truth has {staging.bad} bad row{'' if staging.bad == 1 else 's'}: " + "; ".join(staging.said())
        )


def differences(staging: Staging, source: Source, extent: Extent) -> Iterator[Difference]:
    """Every difference, robot by robot. `extent` grows with what was compared."""
    robots = staging.robots()
    while chunk := list(islice(robots, ROBOTS_AT_ONCE)):
        unseen = dict.fromkeys(chunk)
        for robot, told in groupby(source.values(chunk), key=lambda row: str(row["robot"])):
            del unseen[robot]
            yield from _of_robot(robot, staging, told, extent)
        for robot in unseen:
            yield from _of_robot(robot, staging, (), extent)


def _of_robot(robot: str, staging: Staging, told: Iterable[Row], extent: Extent) -> Iterator[Difference]:
    """Merge one robot's days; both come in order of the day."""
    extent.robots += 1
    truth = ((day, counts) for _, day, counts in staging.robot_days(robot, robot))
    collector = ((days.parse(row["day"]), row["counts"]) for row in told)
    real, said = next(truth, None), next(collector, None)
    while real is not None or said is not None:
        day = min(side[0] for side in (real, said) if side is not None)
        real_counts: Mapping[str, int] = {}
        said_counts: Mapping[str, int] = {}
        if real is not None and real[0] == day:
            real_counts, real = real[1], next(truth, None)
            extent.values += sum(1 for counter in real_counts if counter not in OWN)
            extent.seen_days.add(day)
        if said is not None and said[0] == day:
            said_counts, said = said[1], next(collector, None)
        yield from _of_day(robot, day, real_counts, said_counts)


def _of_day(robot: str, day: int, real: Mapping[str, int], said: Mapping[str, int]) -> Iterator[Difference]:
    for counter in sorted((real.keys() | said.keys()) - OWN):
        if real.get(counter, 0) != said.get(counter, 0):
            yield Difference(robot, days.iso(day), counter, real.get(counter, 0), said.get(counter, 0))
