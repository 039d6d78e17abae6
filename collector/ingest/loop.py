"""The way of a batch: queue → group → one transaction → ack. The only loop between the broker and the store.

A group is whatever is waiting, so the path adapts: one message when it is quiet, hundreds in one commit
under load. Batches of a robot keep their order; what says how a robot is now (presence, reports) goes before
the batches of a fleet that comes back with a day of them. Robots take turns (collector.ingest.queue).
Nothing is acknowledged, to the robot or to the broker, before its commit; what is lost on either side of it is sent
again and found committed.

    offer()       called by the link for each message; `full` tells it to stop reading
    run()         until `stop()`, then what is waiting is still committed and answered
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from collector.ingest.decode import Message, ParkedMessage, decode
from collector.ingest.metrics import IngestFigures
from collector.ingest.queue import Arrival, FairQueue
from collector.ingest.transaction import Answer, GroupResult, Groups, Transient
from collector.store.watch import WAITS_S, StoreWatch
from protocol import codec, records
from protocol.backoff import delay_s
from protocol.topics import robot_of, shard_of

log = logging.getLogger(__name__)

GROUP_MESSAGES = 1_000  # a transaction of some 60 ms; larger ones save nothing more
LIVE_MESSAGES = GROUP_MESSAGES // 2  # of a group at most: whoever floods presence does not hold up the counts
GROUP_BYTES = 256 * 1024  # 9,000 windows in batches of a hundred: a fifth of a second
LINGER_S = 0.02  # groups begin this far apart unless many wait: a quiet disk costs a robot 20 ms, not wear
LINGER_MESSAGES = 250
QUEUE_MESSAGES = 20_000
QUEUE_BYTES = 64 * 1024 * 1024
EARLY_S = 0.4  # how long a batch waits for the one before it (two collectors may get them in either order)
EARLY_MAX = 2_000
RETRY_FIRST_S, RETRY_MAX_S = 0.05, 5.0
REPEAT_S = 300.0  # a store that still refuses is told again
_REMEDY = ": check this user's rights, and that the schema and the collectors are of one release"
OVERLOAD_SHARE = 0.75  # of the queue: from there on robots are asked to wait
BARE_MAX_BYTES = 4096  # of an ack: more of it is names, which pack well
# These say that this collector cannot read or place it yet: the robot keeps its data, nobody answers.
UNANSWERED = frozenset({"version", "dictionary", "unknown_robot", "robot", "topic", "bug"})


@dataclass
class Ingest:
    """See the module. `settle` publishes acks and acknowledges to the broker; both may be lost, it never raises.

    Commits run in the store's one writer thread. In the loop's own thread they are no quicker (measured), and a
    slow disk would keep pages and pings waiting.
    """

    groups: Groups
    settle: Callable[[Sequence[tuple[str, bytes]], Sequence[object]], None]
    figures: IngestFigures = field(default_factory=IngestFigures)
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    watch: StoreWatch = field(default_factory=StoreWatch)
    _waiting: FairQueue = field(default_factory=FairQueue)
    _live: FairQueue = field(default_factory=partial(FairQueue, newest_wins=True))
    _early: list[Arrival] = field(default_factory=list)
    _something: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _ahead: set[str] = field(default_factory=set)
    _ahead_told_s: float = -REPEAT_S
    _flood_told_s: float = -REPEAT_S

    @property
    def full(self) -> bool:
        """The link must not read on until this is false again."""
        return self._length >= QUEUE_MESSAGES or self._bytes >= QUEUE_BYTES

    @property
    def overloaded(self) -> bool:
        share = OVERLOAD_SHARE
        return self._length > share * QUEUE_MESSAGES or self._bytes > share * QUEUE_BYTES

    def _pause_s(self, robot: str, *, overloaded: bool) -> int:
        """How long that robot is to wait: each one where all are too many, else the one that floods."""
        if not overloaded and not self._waiting.floods(robot, OVERLOAD_SHARE):
            return 0
        self.figures.pauses += 1
        return 2 + shard_of(robot) % 9  # spread by robot, so that they do not all come back in one second

    @property
    def _bytes(self) -> int:
        return self._waiting.bytes + self._live.bytes

    @property
    def _length(self) -> int:
        return self._waiting.length + self._live.length

    def offer(self, arrival: Arrival) -> None:
        dropped = (self._waiting if "/up/" in arrival.topic else self._live).push(arrival)
        if dropped:
            self._drop(dropped)
        self.figures.messages += 1
        self.figures.bytes += len(arrival.payload)
        self.figures.waiting, self.figures.waiting_bytes = self._length, self._bytes  # a group may be away for long
        self._something.set()

    def _drop(self, dropped: Sequence[Arrival]) -> None:
        """A robot has sent more than may wait of one; it goes on from its mark, as after any loss on the way."""
        self.figures.dropped += len(dropped)
        self.settle((), [arrival.token for arrival in dropped if arrival.token is not None])
        now_s = self.monotonic()
        if now_s - self._flood_told_s >= REPEAT_S:
            self._flood_told_s = now_s
            extra = {"action": "robot_floods", "robot": dropped[-1].robot}
            log.warning("a robot sends more than may wait of one robot; some are dropped", extra=extra)

    def stop(self) -> None:
        """Commit and answer what is waiting, then end."""
        self._stopping = True
        self._something.set()

    async def run(self) -> None:
        """Until `stop`."""
        while not (self._stopping and not self._length):
            began_s = self.monotonic()
            group = self._next_group()
            if group:
                await self._take_or_leave(group)
            await self._rest(began_s)

    async def _rest(self, began_s: float) -> None:
        """Sleep until there is something to do, and not before the groups are LINGER_S apart."""
        if not self._length and not self._stopping:
            self._something.clear()
            try:
                async with asyncio.timeout(EARLY_S / 4 if self._early else None):
                    await self._something.wait()
            except TimeoutError:
                return
        if self._length < LINGER_MESSAGES and not self._stopping:
            await asyncio.sleep(max(0.0, began_s + LINGER_S - self.monotonic()))
        else:
            await asyncio.sleep(0)  # let the link read

    def _next_group(self) -> list[Arrival]:
        group, self._early = self._early, []
        size = sum(len(arrival.payload) for arrival in group)
        for queue, most in ((self._live, LIVE_MESSAGES), (self._waiting, GROUP_MESSAGES)):
            for arrival in queue.take(most - len(group), GROUP_BYTES - size):
                size += len(arrival.payload)
                group.append(arrival)
        self.figures.waiting, self.figures.waiting_bytes = self._length, self._bytes
        return group

    async def _take_or_leave(self, group: list[Arrival]) -> None:
        """A bug in this module costs the group its answers, and robots ask again; it does not end the loop."""
        try:
            await self._take(group)
        except Exception:
            self.figures.faults += 1
            extra = {"action": "ingest_bug", "messages": len(group)}
            log.exception("a group found a bug on its way; its robots keep their data and send it again", extra=extra)

    async def _take(self, group: list[Arrival]) -> None:
        messages = {place: _read(arrival) for place, arrival in enumerate(group)}
        now_s = self.monotonic()
        patient = frozenset(place for place, arrival in enumerate(group) if arrival.early_until_s == 0.0)
        patient |= {place for place, arrival in enumerate(group) if arrival.early_until_s > now_s}
        outcome = await self._commit(messages, patient if len(group) <= EARLY_MAX else frozenset())
        acks = self._answers(outcome) + self._refusals(group, outcome)
        settled = [a.token for place, a in enumerate(group) if place not in outcome.early and a.token is not None]
        self.groups.at_step("answering")
        self.settle(acks, settled)
        self._count(group, outcome)

    async def _commit(self, messages: Mapping[int, Message], patient: frozenset[int]) -> GroupResult:
        """Until the database has taken it: nothing behind this group can go on without it."""
        self.watch.begins(self.clock(), lambda: len(messages) + self._length)
        try:
            return await self._until_taken(messages, patient)
        finally:
            self.watch.left()

    async def _until_taken(self, messages: Mapping[int, Message], patient: frozenset[int]) -> GroupResult:
        failures, told_s = 0, -REPEAT_S
        while True:
            began_s, received_s = self.monotonic(), int(self.clock())
            try:
                work = partial(self.groups.commit, messages, received_s, patient)
                taking = asyncio.get_running_loop().run_in_executor(self.groups.store.pool, work)
                if not (await asyncio.wait({taking}, timeout=WAITS_S))[0]:
                    extra = {"action": "store_hangs", "messages": len(messages)}
                    log.warning("the store neither takes nor refuses a group; robots keep their data", extra=extra)
                outcome = await taking
            except Transient as error:
                self.figures.retries += 1
                self.figures.faults += error.fault
                self.watch.refused(error.__cause__ or error, self.clock())
                if began_s - told_s >= REPEAT_S:
                    told_s = began_s
                    extra = {"action": "store_refuses", "reason": str(error), "messages": len(messages)}
                    level = logging.ERROR if error.fault else logging.WARNING
                    text = "the store does not take a group; trying until it does, robots keep their data"
                    log.log(level, f"{text}{_REMEDY if error.fault else ''}", extra=extra)  # noqa: G004 - two texts
                failures += 1
                chance = random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, no secret
                await asyncio.sleep(delay_s(failures, RETRY_FIRST_S, RETRY_MAX_S, chance))
                continue
            if failures:
                log.info("the store takes groups again", extra={"action": "store_accepts"})
            self.figures.commit_s.add(self.monotonic() - began_s)
            self.figures.committed_at_s = self.clock()
            self.watch.took(self.clock())
            return outcome

    def _answers(self, outcome: GroupResult) -> list[tuple[str, bytes]]:
        """One ack for each stream of the group: marks only grow, the last one says it all.

        A collector that robots contradict tells nobody what time it is.
        """
        acks = []
        is_asked = bool(outcome.asked) or any(answer.hello for answer in outcome.answers.values())
        tells_time = is_asked and not self.groups.witnesses.votes(int(self.clock())).contradicts
        overloaded = self.overloaded
        for (robot, epoch), answer in outcome.answers.items():
            ack = records.ack(
                epoch=epoch,
                mark=answer.mark,
                gap=answer.gap,
                now_ms=int(self.clock() * 1000) if answer.hello and tells_time else None,
                describe=answer.describe,
                alarm=answer.alarm,
                pause_s=self._pause_s(robot, overloaded=overloaded),
                greet=answer.greet,
                **_greeted(answer),
            )
            acks.append((robot, _bounded(orjson.dumps(ack))))
        for robot, alarm in outcome.asked.items():
            ack = records.ack(now_ms=int(self.clock() * 1000) if tells_time else None, alarm=alarm)
            acks.append((robot, orjson.dumps(ack)))
        return acks

    def _tell_ahead(self, robots: set[str], now_s: float) -> None:
        """Robots that hold more acknowledgements than this store has given: once, and again while they come."""
        self._ahead |= robots
        if self._ahead and now_s - self._ahead_told_s >= REPEAT_S:
            self._ahead_told_s = now_s
            extra = {"action": "store_behind", "robots": len(self._ahead), "some": sorted(self._ahead)[:5]}
            text = "robots hold acknowledgements this store does not know: was it replaced, or restored from a backup?"
            log.error(text, extra=extra)  # the alarm says from when to when
            self._ahead.clear()

    def _refusals(self, group: Sequence[Arrival], outcome: GroupResult) -> list[tuple[str, bytes]]:
        acks = []
        for place, refused in outcome.refused.items():
            if refused.robot and refused.reason not in UNANSWERED and "/up/" in group[place].topic:
                ack = records.ack(
                    refused=codec.digest(group[place].payload), reason=f"{refused.reason}: {refused.text}"
                )
                acks.append((refused.robot, orjson.dumps(ack)))
        self.figures.refusals += len(acks)
        return acks

    def _count(self, group: Sequence[Arrival], outcome: GroupResult) -> None:
        now_s = self.monotonic()
        figures = self.figures
        for place, arrival in enumerate(group):
            if place not in outcome.early:
                figures.ack_latency_s.add(now_s - arrival.arrived_s)
            elif arrival.early_until_s == 0.0:
                arrival.early_until_s = now_s + EARLY_S
                figures.early += 1
        self._early = [group[place] for place in sorted(outcome.early)]
        figures.groups += 1
        figures.group_messages.add(len(group))
        figures.acks += len(outcome.answers)
        figures.verdicts += outcome.verdicts
        figures.records += outcome.records
        figures.windows += outcome.windows
        self._tell_ahead(outcome.ahead, now_s)
        for (robot, reason), n in outcome.parked.items():
            figures.parked[reason] += n
            extra = {"action": "parked", "robot": robot, "reason": reason, "messages": n}
            log.warning("a message could not be taken and was parked", extra=extra)


def _greeted(answer: Answer) -> dict[str, Any]:
    """What a hello that said its runs is told besides."""
    told = answer.greeting
    if told is None:
        return {}
    return {"run": told.run, "counted": told.counted, "pushes": told.pushes, "back": told.back}


def _bounded(text: bytes) -> bytes:
    """An ack that holds a thousand series travels compressed."""
    return text if len(text) <= BARE_MAX_BYTES else codec.compress(text)


def _read(arrival: Arrival) -> Message:
    """`decode`; a message that finds a bug in it is parked like any other that cannot be decoded."""
    try:
        return decode(arrival.topic, arrival.payload)
    except Exception as error:
        log.exception("a message broke the reader", extra={"action": "reader_bug", "topic": arrival.topic})
        return ParkedMessage(
            arrival.topic, (robot_of(arrival.topic) or ("", ""))[1], "bug", repr(error), arrival.payload
        )
