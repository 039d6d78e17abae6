"""API: a touch as it is logged, with what follows from it. Reading, correcting and withdrawing one: `ledger.py`."""

from dataclasses import make_dataclass
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field, create_model

from collector.accounts.ledger.kinds.fields import Day as FactDay
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.kinds.relations import Occasion
from collector.operations import touches
from collector.values.texts import TITLE_MAX_CHARS
from collector.web.api.ledger import body_of, version_of
from collector.web.api.parameters import Day, day_number
from collector.web.api.routing import Body, Call, Query, Route

_TOUCH = KINDS["touch"]
_MORE: dict[str, Any] = {
    "day": (Annotated[FactDay | None, Field(description="left away: today")], None),
    "occasion": (Annotated[Occasion | None, Field(
        description="left away: data_driven with a call to action, else planned"
    )], None),
    "follow_up": (Annotated[str, Field(
        description="what is to be done next: a call to action; empty: nothing",
        json_schema_extra={"maxLength": TITLE_MAX_CHARS},
    )], ""),
    "follow_up_day": (Annotated[Day | None, Field(description="by when; a follow-up needs it")], None),
    "cta": (Annotated[int | None, Field(description="the call to action that this was a step of")], None),
    "step": (Annotated[int | None, Field(description="the step of its playbook that this was: it is done")], None),
}  # fmt: skip
TouchBody: type[Body] = create_model("TouchLogBody", __base__=body_of(_TOUCH), __doc__=_TOUCH.model.__doc__, **_MORE)
TouchLogged: Any = make_dataclass("TouchLogged", [("follow_up", int | None)], bases=(version_of(_TOUCH),), kw_only=True)
TouchLogged.__doc__ = "The touch, and the call to action that follows from it."


async def log_touch(call: Call, _: Query, body: Any) -> Any:
    """All or none: the touch, its follow-up, the step that it was. Withdrawing the touch takes all of it back."""
    fields = {name: getattr(body, name) for name in _TOUCH.model.__dataclass_fields__}
    wanted = touches.LogTouch(
        fields=fields, follow_up=body.follow_up, follow_up_day=day_number(body.follow_up_day), cta=body.cta,
        step=body.step,
    )  # fmt: skip
    return await call.do(touches.log_touch, wanted)


ROUTES: tuple[Route, ...] = (
    Route("POST", "/touches", "ledger", "Touches: log one, with its follow-up", TouchLogged, log_touch, body=TouchBody,
          operation=touches.log_touch, status=HTTPStatus.CREATED, of_fact=True),
)  # fmt: skip
