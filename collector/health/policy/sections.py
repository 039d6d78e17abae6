"""The sections of a policy file as models. What each value means, and why it is so, stands in policy.toml. Pure."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Self, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator
from pydantic_core import PydanticCustomError

from collector.accounts.ledger.kinds.who import ContactRole
from collector.health.measures.registry import GROUPS, MEASURES
from collector.health.model import Profile
from collector.values.sentence import Sentence

_TOTAL = 100.0
_TWO = 2


def _whole(value: Any) -> Any:
    """28.0 is a whole number too; what is no number at all is refused by the type."""
    if isinstance(value, float) and math.isfinite(value) and value >= 0:
        if not value.is_integer():
            raise PydanticCustomError("whole_number", "is a whole number")
        return int(value)
    return value


def _not_empty(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("not_empty", "is not empty")
    return text


Number = Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)]
NotEmpty = Annotated[str, AfterValidator(_not_empty)]
Whole = Annotated[int, BeforeValidator(_whole), Strict(), Field(ge=0)]


def _shared_out(weights: Mapping[str, float]) -> Mapping[str, float]:
    if set(weights) != set(GROUPS):
        raise ValueError(Sentence("a weight for each of {names}", names=", ".join(GROUPS)))
    if not math.isclose(sum(weights.values()), _TOTAL):
        raise ValueError(Sentence("the weights sum to 100"))
    return weights


GroupWeights = Annotated[Mapping[str, Number], AfterValidator(_shared_out)]


class Section(BaseModel):
    """The base of all: every entry must be there, and no other."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Windows(Section):
    """Windows of open days, and when a closed day is settled."""

    window_open_days: Whole
    base_open_days: Whole
    settle_h: Whole
    late_days: Whole
    closed_mute_days: Whole

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if self.window_open_days < 1 or self.base_open_days < 1:
            raise ValueError(Sentence("windows have at least one open day"))
        return self


class Ages(Section):
    """How old a source may be. An older one is stale and counts `stale_share`; one older than twice that is absent."""

    telemetry_open_days: Whole
    contacts_days: Whole
    tickets_days: Whole
    finance_days: Whole
    sentiment_days: Whole
    stale_share: Number


class Coverage(Section):
    """The shares of the weight below which there is no score, and from which the band may be green.

    `day_from`: the share of its robots from which on a day is known as a whole; of fewer it is known in part.
    """

    grey_below: Number
    green_from: Number
    day_from: Number

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if self.grey_below > self.green_from:
            raise ValueError(Sentence("`grey_below` is at most `green_from`"))
        if self.day_from <= 0:
            raise ValueError(Sentence("`day_from` is above 0"))
        return self


class Bands(Section):
    """The borders of the bands, and when a band changes: `margin` points beyond one, or after so many `days`."""

    yellow_from: Number
    green_from: Number
    margin: Number
    days: Whole

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if self.yellow_from >= self.green_from:
            raise ValueError(Sentence("`yellow_from` is below `green_from`"))
        return self


class MeasureRule(Section):
    """A measure's weight in the steady profile and its absolute curve; without `zero` it has none."""

    weight: Number
    zero: Number | None = None
    full: Number | None = None
    peers: Annotated[bool, Strict()] = False

    @model_validator(mode="after")
    def _has_a_whole_curve(self) -> Self:
        if (self.zero is None) != (self.full is None) or (self.zero is not None and self.zero == self.full):
            raise ValueError(Sentence("a curve has zero and full, and they differ"))
        return self


class Profiles(Section):
    """The groups' weights in each profile, and the days when a profile holds."""

    onboarding: GroupWeights
    growth: GroupWeights
    mature: GroupWeights
    renewal: GroupWeights
    onboarding_days: Whole
    growth_days: Whole
    renewal_days: Whole

    @property
    def weights(self) -> Mapping[Profile, Mapping[str, float]]:
        """The groups' weights by profile."""
        return {profile: getattr(self, profile) for profile in get_args(Profile)}


class PeerRules(Section):
    """Sizes of peer groups, the halves of a score, the prior's limits."""

    accounts_min: Whole
    accounts_least: Whole
    absolute_share: Number
    rank_from: Number
    rank_span: Number
    quantiles_above: Whole
    quantiles: Whole
    prior_events_max: Number
    prior_accounts_min: Whole

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if self.rank_span <= 0:
            raise ValueError(Sentence("`rank_span` is above 0"))
        return self


class SceneTarget(Section):
    """A scene's core counter; `target` per active robot-day, None where nobody knows one."""

    counter: str
    target: Number | None = None


class ModelCurve(Section):
    """A robot model's own curve of C1."""

    zero: Number
    full: Number


class OnboardingRules(Section):
    """A1: how long a start is recent, when each of its steps is due, and what a late one is worth."""

    recent_days: Whole
    late_share: Number
    due_h: Mapping[str, Number]


class Momentum(Section):
    """B2: the line from the ratio of use to points, how few events are drawn to a ratio of one, or say nothing."""

    pseudo_events: Number
    events_min: Number
    at_one: Number
    per_doubling: Number
    base_days_min: Whole


class Rhythm(Section):
    """B5: what is assumed before an account's days of use say how often it uses its robots, and how few say nothing.

    `usual`: the points of a silence that is none.
    """

    uses_min: Whole
    never_days: Whole
    usual: Number
    prior_uses: Number
    prior_days: Number

    @model_validator(mode="after")
    def _has_two_uses(self) -> Self:
        if self.uses_min < _TWO:
            raise ValueError(Sentence("`uses_min` is at least 2: one day of use has no rhythm"))
        if self.prior_days <= 0:
            raise ValueError(Sentence("`prior_days` is above 0"))
        return self


class UsageRules(Section):
    """B3: how many uses make a skill used. B4: the width of Wilson's interval. B6: how many kinds a day are full."""

    skill_uses_min: Whole
    wilson_z: Number
    kinds_alone: Number


class Recurring(Section):
    """C3: on how many of the last open days a fault must come back to be recurring."""

    days: Whole
    of_open_days: Whole


class ContactRules(Section):
    """D1: the cadence of an account without a touch model. D2: who is active, what each role weighs, and the points of
    one, two, three.
    """

    cadence_days: Number
    active_days: Whole
    role_weights: Mapping[ContactRole, Number]
    one: Number
    two: Number
    three: Number

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        missing = set(get_args(ContactRole)) - set(self.role_weights)
        if missing:
            raise ValueError(
                Sentence("`role_weights` lacks {name}: every role weighs something, or 0", name=min(missing))
            )
        return self


class Response(Section):
    """D3: how far back messages are counted, and the prior of the rate."""

    days: Whole
    prior: Number


class Reviews(Section):
    """D4: how far back reviews that were due are counted."""

    days: Whole


class Voice(Section):
    """E1: what an opinion decays to, and how fast. E3: how long an answer to being asked counts."""

    half_life_days: Number
    neutral: Number
    advocacy_days: Whole


class RenewalRules(Section):
    """Renewals. F1: when each step is expected. Grace: a contract that is renewed this late was renewed, not lost.

    `grace_days` holds wherever a due day is judged: in F1, B3, LAPSED, the lifecycle, calls to action and the rates.
    """

    horizon_days: Whole
    expected_days: Mapping[str, Number]
    grace_days: Whole


class TicketRules(Section):
    """F3: how long after its end a breach of the service level still counts."""

    breach_days: Whole


class Zombie(Section):
    """ZOMBIE: used well while signs say that the customer is leaving. The signs and the caps of few and of many."""

    usage_from: Number
    signals: Whole
    cap: Number
    many_signals: Whole
    many_cap: Number
    renewal_days: Whole
    unanswered_days: Whole
    edits_days: Whole
    edits_fall: Number
    edits_before_days: Whole
    declined_updates: Whole
    signal_days: Whole
    export_ratio: Number
    export_days: Whole
    export_base_days: Whole


class Silent(Section):
    """SILENT: messages by several channels that nobody has answered; the cap, and a harder one after longer."""

    outreach: Whole
    days: Whole
    channels: Whole
    cap: Number
    long_days: Whole
    renewal_days: Whole
    hard_cap: Number
    look_back_days: Whole


class Single(Section):
    """SINGLE: one active contact at a large account; a harder cap once that contact has left."""

    robots_from: Whole
    top_share: Number
    cap: Number
    left_cap: Number
    left_days: Whole


class ChampionLeft(Section):
    """CHAMPION_LEFT: the sponsor or the champion is gone, and nobody has taken the role and spoken to us."""

    days: Whole
    cap: Number
    both_cap: Number


class RefRefuse(Section):
    """REF_REFUSE: a reference declined; a harder cap where it was withdrawn after a yes."""

    days: Whole
    cap: Number
    withdrawn_cap: Number


class Dark(Section):
    """DARK: which share of the robots has not been heard of, for how many open days."""

    share: Number
    open_days: Whole
    cap: Number


class FaultRules(Section):
    """FAULT: which share of the robots has a severe fault that stays open, for how long."""

    share: Number
    open_h: Whole
    cap: Number


class CapOnly(Section):
    """DROP, whose rule is the section [anomaly], and LAPSED, which needs `renewal.grace_days` only: their caps."""

    cap: Number


class Stall(Section):
    """STALL: robots that have not worked on enough days by the first or the second day after they came."""

    first_day: Whole
    first_cap: Number
    second_day: Whole
    second_cap: Number
    active_days: Whole
    known_share: Number


class Overdue(Section):
    """OVERDUE: for how many days an invoice is unpaid after its due day."""

    days: Whole
    cap: Number


class People(Section):
    """For how many days a mute and an override of a person hold at most. The ledger refuses longer ones."""

    mute_days: Whole
    override_days: Whole


class IncidentMutes(Section):
    """Measures that an incident of ours mutes."""

    usage: tuple[str, ...]
    faults: tuple[str, ...]

    @model_validator(mode="after")
    def _mutes_what_there_is(self) -> Self:
        strange = {*self.usage, *self.faults} - set(MEASURES)
        if strange:
            raise ValueError(
                Sentence(
                    "there is no measure {name}: {lowest} to {highest}",
                    name=min(strange), lowest=MEASURES[0], highest=MEASURES[-1],
                )
            )  # fmt: skip
        return self
