"""Real MQTT connections for simulated robots, by gmqtt. Version 5 where the broker has it, else 3.1.1.

gmqtt's own reconnecting and replaying is switched off: robots reconnect with their own jitter and resend
from the collector's mark, as the real agent does.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from gmqtt import Client, Message, Subscription  # type: ignore[import-untyped]  # ships no types
from gmqtt.mqtt.handler import MQTTConnectError  # type: ignore[import-untyped]  # as above

from simulators.errors import LinkDown, PlanError, Refused
from simulators.link import Link, OnLost, OnMessage, Will

CONNECT_TIMEOUT_S = 20.0  # a broker that takes thousands of connections at once answers late, not never
_NEVER_RECONNECT = -2  # gmqtt compares a count of failures with it; -1 would mean for ever
# Brokers without MQTT 5 say so with one of these, or close the connection without a word.
_TOO_NEW = frozenset({1, 132})
_FOREVER_REFUSED = frozenset({2, 4, 5, 133, 134, 135, 138})

_silent = logging.getLogger("simulators.gmqtt")
_silent.setLevel(logging.CRITICAL)
for _name in ("gmqtt.mqtt.protocol", "gmqtt.mqtt.package", "gmqtt.mqtt.utils", "gmqtt.mqtt.property"):
    # Library modules with a logger of their own: a lost connection is our business, told once by the fleet.
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class _TooNew(LinkDown):
    """The broker does not speak this version of MQTT."""


@dataclass(slots=True)
class GmqttLink:
    """One connection of one robot."""

    client: Any
    closed: bool = False
    _closing: asyncio.Task[None] | None = None

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        if self.closed or not self.client.is_connected:
            raise LinkDown("not connected")
        try:
            self.client.publish(topic, payload, qos=qos, retain=retain)
        except OverflowError as error:
            raise LinkDown("the broker stopped confirming messages") from error

    def close(self, *, politely: bool = True) -> None:
        if self.closed:
            return
        self.closed = True
        if politely:
            self._closing = asyncio.ensure_future(self.client.disconnect())
        else:
            self.client._is_active = False  # noqa: SLF001 - gmqtt has no way to vanish without DISCONNECT
            self.client._connection._transport.abort()  # noqa: SLF001 - as above


@dataclass(slots=True)
class Dialer:
    """Where the broker is and who we are there."""

    host: str
    port: int
    version: int = 0  # 0: try 5, remember when the broker only has 3.1.1
    keepalive_s: int = 1200
    tls: ssl.SSLContext | None = None
    username: str | None = None
    password: str | None = None
    passwords: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, url: str, **options: Any) -> "Dialer":
        """From mqtt://[user:password@]host[:port], or mqtts:// with TLS."""
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise PlanError(f"{url!r} is no broker: write mqtt://host:1883 or mqtts://host:8883")
        secure = parts.scheme == "mqtts"
        if secure and options.get("tls") is None:
            options["tls"] = ssl.create_default_context()
        user, password = parts.username, parts.password
        return cls(
            parts.hostname,
            parts.port or (8883 if secure else 1883),
            username=unquote(user) if user else None,
            password=unquote(password) if password else None,
            **options,
        )

    async def dial(
        self, client: str, will: Will, filters: Sequence[str], on_message: OnMessage, on_lost: OnLost
    ) -> Link:
        try:
            return await self._dial(self.version or 5, client, will, filters, on_message, on_lost)
        except _TooNew:
            if self.version:
                raise
            self.version = 4
            return await self.dial(client, will, filters, on_message, on_lost)
        except MQTTConnectError as error:
            code = error._code  # noqa: SLF001 - the only place where gmqtt keeps it
            raise (Refused if code in _FOREVER_REFUSED else LinkDown)(f"{client}: {error}") from error
        except (OSError, TimeoutError) as error:
            raise LinkDown(f"{self.host}:{self.port}: {error or 'no answer'}") from error

    async def _dial(
        self, version: int, client: str, will: Will, filters: Sequence[str], on_message: OnMessage, on_lost: OnLost
    ) -> GmqttLink:
        made = Client(
            client,
            clean_session=True,
            will_message=Message(will.topic, will.payload, qos=1, retain=True),
            logger=_silent,
        )
        made.set_config({"reconnect_retries": _NEVER_RECONNECT})
        username = client if client in self.passwords else self.username
        if username is not None:
            made.set_auth_credentials(username, self.passwords.get(client, self.password))
        link = GmqttLink(made)

        def message(_client: Any, topic: str, payload: bytes, _qos: int, _properties: Any) -> int:
            on_message(topic, bytes(payload))
            return 0

        early = asyncio.get_running_loop().create_future()

        def disconnected(_client: Any, _packet: Any, _error: Any = None) -> None:
            if not early.done():
                early.set_result(None)
            elif not link.closed:
                link.closed = True
                on_lost()

        made.on_message, made.on_disconnect = message, disconnected
        connecting = asyncio.ensure_future(
            made.connect(self.host, self.port, ssl=self.tls or False, keepalive=self.keepalive_s, version=version)
        )
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await asyncio.wait((connecting, early), return_when=asyncio.FIRST_COMPLETED)
            self._judge(connecting, version)
        except BaseException:
            link.closed = True
            connecting.cancel()
            await asyncio.wait((connecting,))
            if made._connection is not None:  # noqa: SLF001 - a half-open connection must not live on
                made._connection._transport.abort()  # noqa: SLF001 - as above
            raise
        if not early.done():
            early.set_result(None)
        made.subscribe([Subscription(topic, qos=1) for topic in filters])
        return link

    @staticmethod
    def _judge(connecting: "asyncio.Future[None]", version: int) -> None:
        """Raises what the connection attempt raised, or that there was no answer."""
        if not connecting.done():
            raise (_TooNew if version == 5 else LinkDown)("the broker closed the connection without an answer")  # noqa: PLR2004 - MQTT 5
        try:
            connecting.result()
        except MQTTConnectError as error:
            if version == 5 and error._code in _TOO_NEW:  # noqa: PLR2004, SLF001 - MQTT 5; gmqtt keeps the code only there
                raise _TooNew(str(error)) from error
            raise
