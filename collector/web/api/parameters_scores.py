"""Parameters and bodies of the routes of scores."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from collector.accounts.ledger.facts import Basis
from collector.calendar import days
from collector.health.model import Band, Code
from collector.language.catalogue import Language
from collector.web.api.parameters import Between, Day, Paged
from collector.web.api.routing import Body, Query

DAYS_MAX = 800
_BASIS = "arrived: made of what had arrived here; recorded: of what the source systems knew (an imported past)"


class ScoresQuery(Paged):
    day: Annotated[Day | None, Field(description="default: the newest day that has scores")] = None
    band: Band | None = None
    cap: Annotated[Code | None, Field(description="only accounts for which this exception holds")] = None
    below: Annotated[float | None, Field(ge=0, le=100, description="only scores below this")] = None
    basis: Annotated[Basis, Field(description=_BASIS)] = "arrived"


class ScoreQuery(Query):
    day: Annotated[Day | None, Field(description="default: the account's newest scored day")] = None
    basis: Annotated[Basis, Field(description=_BASIS)] = "arrived"


class ScoreHistoryQuery(Between):
    basis: Annotated[Basis, Field(description=_BASIS)] = "arrived"


class ExplanationQuery(Query):
    as_of: Annotated[
        Day | None, Field(description="the score of that day as it stood when the day was closed; default: the newest")
    ] = None
    language: Language = "en"
    basis: Annotated[Basis, Field(description=_BASIS)] = "arrived"


class RunBody(Body):
    """Without days: what is due. One day: `day`; several: `from` and `to`."""

    day: Day | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    basis: Annotated[Basis, Field(description=_BASIS)] = "arrived"
    account: Annotated[str | None, Field(description="only this account, against the peers of the day")] = None
    again: Annotated[bool, Field(description="append a version also where the day has one")] = False

    @model_validator(mode="after")
    def _days(self) -> Self:
        if (self.from_ is None) != (self.to is None):
            raise ValueError("give from and to together, or day alone")
        if self.day is not None and self.from_ is not None:
            raise ValueError("give day, or from and to; not both")
        if self.from_ is not None and self.to is not None:
            length = days.parse(self.to) - days.parse(self.from_) + 1
            if not 1 <= length <= DAYS_MAX:
                raise ValueError(f"from is before to, and they are at most {DAYS_MAX} days apart")
        return self

    @property
    def span(self) -> tuple[int | None, int | None]:
        """First and last day number."""
        first, last = (self.day, self.day) if self.day is not None else (self.from_, self.to)
        return (None, None) if first is None or last is None else (days.parse(first), days.parse(last))
