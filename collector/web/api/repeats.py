"""Idempotency-Key: a POST that a program sends again, because it got no answer, is done once.

What was done answers a repetition as it answered the first time. What was refused changed nothing, and is tried anew.
An answer with a secret is not kept: a repetition is told that it was done.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from collector.operations import repeats
from collector.operations.repeats import BeginRequest, EndRequest
from collector.values.refusal import Refused
from collector.web.errors import BadRequest, ConflictProblem

if TYPE_CHECKING:
    from collector.web.api.routing import Call

HEADER, REPLAYED = "Idempotency-Key", "Idempotent-Replayed"
_KEY = re.compile(r'"?([!#-~]{1,200})"?')


async def once(
    call: "Call", body: bytes, act: Callable[[], Awaitable[web.StreamResponse]], *, keeps: bool
) -> web.StreamResponse:
    """The answer of `act`, or the one that it gave to the same key before. Raises Problem.

    `body`: what was sent, of a file its digest. `keeps`: the answer holds no secret.
    """
    found = _KEY.fullmatch(call.request.headers[HEADER].strip())
    if found is None:
        raise BadRequest(f"{HEADER} is no key", "send 1 to 200 letters, digits or signs, a new one for each request")
    wanted = BeginRequest(key=found[1], fingerprint=_fingerprint(call.request, body))
    before = await call.do(repeats.begin_request, wanted)
    if before.status is not None:
        if before.answer is None:
            raise ConflictProblem("a request with this key was done", "its answer held a secret and is not kept")
        answer = web.Response(body=before.answer, status=before.status, content_type="application/json")
        answer.headers.update({REPLAYED: "true", "Cache-Control": "no-store"})
        return answer
    try:
        response = await act()
    except BaseException:  # whatever it is: nothing was changed, and the next try is a first one
        await _end(call, EndRequest(key=found[1]))
        raise
    kept = response.body if keeps and isinstance(response, web.Response) else None
    text = kept.decode() if isinstance(kept, bytes) else None
    await _end(call, EndRequest(key=found[1], status=response.status, answer=text))
    return response


async def _end(call: "Call", wanted: EndRequest) -> None:
    answer = await call.parts.do(repeats.end_request, call.context, wanted)
    assert not isinstance(answer, Refused) or answer.kind == "unavailable"


def _fingerprint(request: web.Request, body: bytes) -> str:
    return hashlib.sha256(b"\n".join([request.method.encode(), request.path_qs.encode(), body])).hexdigest()
