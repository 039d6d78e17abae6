"""API: tokens."""

import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from collector.access import tokens
from collector.access.caller import ADMINS
from collector.access.tokens import ApiToken, NewToken
from collector.values.refusal import Refused
from collector.web.api.parameters import TokenBody
from collector.web.api.routing import Call, Query, Route
from collector.web.errors import BadRequest, ConflictProblem, NotFound

Made = TypeVar("Made")
NUMBER_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Done:
    """It is so now."""

    done: bool = True


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


ROUTES: tuple[Route, ...] = (
    Route("GET", "/tokens", "tokens", "Tokens, without their secrets", list[ApiToken], list_tokens, roles=ADMINS),
    Route("POST", "/tokens", "tokens", "Make a token; its secret is shown this once", NewToken, add_token,
          body=TokenBody, roles=ADMINS, status=HTTPStatus.CREATED),
    Route("DELETE", "/tokens/{token}", "tokens", "Revoke a token; its sessions end at once", Done, revoke_token,
          roles=ADMINS),
)  # fmt: skip
