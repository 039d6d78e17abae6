"""The words of the health model: what goes in, what is said of each measure, what comes out. Pure, and trusted data.

Days are numbers (days since 1970-01-01, in the account's time zone), T is the closed day that is judged. Shares are
0..1, scores 0..100, money is hundredths of a currency's unit.

    AccountDay … + AccountLedger ──▶ Reading (raw, one per measure) ──▶ + peers ──▶ Scored ──▶ explanation
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from collector.accounts.ledger.view import AccountLedger

Profile = Literal["onboarding", "growth", "mature", "renewal"]
Band = Literal["red", "yellow", "green", "grey"]  # grey: insufficient data
State = Literal["present", "stale", "na", "muted"]
# Why a measure has no value although nothing is missing. Any other reason of `na` means that something is unknown.
NOT_APPLICABLE = frozenset(
    {
        "no_deployment", "no_robots", "unsupported", "never_asked", "never_answered", "none_due", "no_objectives",
        "not_near", "no_contract", "auto_renews", "no_skills", "no_history", "no_source", "no_target", "no_opportunity",
        "nothing_sent", "too_early", "not_in_model", "never_used", "unwatched", "too_few",
    }
)  # fmt: skip
BlindSpotCause = Literal["dark", "no_file", "never_heard", "contacts", "tickets", "finance"]
Code = Literal[
    "ZOMBIE", "SILENT", "SINGLE", "CHAMPION_LEFT", "REF_REFUSE", "DARK", "FAULT", "DROP", "STALL", "OVERDUE", "LAPSED"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDay:
    """What an account's robots did on one closed day. Robots are row ids.

    A counter that is absent from `counts` was not counted by anybody (unsupported or not arrived); a present 0 is a
    true zero. `heard` < `robots`: something has not arrived; nobody heard: the day is unknown, not zero.
    """

    day: int
    open: bool = True  # by the sites' calendars
    robots: int = 0  # deployed that day
    heard: int = 0  # of these, robots of which anything arrived for that day
    active: int = 0  # of these, robots with at least one interaction or task
    untold: int = 0  # heard robots that nobody can say of whether they worked: they count nothing that would tell
    counts: Mapping[str, int] = field(default_factory=dict)
    online_s: int = 0  # inside the sites' open hours, as windows vouch
    scheduled_s: int = 0  # the sites' open hours times robots
    faults: Mapping[str, int] = field(default_factory=dict)  # family -> openings of that day
    affected: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # family -> robots with such an episode
    unwatched: int = 0  # heard robots whose faults nobody reports: only a file tells of their counts
    dark: tuple[int, ...] = ()  # deployed robots of which nothing was heard
    stuck: tuple[int, ...] = ()  # robots with a fault of severity 3 open for more than 72 h at the day's end
    late: bool = False  # a later version than the first
    conflicts: tuple[int, ...] = ()  # robots that two accounts claim that day: counted here by neither claim's weight

    @property
    def is_watched(self) -> bool:
        """Some robot told of that day itself, so that somebody would know of a fault."""
        return self.heard > self.unwatched or bool(self.faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsOfDay:
    """Which robots did what of an account-day. Robots are row ids.

    `counts`: what each robot that was heard did for somebody, counters that moved only; None: nobody can tell.
    `faults`: family -> robot -> openings.
    """

    counts: Mapping[int, Mapping[str, int] | None]
    faults: Mapping[str, Mapping[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What an account's robots have in common, on day T: the peer group's model and what incidents are shared by."""

    models: Mapping[str, int] = field(default_factory=dict)  # model -> robots
    roms: Mapping[str, int] = field(default_factory=dict)
    agents: Mapping[str, int] = field(default_factory=dict)
    skills: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # skill -> version -> robots that run it


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInputs:
    """Everything that one account's score of day T is made of.

    `days` are in order, at most one per day, from T - HISTORY_DAYS + 1 to T; days without a deployment are left out.
    `older` are those before, back to the first day of the oldest objective that is looked at: for objectives only.
    """

    day: int
    ledger: AccountLedger
    days: tuple[AccountDay, ...]
    older: tuple[AccountDay, ...] = ()
    fleet: Fleet = Fleet()
    arr: int | None = None  # on T, hundredths of the base currency; decides who is of the top tier. None: not known
    stage: str = ""  # of the lifecycle, shown beside; growth and maturity also choose the profile
    cadence_days: float | None = None  # of its touch model; None: the policy's
    # Kind of fact -> newest day on which any fact of that kind arrived, of anybody. Says how fresh the source of
    # tickets, invoices and touches is. A kind that is missing: the account's own newest fact says it.
    feeds: Mapping[str, int] = field(default_factory=dict)


HISTORY_DAYS = 150  # 28 + 56 open days fit, also where a place opens four days a week


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measure's raw value before peers. `value` is None where `state` is na (`why` says the reason).

    For count rates (B1, C1, F3) `count` / `exposure` is the rate before shrinkage and `value` the unshrunk rate;
    for shares (A2, B3, B4, C2, C3) they are numerator and denominator. `newest_day` is the age's day.
    """

    measure: str
    value: float | None
    known: float = 1.0  # share of its open days that is known; a day of which few robots were heard in part
    state: State = "present"
    why: str = ""  # a stable word of NOT_APPLICABLE, or not_arrived, too_old, not_recorded, muted, closed, …
    count: float | None = None
    exposure: float | None = None
    newest_day: int | None = None
    target: float | None = None  # where the absolute curve reaches 100
    detail: Mapping[str, Any] = field(default_factory=dict)  # evidence: robots, faults, days, fact ids; JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """One account's readings of day T with what its peers are chosen by. The input of peers and of score."""

    account: str  # its id
    row_id: int
    day: int
    industry: str
    scene: str
    model: str  # of most of its robots
    robots: int
    profile: Profile
    readings: Mapping[str, Reading]  # of every measure of the model, by key
    exceptions: tuple["Cap", ...] = ()  # that hold today, by rule; caps applied by score
    pending: tuple["Cap", ...] = ()  # hold if the score agrees: ZOMBIE where use is good, SINGLE of the top tier
    overrides: tuple["Cap", ...] = ()  # a person's caps and floors that stand on T
    blind_spots: tuple["BlindSpot", ...] = ()  # what should be known and is not
    sentiment: int | None = None  # shown beside
    sentiment_day: int | None = None
    stage: str = ""
    arr: int | None = None  # hundredths, base currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """An exception (or a person's override) that bounds the score. `evidence` names facts, robots, days. JSON."""

    code: str  # a Code, or OVERRIDE
    bound: Literal["cap", "floor"] = "cap"
    value: float = 100.0
    reason: str = ""  # a stable word within the code: two_signals, contact_left, day_30, …
    tag: str = ""  # stored by older releases only
    evidence: Mapping[str, Any] = field(default_factory=dict)
    until_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindSpot:
    """Something that should be known and is not: `days` of the `of` days that are looked at, by one cause.

    dark: robots that were connected before were not heard of. no_file: only files tell of these robots, and none tells
    of these days. never_heard: nothing ever told of these robots. contacts, tickets, finance: nobody has recorded
    anything of that kind since. Of robots the days are open days of the window, `robots` the most missing on one day.
    """

    cause: BlindSpotCause
    days: int
    of: int
    from_day: int
    to_day: int
    robots: int = 0
    last_day: int | None = None  # the newest day before that is known; None: none is


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureScore:
    """One measure in a score. `weight` is what it weighed after NA and muted ones gave theirs away (sum 100)."""

    state: State
    why: str = ""
    known: float = 1.0  # share of its days that is known
    value: float | None = None
    shrunk: float | None = None  # after shrinkage to peers, where it applies
    target: float | None = None
    peer_median: float | None = None
    peer_percentile: float | None = None  # 0..1; higher is better, also for faults
    score: float | None = None  # 0..100
    weight: float = 0.0
    lost: float = 0.0  # weight * (100 - score) / 100
    newest_day: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The score of one account and day. `final` None: too little is known for a number (band grey)."""

    account: str
    day: int
    policy: str  # hash
    profile: Profile
    raw: float | None
    final: float | None
    band: Band
    coverage: float  # 0..1, weight present
    computed: float | None = None  # with the exceptions, without a person's override
    assured: float | None = None  # raw if everything unknown were 0: the band rests on it, unknown never raises it
    caps: tuple[Cap, ...] = ()  # all that hold, the binding one first
    measures: Mapping[str, MeasureScore] = field(default_factory=dict)
    peer_group: str = ""  # "hospitality × ktv × tray-4"
    peer_n: int = 0
    sentiment: int | None = None
    stage: str = ""
    tags: tuple[str, ...] = ()
    candidate_band: Band | None = None  # where hysteresis keeps the band: what the number alone would say
    candidate_days: int = 0  # consecutive days of it
    partial: float | None = None  # without a number: what little is known would make, to rank by in a back-test only
    blind_spots: tuple[BlindSpot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """Yesterday's outcome, as hysteresis needs it."""

    day: int
    band: Band
    candidate_band: Band | None = None
    candidate_days: int = 0
