"""Keeps a conversation with the collector going: connect, converse, back off, for ever.

The outbox's records travel through `conversation`; this module decides when there is one. A link on
which the collector owes an answer for too long is dropped like a broken one. Waiting times have full
jitter and grow until a connection has proven itself by acks over minutes: thousands of robots that
lose the same broker return spread out, and a broker that accepts and drops them is not hammered.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from edge_agent.config import Settings
from edge_agent.errors import AgentError, ConfigError, LinkError, OutboxUnwritable, StorageFull
from edge_agent.log import Milestones
from edge_agent.outbox import Outbox
from edge_agent.uplink.backoff import Backoff
from edge_agent.uplink.conversation import Conversation, sender_for
from edge_agent.uplink.link import Connection, Will
from edge_agent.uplink.presence import Bucket, PresenceRate
from edge_agent.uplink.senses import Senses
from edge_agent.uplink.standing import Standing
from edge_agent.uplink.wording import presence_message
from edge_agent.version import VERSION
from protocol import topics

OUT_OF_TURN_S = 600.0  # a fault that flaps all day costs 144 more uploads and presences of 0.5 kB each
SHRINK_CAP_S = 8.0  # while what is sent is made smaller, or a record is found that does not pass: it ends soon
REACH_CAP_S = 60.0  # a fleet that lost its broker is back within a minute of its return
BRIEF_S = 90.0  # two machines under one name: each returns within a minute and throws the other out
SESSIONS_AHEAD = 3600  # numbers kept in one write: a broker without a collector is connected to again and again
ANSWER_CAP_S = 300.0  # a broker without a collector: every attempt costs a handshake and several hellos

logger = logging.getLogger(__name__)


class Links(Protocol):
    """What makes connections: edge_agent.uplink.link.Link, or a simulated one."""

    async def connect(self, will: Will, subscriptions: Sequence[tuple[str, int]]) -> Connection: ...


class Uplink:
    """One task runs `run`; `urge` and `leave` are called from the same loop."""

    def __init__(
        self, settings: Settings, outbox: Outbox, link: Links, senses: Senses, chance: Callable[[], float]
    ) -> None:
        self.standing = Standing()
        self._settings, self._outbox, self._link = settings, outbox, link
        self._senses, self._chance = senses, chance
        self._sender = sender_for(outbox, settings)
        self._rate = PresenceRate(min(OUT_OF_TURN_S, float(settings.upload_s)))
        self._urgent = Bucket(min(OUT_OF_TURN_S, float(settings.upload_s)))
        self._unreached = Backoff(first_s=1.0, most_s=REACH_CAP_S)
        self._unanswered = Backoff(first_s=30.0, most_s=ANSWER_CAP_S)
        self._conversation: Conversation | None = None
        self._shrinks = False
        self._was_away = False  # the broker, since the last connection
        self._packet_max_bytes: int | None = None  # what it said it takes, at the last connection
        self._session = self._session_kept = 0  # what the outbox keeps lies ahead: the next start goes on above it
        self._leaving = asyncio.Event()
        self._since_proven = Milestones()  # failures by reason since the collector last answered

    def wire_bytes(self) -> int:
        """Bytes sent and received since the process began, TLS and TCP headers counted."""
        live = self._conversation.connection.wire_bytes() if self._conversation else 0
        return self.standing.ended_wire_bytes + live

    def urge(self) -> None:
        """Something was stored that should not wait for the next upload."""
        if self._conversation is not None:
            self._conversation.urge()

    def set_upload_s(self, upload_s: int) -> None:
        """From now on so many seconds between uploads."""
        self._settings = replace(self._settings, upload_s=upload_s)
        every_s = min(OUT_OF_TURN_S, float(upload_s))
        self._rate.pace(every_s)
        self._urgent.every_s = every_s
        if self._conversation is not None:
            self._conversation.set_upload_s(upload_s)

    def ask(self) -> None:
        """Have the collector answer soon: something changed, and only an answer shows that the link bears it."""
        if self._conversation is not None:
            self._conversation.ask()

    def report(self) -> None:
        """What this robot says of its desired document may have changed."""
        if self._conversation is not None:
            self._conversation.report()

    def leave(self) -> None:
        """The last record is stored: hand over what can be handed over at once, say `stopped`, end `run`."""
        self._leaving.set()
        if self._conversation is not None:
            self._conversation.leave()

    async def run(self) -> None:
        """Until `leave`."""
        note = await self._outbox.note("session")
        self._session = self._session_kept = int(note["session"]) if note else 0
        while not self._leaving.is_set():
            try:
                conversation = await self._connect()
                if conversation is None:
                    return
                await conversation.serve()
                await self._end(clean=True)
                self.standing.reason = "stopped"
            except (LinkError, ConfigError, OutboxUnwritable, StorageFull) as error:
                await self._lost(error)
                await self._pause()

    async def _connect(self) -> Conversation | None:
        """A new conversation, or None when the agent is told to leave meanwhile."""
        robot = self._settings.robot
        self._session = max(self._session + 1, int(self._senses.wall_s()))
        now_s = self._senses.wall_s()
        offline = presence_message(self._settings, self._outbox, now_s, 0, self._session, "offline", VERSION)
        subscriptions = [(topics.ack(robot), 0), (topics.desired(robot), 1)]
        connecting = asyncio.ensure_future(self._link.connect(Will(topics.presence(robot), offline), subscriptions))
        leaving = asyncio.ensure_future(self._leaving.wait())
        try:
            await asyncio.wait({connecting, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not connecting.done():
                return None
            connection = connecting.result()
        finally:
            connecting.cancel()
            leaving.cancel()
            await asyncio.gather(connecting, leaving, return_exceptions=True)
        standing = self.standing
        # kept only now: an attempt a minute at a broker that is away would wear out the flash
        await self._keep_session(connection)
        standing.connected, standing.version, standing.retry_at_s = True, connection.version, None
        standing.connected_at_s = self._senses.monotonic_s()
        standing.connects, standing.reason, standing.text = standing.connects + 1, "connected", ""
        standing.cause, standing.slots = "", {}
        extra = {"action": "link_connected", "broker": str(self._settings.broker), "mqtt": connection.version}
        if self._since_proven.reached("connected"):  # a broker may accept and drop it, again and again
            logger.info("connected", extra=extra)
        self._conversation = Conversation(
            settings=self._settings,
            outbox=self._outbox,
            connection=connection,
            sender=self._sender,
            senses=self._senses,
            standing=standing,
            rate=self._rate,
            urgent=self._urgent,
            session=self._session,
            version=VERSION,
            anew=self._was_away or connection.packet_max_bytes != self._packet_max_bytes,
        )
        self._was_away, self._packet_max_bytes = False, connection.packet_max_bytes
        if self._leaving.is_set():
            self._conversation.leave()
        return self._conversation

    async def _keep_session(self, connection: Connection) -> None:
        if self._session <= self._session_kept:
            return
        try:
            await self._outbox.set_note("session", {"session": self._session + SESSIONS_AHEAD})
            self._session_kept = self._session + SESSIONS_AHEAD
        except BaseException:
            await connection.close(clean=False)
            raise

    async def _end(self, *, clean: bool) -> None:
        """The connection is over, from this side or the other."""
        self.standing.connected = False
        conversation, self._conversation = self._conversation, None
        if conversation is None:
            return
        self._sender = conversation.sender
        self._sender.disconnected()
        await conversation.connection.close(clean=clean)
        self.standing.ended_wire_bytes += conversation.connection.wire_bytes()

    async def _lost(self, error: AgentError) -> None:
        standing = self.standing
        standing.failures += 1
        self._was_away = not standing.connected
        self._shrinks = standing.connected and self._ended_over_sent()
        if standing.connected:
            brief = self._senses.monotonic_s() - standing.connected_at_s < BRIEF_S and not self._ended_over_sent()
            standing.brief = standing.brief + 1 if brief and _reason(error) in {"network", "taken_over"} else 0
            if _reason(error) == "taken_over":
                standing.taken_over, standing.taken_over_at_s = standing.taken_over + 1, self._senses.monotonic_s()
        if _reason(error) != "silent":  # of the time without a link the collector owes nothing
            standing.owed_since_s = None
        self.standing.reason = _reason(error)
        self.standing.text = str(error)
        self.standing.cause, self.standing.slots = getattr(error, "cause", ""), getattr(error, "slots", {})
        standing.sentence = error.sentence.packed() if isinstance(error, ConfigError) else None
        self._say(error)
        await self._end(clean=False)

    def _ended_over_sent(self) -> bool:
        """Then no other machine is to blame."""
        return self._conversation is not None and self._conversation.ended_over_sent

    def _say(self, error: AgentError) -> None:
        """A line at the 1st, 10th, 100th … failure of a kind: a robot without a broker tries once a minute."""
        reason, standing = self.standing.reason, self.standing
        if standing.proven_at_s is not None:
            self._since_proven.well()
        if self._since_proven.reached(reason):
            times = self._since_proven.times[reason]
            extra = {"action": "link_lost", "reason": reason, "failures": standing.failures, "times": times}
            logger.warning("%s", error, extra=extra)

    async def _pause(self) -> None:
        """Wait for the next attempt; only a connection on which the collector answered counts as a success."""
        now_s = self._senses.monotonic_s()
        standing = self.standing
        if standing.proven_at_s is not None:
            self._unreached.succeeded(standing.proven_at_s)
            self._unanswered.succeeded(standing.proven_at_s)
            standing.proven_at_s = None
        backoff = self._unanswered if standing.reason == "silent" else self._unreached
        chance = self._chance()
        wait_s = backoff.failed(now_s, chance)
        if self._shrinks:
            wait_s = min(wait_s, SHRINK_CAP_S * chance)
        standing.retry_at_s = now_s + wait_s
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._leaving.wait()


def _reason(error: AgentError) -> str:
    """One stable word for logs and status."""
    if isinstance(error, LinkError):
        return error.reason
    return "configuration" if isinstance(error, ConfigError) else "storage"
