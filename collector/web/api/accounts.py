"""API: what could not be taken, alarms, tokens."""

import secrets
from dataclasses import dataclass
from typing import TypeVar

from collector.access import tokens
from collector.access.tokens import ApiToken, NewToken
from collector.fleet import records
from collector.fleet.records import Alarm, Parked, ParkedTally, ParkedWithBytes
from collector.values.paging import Page
from collector.values.refusal import Refused
from collector.web.api.parameters import (
    AlarmsQuery,
    ParkedQuery,
    TokenBody,
)
from collector.web.api.routing import Call, Query
from collector.web.errors import BadRequest, ConflictProblem, NotFound

Made = TypeVar("Made")
NUMBER_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Done:
    """It is so now."""

    done: bool = True


async def list_parked(call: Call, query: ParkedQuery) -> Page[Parked]:
    return await call.read(
        lambda connection: records.parked_page(
            connection, robot_name=query.robot, limit=query.limit, cursor=query.cursor
        )
    )


async def one_parked(call: Call, _: Query) -> ParkedWithBytes:
    parked_id = number(call, "parked")
    found = await call.read(lambda connection: records.parked_one(connection, parked_id))
    if found is None:
        raise NotFound(
            f"there is no parked message {parked_id}", "old ones are deleted; list them with GET /api/v1/parked"
        )
    return found


async def parked_tallies(call: Call, _: Query) -> list[ParkedTally]:
    return await call.read(records.parked_tallies)


async def list_alarms(call: Call, query: AlarmsQuery) -> list[Alarm]:
    return await call.read(lambda connection: records.alarms(connection, uncleared=query.uncleared))


async def list_tokens(call: Call, _: Query) -> list[ApiToken]:
    return await call.read(tokens.listed)


async def add_token(call: Call, _: Query, body: TokenBody) -> NewToken:
    secret = tokens.PREFIX + secrets.token_urlsafe(32)
    made = await call.write(
        lambda connection: tokens.create(
            connection,
            secret,
            name=body.name,
            role=body.role,
            account_external_id=body.account,
            now_s=call.now_s,
            expires_days=body.expires_days,
        )
    )
    return _or_conflict(made)


async def revoke_token(call: Call, _: Query) -> Done:
    token_id = number(call, "token")
    if not await call.write(lambda connection: tokens.revoke(connection, token_id, call.now_s)):
        raise NotFound(f"there is no token {token_id}", "list them with GET /api/v1/tokens")
    return Done()


def number(call: Call, name: str) -> int:
    """A number in the path. Raises BadRequest."""
    text = call.request.match_info[name]
    if not text.isdecimal() or len(text) > NUMBER_MAX_DIGITS:
        raise BadRequest(f"{text[:40]!r} is no number", "take the id from the list")
    return int(text)


def _or_conflict(made: Made | Refused) -> Made:
    if isinstance(made, Refused):
        raise ConflictProblem(made.reason, made.remedy)
    return made
