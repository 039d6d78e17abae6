"""What was really counted, per robot, local day and counter, as a CSV that `collector verify` reads."""

import csv
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from simulators.robot import day_text

HEADER = ("robot", "day", "counter", "value")

Counted = Mapping[int, Mapping[str, int]]


def rows(counted: Iterable[tuple[str, Counted]]) -> Iterable[tuple[str, str, str, int]]:
    """Sorted rows; a counter that stayed zero has none."""
    for robot, days in sorted(counted, key=lambda item: item[0]):
        for day in sorted(days):
            for counter, value in sorted(days[day].items()):
                if value:
                    yield robot, day_text(day), counter, value


def added(lives: Iterable[Counted]) -> dict[int, dict[str, int]]:
    """The sum of several lives under one name (a cloned card)."""
    total: dict[int, dict[str, int]] = {}
    for life in lives:
        for day, counts in life.items():
            here = total.setdefault(day, {})
            for counter, n in counts.items():
                here[counter] = here.get(counter, 0) + n
    return total


def add_to(path: Path, before: Mapping[tuple[str, str, str], int]) -> None:
    """Adds what was counted before, by robot, day and counter, to the file of a later life."""
    with path.open(newline="", encoding="utf-8") as file:
        total = {(row["robot"], row["day"], row["counter"]): int(row["value"]) for row in csv.DictReader(file)}
    for key, n in before.items():
        total[key] = total.get(key, 0) + n
    _written(path, ((*key, n) for key, n in sorted(total.items()) if n))


def write(path: Path, counted: Iterable[tuple[str, Counted]]) -> int:
    """Writes the file whole or not at all. Returns the number of rows."""
    return _written(path, rows(counted))


def _written(path: Path, found: Iterable[tuple[str, str, str, int]]) -> int:
    part = path.with_name(path.name + ".part")
    written = 0
    with part.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(HEADER)
        for row in found:
            out.writerow(row)
            written += 1
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return written
