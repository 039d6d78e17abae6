"""Facts about how the customer is looked after: handover, onboarding, objectives, and judgements of people. Pure."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from collector.accounts.ledger.kinds.fields import Day, Key, Moment, Note, Word

OnboardingStep = Literal[
    "account_opened", "basic_configuration", "map", "points", "home_page", "solicitation_phrases", "welcome_phrases",
    "leading", "scene", "conversion", "satisfaction",
]  # fmt: skip
Stage = Literal["signing", "activation", "growth", "maturity", "decline", "renewal", "churn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """From sales to customer success; it starts when robots ship. An empty day: not done yet."""

    id: Key
    account: Key
    shipped_day: Day
    csm_named_day: Day | None = None
    customer_told_day: Day | None = None
    promises_written_day: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Onboarding:
    """A step of a deployment's activation clock. `started_at` is when its clock began (the robot was delivered)."""

    id: Key
    account: Key
    step: OnboardingStep
    started_at: Moment
    done_at: Moment | None = None
    robot: Key | None = None
    by: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A target agreed with the customer: `counter` (or counter per `per`) reaches `target` between the days."""

    id: Key
    account: Key
    counter: Word
    target: Annotated[float, Field(gt=0, le=1e12)]
    from_day: Day
    to_day: Day
    per: Literal["period", "day", "robot_day"] = "period"
    plan: Word = ""  # the success plan that it belongs to
    agreed_with: Key | None = None  # a contact
    text: Note = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSet:
    """A lifecycle stage that a person set, with the reason; it stands until the rules enter another one."""

    id: Key
    account: Key
    day: Day
    stage: Stage
    reason: Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A measure that does not count for a while. At most 90 days, with a reason and an owner."""

    id: Key
    account: Key
    measure: Word  # A1 … F3
    from_day: Day
    to_day: Day
    reason: Note
    owner: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A person's cap or floor on the score. At most 30 days; the computed score is shown beside it."""

    id: Key
    account: Key
    bound: Literal["cap", "floor"]
    value: Annotated[float, Field(ge=0, le=100)]
    from_day: Day
    to_day: Day
    reason: Note
    by: Key
