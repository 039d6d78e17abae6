"""API: who is signed in to the pages."""

from collector.access.web_sessions import WebSession
from collector.operations import sessions
from collector.operations.operation import Done
from collector.web.api.routing import Call, Query, Route

_TAG = "tokens"


async def list_sessions(call: Call, _: Query) -> list[WebSession]:
    """An admin sees all, everybody else those of the own token."""
    return await call.do(sessions.list_sessions, None)


async def end_session(call: Call, _: Query) -> Done:
    return await call.do(sessions.end_session, call.number("session"))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/sessions", _TAG, "Browsers that are signed in", list[WebSession], list_sessions,
          operation=sessions.list_sessions),
    Route("DELETE", "/sessions/{session}", _TAG, "End a session at once", Done, end_session,
          operation=sessions.end_session),
)  # fmt: skip
