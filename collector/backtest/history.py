"""What a back-test is made of: scores of past days, and what became of the contracts. Pure, and trusted data.

Days are numbers, shares 0..1, scores 0..100, money hundredths of the base currency a year.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WINDOW_DAYS = 90  # a loss inside (T + lead, T + lead + 90] is what a row has to foretell
ROW_DAYS = 28  # one row per account so often


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A contract that came due. `kept`: renewed; None: not decided when the history ends."""

    due_day: int
    kept: bool | None
    arr: int | None = 0  # that expired; None: no exchange rate is stated for it
    notice_day: int | None = None  # the customer said that it leaves, or the contract was terminated

    @property
    def loss_day(self) -> int:
        """From when on everybody knows: the notice, else the due day."""
        return self.due_day if self.notice_day is None else min(self.notice_day, self.due_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One account: since when a customer, and its contracts' ends in order of due day."""

    account: str
    since_day: int
    endings: tuple[Ending, ...]

    def next_due(self, day: int) -> Ending | None:
        """The end of the contract that runs on that day."""
        return next((ending for ending in self.endings if ending.due_day >= day), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredDay:
    """One account on one day T, of what was known then. `final` None: not scored."""

    account: str
    day: int
    final: float | None
    band: str
    scores: Mapping[str, float | None] = field(default_factory=dict)  # measure -> 0..100
    usage_percentile: float | None = None  # of total use among peers, 0..1
    arr: int | None = 0
    csm: str = ""  # whose account it is; "": nobody's
    profile: str = ""  # by which the measures were weighed; "": not known
    votes: Mapping[str, float] = field(default_factory=dict)  # of measures whose weight does not count in full
    cap: float = 100.0  # no higher, by an exception or a person …
    floor: float = 0.0  # … and no lower
    coverage: float | None = None  # 0..1, how much was known; None: not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The input of a back-test. What happened after `through_day` is not known. `bands`: every day that was scored."""

    rows: Sequence[ScoredDay]
    lives: Mapping[str, Life]
    through_day: int
    bands: Mapping[str, Sequence[tuple[int, str]]] = field(default_factory=dict)
    source: str = ""  # what it was made of, for the report
    basis: str  # arrived, recorded, files
    policy: tuple[str, ...]  # hashes of those that scored


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSettings:
    """How it is judged. `budget`: share of accounts that can be alerted in one period."""

    leads: tuple[int, ...] = (30, 60, 90)
    budget: float = 0.10
    resamples: int = 300
    folds: int = 5
    seed: int = 1
    calibration_losses: int = 50  # past non-renewals before any probability is shown
