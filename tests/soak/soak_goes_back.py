"""Random restores of outbox, source files, card and whole folder for 5 minutes: equal, or lost and said."""

import os
import tempfile
import time
from collections import Counter
from pathlib import Path

from collector.store.engine import open_store
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
        store = open_store(f"sqlite:///{folder}/collector.db")
        try:
            return restored.run(Path(folder), store, seed, ROUNDS)
        finally:
            store.close()
