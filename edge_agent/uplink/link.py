"""MQTT behind two methods: `publish` and `close`; what happens comes out of the `events` queue.

The only module that knows paho-mqtt. Its traps, and what is done here:
- connect() blocks, also in DNS: it runs in a daemon thread that may be abandoned;
- callbacks hold paho's lock and an exception kills its thread: they only hand events over to the loop;
- it would queue while offline without bound: `publish` raises unless connected;
- it would reconnect on its own, all robots at once: reconnect_on_failure is off, backoff is the uplink's;
- is_published() is true for a refusal: the reason code of every PUBACK is read;
- `max_inflight` is not kept over reconnects: each connection is a new client, the uplink has its own window.

MQTT 5 is tried first and 3.1.1 when the broker does not speak it.
"""

import asyncio
import contextlib
import logging
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.config import Settings, credentials, is_set
from edge_agent.errors import LinkError
from edge_agent.uplink import causes, tls
from edge_agent.uplink.paho_light import client as paho

CONNECT_TIMEOUT_S = 20.0  # TCP, TLS and CONNACK on a bad mobile link
MUTE_S = 3.0  # a broker that answers MQTT 5 with silence (amqtt does) is asked again in 3.1.1
STOP_TRIES, STOP_TRY_S = 100, 0.02
CLOSE_DEADLINE_S = 1.5  # a clean stop has five seconds for everything
LOOK_AGAIN_S = 600.0  # until what a failure cannot say is looked at again
RECEIVE_MAX_BYTES = 256 * 1024  # a desired document; MQTT 5 brokers then send nothing larger
RECENT = 8  # messages whose PUBACK is awaited before leaving: a window of batches, presence, a report
PACKET_BYTES = 52  # IPv4 and TCP headers with time stamps, per segment
PACKET_HEAD_BYTES = 1 + 4 + 2 + 2 + 1 + 3  # of a PUBLISH: kind, length, topic's length, number, a topic alias
NO_LIMIT_BYTES = 2**28  # MQTT's own
TAKEN_OVER = 142  # MQTT 5: another client connected with this one's id
TOO_LARGE = 0x95  # MQTT 5: packet too large; Mosquitto says it of a message above message_size_limit
PROTOCOL_ERROR = 0x82  # with which Mosquitto 2 ends an MQTT 5 connection over a message above message_size_limit
REFUSED_FROM = 0x80  # MQTT 5: reason codes from here on are failures

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Will:
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Arrived:
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class TooLarge:
    """The broker dropped the message with this number because of its size. The connection goes on."""

    number: int


@dataclass(frozen=True, slots=True)
class Denied:
    """The broker refuses a subscription. The connection goes on."""

    topic: str
    reason: str

    def error(self, cause: str) -> LinkError:
        """`cause`: denied_acks or denied_desired, by what would have arrived there."""
        return causes.failure(cause, topic=self.topic, detail=self.reason)


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone or useless; nothing else follows."""

    reason: str
    text: str
    in_protest: bool = False  # the broker ended it because of what it was sent
    cause: str = ""  # of causes.py, with its slot
    detail: str = ""


Event = Arrived | TooLarge | Denied | Lost


class Gone(LinkError):
    """A message found the connection ended; nothing of it left."""


class Torn(Gone):
    """The connection ended while a message went out: the broker may have read some of it."""


@dataclass(slots=True)
class Connection:
    """One accepted connection. Events end with `Lost`; None is a poke by whoever waits for them."""

    client: paho.Client
    version: str
    aliases: int
    packet_max_bytes: int
    events: "asyncio.Queue[Event | None]"
    _aliased: dict[str, int] = field(default_factory=dict)
    _recent: deque[paho.MQTTMessageInfo] = field(default_factory=lambda: deque(maxlen=RECENT))
    _wire_bytes: int = 0

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, often: bool = False) -> int:
        """Hand a message to the socket; its number. `often`: worth a topic alias. Raises LinkError if not connected."""
        properties: Any = None
        if often and self.aliases:
            known = self._aliased.get(topic)
            if known is None and len(self._aliased) < self.aliases:
                known = self._aliased[topic] = len(self._aliased) + 1
            elif known is not None:
                topic = ""
            if known is not None:
                properties = _properties(PacketTypes.PUBLISH)
                properties.TopicAlias = known
        if not self.client.is_connected():
            raise Gone("network", "the connection to the broker was lost: it is made again")
        done = self.client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        self._recent.append(done)
        if done.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise Torn("network", f"the broker's connection takes nothing ({done.rc.name}): it is made again")
        return done.mid

    def wire_bytes(self) -> int:
        """Bytes on the wire so far in both directions, with TLS and TCP; the kernel counts them."""
        sock = self.client.socket()
        if isinstance(sock, socket.socket):
            with contextlib.suppress(OSError, struct.error, AttributeError):  # closed meanwhile, or not Linux
                info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 144)
                acked, received, segments_out, segments_in = struct.unpack_from("<QQII", info, 120)
                self._wire_bytes = acked + received + PACKET_BYTES * (segments_out + segments_in)
        return self._wire_bytes

    async def close(self, *, clean: bool = True) -> None:
        """Leave. `clean` tells the broker (no last will); otherwise the socket is cut and the will is sent."""
        self.wire_bytes()
        if clean and self.client.is_connected():
            ended = _in_thread(partial(_leave, self.client, tuple(self._recent)), "link-close")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended, CLOSE_DEADLINE_S)
                return
        _cut(self.client)


def payload_max_bytes(connection: Connection, topic: str) -> int:
    """The largest payload to that topic whose whole packet the broker takes, as it says itself."""
    return connection.packet_max_bytes - PACKET_HEAD_BYTES - len(topic.encode())


class Link:
    """Makes connections to one broker and remembers which MQTT version it speaks."""

    def __init__(self, settings: Settings, *, now: Callable[[], float], floor_s: Callable[[], float]) -> None:
        self._settings = settings
        self._now = now
        self._floor_s = floor_s
        self._looked: dict[str, tuple[float, LinkError | None]] = {}  # when, and what was there
        self._version: int | None = {"5": paho.MQTTv5, "3.1.1": paho.MQTTv311}.get(settings.mqtt_version)

    async def connect(self, will: Will | None, subscriptions: Sequence[tuple[str, int]]) -> Connection:
        """Connect and subscribe. Raises LinkError with the reason, ConfigError for an unreadable credential."""
        try:
            return await self._connect(will, subscriptions)
        except LinkError as error:
            raise await self._diagnosed(error) from error

    async def _connect(self, will: Will | None, subscriptions: Sequence[tuple[str, int]]) -> Connection:
        if self._version is not None:
            return await self._attempt(self._version, will, subscriptions, CONNECT_TIMEOUT_S)
        try:
            connection = await self._attempt(paho.MQTTv5, will, subscriptions, MUTE_S)
        except LinkError as error:
            if error.reason != "version":
                raise
            connection = await self._attempt(paho.MQTTv311, will, subscriptions, CONNECT_TIMEOUT_S)
            self._version = paho.MQTTv311  # until the process ends: a broker is rarely replaced by a better one
        return connection

    async def _diagnosed(self, error: LinkError) -> LinkError:
        """What is really there, where the failure alone does not say it.

        Looked at again only after LOOK_AGAIN_S: a robot that is turned away must not knock three times as often.
        """
        if error.cause not in causes.UNCLEAR:
            return error
        now_s = asyncio.get_running_loop().time()
        looked_s, found = self._looked.get(error.cause, (None, None))
        if looked_s is None or now_s - looked_s >= LOOK_AGAIN_S:
            from edge_agent.uplink import diagnosis  # noqa: PLC0415  a robot that is connected never needs it

            known: list[LinkError | None] = []
            look = partial(diagnosis.look, self._settings, max(self._now(), self._floor_s()))
            await _in_thread(lambda: known.append(look()), "link-look")
            found = known[0]
            self._looked[error.cause] = (now_s, found)
        return found or error

    async def _attempt(
        self, version: int, will: Will | None, subscriptions: Sequence[tuple[str, int]], greeting_s: float
    ) -> Connection:
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        client, greeted = self._client(version, will, events, [topic for topic, _ in subscriptions])
        broker = self._settings.broker
        abandoned = threading.Event()
        silent = causes.failure("unanswered", broker=str(broker))
        try:
            try:
                start = partial(
                    _start, client, broker.host, broker.port, self._settings.keepalive_s, version, abandoned
                )
                await asyncio.wait_for(_in_thread(start, "link-connect"), CONNECT_TIMEOUT_S)
            except TimeoutError as error:
                raise silent from error
            except OSError as error:
                raise tls.explained(error) from error
            try:
                properties = await asyncio.wait_for(greeted, greeting_s)
            except TimeoutError as error:
                mute = causes.failure("mute", broker=str(broker))
                raise (mute if version == paho.MQTTv5 else silent) from error
            client.subscribe(list(subscriptions))
        except BaseException:
            abandoned.set()
            _cut(client)
            raise
        return Connection(
            client,
            "5" if version == paho.MQTTv5 else "3.1.1",
            int(getattr(properties, "TopicAliasMaximum", 0)),
            int(getattr(properties, "MaximumPacketSize", 0)) or NO_LIMIT_BYTES,
            events,
        )

    def _client(
        self, version: int, will: Will | None, events: "asyncio.Queue[Event | None]", topics: Sequence[str]
    ) -> tuple[paho.Client, "asyncio.Future[Any]"]:
        """A client whose callbacks fill `events`; the future is its CONNACK's properties."""
        five = version == paho.MQTTv5
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._settings.robot,
            clean_session=None if five else True,
            protocol=MQTTProtocolVersion(version),
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S / 2
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        username, password = credentials(self._settings)
        if username:
            client.username_pw_set(username, password or None)
        self._secure(client)
        by_certificate = "certificate_unknown" if is_set(self._settings.tls_cert_file) else "no_credentials"
        ear = _Ear(events, topics, "credentials" if password else by_certificate)
        ear.attach(client)
        return client, ear.greeted

    def _secure(self, client: paho.Client) -> None:
        if not self._settings.broker.tls:
            return
        floor_s = self._floor_s()
        files = (self._settings.tls_ca_file, self._settings.tls_cert_file, self._settings.tls_key_file)
        ca, certificate, key = (file if is_set(file) else None for file in files)
        wrong = floor_s if self._now() < floor_s else None
        client.tls_set_context(tls.context(ca, certificate, key, floor_s=wrong))


class _Ear:
    """paho's callbacks: each only hands its event over to the loop."""

    def __init__(self, events: "asyncio.Queue[Event | None]", topics: Sequence[str], shown: str) -> None:
        self._shown = shown  # the cause of a refusal, by what the robot showed of itself
        self._loop = asyncio.get_running_loop()
        self._events = events
        self._topics = topics  # in the order in which they are subscribed to
        self.greeted: asyncio.Future[Any] = self._loop.create_future()  # properties of the CONNACK
        self.greeted.add_done_callback(lambda f: f.cancelled() or f.exception())  # after a time-out it is no news

    def attach(self, client: paho.Client) -> None:
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_message, client.on_publish, client.on_subscribe = (
            self._on_message,
            self._on_publish,
            self._on_subscribe,
        )

    def _on_connect(self, _c: paho.Client, _d: object, _f: object, reason: ReasonCode, properties: Any) -> None:
        self._post(self._greet, reason, properties)

    def _on_disconnect(self, _c: paho.Client, _d: object, _f: object, reason: ReasonCode, _p: object) -> None:
        protest = reason.value in {TOO_LARGE, PROTOCOL_ERROR}
        if reason.value == TAKEN_OVER:
            self._post(self._lose, "taken_over", "")
        else:
            self._post(self._lose, "ended", str(reason), protest)

    def _on_message(self, _c: paho.Client, _d: object, message: paho.MQTTMessage) -> None:
        self._post(self._events.put_nowait, Arrived(message.topic, bytes(message.payload)))

    def _on_publish(self, _c: paho.Client, _d: object, mid: int, reason: ReasonCode, _p: object) -> None:
        if reason.value == TOO_LARGE:
            self._post(self._events.put_nowait, TooLarge(mid))
        elif reason.value >= REFUSED_FROM:
            self._post(self._lose, "message_refused", str(reason))

    def _on_subscribe(self, _c: paho.Client, _d: object, _mid: int, reasons: list[ReasonCode], _p: object) -> None:
        for topic, reason in zip(self._topics, reasons, strict=False):
            if reason.value >= REFUSED_FROM:
                self._post(self._events.put_nowait, Denied(topic, str(reason)))

    def _post(self, call: Callable[..., object], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody is left to tell
            self._loop.call_soon_threadsafe(call, *arguments)

    def _greet(self, reason: ReasonCode | None, properties: Any) -> None:
        if self.greeted.done():
            return
        if reason is None:
            self.greeted.set_exception(causes.failure("unread"))
        elif reason.is_failure:
            self.greeted.set_exception(_refusal(reason, self._shown))
        else:
            self.greeted.set_result(properties)

    def _lose(self, cause: str, detail: str, in_protest: bool = False) -> None:  # noqa: FBT001, FBT002
        self._greet(None, None)
        error = causes.failure(cause, detail=detail)
        self._events.put_nowait(Lost(error.reason, str(error), in_protest, cause, detail))


def _refusal(reason: ReasonCode, shown: str) -> LinkError:
    """A CONNACK that is not a welcome."""
    name = str(reason)
    if name == "Unsupported protocol version":
        return causes.failure("version", detail=name)
    if name in {"Bad user name or password", "Not authorized"}:
        return causes.failure(shown, detail=name)
    return causes.failure("turned_away", detail=name)


def _properties(packet: int) -> Any:
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho's class has no annotations


def _start(
    client: paho.Client, host: str, port: int, keepalive_s: int, version: int, abandoned: threading.Event
) -> None:
    properties: Any = None
    if version == paho.MQTTv5:
        properties = _properties(PacketTypes.CONNECT)
        properties.MaximumPacketSize = RECEIVE_MAX_BYTES
        client.connect(host, port, keepalive_s, clean_start=True, properties=properties)
    else:
        client.connect(host, port, keepalive_s)
    if abandoned.is_set():  # too late (DNS took minutes): two clients of one name would throw each other out
        _cut(client)
        return
    client.loop_start()


def _leave(client: paho.Client, recent: Sequence[paho.MQTTMessageInfo]) -> None:
    # A socket closed over an unread PUBACK is reset, the broker may lose the DISCONNECT with it and send the will.
    for message in recent:
        with contextlib.suppress(RuntimeError, ValueError):  # it was never sent
            message.wait_for_publish(CLOSE_DEADLINE_S / 2)
    client.disconnect()
    _release(client)


def _cut(client: paho.Client) -> None:
    """End it at once; paho's thread notices the closed socket and goes."""
    sock = client.socket()
    if isinstance(sock, socket.socket):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
    threading.Thread(target=_release, args=(client,), name="link-cut", daemon=True).start()


def _release(client: paho.Client) -> None:
    """Wait for paho's thread and close its sockets.

    paho itself leaves the pair that wakes its thread open until garbage is collected: two files for each attempt.
    """
    for _ in range(STOP_TRIES):
        try:
            client.loop_stop()
            break
        except RuntimeError:  # another thread is about to start paho's: it cannot be waited for yet
            time.sleep(STOP_TRY_S)
    client._reset_sockets()  # noqa: SLF001  paho has no public way


def _in_thread(work: Callable[[], None], name: str) -> "asyncio.Future[None]":
    """Run blocking work in a daemon thread: unlike an executor's it never delays the end of the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def body() -> None:
        failure: BaseException | None = None
        try:
            work()
        except BaseException as error:  # noqa: BLE001  handed to whoever awaits, whatever it is
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
            loop.call_soon_threadsafe(finish, failure)

    threading.Thread(target=body, name=name, daemon=True).start()
    return done
