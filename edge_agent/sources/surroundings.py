"""What a source is given by the process it lives in, besides its own options."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Surroundings:
    """`sample_s` may change while sources run: they read it anew each time.

    `commit` makes everything taken so far durable; `settled` has what was said of faults outlive the process.
    `boot_id` names this boot of the robot.

    `outbox` names the outbox (its lineage, which a new epoch keeps): a source that keeps totals of its own learns from
    it whether that file is still the one which has seen them. `lives` says, of the source of that name, in
    which series each epoch was counted last; `series`, which ones the outbox knows, as `counter|series`. `run` names
    this process, `runs` those that the outbox remembers, this one too: a file of another one is newer than the outbox.
    `answered`: whether the collector has compared this outbox with what it knows.
    """

    state_dir: Path
    runtime_dir: Path
    sample_s: float
    boot_id: str
    outbox: str
    commit: Callable[[], Awaitable[None]]
    lives: Callable[[str], Mapping[str, str]] = lambda _source: {}
    series: Callable[[str], Collection[str]] = lambda _source: ()
    run: str = ""
    runs: Collection[str] = ()
    answered: Callable[[], bool] = lambda: True
    settled: Callable[[], Awaitable[None]] | None = None  # None: as `commit`
