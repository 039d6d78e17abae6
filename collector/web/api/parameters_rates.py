"""Parameters of the routes of rates, segments, capacity, lifecycle and activation."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from collector.accounts.contracts.renewed import Period
from collector.accounts.ledger.kinds.care import Stage
from collector.accounts.rates.reports import By, RatesQuestion, Selection
from collector.calendar import days
from collector.web.api.parameters import Day, Paged
from collector.web.api.routing import Query

YEAR = 365
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["CNY"])]
Word = Annotated[str, Field(max_length=200)]
Language = Literal["en", "zh"]


class RatesQuery(Query):
    from_: Annotated[Day | None, Field(alias="from", description="first day; default: a year before the last")] = None
    to: Annotated[Day | None, Field(description="last day, it counts; default: today")] = None
    as_of: Annotated[
        Day | None, Field(description="only what was known at the end of this day; default: all that is known now")
    ] = None
    basis: Annotated[
        Literal["arrived", "recorded"],
        Field(description="known: by when it arrived here, or by when its source had it"),
    ] = "arrived"
    grace_days: Annotated[
        int | None, Field(ge=0, le=365, description="a renewal this late is late and not lost; default: the policy's")
    ] = None
    currency: Annotated[Currency | None, Field(description="all amounts in it; default: the setting base_currency")] = (
        None
    )
    segment: Annotated[Word, Field(description="only accounts of this segment at the period's start")] = ""
    reseller: Annotated[Word, Field(description="only accounts of this reseller")] = ""
    csm: Annotated[Word, Field(description="only accounts of this CSM")] = ""
    language: Annotated[Language, Field(description="of names, definitions and reasons")] = "en"

    def question(self, today: int, by: By, base: str, grace_days: int) -> RatesQuestion:
        """Raises ValueError where the days are the wrong way round."""
        as_of = today if self.as_of is None else days.parse(self.as_of)
        last = days.parse(self.to) if self.to else as_of
        first = days.parse(self.from_) if self.from_ else last - YEAR + 1
        if first > last:
            raise ValueError(f"from: {days.iso(first)} is after to: {days.iso(last)}")
        if first > as_of:
            raise ValueError(f"from: the period begins on {days.iso(first)}, after {days.iso(as_of)}")
        selection = Selection(self.segment, self.reseller, self.csm)
        period = Period(first, last, as_of, grace_days if self.grace_days is None else self.grace_days)
        return RatesQuestion(
            period, self.currency or base, self.language, by, selection, self.as_of is None, self.basis
        )


class RatesByQuery(RatesQuery):
    by: Annotated[
        Literal["segment", "tier", "reseller", "csm", "team", "industry", "region"] | None,
        Field(description="one group of figures for each; default: everybody together"),
    ] = None


class BehindQuery(RatesQuery, Paged):
    pass


class DayCurrencyQuery(Query):
    day: Annotated[Day | None, Field(description="default: today")] = None
    currency: Annotated[Currency | None, Field(description="all amounts in it; default: the setting base_currency")] = (
        None
    )


class SegmentsQuery(DayCurrencyQuery):
    language: Language = "en"


class PlacesQuery(DayCurrencyQuery, Paged):
    segment: Word = ""
    tier: Literal["top", "middle", "base", "none"] | None = None


class StagesQuery(Paged):
    stage: Stage | None = None
    language: Language = "en"


class HistoryQuery(Query):
    language: Language = "en"


class HandoversQuery(Paged):
    account: Annotated[str | None, Field(max_length=120)] = None
    is_open: Annotated[bool, Field(alias="open", description="only those with a step that is not done")] = False
    language: Language = "en"


class ActivationQuery(Paged):
    account: Annotated[str | None, Field(max_length=120)] = None
    days: Annotated[int, Field(ge=1, le=400, description="deployments that began within so many days")] = 60
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    language: Language = "en"


class SurvivalQuery(Query):
    from_: Annotated[Day | None, Field(alias="from", description="customers first deployed from this day on")] = None
    to: Annotated[Day | None, Field(description="and until this day; default: yesterday")] = None
    scene: Annotated[Word, Field(description="only accounts of this scene")] = ""
    segment: Annotated[Word, Field(description="only accounts whose segment was set to this by hand")] = ""
