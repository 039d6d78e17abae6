"""What a back-test says. Pure; as JSON it is what `dataclasses.asdict` makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from collector.backtest.ranking import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """One way to rank accounts by risk. `beaten_by`: AUC of the score less this one's, on the same resamples."""

    name: str
    auc: Interval
    auc_due: Interval  # among rows with a contract due in the window only
    lift: float | None = None  # at the budget
    recall: float | None = None  # of churned ARR at the budget
    beaten_by: Interval | None = None
    brier: float | None = None


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
    gains: tuple[tuple[float, float], ...] = ()  # share of rows alerted, share of churned ARR in them, by the score


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What bands said of what happened. Money in hundredths of the base currency a year; None: nothing to divide by."""

    losses: int
    churned_arr: int
    churned_scored_arr: int  # of it, with a score 90 days before
    watermelon_arr: int
    watermelon_rate: float | None
    red_due: int
    red_renewed: int
    red_renewed_share: float | None
    warned: int  # losses that were red or yellow without a break until they were known …
    median_lead_days: float | None  # … and for how long
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
