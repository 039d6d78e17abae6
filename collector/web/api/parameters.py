"""The query parameters and bodies of the API, as pydantic models: validation, and the OpenAPI document from it."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from collector.access.caller import Role
from collector.calendar import days
from collector.fleet.presence import State
from collector.values.paging import LIMIT_DEFAULT, LIMIT_MAX
from collector.web.api.routing import Body, Query
from protocol.limits import COUNTER_KEY, ROBOT_ID
from protocol.messages import DesiredSkill

COUNTERS_MAX = 20
ROBOTS_MAX = 500


def _day(text: str) -> str:
    return days.iso(days.parse(text))


def _counters(text: str) -> str:
    keys = text.split(",")
    if len(keys) > COUNTERS_MAX:
        raise ValueError(f"name at most {COUNTERS_MAX} counters")
    for key in keys:
        if not COUNTER_KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no counter: see GET /api/v1/counters")
    return text


Day = Annotated[str, AfterValidator(_day), Field(examples=["2026-05-01"], json_schema_extra={"format": "date"})]
Counters = Annotated[str, AfterValidator(_counters), Field(examples=["foot_traffic,interaction"])]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
ExternalId = Annotated[str, StringConstraints(pattern=r"^[^\s,/][^,/\n]{0,119}$")]
Robot = Annotated[str, StringConstraints(pattern=rf"^{ROBOT_ID.pattern}$")]


class Paged(Query):
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description="items per page")] = LIMIT_DEFAULT
    cursor: Annotated[str | None, Field(max_length=400, description="`next` of the previous page")] = None


class RobotsQuery(Paged):
    account: Annotated[str | None, Field(description="only robots deployed with this account today")] = None
    state: State | None = None
    search: Annotated[str, Field(max_length=64, description="part of the name")] = ""


class Between(Query):
    from_: Annotated[Day | None, Field(alias="from", description="first day; default: 13 days before `to`")] = None
    to: Annotated[Day | None, Field(description="last day, it counts; default: today")] = None

    def days(self, today: int, default: int = 14) -> tuple[int, int]:
        """First and last day number."""
        last = days.parse(self.to) if self.to else max(today, days.parse(self.from_) if self.from_ else today)
        return (days.parse(self.from_) if self.from_ else last - default + 1), last


class RobotUsageQuery(Between):
    by: Annotated[Literal["day", "hour"], Field(description="hours are kept for a limited time")] = "day"


class FaultsQuery(Paged):
    open: Annotated[bool | None, Field(description="true: only open episodes; false: only closed ones")] = None
    family: Annotated[str | None, Field(max_length=96, examples=["navigation"])] = None


class UsageQuery(Paged, Between):
    account: str | None = None
    robot: Robot | None = None


class SumsQuery(Between):
    by: Literal["day", "account"] = "day"
    account: str | None = None
    counters: Annotated[Counters | None, Field(description="default: the usage funnel")] = None


class ParkedQuery(Paged):
    robot: Annotated[str | None, Field(max_length=200)] = None


class AlarmsQuery(Query):
    uncleared: bool = False


class CompletenessQuery(Query):
    days: Annotated[int, Field(ge=1, le=31, description="today and the days before it, by the robot's clock")] = 14


class CompletenessPageQuery(Paged, CompletenessQuery):
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ValuesBody(Body):
    """What `collector verify --url` asks: every value of these robots, page by page."""

    robots: Annotated[list[Robot], Field(min_length=1, max_length=ROBOTS_MAX)]
    from_day: Day = "1970-01-01"
    to_day: Day = "9998-12-31"
    cursor: str | None = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = LIMIT_MAX


class DesiredBody(Body):
    """`after_revision`: refuse when somebody else changed it meanwhile."""

    skills: Annotated[list[DesiredSkill], Field(max_length=100, default_factory=list)]
    settings: Annotated[dict[str, Any], Field(default_factory=dict)]
    after_revision: Annotated[int | None, Field(ge=0)] = None


class TokenBody(Body):
    name: Name
    role: Role
    account: ExternalId | None = None
    expires_days: Annotated[int | None, Field(ge=1, le=3660)] = None

    @model_validator(mode="after")
    def _account_with_customer_only(self) -> "TokenBody":
        if (self.role is Role.CUSTOMER) != (self.account is not None):
            raise ValueError("a customer's token names its account, the others none")
        return self
