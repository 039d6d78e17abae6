"""Lets the skills live the days of the fleet's table: `python -m simulators.bodies.living [SCENE…]`, some minutes.

To be run again whenever a skill, the orchestrator, a workflow, the body or what visitors want has changed; a test lives
some of the days again and compares. Each day is lived whole by the classes of the packages, in virtual time.
"""

import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from protocol.counters import COUNTERS
from simulators.bodies.day import Circumstances, Day, live
from simulators.lived_days import OUT, Counts, Kind, kinds
from simulators.lived_table import HERE, written
from simulators.scenes import SCENES

_BODY_GROUPS = frozenset({"opportunity", "fault", "hours"})
_OF_THE_BODY = frozenset(key for key, one in COUNTERS.items() if one.group in _BODY_GROUPS) - {"intervention"}


def lived(kind: Kind) -> list[Counts]:
    """What is counted in each hour of such a day."""
    ails = {kind.out: OUT[kind.out]} if kind.out else {}
    given = Circumstances(
        seed=kind.seed, busy=kind.level, appetite=kind.appetite, frailty=kind.frailty, outbreaks=False, ails=ails
    )
    return list(counts_of(live(kind.scene, given)))


def counts_of(day: Day, *, every: bool = False) -> Iterable[Counts]:
    """Hour by hour: what the body has seen, and of what skills counted what a body cannot see. `every`: the skills' own
    counters, too.
    """
    for counted, seen in zip(day.hours, day.seen, strict=True):
        meant = {key: n for key, n in counted.items() if (every or key in COUNTERS) and key not in _OF_THE_BODY}
        yield meant | seen


def main(scenes: list[str]) -> None:
    with ProcessPoolExecutor() as pool:
        for scene in scenes:
            asked = list(kinds(scene))
            written(HERE / f"{scene}.json", scene, dict(zip(asked, pool.map(lived, asked, chunksize=4), strict=True)))


if __name__ == "__main__":
    main(sys.argv[1:] or list(SCENES))
