"""Why a request is not answered. One shape for the API: {"error": {"code", "message", "remedy"}}.

Problem
├── BadRequest 400 · Unauthenticated 401 · NotFound 404 · MethodNotAllowed 405
├── Forbidden 403
│   └── WrongPassword · WrongCode
├── ConflictProblem 409
│   └── Outdated   somebody else changed it since the caller read it
├── PreconditionFailed 412 · TooLarge 413 · Unprocessable 422 · TooManyRequests 429
├── Unavailable 503: the store does not answer
└── Internal 500: a bug, logged with its trace
"""

from dataclasses import dataclass
from typing import ClassVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from collector.values.refusal import BY, By, RefusalKind, Refused, Remedy, told

# What aiohttp raises at a body that is not what its header names: no boundary, unknown charset, broken parts, no gzip.
NO_FORM = (ValueError, LookupError, AssertionError, HttpProcessingError, web.RequestPayloadError)


class Problem(Exception):
    """Ends the request. `message` says what, `remedy` what to do."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"

    def __init__(self, message: str, remedy: Remedy | str, *, in_words: bool = False) -> None:
        """`in_words`: a page wrote it in the reader's language, so that nothing has to be said around it."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.in_words = in_words


class BadRequest(Problem):
    status, code = 400, "bad_request"


class Unauthenticated(Problem):
    status, code = 401, "unauthenticated"


class Forbidden(Problem):
    status, code = 403, "forbidden"


class WrongPassword(Forbidden):
    """No 401: the session is good, and signing in again cures nothing. No 422: the form is well filled in."""


class WrongCode(Forbidden):
    """The same of a second factor."""


class NotFound(Problem):
    status, code = 404, "not_found"


class MethodNotAllowed(Problem):
    status, code = 405, "method_not_allowed"


class ConflictProblem(Problem):
    status, code = 409, "conflict"


class Outdated(ConflictProblem):
    """Somebody else changed it since the caller read it."""


class PreconditionFailed(Problem):
    """It is not as If-Match says that the caller read it."""

    status, code = 412, "precondition_failed"


class TooLarge(Problem):
    status, code = 413, "too_large"


class Unprocessable(Problem):
    status, code = 422, "unprocessable"


class TooManyRequests(Problem):
    status, code = 429, "too_many_requests"


class Unavailable(Problem):
    """The database is away or too busy; the same request works later."""

    status, code = 503, "unavailable"


class Internal(Problem):
    """A bug of ours. The text never says more than the log's reference."""


@dataclass(frozen=True, slots=True)
class ErrorText:
    """`code` is a stable word for programs, `message` says what happened, `remedy` what to do."""

    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """Every answer with a status of 400 or more has this shape."""

    error: ErrorText


_DETAILS_SHOWN = 20
_OF_KIND: dict[RefusalKind, type[Problem]] = {
    "not_found": NotFound,
    "forbidden": Forbidden,
    "wrong_password": WrongPassword,
    "wrong_code": WrongCode,
    "invalid": BadRequest,
    "unprocessable": Unprocessable,
    "conflict": ConflictProblem,
    "outdated": Outdated,
    "too_large": TooLarge,
    "unavailable": Unavailable,
}


def problem_of(refused: Refused) -> Problem:
    """An operation's refusal as the end of a request."""
    reason = refused.reason
    if refused.details:
        reason = f"{reason}: " + "; ".join(refused.details[:_DETAILS_SHOWN])
    return _OF_KIND[refused.kind](reason, refused.remedy)


def answer_of(problem: Problem, by: By) -> ErrorAnswer:
    return ErrorAnswer(ErrorText(problem.code, problem.message, told(problem.remedy, by)))


def came_by(request: web.Request) -> By:
    """Whose words the API's answer is in: a command's `--url` says that somebody at a terminal reads it."""
    return "command" if request.headers.get(BY) == "command" else "api"
