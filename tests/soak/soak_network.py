"""30 % loss, 200 ± 100 ms, 10 % duplicates, reordering and partitions of 60 s: equal within 60 s of healing."""

import os
import tempfile
from pathlib import Path

from tests.faults.storm import count_through

SCALE = float(os.environ.get("SOAK_SCALE", "1"))


def run() -> str:
    told = []
    for seed in (21, 22):
        with tempfile.TemporaryDirectory() as folder:
            seconds, cut_s = 180 * SCALE, 60 * SCALE
            it, verdict = count_through(Path(folder), seconds=seconds, cut_s=cut_s, seed=seed, settle_s=60)
            assert verdict.returncode == 0, verdict.stdout[-3000:] + verdict.stderr[-500:]
            counted = sum(it.truth.values())
        told.append(f"seed {seed}: {seconds:.0f} s with a partition of {cut_s:.0f} s, {counted:,} counts, equal")
    return "; ".join(told)
