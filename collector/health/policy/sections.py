"""The sections of a policy file as plain data. What each value means, and why it is so, stands in policy.toml. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Windows of open days, and when a closed day is settled."""

    window_open_days: int
    base_open_days: int
    settle_h: int
    late_days: int
    closed_mute_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """How old a source may be; from there on stale, after as long again absent."""

    telemetry_open_days: int
    contacts_days: int
    tickets_days: int
    finance_days: int
    sentiment_days: int
    stale_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Shares of the weight that must be present."""

    grey_below: float
    green_from: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Borders, and what it takes to cross one."""

    yellow_from: float
    green_from: float
    margin: float
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRule:
    """A measure's weight in the steady profile and its absolute curve; without `zero` it has none."""

    weight: float
    zero: float | None = None
    full: float | None = None
    peers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileDays:
    """When a profile holds."""

    onboarding_days: int
    growth_days: int
    renewal_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRules:
    """Sizes of peer groups, the halves of a score, the prior's limits."""

    accounts_min: int
    accounts_least: int
    absolute_share: float
    rank_from: float
    rank_span: float
    quantiles_above: int
    quantiles: int
    prior_events_max: float
    prior_accounts_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneTarget:
    """A scene's core counter; `target` per active robot-day, None where nobody knows one."""

    counter: str
    target: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCurve:
    """A robot model's own curve of C1."""

    zero: float
    full: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OnboardingRules:
    """A1."""

    recent_days: int
    late_share: float
    due_h: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Momentum:
    """B2."""

    pseudo_events: float
    at_one: float
    per_doubling: float
    base_days_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRules:
    """B3 and B4."""

    skill_uses_min: int
    wilson_z: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """C3."""

    days: int
    of_open_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRules:
    """D1 and D2."""

    cadence_days: float
    active_days: int
    one: float
    two: float
    three: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """D3."""

    days: int
    prior: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    """D4."""

    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """E1 and E3."""

    half_life_days: float
    neutral: float
    advocacy_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalRules:
    """F1."""

    horizon_days: int
    expected_days: Mapping[str, int]
    grace_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRules:
    """F3."""

    breach_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Zombie:
    """Used well, already leaving."""

    usage_from: float
    signals: int
    cap: float
    many_signals: int
    many_cap: float
    renewal_days: int
    unanswered_days: int
    edits_days: int
    edits_fall: float
    edits_before_days: int
    declined_updates: int
    signal_days: int
    export_ratio: float
    export_days: int
    export_base_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """Answers nothing."""

    outreach: int
    days: int
    channels: int
    cap: float
    long_days: int
    renewal_days: int
    hard_cap: float
    look_back_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """One active contact."""

    robots_from: int
    top_share: float
    cap: float
    left_cap: float
    left_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefRefuse:
    """Declined to speak for us."""

    days: int
    cap: float
    withdrawn_cap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dark:
    """Not heard of."""

    share: float
    open_days: int
    cap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRules:
    """Severe faults stay open."""

    share: float
    open_h: int
    cap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CapOnly:
    """An exception whose rule stands elsewhere."""

    cap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """Not activated."""

    first_day: int
    first_cap: float
    second_day: int
    second_cap: float
    active_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """An invoice is long overdue."""

    days: int
    cap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """How long what a person sets may hold."""

    mute_days: int
    override_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentMutes:
    """Measures that an incident of ours mutes."""

    usage: tuple[str, ...]
    faults: tuple[str, ...]
