"""An hour of the agent with its defaults: memory stays flat, processor and flash stay within the budget.

Sampling every 10 s, 5-minute windows, 15-minute uploads to a Mosquitto and a collector of its own.
"""

import os
import tempfile
import time
from pathlib import Path

from tests.bench.bench_agent import Usage, usage, with_bytecode
from tests.faults.field import field

SECONDS = 3600 * float(os.environ.get("SOAK_SCALE", "1"))
GROWTH_MAX_MIB = 1.0
DEFAULTS = {
    "EDGE_AGENT_SAMPLE_S": "10",
    "EDGE_AGENT_WINDOW_S": "300",
    "EDGE_AGENT_UPLOAD_S": "900",
    "EDGE_AGENT_SOURCES": "system,local,statsd",
}


def run() -> str:
    with tempfile.TemporaryDirectory() as folder, field(Path(folder)) as it:
        agents = DEFAULTS | with_bytecode(Path(folder, "bytecode"))
        it.environment_of = lambda name: agents if name.startswith("agent") else {}
        it.start()
        pid = it.processes["agent-0"].pid
        seen: list[tuple[float, Usage]] = []
        began = time.monotonic()
        while (passed := time.monotonic() - began) < SECONDS:
            time.sleep(min(30.0, SECONDS - passed))
            seen.append((time.monotonic() - began, usage(pid)))
    (first_s, first), (last_s, last) = seen[len(seen) // 4], seen[-1]
    growth = last.rss_mib - first.rss_mib
    minutes = (last_s - first_s) / 60
    cpu_s = (last.cpu_s - first.cpu_s) / minutes
    mb_day = (last.written_bytes - first.written_bytes) / 1e6 * 1440 / minutes
    assert growth <= GROWTH_MAX_MIB, f"memory grew by {growth:.2f} MiB in {minutes:.0f} minutes"
    return (
        f"{last_s / 60:.0f} minutes: {last.rss_mib:.1f} MiB resident, {growth:+.2f} in the last {minutes:.0f} minutes, "
        f"{cpu_s:.3f} CPU-s per minute, {mb_day:.2f} MB written per day"
    )
