"""API: tokens, which people and programs sign in with."""

from http import HTTPStatus
from typing import Annotated

from pydantic import Field, model_validator

from collector.access.caller import Role
from collector.access.tokens import ApiToken, NewToken
from collector.operations import tokens
from collector.operations.operation import Done
from collector.web.api.parameters import ExternalId, Name
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "tokens"


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


async def list_tokens(call: Call, _: Query) -> list[ApiToken]:
    return await call.do(tokens.list_tokens, None)


async def add_token(call: Call, _: Query, body: TokenBody) -> NewToken:
    return await call.do(tokens.create_token, tokens.CreateToken(**body.model_dump()))


async def revoke_token(call: Call, _: Query) -> Done:
    return await call.do(tokens.revoke_token, call.number("token"))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/tokens", _TAG, "Tokens, without their secrets", list[ApiToken], list_tokens,
          operation=tokens.list_tokens),
    Route("POST", "/tokens", _TAG, "Make a token; its secret is shown this once", NewToken, add_token,
          body=TokenBody, operation=tokens.create_token, status=HTTPStatus.CREATED),
    Route("DELETE", "/tokens/{token}", _TAG, "Revoke a token; its sessions end at once", Done, revoke_token,
          operation=tokens.revoke_token),
)  # fmt: skip
