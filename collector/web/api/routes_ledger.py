"""The routes of the accounts' ledger: the same seven for every kind of fact, and the conflicts."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from collector.access.caller import EVERYONE, INSIDE, WRITERS
from collector.accounts.ledger.claims import DeploymentConflict
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.accounts.ledger.reading import is_dated
from collector.fleet.accounts import AccountSummary, RobotDeployment
from collector.values.paging import Page
from collector.web.api import ledger
from collector.web.api import parameters_ledger as p
from collector.web.api.parameters import Paged
from collector.web.api.routing import Query, Route

TAG = "ledger"
# A customer sees its own rows of these, and of the ledger nothing.
_ALSO_FOR_CUSTOMERS: dict[str, tuple[Callable[..., Awaitable[Any]], Any]] = {
    "account": (ledger.accounts_for, AccountSummary),
    "deployment": (ledger.deployments_for, RobotDeployment),
}


def _named(serve: Callable[..., Awaitable[Any]], name: str) -> Callable[..., Awaitable[Any]]:
    """The same route function under the name that the OpenAPI document gives the operation."""

    async def answer(*arguments: Any) -> Any:
        return await serve(*arguments)

    answer.__name__, answer.__doc__ = name, serve.__doc__
    return answer


def _list(kind: Kind, facts: ledger.Facts) -> Route:
    serve, seen = _ALSO_FOR_CUSTOMERS.get(kind.key, (facts.listed, None))
    answer = p.page_of(p.version_of(kind))
    return Route(
        "GET",
        f"/{kind.path}",
        TAG,
        f"{kind.en}: {'newest day first' if is_dated(kind) else 'by id'}",
        answer if seen is None else answer | p.page_of(seen),
        _named(serve, f"list_{kind.path.replace('-', '_')}"),
        p.list_query(kind),
        roles=INSIDE if seen is None else EVERYONE,
    )


def _routes(kind: Kind) -> list[Route]:
    facts, one = ledger.Facts(kind), f"/{kind.path}/{{{kind.key}}}"
    version, claim = p.version_of(kind), kind.key == "deployment"
    add, correct = (p.KeepQuery, p.CorrectDeploymentQuery) if claim else (Query, p.CorrectQuery)
    routes = [
        _list(kind, facts),
        Route("POST", f"/{kind.path}", TAG, f"{kind.en}: add one", version,
              _named(facts.created, f"add_{kind.key}"), add, p.body_of(kind), roles=WRITERS, status=HTTPStatus.CREATED),
        Route("GET", one, TAG, f"{kind.en}: one of them", version, _named(facts.one, f"one_{kind.key}"), p.AsOf,
              roles=INSIDE),
        Route("PUT", one, TAG, f"{kind.en}: correct one", version, _named(facts.corrected, f"correct_{kind.key}"),
              correct, p.body_of(kind), roles=WRITERS),
        Route("DELETE", one, TAG, f"{kind.en}: withdraw one, it never was so", p.done_of(kind),
              _named(facts.withdrawn, f"withdraw_{kind.key}"), roles=WRITERS),
        Route("GET", f"{one}/history", TAG, f"{kind.en}: every version of one",
              p.page_of(version), _named(facts.history, f"history_of_{kind.key}"), Paged, roles=INSIDE),
    ]  # fmt: skip
    if kind.ends:
        routes.append(
            Route("POST", f"{one}/end", TAG, f"{kind.en}: set the last day of one", p.done_of(kind),
                  _named(facts.ended, f"end_{kind.key}"), body=p.UntilBody, roles=WRITERS)
        )  # fmt: skip
    return routes


ROUTES: tuple[Route, ...] = (
    *(route for kind in KINDS.values() for route in _routes(kind)),
    Route(
        "GET",
        "/conflicts",
        TAG,
        "Robots that two accounts claim for the same days",
        Page[DeploymentConflict],
        ledger.list_conflicts,
        p.ConflictsQuery,
        roles=INSIDE,
    ),
)
