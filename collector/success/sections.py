"""The sections of a file of playbooks that hold numbers and no rule: limits, priority, proposals, brief, suggestions.

Pure. Each section is whole or absent. Nothing has a default here: the numbers stand in playbooks.toml.
"""

from math import isclose
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Days = Annotated[int, Field(ge=0, le=3660)]
Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1, le=1000)]


class _NumberSection(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_NumberSection):
    """How much a person is given, and for how long a call to action stays away."""

    new_per_csm_day: Count
    cooldown_days: Days
    snooze_max_days: Annotated[int, Field(ge=1, le=3660)]
    useful_share_min: Share


class UrgencyStep(_NumberSection):
    """Up to this many days before the due day a renewal is this urgent."""

    days: Days
    urgency: Share


class PriorityRules(_NumberSection):
    """The weights of the priority, and the steps of its renewal urgency."""

    severity: Share
    renewal: Share
    arr: Share
    contact: Share
    renewal_urgency: tuple[UrgencyStep, ...]

    @model_validator(mode="after")
    def _is_a_mean(self) -> "PriorityRules":
        if not isclose(sum(self.weights), 1.0):
            raise ValueError("severity, renewal, arr and contact are shares of one priority: make their sum 1")
        return self

    @model_validator(mode="after")
    def _falls(self) -> "PriorityRules":
        upto = [step.days for step in self.renewal_urgency]
        urgency = [step.urgency for step in self.renewal_urgency]
        if upto != sorted(set(upto)) or urgency != sorted(urgency, reverse=True):
            raise ValueError("renewal_urgency: put the steps in order of days; more days are never more urgent")
        return self

    @property
    def weights(self) -> tuple[float, float, float, float]:
        """Of severity, renewal, ARR and contact."""
        return self.severity, self.renewal, self.arr, self.contact


class ProposalRules(_NumberSection):
    """From when a due day, a missed review or a low measure gives reason to do something."""

    renewal_days: Days
    review_days: Days
    low_use_score: Points


class BriefRules(_NumberSection):
    """How far back a brief looks, and how much it says."""

    look_back_days: Annotated[int, Field(ge=1, le=3660)]
    measures_max: Count
    change_min: Points
    questions_max: Count


class SuggestionRules(_NumberSection):
    """Who is a high user, and how many of them must have a thing before it is suggested."""

    period_days: Annotated[int, Field(ge=1, le=366)]
    high_share: Share
    high_min: Count
    have_share: Share
    uses_min: Count


class PlaybookSections(_NumberSection):
    """All sections of a file of playbooks."""

    limits: Limits
    priority: PriorityRules
    proposals: ProposalRules
    brief: BriefRules
    suggestions: SuggestionRules
