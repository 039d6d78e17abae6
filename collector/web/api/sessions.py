"""API: who is signed in to the pages."""

from pydantic import Field

from collector.access.web_sessions import WebSession
from collector.operations import sessions
from collector.operations.operation import Done
from collector.values.paging import Page
from collector.web.api.parameters import Paged
from collector.web.api.routing import Call, Query, Route

_TAG = "tokens"


class SessionsQuery(Paged):
    person: int | None = Field(None, ge=1, description="of one person")


async def list_sessions(call: Call, query: SessionsQuery) -> Page[WebSession]:
    """An admin sees all, everybody else those of the own token."""
    return await call.do(sessions.list_sessions, sessions.ListSessions(**query.model_dump()))


async def end_session(call: Call, _: Query) -> Done:
    return await call.do(sessions.end_session, call.number("session"))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/sessions", _TAG, "Browsers that are signed in", Page[WebSession], list_sessions,
          query=SessionsQuery, operation=sessions.list_sessions),
    Route("DELETE", "/sessions/{session}", _TAG, "End a session at once", Done, end_session,
          operation=sessions.end_session),
)  # fmt: skip
