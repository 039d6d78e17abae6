"""What a back-test says. Pure; as JSON it is what `dataclasses.asdict` makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from collector.backtest.ranking import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """One way to rank accounts by risk. `beaten_by`: AUC of the score less this one's, on the same resamples."""

    name: str
    auc: Interval
    auc_due: Interval  # among rows with a contract due in the window only
    auc_within: float | None = None  # among rows of the same day only
    lift: float | None = None  # at the budget
    recall: float | None = None  # of churned ARR at the budget
    beaten_by: Interval | None = None
    brier: float | None = None


Says = Literal["ranks", "nothing", "reversed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRank:
    """How well one measure alone ranks the rows that have it. `nothing`: its interval holds one half.

    `reversed`: who leaves has more points of it than who stays.
    """

    measure: str
    auc: Interval
    auc_within: float | None
    rows: int
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCalls:
    """Which share of a CSM's first `calls` calls of a day was right, on `days` such days. None: on no day.

    `better_by`: by the score less by momentum, on the same resamples. An interval None: not kept (`backtest.kept`).
    """

    calls: int
    days: int
    by_score: float | None
    by_momentum: float | None
    score_interval: Interval | None = None
    momentum_interval: Interval | None = None
    better_by: Interval | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows that were given a probability between `low` and `high`: how many, what was foretold, what happened."""

    low: float
    high: float
    rows: int
    foretold: float
    happened: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Probabilities made of the score, judged where they were not fitted. Not enough past losses: none are shown."""

    enough: bool
    losses: int  # past non-renewals
    needed: int
    brier: float | None = None
    brier_constant: float | None = None
    miscalibrated: bool = (
        False  # the table differs from what happened by more than chance, or a constant rate is better
    )
    table: tuple[Bin, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Fitted on rows up to `train_to_day` of other accounts, judged on rows from `test_from_day` on."""

    train_to_day: str
    test_from_day: str
    gap_days: int
    folds: int
    train_rows: int
    train_lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfLead:
    """One lead. `split` None: too little history to fit anything; the score is judged on all rows then."""

    lead: int
    rows: int
    accounts: int
    lost_rows: int
    lost_accounts: int
    lost_arr: int
    left_out: Mapping[str, int]
    split: Split | None
    judged_rows: int
    judged_lost: int
    predictors: tuple[Predictor, ...]
    score_all_rows: Interval
    shuffled: Mapping[str, float | None]  # predictor -> mean AUC with shuffled labels
    calibration: Calibration
    first_calls: FirstCalls  # on all rows
    measures: tuple[MeasureRank, ...] = ()  # on all rows, the best first
    gains: tuple[tuple[float, float], ...] = ()  # share of rows alerted, share of churned ARR in them, by the score


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What bands said of what happened. Money in hundredths of the base currency a year; None: nothing to divide by."""

    losses: int
    without_rate: tuple[str, ...] = ()  # accounts whose losses are in no amount: no exchange rate is stated
    churned_arr: int
    churned_scored_arr: int  # of it, with a score 90 days before
    watermelon_arr: int
    watermelon_rate: float | None
    red_due: int
    red_renewed: int
    red_renewed_share: float | None
    warned: int  # losses that were red or yellow without a break until they were known …
    median_lead_days: float | None  # … and for how long
    stayers: int  # accounts that are not lost and were in a band …
    stayers_warned_share: float | None  # … and on which share of their days they were red or yellow: a false alarm
    red_warned: int
    median_red_lead_days: float | None
    account_years: float
    band_flips_per_account_year: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole back-test."""

    source: str
    basis: str
    policy: tuple[str, ...]
    first_day: str
    last_day: str
    through_day: str
    accounts: int
    budget: float
    resamples: int
    seed: int
    leads: tuple[OfLead, ...]
    outcomes: Outcomes
    notes: tuple[str, ...] = field(default=())  # stable words: what limits it
