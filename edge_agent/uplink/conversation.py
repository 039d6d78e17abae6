"""One connection from hello to its end: the Sender's wishes out, the collector's answers in.

Rhythm: everything that waits goes out right after the hello is answered; from then on once per
`upload_s`, at a moment of the robot's own, and soon after `urge`. Nothing but the hello is sent
before it is answered: the answer brings the mark and the time, so that records of a robot without a
clock are re-stamped before they leave. The broker's PUBACK is never taken for delivery.
"""

import asyncio
import contextlib
import logging
import zlib
from dataclasses import replace

from edge_agent.config import Settings
from edge_agent.errors import LinkError
from edge_agent.outbox import Outbox
from edge_agent.outbox.values import Back
from edge_agent.uplink import causes
from edge_agent.uplink import desired as downlink
from edge_agent.uplink.acks import Answer, read_ack
from edge_agent.uplink.documents import Document
from edge_agent.uplink.link import Connection, Denied, Event, Gone, Lost, TooLarge, Torn, payload_max_bytes
from edge_agent.uplink.presence import Bucket, PresenceRate
from edge_agent.uplink.senses import Senses
from edge_agent.uplink.standing import Standing
from edge_agent.uplink.wording import described, presence_message
from protocol import codec, limits, records, topics
from protocol.stream import LIVENESS_S, Forget, GiveUp, Hello, Phase, Rewound, Send, Sender

URGENT_S = 30.0  # a fault goes out after this, with what else was stored meanwhile
FAREWELL_S = 2.0  # of the five seconds of a clean stop: time to hand over the last records
HELLO_AGAIN_S = 1.0  # then doubled, until the Sender's own time-out is the shorter one
SENT_KEPT = 16  # batches whose PUBACK may still come: four are in flight
LAST_WORD_S = 1.0  # paho tells of the end of a connection from a thread of its own
IDLE_S = 3600.0  # nothing to wait for by time alone
DESCRIBE_EVERY_S = 10.0  # a collector that still asks has not read the answer yet
PROBE_S = 4.0  # what is not answered for so long may have been dropped: a hello behind it shows it
PROBE_RTTS = 4.0  # of a slow link: so many times what it took to answer the greeting

logger = logging.getLogger(__name__)


def upload_wait_s(robot: str, wall_s: float, upload_s: int) -> float:
    """Seconds until this robot's next moment: a fleet is spread evenly over `upload_s`."""
    offset_s = zlib.crc32(robot.encode()) % (upload_s * 1000) / 1000
    return (offset_s - wall_s) % upload_s or float(upload_s)


class Conversation:
    """`serve` runs in the uplink's task; `urge` and `leave` may be called from the same loop at any time."""

    def __init__(
        self,
        *,
        settings: Settings,
        outbox: Outbox,
        connection: Connection,
        sender: Sender,
        senses: Senses,
        standing: Standing,
        rate: PresenceRate,
        urgent: Bucket,
        session: int,
        version: str,
        anew: bool = False,
    ) -> None:
        self.connection = connection
        self._anew = anew  # see Sender.connected
        self.sender = sender
        self.ended_over_sent = False  # what it was sent explains why it ended
        self._settings, self._outbox, self._senses = settings, outbox, senses
        self._standing, self._rate, self._urgent = standing, rate, urgent
        self._session, self._version = session, version
        self._target = outbox.newest  # how far the present upload goes
        self._upload_at_s = 0.0
        self._leave_by_s: float | None = None
        self._greet_at_s = 0.0
        self._greet_again_s = HELLO_AGAIN_S
        self._knows_runs = False  # whether the collector answers hellos by their runs
        self._described_at_s = -DESCRIBE_EVERY_S
        self._to_ask, self._to_report = False, True
        self._reported: records.Record | None = None
        self._batch_bytes = 0  # of the largest that is under way
        self._greeted_at_s = 0.0  # when the hello went out whose answer begins the sending
        self._patience_s = PROBE_S
        self._probed_s: float | None = None  # since when that was under way behind which a hello was sent
        self._sent: dict[int, str] = {}  # number of a message -> digest of the batch in it, of the last few

    def urge(self) -> None:
        """Something was stored that should not wait for the next upload, as far as the rate allows."""
        now_s = self._senses.monotonic_s()
        soon_s = now_s + max(min(URGENT_S, self._settings.upload_s), self._urgent.wait_s(now_s))
        if soon_s < self._upload_at_s:
            self._upload_at_s = soon_s
            self._urgent.take(now_s)
        self.connection.events.put_nowait(None)

    def set_upload_s(self, upload_s: int) -> None:
        """From now on so many seconds between uploads."""
        self._settings = replace(self._settings, upload_s=upload_s)
        self._plan_upload()
        self.connection.events.put_nowait(None)

    def ask(self) -> None:
        """Say hello again, so that the collector answers."""
        self._to_ask = True
        self.connection.events.put_nowait(None)

    def report(self) -> None:
        """What the robot says of its desired document may have changed."""
        self._to_report = True
        self.connection.events.put_nowait(None)

    def leave(self) -> None:
        """The last record is stored: end within FAREWELL_S."""
        self._leave_by_s = self._senses.monotonic_s() + FAREWELL_S
        self._target = self._outbox.newest
        self.connection.events.put_nowait(None)

    async def serve(self) -> None:
        """Returns when everything is handed over after `leave`, or its time is up; raises LinkError when it is lost."""
        self.sender.connected(anew=self._anew)
        self._standing.documents.connected(anew=self._anew)
        self._tell_presence("online")
        self._plan_upload()
        while not self._is_done():
            event = None
            try:
                await self._say()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._wait_s()):
                        event = await self.connection.events.get()
                await self._take(event)
            except Gone:
                await self._hear_last_word()
                raise
        self._tell_presence("stopped")

    def presence(self, state: records.PresenceState) -> bytes:
        """The message as it would be told now."""
        at_s, faults = self._senses.wall_s(), self._senses.open_faults()
        return presence_message(self._settings, self._outbox, at_s, faults, self._session, state, self._version)

    # --- out ------------------------------------------------------------------------------------

    async def _say(self) -> None:
        """Publish all that is due now. Raises LinkError: Gone where the connection is no more."""
        now_s = self._senses.monotonic_s()
        if self._to_report:
            self._to_report = False
            await self._report()
        if self._to_ask:
            self._to_ask, self._greet_at_s, self._greet_again_s = False, 0.0, HELLO_AGAIN_S
            self.sender.connected()
        if self.sender.silent_s(now_s) > LIVENESS_S:
            raise causes.failure("silent", topic=topics.ack(self._settings.robot))
        if now_s >= self._upload_at_s:
            self._target = self._outbox.newest
            self._plan_upload()
        if self.sender.phase is Phase.GREETING and now_s >= self._greet_at_s:
            self._greet(self.sender.mark)
        await self._send()
        self._probe(now_s)
        self._standing.lost_tries = self.sender.lost_tries
        self._standing.owes(self.sender.owed_since_s())
        await self._tell_stuck()
        if self._rate.due(self._senses.open_faults(), self._backlog(), now_s):
            self._tell_presence("online")

    async def _send(self) -> None:
        """Publish everything that the Sender wants published now."""
        topic = topics.up(self._settings.robot)
        while True:
            now_s = self._senses.monotonic_s()
            match self.sender.next(self._target, now_s):
                case Hello(first):
                    self._greet(first - 1)
                case Send(first, count):
                    outgoing = await self._payload(first, count)
                    if outgoing is None:
                        return
                    last, payload = outgoing
                    under_way = self.sender.under_way_since_s() is not None
                    try:
                        number = self.connection.publish(topic, payload, often=True)
                    except Torn:
                        self.sender.published(first, last, codec.digest(payload), now_s)
                        raise
                    self._batch_bytes = max(self._batch_bytes if under_way else 0, len(payload))
                    self._standing.batches += 1
                    self._standing.payload_bytes += len(payload)
                    self._sent[number] = codec.digest(payload)
                    if len(self._sent) > SENT_KEPT:
                        del self._sent[next(iter(self._sent))]
                    self.sender.published(first, last, self._sent[number], now_s)
                case None:
                    return

    def _greet(self, mark: int) -> None:
        """Say hello. It is repeated soon: after a broker's restart the collector may be a second behind the robot."""
        hello = self._hello(mark, whole=False)
        self.connection.publish(topics.up(self._settings.robot), codec.encode(hello), often=True)
        now_s = self._senses.monotonic_s()
        self._greeted_at_s = self._greeted_at_s or now_s
        self.sender.published(mark + 1, mark, "", now_s)
        self._greet_at_s, self._greet_again_s = now_s + self._greet_again_s, self._greet_again_s * 2

    def _probe(self, now_s: float) -> None:
        """Say hello behind what is not answered. MQTT keeps the order: an answer to it alone shows what was dropped,
        and neither a network nor a collector that stands still answers the one and not the other.
        """
        since_s = self.sender.under_way_since_s()
        if since_s is None or since_s == self._probed_s or now_s - since_s < self._probes_after_s():
            return
        self._probed_s = since_s
        hello = codec.encode(self._hello(self.sender.mark, whole=False))
        self.connection.publish(topics.up(self._settings.robot), hello, often=True)

    def _probes_after_s(self) -> float:
        return min(self._patience_s, self.sender.ack_timeout_s / 2)  # a time-out alone blames nothing

    def _describe(self, now_s: float) -> None:
        """The collector asks who this robot is: it holds no records that told it, or has lost some."""
        if now_s - self._described_at_s < DESCRIBE_EVERY_S:
            return
        self._described_at_s = now_s
        hello = codec.compress(codec.encode(self._hello(self.sender.mark, whole=True)))
        self._standing.documents.asked_again("description", now_s)
        if not self._publish_document("description", topics.up(self._settings.robot), hello, retain=False):
            return
        logger.info("the collector asks for this robot's description", extra={"action": "described"})

    def _hello(self, mark: int, *, whole: bool) -> records.Record:
        description = self._senses.description()
        hello = self._outbox.hello(mark)
        hello |= {"timezone": description["timezone"], "about": codec.digest(codec.encode(description))}
        if self._standing.stuck or not self._standing.stuck_told:
            hello["stuck"] = self._standing.stuck
        return hello | {"description": description} if whole else hello

    async def _payload(self, first: int, count: int) -> tuple[int, bytes] | None:
        """(last seq, payload) of a batch that the collector and the broker take."""
        room = payload_max_bytes(self.connection, topics.up(self._settings.robot))
        most = min(limits.PAYLOAD_MAX_BYTES, room)
        while True:
            outgoing = await self._outbox.batch(first, count)
            if outgoing is None:
                return None
            payload, alone = codec.compress(outgoing.text), outgoing.records <= 1 or count <= 1  # a merge holds several
            if len(payload) > room and alone:
                self.sender.cannot_pass(outgoing.last, self._senses.monotonic_s())
                return None
            if len(payload) <= most or alone:
                return outgoing.last, payload
            count = min(count, outgoing.records) // 2

    async def _tell_stuck(self) -> None:
        """Say by name which record does not pass, once."""
        seq, before = self.sender.stuck, self._standing.stuck
        self._standing.stuck_retry_at_s = self.sender.stuck_until_s()
        if seq is None:
            self._standing.stuck = ""
        elif not self._standing.stuck.startswith(f"record {seq} "):
            outgoing = await self._outbox.batch(self.sender.mark + 1, 1)  # as it is sent: its size is named
            if outgoing is not None:
                self._standing.stuck = described(outgoing, seq)
                extra = {"action": "record_stuck", "seq": seq}
                logger.error("%s does not pass the broker", self._standing.stuck, extra=extra)
        if self._standing.stuck != before:
            self._standing.stuck_told = False
            hello = codec.encode(self._hello(self.sender.mark, whole=False))
            self.connection.publish(topics.up(self._settings.robot), hello, often=True)

    def _tell_presence(self, state: records.PresenceState) -> None:
        self.connection.publish(topics.presence(self._settings.robot), self.presence(state), retain=True)
        self._rate.told(self._senses.open_faults(), self._backlog(), self._senses.monotonic_s())

    async def _report(self) -> None:
        """Tell what runs of what is desired: at each connect, since a broker may have lost it, and when it changes."""
        desired = await self._outbox.note("desired")
        skills = self._senses.skills_told() if self._senses.skills_told is not None else None
        if desired is None and not skills:
            return
        settings: list[records.Record] | None = []
        if self._senses.settings_told is not None and desired is not None:
            settings = self._senses.settings_told(desired["revision"])
        if settings is not None:
            wish = desired or {"revision": 0}  # nothing was wished; installed skills are told all the same
            self._publish_report(downlink.report(self._settings.robot, wish, settings, skills))

    def _publish_report(self, report: records.Record) -> None:
        if report == self._reported:
            return
        self._reported = report
        self._publish_document("report", topics.reported(self._settings.robot), codec.encode(report), retain=True)

    def _publish_document(self, kind: Document, topic: str, payload: bytes, *, retain: bool) -> bool:
        """Whether it went out. One that the broker does not let pass is left out, and said."""
        documents, size = self._standing.documents, len(payload)
        if documents.fits(kind, size, payload_max_bytes(self.connection, topic), self._senses.monotonic_s()):
            number = self.connection.publish(topic, payload, retain=retain, often=not retain)
            documents.published(kind, size, number)
            return True
        if documents.is_news(kind):
            text, extra = (
                "the broker does not let this robot's %s pass: raise its limit of message size",
                {"bytes": size},
            )
            logger.error(text, kind, extra=extra | {"action": f"{kind}_too_large"})
        return False

    # --- in -------------------------------------------------------------------------------------

    async def _hear_last_word(self) -> None:
        """A message found the connection closed: why the broker closed it may be on its way still."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORD_S):
                while not isinstance(event := await self.connection.events.get(), Lost):
                    pass
                raise self._ended(event)

    def _ended(self, event: Lost) -> LinkError:
        """What the end of the connection says of what was under way."""
        now_s, standing, tries = self._senses.monotonic_s(), self._standing, self.sender.lost_tries
        over_sent = event.in_protest or event.cause == "ended"
        beside = self._batch_bytes if self.sender.under_way_since_s() is not None else 0
        if over_sent and standing.documents.ended(now_s, beside):
            self.ended_over_sent = True
        elif event.in_protest:
            self.sender.protested(now_s)
            self.ended_over_sent = True
        elif event.cause == "ended":
            self.sender.cut(now_s)
            self.ended_over_sent = self.sender.lost_tries > tries
            standing.lost_tries = self.sender.lost_tries
            if self.sender.cuts > 1:
                return causes.failure("cut", detail=event.detail)
        return LinkError(event.reason, event.text, event.cause, {"detail": event.detail})

    async def _take(self, event: Event | None) -> None:
        if event is None:  # a poke: the loop looks again
            return
        if isinstance(event, Lost):
            raise self._ended(event)
        if isinstance(event, TooLarge):
            now_s = self._senses.monotonic_s()
            self.sender.dropped(self._sent.get(event.number, ""), now_s)
            self._standing.documents.dropped(event.number, now_s)
            return
        if isinstance(event, Denied):
            self._denied(event)
            return
        if event.topic == topics.ack(self._settings.robot):
            await self._take_ack(event.payload)
        elif event.topic == topics.desired(self._settings.robot) and event.payload:
            await self._take_desired(event.payload)

    def _denied(self, event: Denied) -> None:
        if event.topic == topics.ack(self._settings.robot):
            raise event.error("denied_acks")
        denied = event.error("denied_desired")
        self._standing.desired_refused, self._standing.desired_denied = str(denied), denied.slots
        self._standing.desired_said = None
        logger.warning("%s", self._standing.desired_refused, extra={"action": "subscription_refused"})

    async def _take_ack(self, payload: bytes) -> None:
        answer = read_ack(payload)
        now_s = self._senses.monotonic_s()
        self._standing.documents.passed("report")  # what was sent before the answer's question passed
        if answer is None:
            logger.warning("an ack that cannot be read is ignored", extra={"action": "ack_unreadable"})
            return
        if answer.now_ms is not None:
            self._standing.collector_zero_s = answer.now_ms / 1000 - now_s
            await self._senses.collector_time(answer.now_ms)
        if answer.refused:
            self._standing.refusal, self._standing.owed_since_s = answer.reason, None
            await self._act(self.sender.refused(answer.refused, answer.reason, now_s))
        elif answer.epoch == self._outbox.epoch and answer.mark is not None:
            if answer.alarm or answer.greets(self._outbox.run):
                self._standing.alarm = answer.alarm
            await self._take_mark(answer, answer.mark, now_s)
            if answer.greets(self._outbox.run) and not answer.describe:
                self._standing.documents.passed("description")
            if answer.describe and self.sender.phase is Phase.SENDING:
                self._describe(now_s)

    async def _take_mark(self, answer: Answer, mark: int, now_s: float) -> None:
        greeting = self.sender.phase is Phase.GREETING
        if greeting and not answer.greets(self._outbox.run):
            return  # late, and to somebody who spoke before: it says nothing of what this file is to the collector
        self._standing.ack_at_s, self._standing.owed_since_s, self._standing.refusal = now_s, None, ""
        self._standing.proven_at_s = self._standing.proven_at_s or now_s
        self._standing.stuck_told = answer.greets(self._outbox.run) or self._standing.stuck_told
        if greeting and answer.back is not None and self._senses.went_back is not None:
            await self._senses.went_back(answer.back)
            self._begin_epoch()
            return
        self._knows_runs = self._knows_runs or bool(answer.run)
        if not greeting and self._knows_runs and (answer.greet or mark == limits.SEQ_MAX):
            self.sender.connected()  # another file has taken this one's place: the answer to a hello says how
            self._greet_at_s = 0.0
            return
        if greeting and answer.run and self.sender.sent_through is not None:  # up to its mark it has the same records
            self.sender.sent_through = max(self.sender.sent_through, min(mark, self._outbox.newest))
        decided = self.sender.acked(mark, self._outbox.newest, now_s, gap=answer.gap, pause_s=float(answer.pause_s))
        self._judge_probe(answer, now_s, greeting=greeting)
        if greeting and not isinstance(decided, Rewound) and self._senses.answered is not None:
            await self._senses.answered(answer.counted, bool(answer.run), answer.pushes)
        if greeting:
            self._senses.look()
        await self._act(decided)

    def _judge_probe(self, answer: Answer, now_s: float, *, greeting: bool) -> None:
        if greeting:
            self._patience_s = max(PROBE_S, PROBE_RTTS * (now_s - self._greeted_at_s))
            self._greeted_at_s, self._probed_s = 0.0, None
        elif self._probed_s is not None and answer.greets(self._outbox.run):
            if self._probed_s == self.sender.under_way_since_s():
                self.sender.overtaken(now_s)
            self._probed_s = None

    async def _act(self, decided: Forget | Rewound | GiveUp | None) -> None:
        match decided:
            case Forget(mark):
                await self._outbox.forget(mark)
            case GiveUp(seq, reason):
                extra = {"action": "record_refused", "seq": seq, "reason": reason}
                logger.warning("the collector cannot read a record; it is reported as lost", extra=extra)
                await self._outbox.give_up(seq, reason)
            case Rewound(mark):
                extra = {"action": "outbox_rewound", "mark": mark, "newest": self._outbox.newest}
                logger.warning("the collector knows more than this outbox: new epoch", extra=extra)
                if self._senses.went_back is None or mark == limits.SEQ_MAX or not self._outbox.unanswered():
                    await self._outbox.rotate(mark, now_s=int(self._senses.wall_s()), mono_s=self._senses.mono_s())
                else:  # a collector that cannot say how far it has counted
                    await self._senses.went_back(Back(None, mark))
                self._begin_epoch()

    def _begin_epoch(self) -> None:
        """The outbox goes on in another file: say hello of it."""
        self.sender = sender_for(self._outbox, self._settings)
        self.sender.connected()
        self._greet_at_s = 0.0
        self._target = self._outbox.newest
        self._tell_presence("online")

    async def _take_desired(self, payload: bytes) -> None:
        match downlink.judge(payload, await self._outbox.note("desired")):
            case downlink.Accepted(document):
                await self._outbox.set_note("desired", document)
                extra = {"action": "desired_accepted", "revision": document["revision"]}
                logger.info("a new desired document", extra=extra)
                self._standing.desired_refused, self._standing.desired_said = "", None
                self._to_report = True
                self._senses.look()
            case downlink.Refused(reason, revision):
                self._standing.desired_refused, self._standing.desired_said = str(reason), reason.packed()
                if revision is not None:
                    self._publish_report(downlink.refusal(self._settings.robot, revision, str(reason)))
                logger.warning("a desired document is refused: %s", reason, extra={"action": "desired_refused"})
            case downlink.Stale():
                pass

    # --- time -----------------------------------------------------------------------------------

    def _backlog(self) -> int:
        return max(0, self._outbox.newest - self.sender.mark)

    def _is_done(self) -> bool:
        by_s = self._leave_by_s
        return by_s is not None and (self.sender.mark >= self._target or self._senses.monotonic_s() >= by_s)

    def _plan_upload(self) -> None:
        wait_s = upload_wait_s(self._settings.robot, self._senses.wall_s(), self._settings.upload_s)
        self._upload_at_s = self._senses.monotonic_s() + wait_s
        self._standing.next_upload_at_s = self._upload_at_s

    def _wait_s(self) -> float:
        """How long nothing can change by time alone."""
        now_s = self._senses.monotonic_s()
        waits = [IDLE_S, self._upload_at_s - now_s]
        if self.sender.phase is Phase.GREETING:
            waits.append(self._greet_at_s - now_s)
        if (due_s := self.sender.waits_until_s()) is not None and due_s > now_s:
            waits.append(due_s - now_s)
        if (since_s := self.sender.under_way_since_s()) is not None and since_s != self._probed_s:
            waits.append(since_s + self._probes_after_s() - now_s)
        if (news_s := self._rate.waits_s(self._senses.open_faults(), self._backlog(), now_s)) is not None:
            waits.append(news_s)
        if self._leave_by_s is not None:
            waits.append(self._leave_by_s - now_s)
        return max(0.0, min(waits))


def sender_for(outbox: Outbox, settings: Settings) -> Sender:
    """The robot's half of the stream, as the outbox stands."""
    sent_through = outbox.figures().sent_through
    return Sender(mark=outbox.held - 1, records=settings.batch_records, sent_through=sent_through)
