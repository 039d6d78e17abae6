"""Fuzz target (atheris): no payload breaks the VDA 5050 watch, its totals stay counts, its memory can be recalled.

python -m tests.fuzz.fuzz_vda5050 -max_total_time=120
"""

import json
import math
import sys

import atheris

with atheris.instrument_imports(include=["edge_agent"]):
    from edge_agent.sources.vda5050 import FAMILIES, Watch
    from edge_agent.sources.vda5050_message import Families
    from edge_agent.sources.vda5050_vehicle import Vehicle

from simulators.vda5050 import Vehicle as Simulated

STATES = [[m for kind, m in Simulated(1, v).run(20) if kind == "state"] for v in ("1.1.0", "2.1.0", "3.0.0")]
SCRAPS = [None, True, -1, 0, 3, 1e308, "", "NONE", "MANUAL", "\x00", [], {}, [{}], [None], {"x": 1, "y": []}]


def changed(provider: atheris.FuzzedDataProvider, message: dict[str, object]) -> bytes:
    """A valid state of which something was replaced."""
    message = dict(message)
    for _ in range(provider.ConsumeIntInRange(0, 3)):
        key = provider.PickValueInList(sorted(message))
        inner = message[key]
        if isinstance(inner, dict) and inner and provider.ConsumeBool():
            message[key] = inner | {provider.PickValueInList(sorted(inner)): provider.PickValueInList(SCRAPS)}
        else:
            message[key] = provider.PickValueInList(SCRAPS)
    return json.dumps(message).encode()


def one_input(data: bytes) -> None:
    provider = atheris.FuzzedDataProvider(data)
    watch = Watch(Vehicle(), Families(FAMILIES.items()), "fuzz")
    states = provider.PickValueInList(STATES)
    for number in range(provider.ConsumeIntInRange(1, 6)):
        kind = "connection" if provider.ConsumeBool() else "state"
        raw = provider.ConsumeBool()
        payload = provider.ConsumeBytes(200) if raw else changed(provider, provider.PickValueInList(states))
        watch.heard(f"vda5050/v3/m/s/{kind}", payload, float(number))
        watch.tick(float(number))
    assert all(math.isfinite(total) and total >= 0 for total in watch.vehicle.totals.values())
    if watch.vehicle.seen is not None:
        Vehicle.recalled(json.loads(json.dumps(watch.vehicle.memory())))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
