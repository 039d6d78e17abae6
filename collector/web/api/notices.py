"""API: channels of notices, and the notices of the queue. An address goes in, and is shown only masked."""

from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import Field

from collector.language.catalogue import SOURCE, Language
from collector.notifications.channels import Channel, NewChannel
from collector.notifications.notices import Notice
from collector.operations import notices
from collector.operations.operation import Done
from collector.values.paging import Page
from collector.values.texts import NAME_MAX_CHARS
from collector.web.api.parameters import Name, Paged
from collector.web.api.routing import Body, Call, Query, Route
from collector.web.api.webhooks import Address

_TAG = "notices"


class ChannelBody(Body):
    """`url` is an address of Apprise. `owner`: only this CSM's, empty: everybody's. `digest`: once a day."""

    name: Name
    url: Annotated[Address, Field(examples=["feishu://token", "mailtos://user:password@example.com"])]
    owner: Annotated[str, Field(json_schema_extra={"maxLength": NAME_MAX_CHARS})] = ""
    language: Language = SOURCE
    digest: bool = False


class NoticesQuery(Paged):
    state: Literal["digest", "waiting", "sent", "dead"] | None = None


async def list_channels(call: Call, _: Query) -> list[Channel]:
    """Their addresses are shown without their secrets."""
    return await call.do(notices.list_channels, None)


async def add_channel(call: Call, _: Query, body: ChannelBody) -> Channel:
    return await call.do(notices.add_channel, NewChannel(**body.model_dump()))


async def remove_channel(call: Call, _: Query) -> Done:
    """Its address is forgotten."""
    return await call.do(notices.remove_channel, call.number("channel"))


async def try_channel(call: Call, _: Query) -> Done:
    """Queue a test notice for it."""
    return await call.do(notices.try_channel, call.number("channel"))


async def list_notices(call: Call, query: NoticesQuery) -> Page[Notice]:
    return await call.do(notices.list_notices, notices.ListNotices(**query.model_dump()))


async def resend_notice(call: Call, _: Query) -> Done:
    return await call.do(notices.resend_notice, call.number("notice"))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/notice-channels", _TAG, "Where people get notices, addresses masked", list[Channel], list_channels,
          operation=notices.list_channels),
    Route("POST", "/notice-channels", _TAG, "Add a channel by its Apprise address", Channel, add_channel,
          body=ChannelBody, operation=notices.add_channel, status=HTTPStatus.CREATED),
    Route("POST", "/notice-channels/{channel}/try", _TAG, "Send it a test", Done, try_channel,
          operation=notices.try_channel),
    Route("DELETE", "/notice-channels/{channel}", _TAG, "Remove a channel; its address is forgotten", Done,
          remove_channel, operation=notices.remove_channel),
    Route("GET", "/notices", _TAG, "Notices, newest first", Page[Notice], list_notices, NoticesQuery,
          operation=notices.list_notices),
    Route("POST", "/notices/{notice}/resend", _TAG, "Send a dead one again", Done, resend_notice,
          operation=notices.resend_notice),
)  # fmt: skip
