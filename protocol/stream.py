"""A robot's stream: sender and receiver as pure state machines. No socket, no file, no clock.

A stream is (robot, epoch). Its records are numbered from 1 without reuse. The rules:

1.  A batch covers `first`..`last` and holds everything the robot still has of that range, in order.
    A seq inside the range without a record was merged into a later record of the same range.
2.  The receiver commits records and the new mark in one transaction, then acks the mark.
3.  The sender deletes only what is acked, and never renumbers or merges what it may have sent.
4.  Go-back-N: after a gap, a lost ack or a reconnect the sender goes on from the mark.
5.  `held` is the first seq the robot still has. When it lies beyond mark + 1 the hole is committed
    as a hole: it will never be filled.
6.  A new file is a new epoch. Its first record may close the old epoch; from then on the old mark
    is frozen, and salvaged records are taken only when their old seq lies beyond it.

           hello/ack              send, up to `window` batches
  OFFLINE ─────────▶ GREETING ─────────▶ SENDING ──┐ ack: forget what is ≤ mark
     ▲                  │                   │  ▲───┘ gap or refusal: go back to the mark
     └──────────────────┴───────────────────┘ disconnected
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

ACK_TIMEOUT_S = 30.0  # the slowest collector commit plus a bad mobile link; then go back to the mark
LIVENESS_S = 120.0  # no ack for so long with something outstanding: the link is dead, whatever the socket says
WINDOW_BATCHES = 4  # four in flight nearly double the throughput of one; more only deepens the queue
BATCH_RECORDS = 100


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
    """The collector knows more of this epoch than the robot: the file went back in time.

    Numbers must never be reused: start a new epoch with what was written since the process began.
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
    """The robot's half. Feed it events with the monotonic time in seconds; ask `next` what to do."""

    mark: int = 0
    window: int = WINDOW_BATCHES
    records: int = BATCH_RECORDS
    ack_timeout_s: float = ACK_TIMEOUT_S
    phase: Phase = Phase.OFFLINE
    sent: int = 0
    _flights: deque[_Flight] = field(default_factory=deque)
    _limit: int | None = None  # records per batch while a refused one is being narrowed down
    _paused_until_s: float = 0.0
    _hello_s: float | None = None
    _outstanding_since_s: float | None = None
    _went_back_s: float = -1e9

    def connected(self) -> None:
        self._reset(Phase.GREETING)

    def disconnected(self) -> None:
        self._reset(Phase.OFFLINE)

    def next(self, newest: int, now_s: float) -> Hello | Send | None:
        """What to publish now, if anything. `newest` is the highest seq in the outbox."""
        if self.phase is Phase.OFFLINE or now_s < self._paused_until_s:
            return None
        if self.phase is Phase.GREETING:
            waiting = self._hello_s is not None and now_s - self._hello_s < self.ack_timeout_s
            return None if waiting else Hello(self.mark + 1)
        if self._flights and now_s - self._flights[0].sent_s >= self.ack_timeout_s:
            self._go_back(now_s)
        if len(self._flights) >= self.window or self.sent >= newest:
            return None
        return Send(self.sent + 1, self._limit or self.records)

    def published(self, first: int, last: int, digest: str, now_s: float) -> None:
        """The batch is with the link. A hello has `last` = `first` - 1."""
        if self._outstanding_since_s is None:
            self._outstanding_since_s = now_s
        if last < first:
            self._hello_s = now_s
            return
        self._flights.append(_Flight(first, last, digest, now_s))
        self.sent = last

    def acked(
        self, mark: int, newest: int, now_s: float, *, gap: bool = False, pause_s: float = 0.0
    ) -> Forget | Rewound | None:
        """An ack of this epoch. Stale marks are ignored, a mark from the future is `Rewound`."""
        if self.phase is Phase.OFFLINE:
            return None
        if pause_s > 0:
            self._paused_until_s = max(self._paused_until_s, now_s + pause_s)
        if mark > newest:
            return Rewound(mark)
        greeting = self.phase is Phase.GREETING
        self.phase = Phase.SENDING
        moved = mark > self.mark
        if moved:
            self.mark = mark
            self._limit = None
        while self._flights and self._flights[0].last <= self.mark:
            self._flights.popleft()
        self.sent = max(self.sent, self.mark)
        if greeting:
            self.sent = self.mark
        elif gap and now_s - self._went_back_s >= self.ack_timeout_s / 8:
            self._go_back(now_s)
        self._outstanding_since_s = now_s if self._flights else None
        return Forget(self.mark) if moved else None

    def refused(self, digest: str, reason: str, now_s: float) -> GiveUp | None:
        """The collector could not read the payload with this digest: halve the batch, down to one record."""
        flight = next((f for f in self._flights if f.digest == digest), None)
        if flight is None:
            return None
        if flight.first == flight.last:
            self._go_back(now_s)
            return GiveUp(flight.first, reason)
        self._limit = max(1, min(self._limit or self.records, flight.last - flight.first + 1) // 2)
        self._go_back(now_s)
        return None

    def silent_s(self, now_s: float) -> float:
        """How long an answer has been owed. Above LIVENESS_S the link is to be dropped."""
        return 0.0 if self._outstanding_since_s is None else now_s - self._outstanding_since_s

    def waits_until_s(self) -> float | None:
        """When `next` may change its answer by time alone; None when only an event can change it."""
        if self.phase is Phase.GREETING and self._hello_s is not None:
            return self._hello_s + self.ack_timeout_s
        due = [f.sent_s + self.ack_timeout_s for f in self._flights] + [self._paused_until_s]
        return min((t for t in due if t > 0), default=None)

    def _go_back(self, now_s: float) -> None:
        self._flights.clear()
        self.sent = self.mark
        self._went_back_s = now_s

    def _reset(self, phase: Phase) -> None:
        self.phase = phase
        self._flights.clear()
        self.sent = self.mark
        self._hello_s = None
        self._outstanding_since_s = None
        self._paused_until_s = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What the collector has committed of one stream."""

    mark: int = 0
    closed: bool = False


class Verdict(Enum):
    COMMIT = "commit"
    HELLO = "hello"
    DUPLICATE = "duplicate"
    GAP = "gap"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a batch. Take the records with seq > `after`; then the mark is `mark`.

    `hole` is a range (first, last) that the robot no longer has and the collector never had.
    """

    verdict: Verdict
    mark: int
    after: int = 0
    hole: tuple[int, int] | None = None


def receive(standing: Standing, first: int, last: int, held: int) -> Decision:
    """Judge a batch by its envelope alone. Committing the decision is the caller's transaction."""
    mark = standing.mark
    if standing.closed:
        return Decision(Verdict.CLOSED, max(mark, last))
    if last < first:
        return Decision(Verdict.HELLO, mark)
    if last <= mark:
        return Decision(Verdict.DUPLICATE, mark)
    if first <= mark + 1:
        return Decision(Verdict.COMMIT, last, mark)
    if held >= first:
        return Decision(Verdict.COMMIT, last, mark, (mark + 1, first - 1))
    return Decision(Verdict.GAP, mark)


class Take(Enum):
    TAKE = "take"
    HAVE = "have"
    BROKEN = "broken"


def take(seq: int, merged_first: int | None, decision: Decision, previous: int) -> Take:
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


def take_salvaged(old: Standing | None, was_seq: int) -> bool:
    """A record that was salvaged from an older epoch is new only beyond that epoch's (frozen) mark."""
    return old is None or was_seq > old.mark
