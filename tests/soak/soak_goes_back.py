"""Random restores of outbox, source files, card, folder and store, clocks and zones that change, for 5 minutes."""

import logging
import os
import tempfile
import time
from pathlib import Path

from tests.faults.goes_back import Judged, equal, table
from tests.faults.goes_back import run as one_robot
from tests.faults.unprotected import CONTROLS, Control

SCALE = float(os.environ.get("SOAK_SCALE", "1"))
SECONDS, ROUNDS, SEEDS_OF_CONTROL = 300, 8, 60


def run() -> str:
    logging.disable(logging.WARNING)  # each of some thousand restores is told
    judged: list[Judged] = []
    differs: list[str] = []
    seeds, began_s = 0, time.monotonic()
    while time.monotonic() - began_s < SECONDS * SCALE or seeds < 2:
        try:
            judged += _seed(seeds)
        except AssertionError as error:
            differs.append(f"seed {seeds}: {error}")
        seeds += 1
    seen = [_seen(control) for control in CONTROLS]
    print("\n".join([*table(judged), f"seeds: {seeds}, differences: {len(differs)}", *differs, *seen]), flush=True)
    assert not differs, f"{len(differs)} of {seeds} seeds differ: {differs[0]}"
    harmless = len(equal(judged))
    assert harmless >= len(judged) / 2, f"{harmless} of {len(judged)}: most are to lose nothing"
    said = sum(one.loses and one.said for one in judged)
    return (
        f"{seeds} seeds, {len(judged)} restores: {harmless} that lose nothing ended equal, {said} lost what exists at"
        f" neither side, to the count, and said it, {len(judged) - harmless - said} left no trace; 0 differences."
        f" {len(CONTROLS)} protections taken away, one at a time: the same runs fail"
    )


def _seed(seed: int) -> list[Judged]:
    with tempfile.TemporaryDirectory() as folder:
        return one_robot(Path(folder), seed, ROUNDS)


def _seen(control: Control) -> str:
    """At which seed the loss of a protection shows. Raises AssertionError when none shows it."""
    taken: list[tuple[object, str, object]] = []

    def patch(where: object, name: str, what: object) -> None:
        taken.append((where, name, getattr(where, name)))
        setattr(where, name, what)

    control.off(patch)
    try:
        for seed in range(SEEDS_OF_CONTROL):
            try:
                _seed(seed)
            except AssertionError as error:
                if control.breaks not in str(error):
                    raise
                return f"without {control.name}: seed {seed} fails"
    finally:
        for where, name, what in reversed(taken):
            setattr(where, name, what)
    raise AssertionError(f"without {control.name} all of {SEEDS_OF_CONTROL} seeds hold: it proves nothing")
