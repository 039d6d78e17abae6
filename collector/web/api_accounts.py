"""API: accounts, dated deployments, what could not be taken, alarms, tokens."""

import secrets
from dataclasses import dataclass
from typing import Any, TypeVar

from collector.fleet import accounts, days, records
from collector.fleet.accounts import Account, Deployment, Refused
from collector.fleet.paging import Page
from collector.fleet.records import Alarm, Parked, ParkedTally, ParkedWithBytes
from collector.fleet.scope import EVERYTHING, find
from collector.web import tokens
from collector.web.errors import BadRequest, Conflict, NotFound
from collector.web.parameters import (
    AccountBody,
    AlarmsQuery,
    DeploymentBody,
    DeploymentsQuery,
    EndBody,
    Paged,
    ParkedQuery,
    TokenBody,
)
from collector.web.routing import Call, Query
from collector.web.tokens import NewToken, Token

Made = TypeVar("Made")
NUMBER_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Done:
    """It is so now."""

    done: bool = True


async def list_accounts(call: Call, query: Paged) -> Page[Account]:
    today = days.of(call.now_s, "UTC")
    return await call.read(
        lambda connection: accounts.listed(connection, call.caller.scope, today, limit=query.limit, cursor=query.cursor)
    )


async def add_account(call: Call, _: Query, body: AccountBody) -> Account:
    return _or_conflict(await call.write(lambda connection: accounts.add(connection, body.id, body.name, call.now_s)))


async def list_deployments(call: Call, query: DeploymentsQuery) -> Page[Deployment]:
    return await call.read(
        lambda connection: accounts.deployments(
            connection,
            call.caller.scope,
            robot_name=query.robot,
            account_id=call.account(connection, query.account),
            limit=query.limit,
            cursor=query.cursor,
        )
    )


async def deploy(call: Call, _: Query, body: DeploymentBody) -> Deployment:
    def change(connection: Any) -> int | Refused:
        seen = find(connection, body.robot, EVERYTHING)
        account_id = call.account(connection, body.account)
        if seen is None:
            raise NotFound(f"there is no robot {body.robot}", "it appears when it connects, or by importing history")
        assert account_id is not None
        to_day = days.parse(body.to_day) if body.to_day else None
        return accounts.deploy(connection, seen.id, seen.name, account_id, days.parse(body.from_day), to_day)

    made = _or_conflict(await call.write(change))
    return Deployment(made, body.robot, body.account, body.from_day, body.to_day)


async def end_deployment(call: Call, _: Query, body: EndBody) -> Done:
    deployment_id = number(call, "deployment")
    refused = await call.write(lambda connection: accounts.end(connection, deployment_id, days.parse(body.to_day)))
    if refused is not None:
        raise Conflict(refused.why, refused.remedy)
    return Done()


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


async def list_tokens(call: Call, _: Query) -> list[Token]:
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
        raise Conflict(made.why, made.remedy)
    return made
