"""API: lifecycle stages and their history, handovers, activation clocks, time to value."""

from typing import Annotated

from pydantic import Field

from collector.accounts.ledger.kinds.care import Stage
from collector.accounts.rates.survival import TimeToValue
from collector.language.catalogue import SOURCE, Language
from collector.operations import lifecycle as operations
from collector.operations.lifecycle import (
    AccountStage,
    ClockShown,
    FirstValueOf,
    HandoverShown,
    ListClocks,
    ListHandovers,
    ListStages,
    StageEntered,
    StagesOf,
)
from collector.values.paging import Page
from collector.values.texts import ACCOUNT_MAX_CHARS
from collector.web.api.parameters import Day, Paged, day_number
from collector.web.api.rates import Word
from collector.web.api.routing import Call, Query, Route

_TAG = "lifecycle"


class StagesQuery(Paged):
    stage: Stage | None = None
    language: Language = SOURCE


class HistoryQuery(Query):
    language: Language = SOURCE


class HandoversQuery(Paged):
    account: Annotated[str | None, Field(json_schema_extra={"maxLength": ACCOUNT_MAX_CHARS})] = None
    is_open: Annotated[bool, Field(alias="open", description="only those with a step that is not done")] = False
    language: Language = SOURCE


class ActivationQuery(Paged):
    account: Annotated[str | None, Field(json_schema_extra={"maxLength": ACCOUNT_MAX_CHARS})] = None
    days: Annotated[int, Field(ge=1, le=400, description="deployments that began within so many days")] = 60
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    language: Language = SOURCE


class SurvivalQuery(Query):
    from_: Annotated[Day | None, Field(alias="from", description="customers first deployed from this day on")] = None
    to: Annotated[Day | None, Field(description="and until this day; default: yesterday")] = None
    scene: Annotated[Word, Field(description="only accounts of this scene")] = ""
    segment: Annotated[Word, Field(description="only accounts whose segment was set to this by hand")] = ""


async def lifecycle_stages(call: Call, query: StagesQuery) -> Page[AccountStage]:
    """The stage of each account, by id. An account appears when the first day with it is closed."""
    return await call.do(operations.lifecycle_stages, ListStages(**query.model_dump()))


async def account_lifecycle(call: Call, query: HistoryQuery) -> list[StageEntered]:
    """Every stage that the account entered, the oldest first. Rows are added when days are closed, never changed."""
    wanted = StagesOf(account=call.request.match_info["account"], language=query.language)
    return await call.do(operations.account_lifecycle, wanted)


async def handover_clocks(call: Call, query: HandoversQuery) -> Page[HandoverShown]:
    """Handovers from sales by account and id: each step with its due day, what was done late, who must act."""
    wanted = ListHandovers(
        account=query.account, only_open=query.is_open, language=query.language, limit=query.limit, cursor=query.cursor
    )
    return await call.do(operations.handover_clocks, wanted)


async def activation_clocks(call: Call, query: ActivationQuery) -> Page[ClockShown]:
    """Activation clocks of deployments that began lately, the newest first."""
    return await call.do(operations.activation_clocks, ListClocks(**query.model_dump()))


async def survival(call: Call, query: SurvivalQuery) -> TimeToValue:
    """Kaplan-Meier curve of the days from the first robot to the first value event; not yet there is censored."""
    wanted = FirstValueOf(
        first_day=day_number(query.from_), last_day=day_number(query.to), scene=query.scene, segment=query.segment
    )
    return await call.do(operations.survival, wanted)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/lifecycle", _TAG, "The stage that each account is in", Page[AccountStage], lifecycle_stages,
          StagesQuery, operation=operations.lifecycle_stages),
    Route("GET", "/accounts/{account}/lifecycle", _TAG, "Every stage that an account entered", list[StageEntered],
          account_lifecycle, HistoryQuery, operation=operations.account_lifecycle),
    Route("GET", "/lifecycle/handovers", _TAG, "Handovers from sales, with their clocks", Page[HandoverShown],
          handover_clocks, HandoversQuery, operation=operations.handover_clocks),
    Route("GET", "/activation", _TAG, "Activation clocks of new deployments", Page[ClockShown], activation_clocks,
          ActivationQuery, operation=operations.activation_clocks),
    Route("GET", "/survival", _TAG, "Time to the first value, with those who are not there yet", TimeToValue,
          survival, SurvivalQuery, operation=operations.survival),
)  # fmt: skip
