"""The n-th system call fails, n = 1 to 200, for every kind of failure: no acked record lost."""

import os

from tests.faults.power_cut import agent_holds, collector_holds
from tests.faults.syscalls import fail_each

SCALE = float(os.environ.get("SOAK_SCALE", "1"))


def run() -> str:
    told = []
    for name, module, file, check in (
        ("agent", "tests.faults.agent_commits", "outbox.db", agent_holds),
        ("collector", "tests.faults.collector_commits", "collector.db", collector_holds),
    ):
        met, lost = fail_each(module, file, check, range(1, 201, max(1, round(1 / SCALE))))
        assert not lost, lost[:3]
        told.append(f"{name}: {met} injected faults, 0 acked records lost")
    return "; ".join(told)
