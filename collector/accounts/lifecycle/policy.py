"""The numbers of lifecycle, activation and handover: lifecycle.toml, checked. Pure."""

import tomllib
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from collector.accounts.ledger.kinds.care import OnboardingStep

Days = Annotated[int, Field(ge=0, le=3660)]
Share = Annotated[float, Field(ge=0, le=2)]
Who = Literal["headquarters", "field_engineer", "csm", "sales"]


class _Clauses(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StageRules(_Clauses):
    renewal_days: Days
    growth_days: Days
    expanded_days: Days
    active_days: Days
    activation_days: Days
    fell_below: Share
    back_above: Share


class StepRule(_Clauses):
    key: OnboardingStep
    en: str
    zh: str
    limit_h: Annotated[float, Field(gt=0)]
    who: Who
    sees: str = ""
    after: OnboardingStep | None = None


class FirstWeek(_Clauses):
    days: Annotated[int, Field(ge=1, le=31)]
    conversion: Share
    conversion_of: Annotated[int, Field(ge=1)]
    satisfaction: Share
    satisfaction_of: Annotated[int, Field(ge=1)]
    active_on: tuple[Days, ...]


class HandoverRule(_Clauses):
    key: Literal["csm_named", "customer_told", "promises_written"]
    en: str
    zh: str
    limit_days: Days
    who: Who


class ValueEvent(_Clauses):
    counter: str
    at_least: Annotated[int, Field(ge=1)]


class LifecyclePolicy(_Clauses):
    """The file as it is."""

    stages: StageRules
    step: tuple[StepRule, ...]
    first_week: FirstWeek
    handover: tuple[HandoverRule, ...]
    value: Mapping[str, ValueEvent]

    @field_validator("value")
    @classmethod
    def _otherwise(cls, value: Mapping[str, ValueEvent]) -> Mapping[str, ValueEvent]:
        if "otherwise" not in value:
            raise ValueError("say it for every other scene too: [value.otherwise]")
        return value

    def value_of(self, scene: str) -> ValueEvent:
        """What counts as the first value in a scene."""
        return self.value.get(scene, self.value["otherwise"])

    @cached_property
    def counters(self) -> frozenset[str]:
        """Every counter that a clock looks at."""
        seen = {rule.sees for rule in self.step} - {"", "connected", "configured"}
        return frozenset(seen | {"interaction", "wake_up"})


def load(text: str) -> LifecyclePolicy:
    """A policy from its TOML. Raises ValueError with what is wrong."""
    return LifecyclePolicy.model_validate(tomllib.loads(text))
