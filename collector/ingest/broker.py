"""The broker, as far as the collector sees it. The only file that knows the MQTT library (gmqtt).

Messages are acknowledged to the broker after their commit, so the broker's own flow control (receive
maximum) keeps our queue short; where it does not, we stop reading the socket. None of this is needed for
correctness: robots send again what we have not acked. The session is clean: what comes while we are away is
not queued for us, it comes again from the robots.

Who gets which batch:  all     one wildcard; a collector that is alone
                       shards  `part` i/n: the shards with number % n == i - 1
                       share   `$share/<group>/…`, only after a message to ourselves came through a shared
                               subscription: brokers grant it and deliver nothing

Every collector sees presence and reports of all robots (of its shards, with `part`): they are retained, and
shared subscriptions do not get retained messages.

Reconnecting is ours: full jitter, reset after a minute of stability. MQTT 5 first, 3.1.1 when the broker
does not speak it.
"""

import asyncio
import logging
import secrets
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import gmqtt  # type: ignore[import-untyped]  # the library has no types
from gmqtt.mqtt.constants import MQTTv50, MQTTv311  # type: ignore[import-untyped]  # the library has no types
from gmqtt.mqtt.handler import MQTTConnectError  # type: ignore[import-untyped]  # the library has no types

from collector.ingest.broker_url import BrokerUrl, tls_context
from collector.ingest.metrics import IngestFigures
from collector.ingest.packet_limit import PacketLimit
from collector.ingest.payload_limit import PayloadLimit
from collector.ingest.queue import Arrival
from protocol import topics
from protocol.backoff import delay_s

log = logging.getLogger(__name__)

RECEIVE_MAXIMUM = 5_000  # un-acknowledged messages the broker may send (it may allow fewer: max_inflight_messages)
KEEPALIVE_S = 30
CONNECT_TIMEOUT_S = 15.0
PROBE_TIMEOUT_S = 3.0
CLOSE_TIMEOUT_S = 2.0
BACKOFF_FIRST_S, BACKOFF_MAX_S = 1.0, 30.0
STABLE_S = 60.0
OUTBOUND_MAX_BYTES = 32 * 1024 * 1024  # a broker that reads nothing: acks are dropped, robots ask again
TOO_LARGE_NAMED = 100  # topics whose packets the broker does not take
SUBSCRIBE_FILTERS = 64  # filters in one SUBSCRIBE
_ID_BYTES = 2  # of a packet id, which only a message of QoS 1 has
TOO_LARGE = b"\x95"  # reason of a PUBACK: Mosquitto says it of a message above message_size_limit
_PUBLISH, _QOS_1, _PUBACK = 0x30, 0x02, b"\x40\x02"
_PINGREQ, _PINGRESP = b"\xc0\x00", 0xD0


@dataclass(frozen=True, slots=True)
class PubackToken:
    """What acknowledges one message to the broker: worthless on any other connection."""

    connection: int
    packet_id: int


class _Client(gmqtt.Client):  # type: ignore[misc]  # untyped base
    """gmqtt without its own reconnecting."""

    async def reconnect(self, delay: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the library's signature
        self._connack_received.set()  # `connect` would wait for a CONNACK of a connection that is gone


@dataclass
class Broker:
    """A connection that comes back by itself. An empty `client_id` is made up."""

    url: BrokerUrl
    figures: IngestFigures
    part: tuple[int, int] = (1, 1)
    share_group: str = ""
    client_id: str = ""
    chance: Random = field(default_factory=Random)
    limit: PacketLimit = field(default_factory=PacketLimit)
    payload: PayloadLimit = field(default_factory=PayloadLimit)
    _take: Callable[[Arrival], None] = lambda _: None
    _full: Callable[[], bool] = lambda: False
    _connected: Callable[[], None] = lambda: None
    _client: Any = None
    _version: int = MQTTv50
    _lost: asyncio.Event = field(default_factory=asyncio.Event)
    _probed: asyncio.Event = field(default_factory=asyncio.Event)
    _receiving: bool = True
    _paused: bool = False
    _waiting: bool = False  # something was held back until another packet is answered
    _tried_again: asyncio.TimerHandle | None = None

    async def run(
        self, take: Callable[[Arrival], None], full: Callable[[], bool], connected: Callable[[], None] = lambda: None
    ) -> None:
        """Connect, stay connected, come back. Ends by cancellation or after `close`.

        `take` gets each message; while `full`, the socket is not read; `connected` is called after each connection, and
        when what was held back may be sent now: it publishes again.
        """
        self._take, self._full, self._connected = take, full, connected
        self.client_id = self.client_id or f"collector-{secrets.token_hex(4)}"
        logging.getLogger("gmqtt").setLevel(logging.CRITICAL)  # it reports each loss five times; we do once
        failures, reported = 0, False
        while self._receiving:
            began_s = asyncio.get_running_loop().time()
            reason = await self._connection()
            lasted_s = asyncio.get_running_loop().time() - began_s
            if not self._receiving:
                return
            if lasted_s >= STABLE_S:
                failures, reported = 0, False
            if not reported:
                extra = {"action": "broker_lost", "broker": str(self.url), "reason": reason}
                log.warning("no broker; trying until there is one", extra=extra)
                reported = True
            failures += 1
            await asyncio.sleep(delay_s(failures, BACKOFF_FIRST_S, BACKOFF_MAX_S, self.chance.random()))

    async def _connection(self) -> str:
        """One connection from CONNECT to its loss; returns why it ended."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                if not (await self._connect(MQTTv50) or await self._connect(MQTTv311)):
                    self._doubt_limits()
                    return "the broker closes the connection without accepting it"
            self.limit.connected(self._said_limit())
            self.payload.connected()
            self._client._connection._send_ping_request = self._ping  # noqa: SLF001 - its own pings are counted, too
            await self._subscribe()
            self.figures.connected = True
            self.figures.connections += 1
            extra = {"action": "broker_connected", "broker": str(self.url), "sharing": self.figures.sharing}
            log.info("connected to the broker", extra=extra | {"mqtt": "5" if self._version == MQTTv50 else "3.1.1"})
            self._connected()
            await self._lost.wait()
            self._learn()
        except TimeoutError:
            self._doubt_limits()
            return f"no answer in {CONNECT_TIMEOUT_S:.0f} s"
        except OSError as error:  # also TLS: the certificate's problem is in the text
            self._doubt_limits()  # a broker that was away: it restarted, and may have another limit
            return str(error)
        except MQTTConnectError as error:
            return f"{error}: check user, password and certificate"
        finally:
            self.figures.connected = False
            await self._drop()
        return "the connection was lost"

    def _doubt_limits(self) -> None:
        self.limit.anew()
        self.payload.anew()

    def _said_limit(self) -> int | None:
        """CONNACK's Maximum Packet Size; None: the broker does not say one."""
        properties = self._client._package_handler._connack_properties  # noqa: SLF001 - no public way to ask
        said = properties.get("maximum_packet_size") if self._version == MQTTv50 else None
        return int(said[0]) if said else None

    def _learn(self) -> None:
        """Whether the connection ended over a packet. While the socket is not read, nobody knows what was answered."""
        if not self._receiving or self._paused:
            return
        loop = asyncio.get_running_loop()
        believed = self.limit.lost(loop.time())
        if believed is not None:
            self._believe("packet", believed, self.limit.until_s)

    def _believe(self, what: str, limit: int, until_s: float) -> None:
        extra = {"action": f"broker_{what}_limit", "broker": str(self.url), "bytes": limit}
        log.error(
            "the broker refuses large messages; what is larger is held back for ten minutes: raise its max_packet_size "
            "or message_size_limit", extra=extra,
        )  # fmt: skip
        if self._tried_again is not None:
            self._tried_again.cancel()
        self._tried_again = asyncio.get_running_loop().call_at(until_s + 0.1, self._again)

    def _acknowledged(self, command: int, packet: bytes) -> None:
        """PUBACK: a broker that drops a message for its size says so here, and nowhere else."""
        (packet_id,), refused = struct.unpack("!H", packet[:2]), packet[2:3] == TOO_LARGE
        before = self.payload.believed
        asked = self.payload.answered(packet_id, asyncio.get_running_loop().time(), too_large=refused)
        if asked is None:
            self._client._package_handler._handle_puback_packet(command, packet)  # noqa: SLF001 - the library's own
            return
        if refused:
            self._hold_back(asked.topic, asked.size)
        if self.payload.believed is not None and self.payload.believed != before:
            self._believe("payload", self.payload.believed, self.payload.until_s)
        self._look_again()

    def _look_again(self) -> None:
        """What had to wait may go when nothing is asked any more."""
        if self._waiting and not self.payload.asked:
            self._again()

    def _again(self) -> None:
        """What was held back may be sent now; without a connection, the next one does it."""
        self._waiting = False
        if self.figures.connected:
            self._connected()

    def _ping(self) -> None:
        transport = self._transport()
        if transport is not None:
            self.limit.pinged()
            transport.write(_PINGREQ)

    def _answered(self, _command: int, _packet: bytes) -> None:
        self.limit.answered()
        self._look_again()

    def _framed(self, topic: str, payload: bytes, now_s: float, *, retain: bool = False) -> bytes:
        """What to write; empty where it is held back. What the broker does not take is named, and no other waits.

        A size that has not passed yet asks the broker: by a ping behind it, and by QoS 1 where a PUBACK has a reason.
        """
        version5 = self._version == MQTTv50
        frame = _publish_frame(topic, payload, version5=version5, retain=retain)
        size = len(frame) + _ID_BYTES
        packet = self.limit.may(size, now_s)
        said = self.payload.may(len(payload), now_s) if version5 else "go"
        if "too_large" in {packet, said}:
            self._hold_back(topic, size if packet == "too_large" else len(payload))
            return b""
        if "wait" in {packet, said}:
            self._waiting = True
            return b""
        self.figures.too_large.pop(topic, None)
        if said == "ask":
            asked = self.payload.ask(topic, len(payload), now_s)
            frame = _publish_frame(topic, payload, version5=version5, retain=retain, packet_id=asked)
        if not self.limit.sent(size, now_s):
            return frame
        self.limit.pinged()
        return frame + _PINGREQ

    def _hold_back(self, topic: str, size: int) -> None:
        if self.figures.too_large.get(topic) != size and len(self.figures.too_large) < TOO_LARGE_NAMED:
            self.figures.too_large[topic] = size
            extra = {"action": "packet_held_back", "topic": topic, "bytes": size}
            log.error("the broker does not take a packet so large: it is held back", extra=extra)

    async def _connect(self, version: int) -> bool:
        """False when the broker ends the connection instead of accepting it: older ones do so with MQTT 5."""
        await self._drop()
        self._version, self._paused = version, False
        self._lost, self._probed, accepted = asyncio.Event(), asyncio.Event(), asyncio.Event()
        properties = {"receive_maximum": RECEIVE_MAXIMUM, "session_expiry_interval": 0}
        client = _Client(self.client_id, clean_session=True, **(properties if version == MQTTv50 else {}))
        lost = self._lost
        client.on_disconnect = lambda *_: lost.set()
        client.on_connect = lambda *_: accepted.set()
        # The library's own handling costs as much as our whole decoding, and cannot acknowledge later.
        handlers = client._package_handler._handler_cache  # noqa: SLF001 - its dispatch table
        handlers[_PUBLISH], handlers[_PINGRESP] = self._published, self._answered
        handlers[_PUBACK[0]] = self._acknowledged
        if self.url.user is not None:
            client.set_auth_credentials(self.url.user, self.url.password)
        self._client = client
        context = tls_context(self.url) or False
        await client.connect(self.url.host, self.url.port, ssl=context, keepalive=KEEPALIVE_S, version=version)
        return accepted.is_set()

    async def _subscribe(self) -> None:
        index, parts = self.part
        if self.share_group and parts == 1 and await self._share_delivers():
            self.figures.sharing = "share"
            filters = [topics.shared(topics.ALL_UP, self.share_group)]
        else:
            self.figures.sharing = "all" if parts == 1 else "shards"
            filters = list(topics.up_filters(index - 1, parts))
        filters += [topics.ALL_PRESENCE, topics.ALL_REPORTED]
        for i in range(0, len(filters), SUBSCRIBE_FILTERS):
            self._client.subscribe([gmqtt.Subscription(f, qos=1) for f in filters[i : i + SUBSCRIBE_FILTERS]])

    async def _share_delivers(self) -> bool:
        """Send ourselves a message through a shared subscription of our own: the SUBACK proves nothing."""
        topic = topics.probe(self.client_id)
        shared = topics.shared(topic, f"probe-{self.client_id}")
        self._client.subscribe([gmqtt.Subscription(shared, qos=1)])
        self._client.publish(topic, b"{}", qos=1)
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                await self._probed.wait()
        except TimeoutError:
            extra = {"action": "share_delivers_nothing", "broker": str(self.url)}
            log.warning("the broker grants shared subscriptions and delivers nothing: use part i/n", extra=extra)
        self._client.unsubscribe(shared)
        return self._probed.is_set()

    def _published(self, command: int, packet: bytes) -> None:
        """One PUBLISH packet, header stripped."""
        try:
            self._message(command, packet)
        except Exception:  # the library would drop it without a word: it is silenced above
            log.exception("a packet of the broker could not be read", extra={"action": "broker_packet"})

    def _message(self, command: int, packet: bytes) -> None:
        """Take it, or drop it when we are going down."""
        size = packet[0] << 8 | packet[1]
        at = 2 + size
        topic = packet[2:at].decode(errors="replace")
        token = None
        if command & 0x06:
            token = PubackToken(id(self._client), packet[at] << 8 | packet[at + 1])
            at += 2
        if self._version == MQTTv50:
            at = _behind_properties(packet, at)
        if topic.startswith(topics.probe("")):
            self._probed.set()
            self.settle((), (token,))
            return
        if self._receiving:
            self._take(Arrival(topic, packet[at:], asyncio.get_running_loop().time(), token))
            if self._full() and not self._paused:
                self._read(on=False)

    def settle(self, acks: Sequence[tuple[str, bytes]], tokens: Sequence[object]) -> None:
        """Acks to robots and acknowledgements to the broker, in one write. Without a connection both are lost."""
        client = self._client
        transport = self._transport()
        if transport is None or transport.get_write_buffer_size() > OUTBOUND_MAX_BYTES:
            return
        here = id(client)
        frames = [
            _PUBACK + struct.pack("!H", token.packet_id)
            for token in tokens
            if isinstance(token, PubackToken) and token.connection == here
        ]
        now_s = asyncio.get_running_loop().time()
        frames += [self._framed(topics.ack(robot), payload, now_s) for robot, payload in acks]
        transport.write(b"".join(frames))
        if self._paused and self._receiving and not self._full():
            self._read(on=True)

    def publish(self, topic: str, payload: bytes) -> bool:
        """A retained message: True where it is written.

        False without a connection, and where it is held back: `connected` of `run` is called when it may be sent.
        """
        transport = self._transport()
        if transport is None or not self.figures.connected:
            return False
        written = self._framed(topic, payload, asyncio.get_running_loop().time(), retain=True)
        if written:
            transport.write(written)
        return bool(written)

    def stop_receiving(self) -> None:
        """Take nothing more; what was taken can still be settled."""
        self._receiving = False
        self._read(on=False)

    async def close(self) -> None:
        """DISCONNECT, after everything written has left."""
        self._receiving = False
        if self._tried_again is not None:
            self._tried_again.cancel()
        await self._drop()
        self._lost.set()

    async def _drop(self) -> None:
        client, self._client = self._client, None
        if client is None or client._connection is None:  # noqa: SLF001 - there is no public way to ask
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await client.disconnect()
        except (OSError, TimeoutError) as error:
            extra = {"action": "broker_close", "reason": str(error)}
            log.debug("the connection did not close by itself", extra=extra)

    def _transport(self) -> Any:
        connection = self._client._connection if self._client is not None else None  # noqa: SLF001 - see above
        return None if connection is None or connection.is_closing() else connection._transport  # noqa: SLF001 - see above

    def _read(self, *, on: bool) -> None:
        transport = self._transport()
        if transport is not None:
            self._paused = not on
            transport.resume_reading() if on else transport.pause_reading()


def _behind_properties(packet: bytes, at: int) -> int:
    """Where the payload begins: properties carry nothing we asked for."""
    length = shift = 0
    while True:
        byte = packet[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return at + length


def _publish_frame(
    topic: str, payload: bytes, *, version5: bool, retain: bool = False, packet_id: int | None = None
) -> bytes:
    """A PUBLISH of QoS 1 with a packet id, of QoS 0 without."""
    name, asked = topic.encode(), b"" if packet_id is None else packet_id.to_bytes(2, "big")
    rest = len(name).to_bytes(2, "big") + name + asked + (b"\x00" if version5 else b"") + payload
    size = len(rest)
    length = bytearray()
    while size >> 7:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes((_PUBLISH | retain | (_QOS_1 if asked else 0), *length)) + rest
