"""One robot's way to the collector: its life, its outbox, the stream's sender and a link, joined.

Everything here runs on the event loop's thread and blocks nowhere; `protocol.stream.Sender` decides,
this file does. Connecting is the only coroutine.

    release ─▶ outbox ─▶ pump (Sender.next) ─▶ link ─▶ … collector … ─▶ ack ─▶ Sender.acked ─▶ forget
"""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random
from typing import Any

import orjson

from protocol import codec, records, topics
from protocol.backoff import delay_s
from protocol.counted import RUNS_MAX
from protocol.stream import LIVENESS_S, Forget, GiveUp, Hello, Phase, Rewound, Sender
from simulators.bodies.wishes import Wishes
from simulators.errors import LinkDown, Refused
from simulators.link import Dial, Link, Will
from simulators.outbox import Outbox, Outgoing
from simulators.robot import AGENT, Robot
from simulators.tally import WireTally

BACKOFF_FIRST_S = 1.0
BACKOFF_MAX_S = 60.0
STEADY_S = 30.0  # connected so long: the next loss starts with a short wait again
CHUNK_S = 6 * 3600  # at full speed a robot draws so much of its life at once
DESCRIBE_EVERY_S = 10.0  # a collector that still asks has not read the answer yet


@dataclass(slots=True)
class Uplink:
    """`clock` is monotonic seconds, `wall` Unix seconds as this robot believes them."""

    robot: Robot
    outbox: Outbox
    sender: Sender
    dial: Dial
    clock: Callable[[], float]
    wall: Callable[[], int]
    tally: WireTally
    rng: Random  # for jitter only: nothing of the truth is drawn from it
    gate: Callable[[], Awaitable[None]]
    backoff_s: tuple[float, float]  # the first wait and the longest
    history_s: int  # where its history ends
    ends: bool  # and its life with it
    repeats: bool = False  # the same life may have been lived before: how far, only the collector knows
    until_s: int | None = None  # at full speed: draw up to here as fast as acks permit
    through: int = 0  # highest seq that may be sent: what was there at the last upload
    session: int = 0
    link: Link | None = None
    clock_off_s: int = 0  # how far the robot's clock is behind, until it learns the time
    ended: bool = False  # the last record is in the outbox
    forbidden: str = ""
    _lost: asyncio.Event = field(default_factory=asyncio.Event)
    _timer: asyncio.TimerHandle | None = None
    _flights: deque[tuple[int, float]] = field(default_factory=deque)
    _sent_high: int = 0
    _said_backlog: int = 0
    _runs: list[tuple[str, int]] = field(init=False)
    _processes: int = 0
    _answered: bool = False  # a hello of this outbox was
    _described_s: float = -DESCRIBE_EVERY_S
    _wished: bytes = b""  # a document that it has not followed yet
    _wishes: Wishes = field(init=False)

    def __post_init__(self) -> None:
        self._runs = [(self._next_run(), 1)]
        self._wishes = Wishes(self.robot.scene.model)

    @property
    def run(self) -> str:
        """The process of the agent that counts now."""
        return self._runs[-1][0]

    def _next_run(self) -> str:
        """No two processes have one name, as on a robot; those of a life that is repeated have the names they had."""
        self._processes += 1
        if not self.repeats:
            return secrets.token_hex(4)
        return blake2b(f"{self.outbox.epoch}/{self._processes}".encode(), digest_size=4).hexdigest()

    @property
    def caught_up(self) -> bool:
        """It has written its history, and all of it is acked."""
        drawn = self.until_s is None or self.robot.now_s >= self.until_s
        return drawn and self.sender.mark >= self.outbox.newest

    @property
    def settled(self) -> bool:
        """Nothing more will come of this robot."""
        return bool(self.forbidden) or (self.ended and self.sender.mark >= self.outbox.newest)

    def end(self, *, quietly: bool = False) -> None:
        """Writes the last record. What is in the outbox now is all there will be."""
        self.until_s = None
        if not self.ended:
            self.ended = True
            if self.robot.on:
                self.record(self.robot.stop())
        if not quietly:
            self.upload()

    def interrupt(self) -> None:
        """No more is written, not even a stop: the same history may be lived again from its begin."""
        self.until_s = None
        self.ended = True
        self.upload()

    def record(self, record: dict[str, Any]) -> int:
        """Into the outbox, with the time as the robot believes it. Returns the seq."""
        if self.clock_off_s:
            record = {**record, "at": record["at"] - self.clock_off_s, "sync": "unsynced"}
        return self.outbox.append(record)

    def live_until(self, until_s: int) -> None:
        """Time passes for the robot; what it writes stays in the outbox until `upload`."""
        self.robot.release(until_s, self.record)

    def crash(self) -> None:
        """SIGKILL of the agent: the outbox is there again, what the process knew is not."""
        self.drop()
        self.sender = Sender(
            mark=self.outbox.held - 1, records=self.sender.records, ack_timeout_s=self.sender.ack_timeout_s
        )
        self.tally.crashes += 1
        self._runs = [*self._runs, (self._next_run(), self.outbox.newest + 1)][-RUNS_MAX:]
        if self.robot.on and not self.ended:
            self.record(self.robot.began(clean=False))
            self.through = self.outbox.newest

    def upload(self) -> None:
        """Everything recorded so far may be sent."""
        self._follow()
        self.through = self.outbox.newest
        self.pump()

    async def keep_connected(self) -> None:
        """Connects, waits for the loss, connects again: for ever, or until the broker refuses for good."""
        failures = 0
        while True:
            await self.gate()
            began_s = self.clock()
            try:
                await self._connect()
                await self._lost.wait()
                self.tally.lost_links += 1
            except Refused as error:
                self.forbidden = str(error)
                self.tally.refusals += 1
                return
            except LinkDown:
                self.tally.refusals += 1
            self._down()
            failures = 1 if self.clock() - began_s > STEADY_S else failures + 1
            await asyncio.sleep(delay_s(failures, *self.backoff_s, self.rng.random()))

    def hang_up(self, *, politely: bool = True) -> None:
        """Leaves the broker: with a retained `stopped` and a DISCONNECT, or just gone."""
        link, self.link = self.link, None
        self._down()
        if link is None:
            return
        if politely:
            with contextlib.suppress(LinkDown):  # nobody hears it; the will says it instead
                link.publish(topics.presence(self.robot.name), self._presence("stopped"), qos=1, retain=True)
        link.close(politely=politely)

    def pump(self) -> None:
        """Sends what the sender wants sent now, and sets the timer for when it wants to be asked again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.link is None:
            return
        now_s = self.clock()
        if self.sender.silent_s(now_s) > LIVENESS_S:
            self.drop()
            return
        try:
            self._send(self.link, now_s)
        except LinkDown:
            self.drop()
            return
        due_s = self.sender.waits_until_s()
        if due_s is not None:
            self._timer = asyncio.get_running_loop().call_later(max(0.01, due_s - self.clock()), self.pump)

    def drop(self) -> None:
        """The link is dead, or is to be: let the will speak, and connect again."""
        link, self.link = self.link, None
        if link is not None:
            link.close(politely=False)
        self._lost.set()

    def _send(self, link: Link, now_s: float) -> None:
        while True:
            self._draw_ahead()
            order = self.sender.next(self.through, now_s)
            if order is None:
                return
            if isinstance(order, Hello):
                batch: Outgoing | None = self._hello(order.first)
                self.tally.hellos += 1
            else:
                batch = self.outbox.batch(order.first, order.records, self.through, self.run)
            if batch is None:
                return
            self._publish(link, batch, now_s)

    def _hello(self, first: int, *, whole: bool = False) -> Outgoing:
        """Of a life that may be a repetition the first one says no runs: it goes on from the mark in the answer."""
        runs = () if self.repeats and not self._answered else self._runs
        new = bool(runs) and not self._answered
        return self.outbox.hello(first, runs=runs, new=new, about=self.robot.description(), whole=whole)

    def _describe(self, now_s: float) -> None:
        """The collector asks who this robot is."""
        if self.link is None or now_s - self._described_s < DESCRIBE_EVERY_S:
            return
        self._described_s = now_s
        try:
            hello = self._hello(self.sender.mark + 1, whole=True)
            self.link.publish(topics.up(self.robot.name), codec.compress(hello.text), qos=1)
        except LinkDown:
            self.drop()

    def _publish(self, link: Link, batch: Outgoing, now_s: float) -> None:
        payload = codec.compress(batch.text)
        link.publish(topics.up(self.robot.name), payload, qos=1)
        self.sender.published(batch.first, batch.last, codec.digest(payload), now_s)
        if batch.last < batch.first:
            return
        self.tally.batches += 1
        self.tally.records += batch.last - batch.first + 1
        self.tally.payload_bytes += len(payload)
        if batch.first <= self._sent_high:
            self.tally.resent += 1
        else:
            self._flights.append((batch.last, now_s))
        self._sent_high = max(self._sent_high, batch.last)

    def _draw_ahead(self) -> None:
        """At full speed the outbox is filled only as far as the wire needs it: memory stays flat."""
        if self.until_s is None:
            return
        self._draw(self.sender.sent + self.sender.records * self.sender.window, self.until_s)
        self.through = self.outbox.newest

    def _draw(self, newest: int, until_s: int) -> None:
        while self.outbox.newest < newest and self.robot.now_s < until_s:
            self.live_until(min(until_s, self.robot.now_s + CHUNK_S))

    async def _connect(self) -> None:
        self._lost.clear()
        self.session = max(self.session + 1, self.wall())
        name = self.robot.name
        will = Will(topics.presence(name), self._presence("offline"))
        link = await self.dial.dial(name, will, (topics.ack(name), topics.desired(name)), self._heard, self._lost.set)
        self.link = link
        self.tally.connects += 1
        self.sender.connected()
        self._flights.clear()
        self._say_online()
        self.pump()

    def _down(self) -> None:
        self.link = None
        self.sender.disconnected()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _say_online(self) -> None:
        """Also when the backlog is gone: who looks at the fleet must not see yesterday's."""
        if self.link is None:
            return
        try:
            self.link.publish(topics.presence(self.robot.name), self._presence("online"), qos=1, retain=True)
        except LinkDown:
            self.drop()

    def _presence(self, state: records.PresenceState) -> bytes:
        self._said_backlog = len(self.outbox)
        return codec.encode(
            records.presence(
                robot=self.robot.name,
                epoch=self.outbox.epoch,
                session=self.session,
                state=state,
                at=self.wall(),
                backlog=len(self.outbox),
                open_faults=len(self.robot.open),
                agent=AGENT,
            )
        )

    def _follow(self) -> None:
        """What is wished of it: once its history is told, and while it is switched on."""
        if not self._wished or self.link is None or self.until_s is not None or self.ended or not self.robot.on:
            return
        told, self._wished = self._wishes.follow(self._wished), b""
        for fields in told:
            self.record(records.skill(**self._stamp(), **fields))
        self.robot.runs = self._wishes.runs
        try:
            report = self._wishes.report(self.robot.name)
            self.link.publish(topics.reported(self.robot.name), report, qos=1, retain=True)
        except LinkDown:
            self.drop()

    def _heard(self, topic: str, payload: bytes) -> None:
        if topic == topics.desired(self.robot.name):
            self._wished = payload
            return
        if topic != topics.ack(self.robot.name) or self.link is None:
            return
        ack = orjson.loads(payload)
        now_s = self.clock()
        if ack.get("refused"):
            self.tally.refused += 1
            given_up = self.sender.refused(ack["refused"], ack.get("reason", ""), now_s)
            if isinstance(given_up, GiveUp):
                self._give_up(given_up)
        elif ack.get("epoch") != self.outbox.epoch or ack.get("mark") is None:
            self.tally.stray += 1
            return
        else:
            self._acked(ack, now_s)
        self.pump()

    def _acked(self, ack: dict[str, Any], now_s: float) -> None:
        self.tally.acks += 1
        greeting = self.sender.phase is Phase.GREETING
        if greeting and ack.get("run", self.run) != self.run:
            return  # late, and to a process that is no more
        if greeting and ack.get("back"):
            self._start_over()
        elif ack.get("greet") and not greeting:
            self.sender.connected()
        else:
            self._take_mark(ack, now_s)
            if greeting and not self._answered and self.link is not None:
                self._answered = True
                if self.repeats:  # now that it is drawn up to the mark: as the file that it is
                    self.sender.connected()
            if ack.get("describe"):
                self._describe(now_s)

    def _take_mark(self, ack: dict[str, Any], now_s: float) -> None:
        if self.clock_off_s and ack.get("now_ms"):
            self._learn_time()
        self.tally.gaps += bool(ack.get("gap"))
        if ack["mark"] > self.outbox.newest:
            self._live_again(ack["mark"])
        said = self.sender.acked(
            ack["mark"], self.outbox.newest, now_s, gap=bool(ack.get("gap")), pause_s=ack.get("pause_s", 0)
        )
        while self._flights and self._flights[0][0] <= self.sender.mark:
            self.tally.latencies_s.append(now_s - self._flights.popleft()[1])
        if isinstance(said, Forget):
            self.outbox.forget(said.mark)
            if self._said_backlog and not len(self.outbox):
                self._say_online()
        elif isinstance(said, Rewound):
            self._start_over()

    def _live_again(self, mark: int) -> None:
        """The same robot lived this history before (same seed, span and windows): the collector has it already."""
        self._draw(mark, self.history_s)
        if self.outbox.newest == mark - 1 and self.ends:
            self.end(quietly=True)
        self.through = max(self.through, mark)

    def _start_over(self) -> None:
        """These numbers are in use at the collector: what is held goes on under a new epoch."""
        self.tally.rewound += 1
        old = self.outbox.epoch
        salvaged = sum(record["seq"] <= self.outbox.sent_through for record in self.outbox.records())
        opening = records.epoch(**self._stamp(), closes=old, cause="rewound", salvaged=salvaged)
        shift = self.outbox.rotate(blake2b(f"{old}/{self.session}".encode(), digest_size=8).hexdigest(), opening)
        for episode in self.robot.open.values():
            episode.opened = max(0, episode.opened + shift)
        self.sender = Sender(records=self.sender.records, ack_timeout_s=self.sender.ack_timeout_s)
        self.through, self._sent_high = self.outbox.newest, 0
        self._runs = [(self.run, 1)]
        self.drop()

    def _stamp(self) -> dict[str, Any]:
        now_s = self.robot.now_s
        return {"boot": self.robot.boot, "mono": max(0, now_s - self.robot.booted_s), "at": now_s}

    def _learn_time(self) -> None:
        """The first word from the collector sets the clock: nothing unsynced was sent, all of it is restamped."""
        shift_s, self.clock_off_s = self.clock_off_s, 0

        def right(record: dict[str, Any]) -> None:
            if record.get("sync") == "unsynced":
                record["at"] += shift_s
                record["sync"] = "restamped"

        self.outbox.change(0, right)

    def _give_up(self, given_up: GiveUp) -> None:
        self.tally.given_up += 1
        seq = given_up.seq
        gone = records.lost(**self._stamp(), epoch=self.outbox.epoch, first=seq, last=seq, cause="refused", records=1)
        self.outbox.replace(records.numbered(seq, gone))
