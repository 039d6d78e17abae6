"""The stream's simulation, long: 200 seeds of 6 simulated hours; planted bugs within 20 seeds, the rarest within 60."""

import os
import time

from tests.property.stream_simulation import BUGS, simulate

SEEDS = 200
CONTROL_SEEDS = 20
RARE = {"old_mark_stays": 60}  # it takes a file that is salvaged twice


def run() -> str:
    seeds = max(1, int(SEEDS * float(os.environ.get("SOAK_SCALE", "1"))))
    began_s = time.monotonic()
    broken = {seed: outcome.broken for seed in range(seeds) if (outcome := simulate(seed)).broken}
    assert not broken, f"seeds that break the law: {broken}"
    took_s = time.monotonic() - began_s
    caught = {
        bug: next(
            (seed for seed in range(RARE.get(bug, CONTROL_SEEDS)) if simulate(seed, bugs=frozenset({bug})).broken), None
        )
        for bug in BUGS
    }
    missed = [bug for bug, seed in caught.items() if seed is None]
    assert not missed, f"planted bugs that {CONTROL_SEEDS} seeds do not catch: {missed}"
    return f"{seeds} seeds of 6 simulated hours in {took_s:.1f} s, none failing; planted bugs caught by seed {caught}"
