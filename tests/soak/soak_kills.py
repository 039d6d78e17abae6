"""200 random SIGKILLs of agents, broker and collector in 5 minutes: sums equal, nothing twice."""

import os
import tempfile
from pathlib import Path

from tests.faults.kills import kill_at_random

SCALE = float(os.environ.get("SOAK_SCALE", "1"))


def run() -> str:
    kills, seconds = max(4, round(200 * SCALE)), 300 * SCALE
    with tempfile.TemporaryDirectory() as folder:
        it, verdict = kill_at_random(Path(folder), kills=kills, seconds=seconds, seed=11)
        assert verdict.returncode == 0, verdict.stdout[-3000:] + verdict.stderr[-1000:]
        counted = sum(it.truth.values())
    words = verdict.stdout.strip().splitlines()[-1]
    return f"{kills} SIGKILLs in {seconds:.0f} s, {counted:,} counts on 3 robots: {words}"
