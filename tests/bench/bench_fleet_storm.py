"""5,000 connected robots lose the broker in the same moment (SIGKILL); it is there again five seconds later.

Measured from the broker's return: until every robot is connected and its hello is answered by the collector. What
holds the robots apart is their own jitter alone. They count all the time, and at the end everything is compared.
A second wave would be robots that get a connection and lose it again because everybody came at once. When connections
came is what the broker's own log says: 5,000 robots in one process see their answers late, and in bursts.
"""

import math
import re
import time
from collections import Counter
from typing import Any

from tests.bench.served import allow_connections, broker, heard, place, scaled, served, speaking, tell, verified

ROBOTS = 5_000
STEADY_S = 31.0  # so long connected, robots begin with their shortest wait again (simulators.uplink.STEADY_S)
AWAY_S = 5.0
CONNECTED = re.compile(r"^(\d+): New client connected from \S+ as sim-", re.MULTILINE)


def run() -> list[dict[str, Any]]:
    robots = scaled(ROBOTS, 50)
    allow_connections(robots)
    with place() as folder, broker(folder) as mosquitto:
        truth = folder / "truth.csv"
        with (
            speaking("tests.bench.fleet_process", "storm", str(mosquitto.port), str(robots), str(truth)) as fleet,
            served(folder, mosquitto.url) as collector,
        ):
            assert heard(fleet)["ready_s"], "the fleet never got its connections"
            time.sleep(STEADY_S)
            tell(fleet, "a storm comes")
            heard(fleet)
            killed_s = time.monotonic()
            mosquitto.kill()
            said_before = len(mosquitto.log)
            time.sleep(AWAY_S)
            mosquitto.start()
            returned_s, returned_at = time.monotonic(), int(time.time())
            storm = heard(fleet)
            tell(fleet, "end")
            end = heard(fleet)
            storm["by_s"] = Counter(int(at) - returned_at for at in CONNECTED.findall(mosquitto.log[said_before:]))
            equal, said = verified(collector.store, truth, 60)
    storm["connected"] = [(at_s, robot) for at_s, robot in storm["connected"] if at_s >= killed_s]
    return rows_of(storm, end, returned_s, robots, equal=equal, said=said)


def rows_of(
    storm: dict[str, Any], end: dict[str, Any], returned_s: float, robots: int, *, equal: bool, said: str
) -> list[dict[str, Any]]:
    per_s = storm["by_s"]
    again = len(storm["connected"]) - robots
    linked_s = (storm["linked_s"] or math.inf) - returned_s
    answered_s = (storm["answered_s"] or math.inf) - returned_s
    undelivered = end["summary"]["undelivered_records"]
    return [
        {
            "name": f"storm of {robots:,} robots, broker away for {AWAY_S:.0f} s: all answered after its return",
            "value": answered_s, "unit": "s", "target": "≤ 60", "met": answered_s <= 60,
        },
        {"name": "all of them connected after its return", "value": linked_s, "unit": "s"},
        {"name": "most connections in one second", "value": max(per_s.values()), "unit": "1/s"},
        {"name": "connections by second", "value": " ".join(str(per_s[n]) for n in range(max(per_s) + 1)), "unit": ""},
        {
            "name": "second wave: robots that lost their new connection", "value": again, "unit": "",
            "target": "0", "met": again == 0,
        },
        {
            "name": "attempts for each connection (the broker's absence included)",
            "value": storm["tries"] / max(1, len(storm["connected"])), "unit": "",
        },
        {
            "name": "storm compared with the truth", "value": f"{'' if equal else 'NOT EQUAL: '}{said}", "unit": "",
            "target": "equal", "met": equal and not undelivered,
        },
        {"name": "memory of the simulating process", "value": storm["rss_mb"], "unit": "MB"},
    ]  # fmt: skip
