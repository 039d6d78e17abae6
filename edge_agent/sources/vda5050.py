"""VDA 5050 by the robot's own MQTT broker: 2.x (`uagv/v2/…`), 3.0 (`vda5050/v3/…`), and by setting 1.1 and other names.

A counter is supported from the first state that tells of it. Until a vehicle is heard on the topics that are set,
every topic of the standard's form is listened to, so that the status can say who speaks where.
One vehicle is followed, the first that speaks or the one configured. Totals are cumulative and kept in a small file
before they are handed on, so a crash of the agent counts nothing twice (sources/memory.py).
`connection` says whether the vehicle is reachable, never whether it is healthy: a state that arrives after
a last will outweighs it, and the silence of a vehicle that is OFFLINE or HIBERNATING is no fault.
"""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.counting.readings import (
    Condition,
    Conditions,
    Gauge,
    Notice,
    Notices,
    Reading,
    Supports,
    Take,
)
from edge_agent.errors import ConfigError, SourceError
from edge_agent.sources.lines import LineRefused, read_object
from edge_agent.sources.memory import KeptLife, Memory, new_epoch
from edge_agent.sources.names import shown
from edge_agent.sources.options import Rules, Texts, says
from edge_agent.sources.refusals import Refusals
from edge_agent.sources.surroundings import Surroundings
from edge_agent.sources.vda5050_message import Families, StateRefused, read_state, upper
from edge_agent.sources.vda5050_vehicle import COUNTERS, Vehicle

PAYLOAD_MAX_BYTES = 1024 * 1024  # a state with a thousand nodes is 200 kB
KEEP_MIN_S = 1.0  # a vehicle that changes its order in every message does not wear out the flash
SILENT_S = 95.0  # three periods of 30 s in which a state must come, and a little
ANY_VEHICLE = ("+/+/+/+/state", "+/+/+/+/connection")
OTHERS_MAX = 3  # vehicles on other topics that are named
CONNECTIONS = frozenset({"ONLINE", "OFFLINE", "HIBERNATING", "CONNECTION_BROKEN", "CONNECTIONBROKEN"})
FAMILIES: Mapping[str, str] = {
    "LOCALI": "navigation", "NODE": "navigation", "EDGE": "navigation", "ROUTE": "navigation", "PATH": "navigation",
    "MAP": "navigation", "ORDER": "navigation", "NAVIGATION": "navigation", "OBSTACLE": "navigation",
    "LASER": "navigation", "LIDAR": "navigation", "SCANNER": "navigation", "NETWORK": "network",
    "CONNECTION": "network", "WIFI": "network", "CAMERA": "vision", "VISION": "vision", "TOUCH": "touch",
}  # fmt: skip
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    url: str = field(default="mqtt://127.0.0.1:1883", metadata=says("the robot's own broker"))
    username: str = field(default="", metadata=says("user name there"))
    password_file: Path = field(default=Path(), metadata=says("file with its password"))
    interfaces: Texts = field(default=("uagv/v2", "vda5050/v3"), metadata=says("topic prefixes, like vda5050/v3"))
    manufacturer: str = field(default="+", metadata=says("manufacturer in the topic; + means any"))
    serial: str = field(default="+", metadata=says("serial number in the topic; + means the first that speaks"))
    keep_s: float = field(default=60.0, metadata=says("seconds between two writes of the totals", low=0.1, high=900))
    families: Rules = field(default_factory=lambda: FAMILIES, metadata=says("word in an errorType = fault family"))


class Watch:
    """What one vehicle says. Pure: `mono_s` is the caller's clock. Returns readings and the reasons of refusals."""

    def __init__(self, vehicle: Vehicle, families: Families, scope: str) -> None:
        self.vehicle = vehicle
        self._families = families
        self._scope = scope
        self._speaker = ""
        self._heard_s: float | None = None
        self._connection = ""
        self._strange: set[str] = set()
        self.others: list[str] = []  # who speaks on other topics

    def heard(self, topic: str, payload: bytes, mono_s: float) -> tuple[list[Reading], list[str]]:
        speaker, _, kind = topic.rpartition("/")
        if len(payload) > PAYLOAD_MAX_BYTES:
            return [], [f"{kind} is larger than {PAYLOAD_MAX_BYTES} bytes"]
        try:
            raw = read_object(payload)
            if kind == "connection":
                return [], self._hear_connection(raw) if self._is_ours(speaker, mono_s) else []
            state = read_state(raw, self._families)
        except (LineRefused, StateRefused) as error:
            return [], [f"{kind}: {error}"]
        if not self._is_ours(speaker, mono_s):
            return [], self._once(f"a second vehicle speaks, {shown(speaker)}: set serial and interfaces")
        self._speaker, self._heard_s = speaker, mono_s
        reasons = [reason for text in state.refused for reason in self._once(text)]
        if not self.vehicle.take(state):
            return [], reasons
        self._connection = "ONLINE" if "BROKEN" in self._connection else self._connection
        readings: list[Reading] = [Gauge("battery_ratio", state.charge_ratio)] if state.charge_ratio is not None else []
        if state.conditions is not None:
            readings.append(Conditions(self._scope, state.conditions))
        return readings, reasons

    @property
    def spoke(self) -> bool:
        """Whether a vehicle was heard since this process began."""
        return self._heard_s is not None

    def heard_elsewhere(self, topic: str, payload: bytes) -> None:
        """A message on a topic that is not ours: a vehicle, if it speaks as one."""
        speaker = topic.rpartition("/")[0]
        if speaker not in self.others and len(self.others) < OTHERS_MAX and len(payload) <= PAYLOAD_MAX_BYTES:
            with contextlib.suppress(LineRefused):
                if {"headerId", "serialNumber"} <= read_object(payload).keys():
                    self.others.append(speaker)

    def tick(self, mono_s: float) -> list[Reading]:
        """Whether it is reachable and speaks."""
        silent = self._heard_s is not None and mono_s - self._heard_s > SILENT_S
        resting = self._connection in {"OFFLINE", "HIBERNATING"}
        broken = "BROKEN" in self._connection
        return [
            Condition(
                "network", "vehicle_connection_broken", broken, detail="the vehicle's last will" if broken else ""
            ),
            Condition("agent", "vehicle_silent", silent and not resting and not broken, self._scope),
            Gauge("vehicle_missed_states", self.vehicle.missed),
        ]

    def _hear_connection(self, raw: Mapping[str, Any]) -> list[str]:
        word = raw.get("connectionState")
        if upper(word) not in CONNECTIONS:
            return self._once(f"connectionState {shown(word)} is unknown: taken as no news")
        self._connection = upper(word)
        return []

    def _is_ours(self, speaker: str, mono_s: float) -> bool:
        """The first vehicle and version that speak; another one only when the first has fallen silent."""
        return speaker == self._speaker or self._heard_s is None or mono_s - self._heard_s > SILENT_S

    def _once(self, reason: str) -> list[str]:
        """A strange word is repeated in every state; it is one finding."""
        if reason in self._strange or len(self._strange) > 100:  # noqa: PLR2004  a vendor has no more strange words
            return []
        self._strange.add(reason)
        return [reason]


class Vda5050:
    """Subscribes until cancelled; the MQTT library reconnects by itself."""

    def __init__(self, name: str, options: Options, around: Surroundings) -> None:
        self.name = name
        self.subscribed = asyncio.Event()
        self._options = options
        self.far_side = options.url  # doctor tries whether anybody is there
        self._around = around
        self._memory = Memory(around.state_dir / f"source-{name}.json")
        for part in (*options.interfaces, options.manufacturer, options.serial):
            _check(name, part)
        if not options.interfaces:
            raise ConfigError("[sources.{name}] interfaces is empty: name a prefix such as vda5050/v3", name=name)
        vehicle, self._life = self._recall()
        self.watch = Watch(vehicle, Families(options.families.items()), name)
        self._connected = False
        self._searching = True  # for whoever speaks, until ours does
        self._kept_s = float("-inf")
        self._owed = False  # an order or an intervention that is not on the disk yet

    @property
    def may_have_forgotten(self) -> bool:
        """Whether its file may be as old as an outbox that went back."""
        return not self._life.newer

    async def run(self, take: Take) -> None:
        """Raises SourceError when the broker's address or password file makes no sense."""
        loop = asyncio.get_running_loop()
        refusals = Refusals(self.name, take)
        life = self._life
        epoch = life.epoch
        self._keep(take)  # before anything new is heard: these totals tell whether this file or the outbox went back
        if life.older or life.epoch != epoch:
            refusals.add("file_went_back", name=self.name)
            self.watch.vehicle.look_anew()
            self._save()
        client = self._client(loop, take, refusals)
        began_s = loop.time()
        take(self._supports(began_s))
        try:
            while True:
                await asyncio.sleep(min(self._around.sample_s, self._options.keep_s))
                down = Condition("agent", "vehicle_broker_unreachable", not self._connected, self.name)
                for reading in (down, *self.watch.tick(loop.time()), self._supports(began_s), self._notices(began_s)):
                    take(reading)
                if self.watch.spoke and self._searching:
                    self._searching = False
                    client.unsubscribe(list(ANY_VEHICLE))
                if loop.time() - self._kept_s >= (KEEP_MIN_S if self._owed else self._options.keep_s):
                    self._keep(take)
        finally:
            client.disconnect()
            await asyncio.to_thread(_release, client)
            self._keep(take)

    def _recall(self) -> tuple[Vehicle, KeptLife]:
        """The vehicle, and the life of its totals."""
        kept = self._memory.load()
        try:
            if kept is not None:
                life = KeptLife.recalled(kept, self._around)
                return Vehicle.recalled(kept["vehicle"]), life
        except (KeyError, TypeError, ValueError) as error:
            _LOG.warning("memory is unreadable: %s", error, extra={"action": "source_memory_failed"})
        # where the file is lost, an order that runs may have been counted as it began
        return Vehicle(first_look=not self._around.series(self.name)), KeptLife(new_epoch())

    def _supports(self, began_s: float) -> Supports:
        """What a state has told of. What none tells of, or no vehicle that could, is not supported."""
        heard = self.watch.vehicle.heard
        waited = self._connected and asyncio.get_running_loop().time() - began_s > SILENT_S
        known = self.watch.spoke or (waited and not heard)
        return Supports(tuple(sorted(heard)), tuple(sorted(set(COUNTERS) - heard)) if known else ())

    def _notices(self, began_s: float) -> Notices:
        if self.watch.spoke or not self._connected:
            return Notices(())
        who = f"/{self._options.manufacturer}/{self._options.serial}".removesuffix("/+").removesuffix("/+")
        topics = ", ".join(f"{prefix}{who}" for prefix in self._options.interfaces)
        return Notices((Notice("no_vehicle", topics, began_s, ", ".join(self.watch.others)),))

    def _keep(self, take: Take) -> None:
        """First the file, then the totals: the outbox must never know more than the file."""
        if self.watch.vehicle.seen is None:
            return
        self._kept_s, self._owed = asyncio.get_running_loop().time(), False
        failed = self._save()
        take(Condition("agent", "source_memory_failed", bool(failed), self.name, detail=failed))
        if failed:
            return  # the totals wait in memory and are handed on with the next write that succeeds
        if not self._life.say(self.watch.vehicle.totals, take):
            self._keep(take)

    def _save(self) -> str:
        """Why it could not be."""
        try:
            self._memory.save(self._life.kept(self._around) | {"vehicle": self.watch.vehicle.memory()})
        except OSError as error:
            return f"make room in the state folder: {error}"
        return ""

    def _client(self, loop: asyncio.AbstractEventLoop, take: Take, refusals: Refusals) -> mqtt.Client:
        address = urlsplit(self._options.url)
        if address.scheme != "mqtt" or not address.hostname:
            raise SourceError(f"{self.name}: url {self._options.url!r} is no broker: write mqtt://127.0.0.1:1883")
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"fleetward-{uuid.uuid4().hex[:12]}")
        if self._options.username:
            client.username_pw_set(self._options.username, self._password())
        client.reconnect_delay_set(1, 60)

        def connected(client: mqtt.Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
            if not reason.is_failure:
                searched = ANY_VEHICLE if self._searching else ()
                client.subscribe([(topic, 1) for topic in (*self._topics(), *searched)])

        def subscribed(*_: Any) -> None:
            loop.call_soon_threadsafe(self._mark, True)

        def disconnected(*_: Any) -> None:
            loop.call_soon_threadsafe(self._mark, False)

        def heard(_: Any, __: Any, message: mqtt.MQTTMessage) -> None:
            loop.call_soon_threadsafe(self._hear, message.topic, bytes(message.payload), take, refusals)

        client.on_connect, client.on_subscribe = connected, subscribed
        client.on_disconnect, client.on_message = disconnected, heard
        client.connect_async(address.hostname, address.port or 1883, keepalive=30)
        client.loop_start()
        return client

    def _hear(self, topic: str, payload: bytes, take: Take, refusals: Refusals) -> None:
        if not any(mqtt.topic_matches_sub(ours, topic) for ours in self._topics()):
            self.watch.heard_elsewhere(topic, payload)
            return
        now_s, totals = asyncio.get_running_loop().time(), self.watch.vehicle.totals
        before = None if self.watch.vehicle.seen is None else (totals["navigation_tasks"], totals["intervention"])
        readings, reasons = self.watch.heard(topic, payload, now_s)
        for reason in reasons:
            refusals.add(reason)
        for reading in readings:
            take(reading)
        self._owed = self._owed or before != (totals["navigation_tasks"], totals["intervention"])
        if self._owed and now_s - self._kept_s >= KEEP_MIN_S:
            self._keep(take)  # what cannot be seen again in the next state is kept at once

    def _mark(self, connected: bool) -> None:  # noqa: FBT001  called by the loop, positionally
        self._connected = connected
        if connected:
            self.subscribed.set()

    def _password(self) -> str | None:
        if self._options.password_file == Path():
            return None
        try:
            return self._options.password_file.read_text().strip()
        except OSError as error:
            raise SourceError(f"{self.name}: password_file: {error.strerror}: give the agent read access") from error

    def _topics(self) -> list[str]:
        who = f"{self._options.manufacturer}/{self._options.serial}"
        return [f"{prefix}/{who}/{kind}" for prefix in self._options.interfaces for kind in ("state", "connection")]


def _check(name: str, part: str) -> None:
    if not part or "#" in part or part.startswith("/") or part.endswith("/"):
        raise ConfigError(
            "[sources.{name}] {part!r} is no part of a topic: write it as vda5050/v3, without #", name=name, part=part
        )


def _release(client: mqtt.Client) -> None:
    """Wait for paho's thread and close its sockets: paho leaves the pair that wakes its thread open."""
    client.loop_stop()
    client._reset_sockets()  # noqa: SLF001  paho has no public way


def build(name: str, options: Options, around: Surroundings) -> Vda5050:
    return Vda5050(name, options, around)
