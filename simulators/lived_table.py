"""The file of lived days of a scene: read once for all robots, written by `simulators/bodies/living.py`."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

from simulators.errors import SimulationError
from simulators.lived_days import Counts, Kind, Table

HERE = Path(__file__).with_name("lived")
FORMAT = 1


@cache
def table(scene: str) -> Table:
    """As it ships. Raises SimulationError."""
    return Table(read(HERE / f"{scene}.json"))


def read(path: Path) -> dict[Kind, list[Counts]]:
    """A table's file. Raises SimulationError where it is none."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        counters = said["counters"] if said["format"] == FORMAT else {}
        return {
            Kind(said["scene"], *row["kind"]): [
                MappingProxyType({counters[n]: value for n, value in zip(hour[::2], hour[1::2], strict=True)})
                for hour in row["hours"]
            ]
            for row in said["days"]
        }  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise SimulationError(
            f"{path} is no table of lived days: python -m simulators.bodies.living ({error})"
        ) from error


def written(path: Path, scene: str, days: Mapping[Kind, Sequence[Counts]]) -> None:
    """A line for each day, so that a change can be read."""
    counters = sorted({counter for hours in days.values() for hour in hours for counter in hour})
    number = {counter: n for n, counter in enumerate(counters)}
    rows = []
    for kind, hours in sorted(days.items()):
        flat = [[each for counter, n in sorted(hour.items()) for each in (number[counter], n)] for hour in hours]
        row = {"kind": [kind.level, kind.appetite, kind.frailty, kind.out, kind.seed], "hours": flat}
        rows.append(json.dumps(row, separators=(",", ":")))
    head = json.dumps({"format": FORMAT, "scene": scene, "counters": counters})
    path.write_text(head[:-1] + ', "days": [\n' + ",\n".join(rows) + "\n]}\n", encoding="utf-8")
