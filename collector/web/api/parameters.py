"""The types that the parameters and bodies of many routes share."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from collector.calendar import days
from collector.values.paging import LIMIT_DEFAULT, LIMIT_MAX
from collector.values.texts import NAME_MAX_CHARS
from collector.web.api.routing import Query


def _day(text: str) -> str:
    return days.iso(days.parse(text))


def day_number(text: str | None) -> int | None:
    """A `Day` that was validated, as the operations take it."""
    return None if text is None else days.parse(text)


Day = Annotated[str, AfterValidator(_day), Field(examples=["2026-05-01"], json_schema_extra={"format": "date"})]
# What is too long or empty is refused by the operation, with the words that a command gets.
Name = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": NAME_MAX_CHARS})]
ExternalId = Annotated[str, StringConstraints(pattern=r"^[^\s,/][^,/\n]{0,119}$")]


class Paged(Query):
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description="items per page")] = LIMIT_DEFAULT
    cursor: Annotated[str | None, Field(max_length=400, description="`next` of the previous page")] = None


class Between(Query):
    from_: Annotated[Day | None, Field(alias="from", description="first day; default: 13 days before `to`")] = None
    to: Annotated[Day | None, Field(description="last day, it counts; default: today")] = None

    @property
    def first_day(self) -> int | None:
        return day_number(self.from_)

    @property
    def last_day(self) -> int | None:
        return day_number(self.to)
