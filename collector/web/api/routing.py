"""What an API route is, and how one is served: parse, ask who it is, call, answer. The table itself is routes.py."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

import orjson
from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from pydantic_core import ErrorDetails

from collector.access.caller import EVERYONE, Caller, Role
from collector.context import Context
from collector.operations.operation import Operation
from collector.values import texts
from collector.values.complaints import words_of
from collector.values.refusal import Refused
from collector.web.api import preconditions, repeats, uploads
from collector.web.auth import access
from collector.web.errors import BadRequest, Outdated, PreconditionFailed, TooLarge, Unprocessable, problem_of
from collector.web.parts import FRESH, PARTS, Parts

P = TypeVar("P")
T = TypeVar("T")
BODY_MAX_BYTES = 1024 * 1024
NUMBER_MAX_DIGITS = 15
_READS = frozenset({"GET", "HEAD"})


class Query(BaseModel):
    """Parameters of a route; an unknown one is refused, so that a typing error never means "everything"."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Body(BaseModel):
    """A JSON body; unknown fields are refused for the same reason."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        """PostgreSQL stores no NUL and SQLite does: refused for both alike."""
        if isinstance(value, str) and "\x00" in value:
            raise ValueError("it holds a NUL character: leave it away")
        return value


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request."""

    request: web.Request
    parts: Parts
    caller: Caller
    now_s: int
    csrf: str = field(default="", repr=False)  # of a page's forms
    nonce: str = field(default="", repr=False)  # of the browser's session

    @property
    def robot_name(self) -> str:
        return self.request.match_info["robot"]

    @property
    def context(self) -> Context:
        """The process's context, as this caller sees it."""
        return self.parts.context.seen_by(self.caller)

    def number(self, name: str) -> int:
        """A number in the path. Raises BadRequest."""
        text = self.request.match_info[name]
        if not text.isdecimal() or len(text) > NUMBER_MAX_DIGITS:
            raise BadRequest(f"{text[:40]!r} is no number", "take the id from the list")
        return int(text)

    def after_version(self, said: int | None = None) -> int | None:
        """The version of a fact that the caller read, by If-Match or by the parameter. None: any. Raises Problem."""
        named = preconditions.version_named(self.request.headers.get(hdrs.IF_MATCH))
        if named is not None and said not in {None, named}:
            raise BadRequest(f"If-Match names version {named} and after_version {said}", "send one of them")
        return said if named is None else named

    async def do(self, operation: Operation[P, T], request: P) -> T:
        """The operation's answer. Raises the Problem that its refusal is."""
        answer = await self.parts.do(operation, self.context, request)
        if isinstance(answer, Refused):
            problem = problem_of(answer)
            if isinstance(problem, Outdated) and hdrs.IF_MATCH in self.request.headers:
                raise PreconditionFailed(problem.message, problem.remedy)
            raise problem
        return answer

    async def recent(self, operation: Operation[P, T], request: P) -> T:
        """The same for what costs more the larger the fleet is: an answer of the last moment does (freshness.py)."""
        if (forbidden := operation.forbids(self.context)) is not None:
            raise problem_of(forbidden)
        key = operation.name, self.caller.scope, request
        answer: T = await self.request.app[FRESH].get(key, lambda: self.do(operation, request))
        return answer


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table. `answer` is the type that `serve` returns, `example` one such answer in JSON.

    `serve(call, query)`, or `serve(call, query, body)` with a JSON body; a `raw_body` is read by the route itself.
    `operation` is what the route calls; it says who may.
    `files`: the route answers with a file of one of these types, and makes the response itself.
    `of_fact`: the answer is a fact's version; what changes it goes by If-Match.
    `secret`: the answer holds a secret that is shown this once.
    """

    method: str
    path: str
    tag: str
    summary: str
    answer: Any
    serve: Callable[..., Awaitable[Any]]
    query: type[Query] = Query
    body: type[Body] | None = None
    raw_body: str | None = None
    operation: Operation[Any, Any] | None = None
    roles: frozenset[Role] = EVERYONE
    status: int = 200
    refusals: frozenset[int] = field(default_factory=frozenset)
    files: tuple[str, ...] = ()
    of_fact: bool = False
    secret: bool = False

    def __post_init__(self) -> None:
        if self.operation is not None:
            object.__setattr__(self, "roles", self.operation.roles)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        if "\x00" in request.path or "\x00" in request.rel_url.query_string:
            raise BadRequest("the address holds a NUL character", "leave it away")
        parts = request.app[PARTS]
        caller = await access.caller_of(request)
        call = Call(request, parts, caller, parts.now_s())
        if self.operation is not None and (forbidden := self.operation.forbids(call.context)) is not None:
            raise problem_of(forbidden)
        if hdrs.IF_MATCH in request.headers and not self.of_fact and request.method not in _READS:
            raise BadRequest("this address goes by no If-Match", "leave the header away")
        arguments: list[Any] = [call, self._query(request)]
        raw = None if self.raw_body is not None or request.method in _READS else await body_of(request)
        if self.body is not None:
            arguments.append(_parsed(self.body, json_of(raw or b"")))
        if self.method == "POST" and repeats.HEADER in request.headers:
            async with _told_apart(request, raw) as said:
                return await repeats.once(call, said, lambda: self._answer(arguments), keeps=not self.secret)
        return await self._answer(arguments)

    async def _answer(self, arguments: list[Any]) -> web.StreamResponse:
        answer = await self.serve(*arguments)
        if isinstance(answer, web.StreamResponse):
            return answer
        response, headers = json_response(answer, self.status), arguments[0].request.headers
        assert isinstance(response.body, bytes)
        if self.method == "GET" or self.of_fact:
            tag = preconditions.tag_of(response.body, answer["version"] if self.of_fact else None)
            if self.method == "GET" and preconditions.is_known(headers.get(hdrs.IF_NONE_MATCH), tag):
                response = web.Response(status=HTTPStatus.NOT_MODIFIED, headers={"Cache-Control": "no-store"})
            response.headers[hdrs.ETAG] = tag
        return response

    def _query(self, request: web.Request) -> Query:
        given: dict[str, Any] = {}
        for name, value in request.query.items():
            if name in given:
                raise BadRequest(f"{name} is given twice", "give each parameter once; lists are separated by commas")
            given[name] = value
        try:
            return self.query.model_validate(given)
        except ValidationError as error:
            message, remedy = first_complaint(error, self.query)
            raise BadRequest(message, remedy or _known(self.query)) from error


def _known(query: type[Query]) -> str:
    names = [info.alias or name for name, info in query.model_fields.items()]
    return f"parameters here: {', '.join(names)}" if names else "this address takes no parameters"


def _parsed(model: type[Body], value: Any) -> Body:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        message, remedy = first_complaint(error, model)
        raise Unprocessable(message, remedy or "see the example at /api/docs") from error


def first_complaint(error: ValidationError, model: type[BaseModel]) -> tuple[str, str]:
    """The first thing that is wrong, with its field, and what to write instead where that is known; else "".

    In the words that a command has for the same value.
    """
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    reason, remedy = _words(first, model)
    return (f"{where}: {reason}" if where else reason), remedy


def _words(first: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    if first["type"] in {"greater_than_equal", "less_than_equal"}:
        return texts.out_of_range(float(first["input"]), *_bounds(model, first))
    return words_of(first)


def _bounds(model: type[BaseModel], first: ErrorDetails) -> tuple[float | None, float | None]:
    """Both ends of a field's range; a field that is no parameter of its own has the one that was passed."""
    names = {info.alias or name: info for name, info in model.model_fields.items()}
    held = names[str(first["loc"][0])].metadata if len(first["loc"]) == 1 else []
    least = next((each.ge for each in held if hasattr(each, "ge")), first["ctx"].get("ge"))
    return least, next((each.le for each in held if hasattr(each, "le")), first["ctx"].get("le"))


async def body_of(request: web.Request) -> bytes:
    """All of a body that is no file. Raises TooLarge."""
    if request.content_length is not None and request.content_length > BODY_MAX_BYTES:
        raise TooLarge(f"the body has {request.content_length} bytes", f"send at most {BODY_MAX_BYTES}")
    raw = await request.content.read(BODY_MAX_BYTES + 1)
    while len(raw) <= BODY_MAX_BYTES and not request.content.at_eof():
        raw += await request.content.read(BODY_MAX_BYTES + 1 - len(raw))
    if len(raw) > BODY_MAX_BYTES:
        raise TooLarge("the body is too large", f"send at most {BODY_MAX_BYTES} bytes")
    return raw


@asynccontextmanager
async def _told_apart(request: web.Request, raw: bytes | None) -> AsyncIterator[bytes]:
    """What tells one body from another: itself, or a file's digest."""
    if raw is not None:
        yield raw
    else:
        async with uploads.digested(request) as digest:
            yield digest


def json_of(raw: bytes) -> Any:
    """Raises BadRequest."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not JSON: {error}", "send a JSON object in UTF-8") from error


def json_response(value: Any, status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(value),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
