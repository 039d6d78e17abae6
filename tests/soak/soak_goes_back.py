"""Random restores of outbox, source files, card, folder and store, clocks off, for 5 minutes: equal, or said."""

import os
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults import restored

SCALE = float(os.environ.get("SOAK_SCALE", "1"))
SECONDS, ROUNDS = 300, 8


def run() -> str:
    seen, seeds, began_s = Counter[str](), 0, time.monotonic()
    while time.monotonic() - began_s < SECONDS * SCALE or seeds < 2:
        try:
            seen.update(_seed(seeds))
        except AssertionError as error:
            raise AssertionError(f"seed {seeds}: {error}") from error
        seeds += 1
    restores = seen["harmless"] + seen["loses"]
    assert seen["harmless"] >= restores / 2, f"{seen}: most are to lose nothing"
    return (
        f"{seeds} seeds, {restores} restores: {seen['harmless']} that lose nothing ended equal, {seen['loses']} lost"
        f" what was on that card only, to the count; said {seen['said']} times"
    )


def _seed(seed: int) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        return restored.run(Path(folder), seed, ROUNDS, wider=True)
