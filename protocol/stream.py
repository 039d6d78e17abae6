"""A robot's stream: sender and receiver as pure state machines. No socket, no file, no clock.

A stream is (robot, epoch). Its records are numbered from 1 without reuse. The rules:

1.  A batch covers `first`..`last` and holds everything the robot still has of that range, in order.
    A seq inside the range without a record was merged into a later record of the same range: no batch
    ends between the first seq of a merge and the record that holds it.
2.  The receiver commits records and the new mark in one transaction, then acks the mark.
3.  The sender deletes only what is acked, and never renumbers or merges what it may have sent.
4.  Go-back-N: after a gap, a lost ack or a reconnect the sender goes on from the collector's mark,
    even if it is lower than one it heard before (the collector was restored from a backup).
5.  `held` is the first seq the robot still has (of a merge: the first it stands for). When it lies
    beyond mark + 1 the hole is committed as a hole: it will never be filled.
6.  A new file is a new epoch. Its first record closes the old epoch, which takes no batches from then
    on. A salvaged record says where it `was` first; it is taken only beyond the old mark, and taking
    it moves the old mark there (`after_salvage`), so a file that is salvaged twice counts once.
7.  A mark beyond everything the robot ever sent says that the numbers are in use already (the file
    went back in time, a card was cloned, the epoch is closed): the robot starts a new epoch.

           hello/ack              send, up to `window` batches
  OFFLINE ─────────▶ GREETING ─────────▶ SENDING ──┐ ack: forget what is ≤ mark
     ▲                  │                   │  ▲───┘ gap or refusal: go back to the mark
     └──────────────────┴───────────────────┘ disconnected
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from protocol.limits import SEQ_MAX

ACK_TIMEOUT_S = 30.0  # the slowest collector commit plus a bad mobile link; then go back to the mark
HELLO_FIRST_S = 4.0  # a collector that starts after its robots hears them soon; doubles up to the ack timeout
LIVENESS_S = 120.0  # no ack for so long with something outstanding: the link is dead, whatever the socket says
WINDOW_BATCHES = 4  # four in flight nearly double the throughput of one; more only deepens the queue
BATCH_RECORDS = 100
WIDEN_AFTER = 16  # batches in a row that pass before larger ones are tried again: a wrong try costs a time-out
CUTS_BELIEVED = 2  # a network ends a connection over a batch by chance, and not twice before anything passes
CUT_ALONE = 6  # connections in a row that end over one record: of a link that cuts every fifth, once in 15,000 records
SILENT_ALONE = 8  # a link that loses every fifth message stays silent so often in a row once in 400,000 records
REFUSED_WAIT_S = 600.0  # a refusal that no record can cure is a person's business; meanwhile spare the SIM card
ABOUT_A_RECORD = frozenset({"json", "too_large", "truncated", "record", "store"})  # refusals that one record can cause


class Phase(Enum):
    OFFLINE = "offline"
    GREETING = "greeting"
    SENDING = "sending"


@dataclass(frozen=True, slots=True)
class Hello:
    """Ask the collector where it stands: an empty batch with `first` = mark + 1."""

    first: int


@dataclass(frozen=True, slots=True)
class Send:
    """Read at most `records` records from `first` on and publish them as one batch."""

    first: int
    records: int


@dataclass(frozen=True, slots=True)
class Forget:
    """Everything up to `mark` is committed at the collector: delete it."""

    mark: int


@dataclass(frozen=True, slots=True)
class Rewound:
    """The collector knows more of this epoch than was ever sent, or has closed it. Numbers must never be reused.

    Start a new epoch that closes this one. Keep what may have been sent, with `was` (the collector knows
    whether it has it), and what was written since the process began (a merge: all of it); declare the
    rest lost: nobody can tell whether those numbers stand for other records at the collector.
    """

    mark: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The collector cannot read this single record: replace it by a `lost` record and go on."""

    seq: int
    reason: str


@dataclass(slots=True)
class _Flight:
    first: int
    last: int
    digest: str
    sent_s: float


@dataclass(slots=True)
class Sender:
    """The robot's half. Feed it events with the monotonic time in seconds; ask `next` what to do.

    `sent_through` is the highest seq that may ever have left this outbox (durable there); None: unknown,
    then only a mark beyond the newest record shows that the file went back in time.

    `stuck` is the seq of a record that does not pass even alone, though the collector answers a hello: somewhere
    between (a broker's limit of size) it is dropped.
    """

    mark: int = 0
    window: int = WINDOW_BATCHES
    records: int = BATCH_RECORDS
    ack_timeout_s: float = ACK_TIMEOUT_S
    phase: Phase = Phase.OFFLINE
    sent: int = 0
    sent_through: int | None = None
    _flights: deque[_Flight] = field(default_factory=deque)
    stuck: int | None = None
    _limit: int | None = None  # records per batch while a refused one is being narrowed down
    _narrow: int | None = None  # records per batch that pass; kept over connections
    _passed: int = 0
    _doubted: bool = False  # the broker protested against one of several batches: they go one at a time for a while
    _alone: int = 0  # how often in a row the record that is sent alone was not answered
    _given_up: set[int] = field(default_factory=set)  # beyond the mark: replaced, and not yet taken
    _paused_until_s: float = 0.0
    _hello_s: float | None = None
    _hello_wait_s: float = HELLO_FIRST_S
    _outstanding_since_s: float | None = None
    _head_s: float | None = None  # since when the record behind the mark is under way, also when it is sent again
    _went_back_s: float = -1e9
    _protested: bool = False  # the connection ended because of what it was sent
    cuts: int = 0  # connections in a row that ended over a batch without a word, and nothing passed between
    lost_tries: int = 0  # how often in a row what was sent did not pass, although something else was answered

    def connected(self, *, anew: bool = False) -> None:
        """A record that is stuck is tried at once: a limit is raised by a restart. Not where the broker ended the
        connection because of it: that would end this one too. `anew`: the broker was away since, or says another limit.
        """
        if anew or not self._protested:
            self._paused_until_s = 0.0
        self._protested = False
        self._reset(Phase.GREETING)

    def disconnected(self) -> None:
        self._reset(Phase.OFFLINE)

    def next(self, newest: int, now_s: float) -> Hello | Send | None:
        """What to publish now, if anything. `newest` is the highest seq in the outbox."""
        if self.phase is Phase.OFFLINE or now_s < self._paused_until_s:
            return None
        self._paused_until_s = 0.0
        if self.phase is Phase.GREETING:
            waiting = self._hello_s is not None and now_s - self._hello_s < self._hello_wait_s
            return None if waiting else Hello(self.mark + 1)
        if self._flights and self._head_s is not None and now_s - self._head_s >= self.ack_timeout_s:
            self._timed_out(self._head_s, now_s)
            if now_s < self._paused_until_s:
                return None
        if len(self._flights) >= (1 if self._doubted else self.window) or self.sent >= newest:
            return None
        return Send(self.sent + 1, self._limit or self._narrow or self.records)

    def published(self, first: int, last: int, digest: str, now_s: float) -> None:
        """The batch is with the link. A hello has `last` = `first` - 1."""
        if self._outstanding_since_s is None:
            self._outstanding_since_s = now_s
        if last < first:
            again = self._hello_s is not None
            self._hello_wait_s = min(self._hello_wait_s * 2 if again else HELLO_FIRST_S, self.ack_timeout_s)
            self._hello_s = now_s
            return
        if not self._flights and self._head_s is None:
            self._head_s = now_s
        self._flights.append(_Flight(first, last, digest, now_s))
        self.sent = last
        if self.sent_through is not None:
            self.sent_through = max(self.sent_through, last)

    def acked(
        self, mark: int, newest: int, now_s: float, *, gap: bool = False, pause_s: float = 0.0
    ) -> Forget | Rewound | None:
        """An ack of this epoch. Stale marks are ignored, a mark beyond what was ever sent is `Rewound`."""
        if self.phase is Phase.OFFLINE:
            return None
        self._rest(mark, now_s, pause_s)
        if mark > (newest if self.sent_through is None else self.sent_through):
            return Rewound(mark)
        greeting = self.phase is Phase.GREETING
        self.phase = Phase.SENDING
        moved = mark > self.mark
        if moved or gap or greeting:  # a lower mark: the collector was restored from a backup, go back with it
            self.mark = mark
        if moved:
            self._limit = None
            self._widen()
            self._given_up = {seq for seq in self._given_up if seq > self.mark}
        while self._flights and self._flights[0].last <= self.mark:
            self._flights.popleft()
        if moved or greeting:
            self._head_s = self._flights[0].sent_s if self._flights else None
        self.sent = max(self.sent, self.mark)
        if greeting:
            self.sent = self.mark
        elif gap and now_s - self._went_back_s >= self.ack_timeout_s / 8:
            head_s = self._head_s  # an answer to what lies behind the head is none to the head
            self._go_back(now_s)
            self._head_s = head_s
        self._outstanding_since_s = now_s if self._flights else None
        return Forget(self.mark) if moved else None

    def _rest(self, mark: int, now_s: float, pause_s: float) -> None:
        if self.stuck is not None and mark >= self.stuck:
            self._paused_until_s = 0.0  # its answer came late
        if pause_s > 0:
            self._paused_until_s = max(self._paused_until_s, now_s + pause_s)

    def refused(self, digest: str, reason: str, now_s: float) -> GiveUp | None:
        """The collector could not read the payload with this digest: halve the batch, down to one record.

        A batch of one record may still span many seqs (a merge); the record is the one at its end.
        `reason` begins with a stable word. One that is not ABOUT_A_RECORD (an unknown robot, a missing
        dictionary, a word of a newer collector) costs no record: the robot waits and tries again.
        No record is given up twice: when what took its place is refused too, the fault is not in the
        record, and the robot waits likewise.
        """
        flight = next((f for f in self._flights if f.digest == digest), None)
        if flight is None:
            return None
        self._outstanding_since_s = None  # this was an answer: the link is alive
        alone = flight.first == flight.last or self._limit == 1
        if reason.partition(":")[0] not in ABOUT_A_RECORD or (alone and flight.last in self._given_up):
            self._paused_until_s = max(self._paused_until_s, now_s + REFUSED_WAIT_S)
            self._go_back(now_s)
            return None
        if alone:
            self._given_up.add(flight.last)
            self._limit = 1  # until the mark moves: what takes its place goes alone
            self._go_back(now_s)
            return GiveUp(flight.last, reason)
        self._limit = max(1, min(self._limit or self.records, flight.last - flight.first + 1) // 2)
        self._go_back(now_s)
        return None

    def _timed_out(self, head_s: float, now_s: float) -> None:
        """A collector that answers nothing at all is no sign of a lost batch: one that has answered since is."""
        answered = self._outstanding_since_s is not None and self._outstanding_since_s > head_s
        self.lost_tries += answered
        self._unanswered(self._flights[0], now_s, blame=answered)

    def overtaken(self, now_s: float) -> None:
        """What was sent behind the first batch under way was answered before it."""
        if self._flights:
            self.lost_tries += 1
            self._unanswered(self._flights[0], now_s)

    def dropped(self, digest: str, now_s: float) -> None:
        """The broker says that it dropped the payload with this digest because of its size."""
        flight = next((f for f in self._flights if f.digest == digest), None)
        if flight is not None:
            self.lost_tries += 1
            self._unanswered(flight, now_s, alone_max=1)  # no doubt is left

    def protested(self, now_s: float) -> None:
        """The broker ended the connection because of what it was sent: of several batches nobody knows which."""
        self.lost_tries += bool(self._flights)
        self._blame(now_s, alone_max=2)

    def cut(self, now_s: float) -> None:
        """The connection ended without a word while batches were under way. So does a broker of MQTT 3.1.1 over a
        packet above its limit, and so does a network: it is believed of what is sent where it happens again.
        """
        if not self._flights:
            return
        self.cuts += 1
        self.lost_tries += 1
        if self.cuts >= CUTS_BELIEVED or self._narrow is not None or self._doubted:
            self._blame(now_s, alone_max=CUT_ALONE)

    def _blame(self, now_s: float, *, alone_max: int) -> None:
        self._protested = True
        if len(self._flights) > 1:
            self._doubted, self._passed = True, 0
            self._go_back(now_s)
        elif self._flights:
            flight = self._flights[0]
            self._unanswered(flight, now_s, alone_max=1 if flight.last == self.stuck else alone_max)

    def cannot_pass(self, seq: int, now_s: float) -> None:
        """The record at `seq` is larger than the broker said it takes: wait for a person."""
        self.stuck, self._outstanding_since_s = seq, None
        self._paused_until_s = max(self._paused_until_s, now_s + REFUSED_WAIT_S)
        self._go_back(now_s)

    def _unanswered(self, flight: _Flight, now_s: float, *, alone_max: int = SILENT_ALONE, blame: bool = True) -> None:
        """Go back, with smaller batches; a record that got no answer alone `alone_max` times in a row is stuck, where
        something else was answered (`blame`).
        """
        if flight.first == flight.last or self._narrow == 1:
            self._alone += blame
            if self._alone >= alone_max:
                self._alone = 0
                self.cannot_pass(flight.last, now_s)
                return
        else:
            records = min(self._limit or self._narrow or self.records, flight.last - flight.first + 1)
            self._narrow, self._alone = max(1, records // 2), 0
        self._passed = 0
        self._go_back(now_s)

    def _widen(self) -> None:
        """A batch has passed."""
        self._alone = self.cuts = self.lost_tries = 0
        if self.stuck is not None and self.mark >= self.stuck:
            self.stuck = None
        if self._narrow is None and not self._doubted:
            return
        self._passed += 1
        if self._passed < WIDEN_AFTER:
            return
        self._passed, self._doubted = 0, False
        if self._narrow is not None:
            self._narrow = None if self._narrow * 2 >= self.records else self._narrow * 2

    def owed_since_s(self) -> float | None:
        """Since when an answer has been owed on this connection; None: none is."""
        return self._outstanding_since_s

    def silent_s(self, now_s: float) -> float:
        """How long an answer has been owed. Above LIVENESS_S the link is to be dropped."""
        return 0.0 if self._outstanding_since_s is None else now_s - self._outstanding_since_s

    def under_way_since_s(self) -> float | None:
        """Since when the first batch that is not answered has been under way; None: none is."""
        if not self._flights:
            return None
        return self._flights[0].sent_s if self._head_s is None else self._head_s

    def waits_until_s(self) -> float | None:
        """When `next` may change its answer by time alone; None when only an event can change it."""
        if self.phase is Phase.GREETING and self._hello_s is not None:
            due = self._hello_s + self._hello_wait_s
        elif self._flights:
            due = (self.under_way_since_s() or 0.0) + self.ack_timeout_s
        else:
            return self._paused_until_s or None
        return max(due, self._paused_until_s)

    def stuck_until_s(self) -> float | None:
        """When the record that is stuck is tried again by itself; None: none is stuck, or it is under way."""
        return None if self.stuck is None else self._paused_until_s or None

    def _go_back(self, now_s: float) -> None:
        self._flights.clear()
        self.sent, self._head_s = self.mark, None
        self._went_back_s = now_s

    def _reset(self, phase: Phase) -> None:
        self.phase = phase
        self._flights.clear()
        self.sent, self._head_s = self.mark, None
        self._hello_s = None
        self._outstanding_since_s = None
        if self.stuck is None:
            self._paused_until_s = 0.0


@dataclass(frozen=True, slots=True)
class StreamStanding:
    """What the collector has committed of one stream. `closed`: a newer epoch of the robot took its place."""

    mark: int = 0
    closed: bool = False


class BatchVerdict(Enum):
    COMMIT = "commit"
    HELLO = "hello"
    DUPLICATE = "duplicate"
    GAP = "gap"
    CLOSED = "closed"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Judged:
    """What to do with a batch, and the mark to answer. COMMIT: take the records with seq > `after`; then
    the mark is `mark`. Every other verdict changes nothing in the store. FOREIGN: another run of the robot
    than the one that said hello last; it has to say hello before anything of it is judged by its number.

    `hole` is a range (first, last) that the robot no longer has and the collector never had.
    """

    verdict: BatchVerdict
    mark: int
    after: int = 0
    hole: tuple[int, int] | None = None


def receive(
    standing: StreamStanding, first: int, last: int, held: int, *, run: str | None = None, known_run: str | None = None
) -> Judged:
    """Judge a batch by its envelope alone. Committing the decision is the caller's transaction.

    `run` is the batch's, `known_run` the one that said hello last; where either is None, numbers alone decide.
    """
    mark = standing.mark
    if standing.closed:  # a mark beyond anything sent: whoever still writes to this epoch starts a new one
        return Judged(BatchVerdict.CLOSED, SEQ_MAX)
    if last < first:
        return Judged(BatchVerdict.HELLO, mark)
    if run is not None and known_run is not None and run != known_run:
        return Judged(BatchVerdict.FOREIGN, mark)
    if last <= mark:
        return Judged(BatchVerdict.DUPLICATE, mark)
    if max(held, mark + 1) < first:
        return Judged(BatchVerdict.GAP, mark)
    hole_ends = min(held - 1, last)
    return Judged(BatchVerdict.COMMIT, last, mark, (mark + 1, hole_ends) if hole_ends > mark else None)


class Take(Enum):
    TAKE = "take"
    HAVE = "have"
    BROKEN = "broken"


def take(seq: int, merged_first: int | None, decision: Judged, previous: int) -> Take:
    """Judge one record of a batch that is committed; `previous` is the seq of the record before it (0 at first).

    HAVE: already committed. BROKEN: out of order, outside the batch, or a merge that reaches into what is
    committed: parked, never guessed at.
    """
    if seq <= previous or seq > decision.mark:
        return Take.BROKEN
    if seq <= decision.after:
        return Take.HAVE
    if merged_first is not None and not (decision.after < merged_first <= seq):
        return Take.BROKEN
    return Take.TAKE


def take_salvaged(old: StreamStanding | None, was_seq: int) -> bool:
    """A record that was salvaged from an older epoch is new only beyond that epoch's mark."""
    return old is None or was_seq > old.mark


def after_salvage(old: StreamStanding | None, was_seq: int) -> StreamStanding:
    """The old epoch's standing once a salvaged record of it is taken; stored in the same transaction.

    Without it a file that breaks a second time, after its salvaged records were committed and before
    their ack came, would deliver them again. Salvaged records keep their old order.
    """
    return StreamStanding(was_seq) if old is None else StreamStanding(max(old.mark, was_seq), old.closed)


def after_close(old: StreamStanding | None, held: int) -> tuple[StreamStanding, tuple[int, int] | None]:
    """The old epoch's standing once a new epoch's first record closes it, and the hole that stays.

    `held` is the first seq that the old file still had: what lies between the mark and it (a collector
    that was restored from a backup) will never come.
    """
    mark = 0 if old is None else old.mark
    if mark + 1 >= held or (old is not None and old.closed):
        return StreamStanding(mark, closed=True), None
    return StreamStanding(held - 1, closed=True), (mark + 1, held - 1)
