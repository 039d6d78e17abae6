"""What a robot-day costs on the SIM: every byte of every IP packet, TLS, TCP and both directions counted.

The real agent, in a network namespace of its own, talks TLS to a real Mosquitto and collector in another; the bytes
are those of its network interface. A day is run 300 times as fast: a window lasts 1 s instead of 300, an upload comes
every 3 s instead of 900, so a day's 288 windows and 96 uploads take 288 s and carry the same messages. What skills
count per window follows a seeded exhibition-hall day. The connection's own cost (one TLS handshake) is in it.
"""

import os
import random
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.bench import Absent
from tests.brokers import Certificates
from tests.faults.field import field, missing
from tests.faults.network import CENTRE_ADDRESS, Weather, network, possible

WINDOWS = round(288 * float(os.environ.get("FLEETWARD_BENCH_SCALE", "1")))
RATES = (  # what an exhibition-hall robot adds in five minutes while it is open, on average
    *(("foot_traffic", 24), ("solicitation", 12), ("wake_up", 6), ("interaction", 5), ("dialog_turn", 7)),
    *(("guided_tour", 0.4), ("narration", 2), ("directions", 0.5), ("faces", 20), ("utterances", 9), ("queries", 8)),
    *(("plays", 11), ("touches", 2), ("navigation_tasks", 1), ("distance_m", 40), ("driving_s", 80)),
    *(("asr_not_recognised", 0.6), ("nlp_not_handled", 0.5), ("vision_not_recognised", 1)),
)
OPEN_SHARE = 10 / 24


def run() -> list[dict[str, Any]]:
    if wanting := possible() or missing("mosquitto", "ip"):
        raise Absent(wanting)
    folder = Path("bench-results/wire").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    certificates = Certificates(folder / "certificates").make()
    certificates.serve_as(CENTRE_ADDRESS)
    with network(1) as net, field(folder) as it:
        it.wrap = lambda name, argv: net.inside(net.robots if name.startswith("agent") else net.centre, argv)
        it.broker.host, it.broker.tls = CENTRE_ADDRESS, certificates
        it.broker.inside = lambda argv: net.inside(net.centre, argv)
        it.environment_of = lambda name: _environment(name, certificates)
        net.weather(Weather(delay_ms=25, jitter_ms=5))
        it.start("broker", "collector-0")
        before = _bytes(net.robots)
        it.start("agent-0")
        _count_a_day(it)
        end = _bytes(net.robots)
        verdict = it.settle(10)
    # the agent's own operating_s is in no truth of ours; everything that skills counted is
    wrong = [line for line in verdict.stdout.splitlines() if line.startswith("field-") and "operating_s" not in line]
    assert not wrong, wrong
    per_day = (end - before) * 288 / WINDOWS
    return [
        {
            "name": "bytes of a robot-day on the SIM (5-minute windows, 15-minute uploads, TLS, TCP, both ways)",
            "value": per_day / 1000,
            "unit": "kB",
            "target": "≤ 60",
            "met": per_day <= 60_000,
        }
    ]


def _environment(name: str, certificates: Certificates) -> dict[str, str]:
    if not name.startswith("agent"):
        return {}
    return {
        "EDGE_AGENT_TLS_CA_FILE": str(certificates.ca),
        "EDGE_AGENT_UPLOAD_S": "3",
        "EDGE_AGENT_SOURCES": "system,local,statsd",
    }


def _count_a_day(it: Any) -> None:
    dice = random.Random(1)
    began = time.monotonic()
    for window in range(WINDOWS):
        if window < WINDOWS * OPEN_SHARE:
            for counter, mean in RATES:
                n = int(dice.expovariate(1 / mean) + dice.random())
                if n:
                    it.counts[0].add(counter, n)
                    it.truth[it.robot(0), counter] += n
        time.sleep(max(0.0, began + window + 1 - time.monotonic()))  # one window a second


def _bytes(namespace: str) -> int:
    """Bytes that went over the namespace's interface, both ways, IP headers included."""
    argv = ["ip", "-n", namespace, "-s", "link", "show", "fw0"]
    shown = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return sum(int(n) for n in re.findall(r"bytes\s.*\n\s+(\d+)", shown))
