"""What the ingest path counts about itself, for /metrics and the log. Plain numbers, one writer (the event loop)."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

LATENCY_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
GROUP_BOUNDS = (1, 3, 10, 30, 100, 300, 1000)


@dataclass(slots=True)
class Histogram:
    """Counts by upper bound (inclusive); the last one is everything above."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float, times: int = 1) -> None:
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times

    @property
    def count(self) -> int:
        return sum(self.counts)

    def quantile(self, share: float) -> float:
        """The upper bound under which this share of the values lies; the largest bound for what is above it."""
        wanted, seen = share * self.count, 0
        for bound, count in zip(self.bounds, self.counts, strict=False):
            seen += count
            if seen >= wanted:
                return bound
        return self.bounds[-1]


@dataclass(slots=True)
class IngestFigures:
    """Since the process began. `verdicts` counts batches by protocol.stream.BatchVerdict, `parked` by reason."""

    messages: int = 0
    bytes: int = 0
    records: int = 0
    windows: int = 0
    groups: int = 0
    acks: int = 0
    refusals: int = 0
    retries: int = 0  # groups that the database did not take at once
    faults: int = 0  # of these and else: what waiting will not cure (schema, rights, a bug)
    dropped: int = 0  # of a robot of which too many were waiting
    pauses: int = 0  # acks that asked a robot to wait
    early: int = 0  # batches that waited for the one before them
    verdicts: Counter[str] = field(default_factory=Counter)
    parked: Counter[str] = field(default_factory=Counter)
    waiting: int = 0  # messages in the queue now
    waiting_bytes: int = 0
    too_large: dict[str, int] = field(default_factory=dict)  # topic -> bytes of what the broker does not take
    connected: bool = False
    connections: int = 0
    committed_at_s: float | None = None  # unix seconds of the newest commit
    sharing: str = ""  # how this collector gets its messages: all, share, shards
    ack_latency_s: Histogram = field(default_factory=lambda: Histogram(LATENCY_BOUNDS_S))
    group_messages: Histogram = field(default_factory=lambda: Histogram(GROUP_BOUNDS))
    commit_s: Histogram = field(default_factory=lambda: Histogram(LATENCY_BOUNDS_S))
