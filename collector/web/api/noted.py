"""API: mentions, values of fields of one's own, files of attachments. Notes, tags and the rest: `ledger.py`."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from aiohttp import web
from pydantic import Field

from collector.accounts.ledger.kinds.noted import VALUE_MAX_CHARS
from collector.accounts.ledger.kinds.registry import KINDS
from collector.operations import attachments, custom_values, mentions
from collector.operations.custom_values import SetCustomValue, ValueSet
from collector.operations.operation import Done
from collector.success.mentions import Mention
from collector.values.paging import Page
from collector.values.texts import ACCOUNT_MAX_CHARS, FILE_NAME_MAX_CHARS
from collector.web.api.ledger import version_of
from collector.web.api.parameters import Day, Paged, day_number
from collector.web.api.routing import Body, Call, Query, Route
from collector.web.api.uploads import OCTETS, spooled, uploaded

_TAG = "ledger"
_ATTACHMENT = version_of(KINDS["attachment"])
FILE_HEADERS = {
    "Content-Type": OCTETS,
    "Content-Security-Policy": "sandbox; default-src 'none'",  # where a browser opens it all the same
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class MentionsQuery(Paged):
    seen: Annotated[bool, Field(description="also those that were put away")] = False


class AttachQuery(Query):
    account: Annotated[str, Field(json_schema_extra={"maxLength": ACCOUNT_MAX_CHARS})]
    name: Annotated[
        str, Field(json_schema_extra={"maxLength": FILE_NAME_MAX_CHARS}, description="the file's name, with its type")
    ]
    day: Annotated[Day | None, Field(description="left away: today")] = None


class ValueBody(Body):
    value: Annotated[str, Field(json_schema_extra={"maxLength": VALUE_MAX_CHARS}, description="empty: it has none")]
    record: Annotated[str | None, Field(description="of a field that is not the account's: the record's id")] = None


async def list_mentions(call: Call, query: MentionsQuery) -> Page[Mention]:
    return await call.do(mentions.list_mentions, mentions.ListMentions(**query.model_dump()))


async def see_mention(call: Call, _: Query) -> Done:
    return await call.do(mentions.see_mention, call.number("mention"))


async def unsee_mention(call: Call, _: Query) -> Done:
    return await call.do(mentions.unsee_mention, call.number("mention"))


async def set_custom_value(call: Call, _: Query, body: ValueBody) -> ValueSet:
    match = call.request.match_info
    wanted = SetCustomValue(account=match["account"], field=match["custom_field"], **body.model_dump())
    return await call.do(custom_values.set_custom_value, wanted)


async def attach(call: Call, query: AttachQuery) -> Any:
    """The file as the body, or as the first file of a form. What ends as one type and begins as another is refused."""
    async with uploaded(call) as file:
        wanted = attachments.Attach(account=query.account, name=query.name, file=file, day=day_number(query.day))
        return await call.do(attachments.attach, wanted)


async def attachment_file(call: Call, _: Query) -> web.StreamResponse:
    return await attachment_sent(call, call.request.match_info["attachment"])


async def attachment_sent(call: Call, key: str) -> web.StreamResponse:
    """A file to be kept, never a page: no browser shows it, whatever it holds."""
    with spooled() as file:
        found = await call.do(attachments.download_attachment, attachments.AttachmentFile(attachment=key, out=file))
        file.seek(0)
        plain = found.name.encode("ascii", "replace").decode().replace("?", "_").replace("\\", "_").replace('"', "_")
        named = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(found.name, safe='')}"
        return web.Response(body=file.read(), headers={**FILE_HEADERS, "Content-Disposition": named})


ROUTES: tuple[Route, ...] = (
    Route("POST", "/attachments", _TAG, "Attachments: add one, the file as the body", _ATTACHMENT, attach, AttachQuery,
          raw_body=OCTETS, operation=attachments.attach, status=HTTPStatus.CREATED, of_fact=True),
    Route("GET", "/attachments/{attachment}/file", _TAG, "Attachments: the bytes of one", str, attachment_file,
          operation=attachments.download_attachment, files=(OCTETS,)),
    Route("PUT", "/accounts/{account}/custom-values/{custom_field}", _TAG,
          "Values of custom fields: set one, whatever stood before", ValueSet, set_custom_value, body=ValueBody,
          operation=custom_values.set_custom_value),
    Route("GET", "/mentions", "calls to action", "Notes that mention the caller, newest first", Page[Mention],
          list_mentions, MentionsQuery, operation=mentions.list_mentions),
    Route("POST", "/mentions/{mention}/seen", "calls to action", "Put a mention away", Done, see_mention,
          operation=mentions.see_mention),
    Route("DELETE", "/mentions/{mention}/seen", "calls to action", "A mention was not seen after all", Done,
          unsee_mention, operation=mentions.unsee_mention),
)  # fmt: skip
