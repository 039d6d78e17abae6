"""API: tokens, which people and programs sign in with."""

from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from collector.access.caller import Role
from collector.access.tokens import EXPIRES_DAYS_MAX, EXPIRES_DAYS_MIN, ApiToken, NewToken
from collector.operations import tokens
from collector.operations.operation import Done
from collector.values.paging import Page
from collector.web.api.parameters import ExternalId, Name, Paged
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "tokens"


class TokenBody(Body):
    """`account`: with the role `customer`, and only then."""

    name: Name
    role: Role
    account: ExternalId | None = None
    expires_days: Annotated[
        int | None, Field(json_schema_extra={"minimum": EXPIRES_DAYS_MIN, "maximum": EXPIRES_DAYS_MAX})
    ] = None


class TokensQuery(Paged):
    person: int | None = Field(None, ge=1, description="of one person")
    revoked: bool = Field(True, description="also those that were revoked")


async def list_tokens(call: Call, query: TokensQuery) -> Page[ApiToken]:
    return await call.do(tokens.list_tokens, tokens.ListTokens(**query.model_dump()))


async def add_token(call: Call, _: Query, body: TokenBody) -> NewToken:
    return await call.do(tokens.create_token, tokens.CreateToken(**body.model_dump()))


async def revoke_token(call: Call, _: Query) -> Done:
    return await call.do(tokens.revoke_token, call.number("token"))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/tokens", _TAG, "Tokens, without their secrets", Page[ApiToken], list_tokens,
          query=TokensQuery, operation=tokens.list_tokens),
    Route("POST", "/tokens", _TAG, "Make a token; its secret is shown this once", NewToken, add_token,
          body=TokenBody, operation=tokens.create_token, status=HTTPStatus.CREATED, secret=True),
    Route("DELETE", "/tokens/{token}", _TAG, "Revoke a token; its sessions end at once", Done, revoke_token,
          operation=tokens.revoke_token),
)  # fmt: skip
