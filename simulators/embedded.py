"""The broker that pip installs: amqtt behind our own doorkeeper. For `make demo` and quick tests only.

MQTT 3.1.1, loopback, everything in memory, no anonymous clients. The collector sees the whole fleet,
anybody else only topics of the robot that carries their name, under a client id of that name.
Why this one, with numbers: docs/adr/0003-embedded-broker.md.
"""

import asyncio
import hmac
import ipaddress
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter  # type: ignore[import-untyped]  # ships no types
from amqtt.broker import Broker  # type: ignore[import-untyped]  # ships no types
from amqtt.contexts import Action  # type: ignore[import-untyped]  # ships no types
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin  # type: ignore[import-untyped]  # ships no types
from amqtt.session import Session  # type: ignore[import-untyped]  # ships no types

from protocol import topics
from simulators.errors import PlanError

COLLECTOR = "collector"
CONNECTIONS_MAX = 2000  # a demo's fleet with room; each costs amqtt some 40 KiB
CONNECT_S = 10.0  # a client that says nothing for so long is none
LENGTH_MAX_BYTES = 4  # of MQTT's variable-length integer
MQTT_3_1_1 = 4
UNACCEPTABLE_VERSION = b"\x20\x02\x00\x01"  # CONNACK

_log = logging.getLogger(__name__)


def read_passwords(path: Path) -> dict[str, str]:
    """Lines `name:password`; # starts a comment. Raises PlanError when nobody could ever connect."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise PlanError(f"passwords file {path}: {error.strerror}: write one line name:password per client") from error
    found = dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))
    if COLLECTOR not in found:
        raise PlanError(f"passwords file {path} has no line {COLLECTOR}:…: nothing could read what robots send")
    return found


def may(user: str, topic: str, *, publish: bool) -> bool:
    """Who may publish to a topic, or subscribe to a filter."""
    if user == COLLECTOR:
        kinds = ("ack", "desired") if publish else ("up", "presence", "reported")
        bare = topic.split("/", 2)[2] if topic.startswith("$share/") and topic.count("/") > 1 else topic
        return any(bare.startswith(f"{topics.ROOT}/{kind}/") for kind in kinds)
    own = (
        {topics.up(user), topics.presence(user), topics.reported(user)}
        if publish
        else {topics.ack(user), topics.desired(user)}
    )
    return topic in own


class Doorkeeper(BaseAuthPlugin):  # type: ignore[misc]  # as above
    """Lets in who is in the passwords file. A robot's client id is its name: nobody takes another's session."""

    @dataclass
    class Config:
        passwords: dict[str, str] = field(default_factory=dict)

    async def authenticate(self, *, session: Session) -> bool | None:
        user, password = session.username or "", session.password or ""
        passwords: dict[str, str] = self._get_config_option("passwords", {})
        known = hmac.compare_digest(passwords.get(user, "").encode(), password.encode()) and user in passwords
        own_id = user in {COLLECTOR, session.client_id}
        if not (known and own_id):
            _log.warning("refused %r as %r", session.client_id, user, extra={"action": "connect_refused"})
        return known and own_id


class OwnTopics(BaseTopicPlugin):  # type: ignore[misc]  # as above
    """Each client within its own topics."""

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool | None:
        if action is Action.RECEIVE:
            return True  # what a subscription may match was judged when it was made
        user = (session.username if session else None) or ""
        allowed = may(user, topic or "", publish=action is Action.PUBLISH)
        if not allowed:
            _log.warning("%s may not %s %s", user, action, topic, extra={"action": "topic_refused"})
        return allowed


class ReadAhead(StreamReaderAdapter):  # type: ignore[misc]  # as above
    """A connection whose first bytes were read already."""

    def __init__(self, head: bytes, reader: asyncio.StreamReader) -> None:
        super().__init__(reader)
        self._head = head

    async def read(self, n: int = -1) -> bytes:
        head, self._head = self._head[:n] if n >= 0 else self._head, self._head[n:] if n >= 0 else b""
        if n >= 0 and len(head) == n:
            return head
        rest: bytes = await super().read(n - len(head) if n >= 0 else n)
        return head + rest


class Steady(dict[str, Any]):
    """amqtt waits for subscribers while it walks through them; a new one meanwhile ended that with an error."""

    def items(self) -> Any:
        return list(super().items())


class EmbeddedBroker(Broker):  # type: ignore[misc]  # as above
    """amqtt takes an MQTT 5 CONNECT for 3.1.1 and waits for bytes that never come; this one answers at once."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._subscriptions = Steady()

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                head = await reader.readexactly(2)
                while head[-1] & 0x80 and len(head) < LENGTH_MAX_BYTES + 1:
                    head += await reader.readexactly(1)
                name = await reader.readexactly(2)
                protocol = await reader.readexactly(min(int.from_bytes(name), 6) + 1)
        except (OSError, EOFError, TimeoutError):
            writer.close()
            return
        except asyncio.CancelledError:  # the broker ends
            writer.close()
            raise
        if protocol[-1] != MQTT_3_1_1:
            writer.write(UNACCEPTABLE_VERSION)
            writer.close()
            return
        await self.external_connected(
            ReadAhead(head + name + protocol, reader), StreamWriterAdapter(writer), listener_name
        )


async def serve(
    host: str, port: int, passwords: dict[str, str], ready: Callable[[], None], stop: asyncio.Event
) -> None:
    """Runs the broker until `stop`. Raises PlanError for an address that others could reach."""
    if not ipaddress.ip_address(host).is_loopback:
        raise PlanError(f"{host} is not this machine alone: the embedded broker has no TLS, use Mosquitto there")
    broker = EmbeddedBroker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}", "max_connections": CONNECTIONS_MAX}},
            "plugins": {
                "simulators.embedded.Doorkeeper": {"passwords": passwords},
                "simulators.embedded.OwnTopics": {},
            },
        }
    )
    await broker.start()
    ready()
    await stop.wait()
    await broker.shutdown()


def run(host: str, port: int, passwords_file: Path, ready: Callable[[], None]) -> None:
    """The broker as a process of its own; SIGTERM and Ctrl-C end it."""
    passwords = read_passwords(passwords_file)

    async def until_signal() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        await serve(host, port, passwords, ready, stop)

    # amqtt writes a traceback per message that a frozen subscriber leaves unconfirmed: 11,000 in one probe.
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.ERROR)
    asyncio.run(until_signal())
