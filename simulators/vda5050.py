"""A simulated VDA 5050 vehicle: valid 1.1, 2.1 or 3.0 states and connections, from a seed, in virtual time.

It drives orders over a grid of nodes, is stopped and taken over by hand now and then, raises errors and
clears them, charges when it is empty. `truth` is what really happened, counted as it happens; nothing of
it is read back from the messages. `publish` sends the messages through a real MQTT broker.
"""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

Version = Literal["1.1.0", "2.1.0", "3.0.0"]
BEGIN = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)
MAKER = "fleetward-sim"
STEP_S = 5.0  # a state at least every 30 s is asked for; on change in between
SPEED_M_S = 0.8
EDGE_M = 6.0
ERRORS = (
    ("LOCALIZATION_ERROR", "FATAL", "lost on the map"),
    ("NODE_UNREACHABLE", "CRITICAL", "the way is blocked"),
    ("laserScannerDirty", "WARNING", "clean the scanner"),
)
PREFIXES = {"1.1.0": "uagv/v1", "2.1.0": "uagv/v2", "3.0.0": "vda5050/v3"}
FIELDS = {
    "1.1.0": {"battery": "batteryState", "charge": "batteryCharge", "position": "agvPosition",
              "known": "positionInitialized", "stop": "eStop", "broken": "connectionBroken"},
    "2.1.0": {"battery": "batteryState", "charge": "batteryCharge", "position": "agvPosition",
              "known": "positionInitialized", "stop": "eStop", "broken": "CONNECTIONBROKEN"},
    "3.0.0": {"battery": "powerSupply", "charge": "stateOfCharge", "position": "mobileRobotPosition",
              "known": "localized", "stop": "activeEmergencyStop", "broken": "CONNECTION_BROKEN"},
}  # fmt: skip


@dataclass
class Vehicle:
    """One vehicle. `run(steps)` yields (kind, message); the same seed yields the same messages."""

    seed: int
    version: Version = "3.0.0"
    serial: str = "R-0001"
    interface: str = ""
    truth: dict[str, float] = field(default_factory=dict)
    episodes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        counters = ("navigation_tasks", "distance_m", "driving_s", "charging_s", "intervention")
        self.truth = dict.fromkeys(counters, 0.0)
        self._chance = Random(self.seed)  # noqa: S311  a simulation, repeatable by intent
        self._names = FIELDS[self.version]
        self._now = BEGIN
        self._headers = {"state": -1, "connection": -1}
        self._order, self._update, self._nodes = "", 0, list[int]()
        self._node, self._sequence = 0, 0
        self._x = self._y = self._heading = 0.0
        self._driving = self._charging = False
        self._mode, self._stop, self._charge = "AUTOMATIC", "NONE", 80.0
        self._errors: dict[str, tuple[str, str]] = {}
        self._orders = 0

    @property
    def topic(self) -> str:
        """Without the kind at its end."""
        return f"{self.interface or PREFIXES[self.version]}/{MAKER}/{self.serial}"

    def run(self, steps: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """One connection message, then one state a step."""
        yield "connection", self.connection("ONLINE")
        yield "state", self.state()
        for _ in range(steps):
            self._live()
            yield "state", self.state()

    def connection(self, word: str) -> dict[str, Any]:
        said = self._names["broken"] if word == "BROKEN" else self._word(word)
        return self._header("connection") | {"connectionState": said}

    def _word(self, word: str) -> str:
        """A word of an enumeration: 1.1 writes all but the modes small."""
        return word.lower() if self.version == "1.1.0" else word

    def state(self) -> dict[str, Any]:
        """The vehicle now, as its version spells it."""
        names = self._names
        nodes = [{"nodeId": f"n{n}", "sequenceId": 2 * i, "released": True} for i, n in enumerate(self._nodes, 1)]
        edges = [{"edgeId": f"e{n}", "sequenceId": 2 * i - 1, "released": True} for i, n in enumerate(self._nodes, 1)]
        state = self._header("state") | {
            "orderId": self._order,
            "orderUpdateId": self._update,
            "lastNodeId": f"n{self._node}",
            "lastNodeSequenceId": self._sequence,
            "nodeStates": nodes,
            "edgeStates": edges,
            "driving": self._driving,
            "actionStates": [],
            "operatingMode": self._mode,
            "errors": self._error_list(),
            "safetyState": {names["stop"]: self._word(self._stop), "fieldViolation": False},
            names["battery"]: {names["charge"]: round(self._charge, 2), "charging": self._charging},
            names["position"]: self._position(),
        }
        return state | ({"instantActionStates": []} if self.version == "3.0.0" else {})

    def _header(self, kind: str) -> dict[str, Any]:
        self._headers[kind] += 1
        stamp = f"{self._now:%Y-%m-%dT%H:%M:%S}.{self._now.microsecond // 1000:03d}Z"
        return {
            "headerId": self._headers[kind],
            "timestamp": stamp,
            "version": self.version,
            "manufacturer": MAKER,
            "serialNumber": self.serial,
        }

    def _position(self) -> dict[str, Any]:
        return {
            "x": round(self._x, 3), "y": round(self._y, 3), "theta": math.trunc(self._heading * 1000) / 1000,
            "mapId": "hall", self._names["known"]: "LOCALIZATION_ERROR" not in self._errors,
        }  # fmt: skip

    def _error_list(self) -> list[dict[str, Any]]:
        return [
            {
                "errorType": kind,
                "errorLevel": self._word(
                    level if self.version == "3.0.0" or level in {"WARNING", "FATAL"} else "FATAL"
                ),
                "errorDescription": text,
                "errorReferences": [{"referenceKey": "nodeId", "referenceValue": "n0"}],
            }
            for kind, (level, text) in self._errors.items()
        ]

    def _live(self) -> None:
        """One step: time passes under what the last state said, then something may change."""
        step_s = STEP_S
        self._now += timedelta(seconds=step_s)
        if self._driving:
            self.truth["driving_s"] += step_s
            self._move(SPEED_M_S * step_s)
        if self._charging:
            self.truth["charging_s"] += step_s
        self._charge = min(100.0, max(5.0, self._charge + (0.8 if self._charging else -0.1)))
        self._change_hands()
        self._change_errors()
        self._change_task()

    def _move(self, metres: float) -> None:
        x, y = self._x, self._y
        self._x += metres * math.cos(self._heading)
        self._y += metres * math.sin(self._heading)
        if "LOCALIZATION_ERROR" not in self._errors:
            self.truth["distance_m"] += math.hypot(round(self._x, 3) - round(x, 3), round(self._y, 3) - round(y, 3))
        if self._nodes and self._chance.random() < metres / EDGE_M:
            self._node = self._nodes.pop(0)
            self._sequence += 2
            self._heading = self._chance.choice((0.0, math.pi / 2, math.pi, -math.pi / 2))

    def _change_hands(self) -> None:
        by_hand = self._mode == "MANUAL" or self._stop != "NONE"
        if by_hand:
            if self._chance.random() < 0.3:  # noqa: PLR2004  over within 20 s on average
                self._mode, self._stop = "AUTOMATIC", "NONE"
        elif self._chance.random() < 0.01:  # noqa: PLR2004  some five an hour: tests want to see them
            self.truth["intervention"] += 1
            if self._chance.random() < 0.5:  # noqa: PLR2004  an even coin
                self._mode = "MANUAL"
            else:
                self._stop = "MANUAL"

    def _change_errors(self) -> None:
        for kind, level, text in ERRORS:
            if kind in self._errors:
                if self._chance.random() < 0.2 and not self._driving:  # noqa: PLR2004  half a minute on average
                    del self._errors[kind]
            elif self._chance.random() < 0.02 and not self._driving:  # noqa: PLR2004  a few an hour
                self._errors[kind] = (level, text)
                self.episodes[kind] = self.episodes.get(kind, 0) + 1

    def _change_task(self) -> None:
        by_hand = self._mode == "MANUAL" or self._stop != "NONE"
        stuck = any(level != "WARNING" for level, _ in self._errors.values())
        if not self._nodes and not self._charging and not by_hand and not stuck:
            if self._charge < 20:  # noqa: PLR2004  percent
                self._charging = True
            elif self._chance.random() < 0.3:  # noqa: PLR2004  idle for some 20 s between two orders
                self._begin_order()
        if self._charging and self._charge > 90:  # noqa: PLR2004  percent
            self._charging = False
        self._driving = bool(self._nodes) and not by_hand and not stuck

    def _begin_order(self) -> None:
        self._orders += 1
        self._order, self._update, self._sequence = f"order-{self.seed}-{self._orders}", 0, 0
        self._nodes = [self._chance.randrange(1, 40) for _ in range(self._chance.randrange(2, 7))]
        self.truth["navigation_tasks"] += 1


def publish(vehicle: Vehicle, steps: int, host: str, port: int, *, pause_s: float = 0.0) -> None:
    """Run the vehicle through a broker, one message each `pause_s`; ends with its coordinated OFFLINE."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=f"vehicle-{vehicle.serial}-{vehicle.seed}")
    client.will_set(f"{vehicle.topic}/connection", json.dumps(vehicle.connection("BROKEN")), qos=1, retain=True)
    client.connect(host, port)
    client.loop_start()
    try:
        for kind, message in vehicle.run(steps):
            _send(client, vehicle, kind, message)
            time.sleep(pause_s)
        _send(client, vehicle, "connection", vehicle.connection("OFFLINE"))
    finally:
        client.disconnect()
        client.loop_stop()
        client._reset_sockets()  # noqa: SLF001  paho leaves the pair that wakes its thread open


def _send(client: Client, vehicle: Vehicle, kind: str, message: dict[str, Any]) -> None:
    """`connection` is QoS 1 and retained, everything else QoS 0, as the standard has it."""
    lasting = kind == "connection"
    client.publish(f"{vehicle.topic}/{kind}", json.dumps(message), qos=int(lasting), retain=lasting).wait_for_publish(5)
