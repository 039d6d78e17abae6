"""Power cut of the agent and of the collector: 40,000 rebuilt disks each, and the controls that must fail."""

import os

from tests.faults.power_cut import agent_holds, collector_holds, cut

SCALE = float(os.environ.get("SOAK_SCALE", "1"))


def run() -> str:
    told = []
    disks = round(40_000 * SCALE)
    for name, module, file, check in (
        ("agent", "tests.faults.agent_commits", "outbox.db", agent_holds),
        ("collector", "tests.faults.collector_commits", "collector.db", collector_holds),
    ):
        held = cut(module, [str(disks // 15)], file, check, seed=7, subsets=2, most=disks)
        assert held.states >= disks, f"{name}: only {held}"
        assert not held.lost, held.lost[:3]
        assert not held.broken, held.broken[:3]
        weak = cut(module, ["60", "weak"], file, check, seed=7, subsets=1, most=1000)
        assert weak.lost, f"{name}: the control lost nothing, so this proves nothing"
        told.append(f"{name}: {held}; control without sync: {weak}")
    return ". ".join(told)
