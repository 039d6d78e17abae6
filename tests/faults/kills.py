"""Random SIGKILLs of agents, broker and collector while robots count; afterwards every count is there once.

The short version runs in the test suite, the long one (200 kills in 5 minutes) in `make soak`.
"""

import random
import time
from pathlib import Path
from subprocess import CompletedProcess

from tests.faults.field import Field, field


def kill_at_random(
    folder: Path, *, kills: int, seconds: float, seed: int, agents: int = 3
) -> "tuple[Field, CompletedProcess[str]]":
    """Kill something every `seconds / kills` on average, start it again a moment later, then compare."""
    dice = random.Random(seed)
    with field(folder, agents=agents) as it:
        it.start()
        end = time.monotonic() + seconds
        moments = sorted(dice.uniform(0, seconds) for _ in range(kills))
        down: list[tuple[float, str]] = []
        while time.monotonic() < end or moments or down:
            now = time.monotonic()
            passed = seconds - (end - now)
            while moments and moments[0] <= passed:
                moments.pop(0)
                victim = dice.choice([n for n in it.names if n not in {name for _, name in down}])
                it.kill(victim)
                down.append((now + dice.uniform(0.1, 1.5), victim))
            for back in [entry for entry in down if entry[0] <= now]:
                down.remove(back)
                it.start(back[1])
            it.count(5, dice)
            time.sleep(0.05)  # the pace of counting, not a wait for anything
        return it, it.settle()
