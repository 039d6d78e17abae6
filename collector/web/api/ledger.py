"""API: every kind of fact of the accounts' ledger, in one form: parameters, bodies, answers, routes and examples.

Everything is made from the kind's model: one table, no second spelling.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import MISSING, dataclass, make_dataclass
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field, create_model

from collector.accounts.ledger.claims import DeploymentConflict
from collector.accounts.ledger.facts import NOW, Basis, Knowledge, Version
from collector.accounts.ledger.kinds.fields import Key, Moment
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.accounts.ledger.reading import FactFilter, is_dated
from collector.calendar import days
from collector.fleet.accounts import AccountSummary, RobotDeployment
from collector.operations import ledger
from collector.operations.operation import Operation
from collector.values.paging import Page
from collector.web.api.parameters import Day, Paged, day_number
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "ledger"

# Fields that a list may be narrowed to. Kinds with very many facts (touches) are narrowed by account and day alone.
FILTERS = {
    "account": ("csm", "reseller", "industry", "region", "scene", "segment"),
    "contact": ("role",),
    "deployment": ("robot",),
    "line": ("contract",),
    "renewal": ("contract", "outcome"),
    "renewal_step": ("contract",),
    "opportunity": ("kind", "stage"),
    "exchange_rate": ("currency", "base"),
    "reference": ("outcome",),
    "onboarding": ("robot", "step"),
}


class AsOf(Query):
    """Now, or as it was known at a moment."""

    as_of: Annotated[Moment | None, Field(description="as it was known at that moment; default: now")] = None
    basis: Annotated[
        Basis, Field(description="known by when it arrived here, or by when its source recorded it (an imported past)")
    ] = "arrived"

    def knowledge(self) -> Knowledge:
        return NOW if self.as_of is None else Knowledge(self.as_of, self.basis)


class FactsQuery(Paged, AsOf):
    """What every list of facts takes."""

    withdrawn: Annotated[bool, Field(description="also facts that were withdrawn")] = False


class ConflictsQuery(Paged):
    account: Annotated[str | None, Field(description="only conflicts that this account is part of")] = None


class KeepQuery(Query):
    keep_conflict: Annotated[
        bool, Field(description="keep a deployment that contradicts another account's, as a conflict; false: refuse it")
    ] = False


class CorrectQuery(Query):
    after_version: Annotated[int | None, Field(ge=1, description="refuse when another version stands meanwhile")] = None


class CorrectDeploymentQuery(CorrectQuery, KeepQuery):
    pass


class UntilBody(Body):
    to_day: Annotated[Day, Field(description="the last day that counts")]


@cache
def list_query(kind: Kind) -> type[FactsQuery]:
    """The parameters of a kind's list: those that the kind can answer."""
    fields: dict[str, Any] = {}
    if kind.of_account:
        fields["account"] = (Annotated[str | None, Field(description="only facts of this account")], None)
    if kind.day is not None:
        first, last = f"{kind.day} from this day on", f"{kind.day} up to this day"
        fields["from_"] = (Annotated[Day | None, Field(alias="from", description=first)], None)
        fields["to"] = (Annotated[Day | None, Field(description=last)], None)
    if "name" in kind.model.__dataclass_fields__:
        fields["q"] = (Annotated[str, Field(max_length=64, description="part of the id or the name")], "")
    for name in FILTERS.get(kind.key, ()):
        fields[name] = (Annotated[str | None, Field(max_length=200)], None)
    return create_model(f"{kind.model.__name__}ListQuery", __base__=FactsQuery, **fields)


def _filter(kind: Kind, query: Any) -> FactFilter:
    """The query of `list_query` as a question to the ledger."""
    first, last = getattr(query, "from_", None), getattr(query, "to", None)
    return FactFilter(
        from_day=day_number(first),
        to_day=day_number(last),
        search=getattr(query, "q", ""),
        fields={name: value for name in FILTERS.get(kind.key, ()) if (value := getattr(query, name)) is not None},
        withdrawn=query.withdrawn,
    )


@cache
def body_of(kind: Kind) -> type[Body]:
    """A fact as it is sent. Without an id, one is made."""
    fields: dict[str, Any] = {
        name: (field.type, ... if field.default is MISSING else field.default)
        for name, field in kind.model.__dataclass_fields__.items()
    }
    for name in kind.from_base:
        left_away = Field(description=f"left away: the setting base_{name}")
        fields[name] = (Annotated[kind.model.__dataclass_fields__[name].type | None, left_away], None)
    if kind.from_today and kind.day is not None:
        said_of = Field(description="left away: today, or the day that it had")
        fields[kind.day] = (Annotated[kind.model.__dataclass_fields__[kind.day].type | None, said_of], None)
    description = "left away: made when it is created, the address's when it is corrected"
    fields["id"] = (Annotated[Key | None, Field(description=description)], None)
    return create_model(f"{kind.model.__name__}Body", __base__=Body, __doc__=kind.model.__doc__, **fields)


def _fields(kind: Kind, body: Any) -> dict[str, Any]:
    return {name: getattr(body, name) for name in kind.model.__dataclass_fields__}


_OF_EVERY_VERSION: list[tuple[str, Any]] = [
    ("version", int),
    ("arrived_at", str),
    ("recorded_at", str),
    ("replaced_at", str | None),
    ("author", str),
    ("withdrawn", bool),
    ("import_id", int | None),
]
_MORE: dict[str, list[tuple[str, Any]]] = {
    "account": [("robots", int), ("created_at", str)],
    "deployment": [("conflicts", list[str])],
}


@cache
def version_of(kind: Kind) -> Any:
    """The type of an answer: the fact's fields, and since when it is known, from whom."""
    fields = [(name, field.type) for name, field in kind.model.__dataclass_fields__.items()]
    made = make_dataclass(
        f"{kind.model.__name__}Version", [*fields, *_OF_EVERY_VERSION, *_MORE.get(kind.key, [])], kw_only=True
    )
    made.__doc__ = (
        f"{kind.model.__doc__} `arrived_at`: since when this version is known here; `recorded_at`: in its source."
    )
    return made


def page_of(answer: Any) -> Any:
    """The type of a page of these."""
    page: Any = Page
    return page[answer]


@cache
def done_of(kind: Kind) -> Any:
    """The type of the answer to an end or a withdrawal: the new version, and that it is done."""
    made = make_dataclass(f"{kind.model.__name__}Done", [("done", bool)], bases=(version_of(kind),), kw_only=True)
    made.__doc__ = "It is so now, as this version says."
    return made


# A kind whose facts are said with what follows from them has a route of its own for that, in another module.
_SAID_ELSEWHERE = frozenset({"touch", "attachment"})

# A customer sees its own rows of these, and of the ledger nothing.
_ALSO_FOR_CUSTOMERS: dict[str, tuple[Operation[Any, Any], Any]] = {
    "account": (ledger.list_accounts, AccountSummary),
    "deployment": (ledger.list_deployments, RobotDeployment),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the routes of one kind serve. Each method answers one of them."""

    kind: Kind
    listing: Operation[ledger.ListFacts, Any]

    async def listed(self, call: Call, query: Any) -> Any:
        wanted = ledger.ListFacts(
            kind=self.kind, account=getattr(query, "account", None), chosen=_filter(self.kind, query),
            knowledge=query.knowledge(), limit=query.limit, cursor=query.cursor,
        )  # fmt: skip
        return await call.do(self.listing, wanted)

    async def created(self, call: Call, query: Any, body: Any) -> Any:
        """Without an id, one is made. An id that exists already is refused: correct that fact instead."""
        keep = getattr(query, "keep_conflict", False)
        wanted = ledger.CreateFact(kind=self.kind, fields=_fields(self.kind, body), keep_conflict=keep)
        return await call.do(ledger.create_fact, wanted)

    async def one(self, call: Call, query: AsOf) -> Any:
        wanted = ledger.OneFact(kind=self.kind, key=self._key(call), knowledge=query.knowledge())
        return await call.do(ledger.one_fact, wanted)

    async def corrected(self, call: Call, query: Any, body: Any) -> Any:
        """The body is the whole fact as it should have been said. What was known before stays in its history."""
        wanted = ledger.CorrectFact(
            kind=self.kind, key=self._key(call), fields=_fields(self.kind, body),
            after_version=call.after_version(query.after_version),
            keep_conflict=getattr(query, "keep_conflict", False),
        )  # fmt: skip
        return await call.do(ledger.correct_fact, wanted)

    async def ended(self, call: Call, _: Query, body: UntilBody) -> Any:
        """A new version with its last day. It is not withdrawn: it was so until then."""
        wanted = ledger.EndFact(
            kind=self.kind, key=self._key(call), last_day=days.parse(body.to_day), after_version=call.after_version()
        )
        return await call.do(ledger.end_fact, wanted)

    async def withdrawn(self, call: Call, _: Query) -> Any:
        """It never was so. The fact stays readable in its history, and counts nowhere from now on."""
        wanted = ledger.WithdrawFact(kind=self.kind, key=self._key(call), after_version=call.after_version())
        return await call.do(ledger.withdraw_fact, wanted)

    async def history(self, call: Call, query: Paged) -> Any:
        """Newest version first, also withdrawals."""
        wanted = ledger.FactHistory(kind=self.kind, key=self._key(call), limit=query.limit, cursor=query.cursor)
        return await call.do(ledger.fact_history, wanted)

    def _key(self, call: Call) -> str:
        return call.request.match_info[self.kind.key]


async def list_conflicts(call: Call, query: ConflictsQuery) -> Page[DeploymentConflict]:
    """One robot with two accounts on the same day: usage counts for the claim that `stands`, the other one waits."""
    return await call.do(ledger.list_conflicts, ledger.ListConflicts(**query.model_dump()))


def _named(
    serve: Callable[..., Awaitable[Any]], name: str, operation: Operation[Any, Any] | None = None
) -> Callable[..., Awaitable[Any]]:
    """The same route function under the name that the OpenAPI document gives the operation."""

    async def answer(*arguments: Any) -> Any:
        return await serve(*arguments)

    answer.__name__ = name
    answer.__doc__ = serve.__doc__ if operation is None else operation.run.__doc__
    return answer


def _routes(kind: Kind) -> list[Route]:
    listing, seen = _ALSO_FOR_CUSTOMERS.get(kind.key, (ledger.list_facts, None))
    facts, several, one = Facts(kind, listing), f"/{kind.path}", f"/{kind.path}/{{{kind.key}}}"
    version, claim = version_of(kind), kind.key == "deployment"
    add, correct = (KeepQuery, CorrectDeploymentQuery) if claim else (Query, CorrectQuery)
    list_name, order = f"list_{kind.path.replace('-', '_')}", "newest day first" if is_dated(kind) else "by id"
    answer = page_of(version) if seen is None else page_of(version) | page_of(seen)
    routes = [
        Route("GET", several, _TAG, f"{kind.en}: {order}", answer,
              _named(facts.listed, list_name, None if seen is None else listing), list_query(kind), operation=listing),
        Route("POST", several, _TAG, f"{kind.en}: add one", version, _named(facts.created, f"add_{kind.key}"), add,
              body_of(kind), operation=ledger.create_fact, status=HTTPStatus.CREATED, of_fact=True),
        Route("GET", one, _TAG, f"{kind.en}: one of them", version, _named(facts.one, f"one_{kind.key}"), AsOf,
              operation=ledger.one_fact, of_fact=True),
        Route("PUT", one, _TAG, f"{kind.en}: correct one", version, _named(facts.corrected, f"correct_{kind.key}"),
              correct, body_of(kind), operation=ledger.correct_fact, of_fact=True),
        Route("DELETE", one, _TAG, f"{kind.en}: withdraw one, it never was so", done_of(kind),
              _named(facts.withdrawn, f"withdraw_{kind.key}"), operation=ledger.withdraw_fact, of_fact=True),
        Route("GET", f"{one}/history", _TAG, f"{kind.en}: every version of one", page_of(version),
              _named(facts.history, f"history_of_{kind.key}"), Paged, operation=ledger.fact_history),
    ]  # fmt: skip
    if kind.key in _SAID_ELSEWHERE:
        routes = [route for route in routes if route.method != "POST"]
    if kind.ends:
        routes.append(
            Route("POST", f"{one}/end", _TAG, f"{kind.en}: set the last day of one", done_of(kind),
                  _named(facts.ended, f"end_{kind.key}"), body=UntilBody, operation=ledger.end_fact,
                  of_fact=True)
        )  # fmt: skip
    return routes


ROUTES: tuple[Route, ...] = (
    *(route for kind in KINDS.values() for route in _routes(kind)),
    Route("GET", "/conflicts", _TAG, "Robots that two accounts claim for the same days", Page[DeploymentConflict],
          list_conflicts, ConflictsQuery, operation=ledger.list_conflicts),
)  # fmt: skip


FACTS = "facts of the ledger"  # the entry of examples/ledger.json
_KNOWN_S = days.parse("2026-05-29") * days.DAY_S
_ADDED: Mapping[str, dict[str, Any]] = {
    "account": {"robots": 2, "created_at": "2025-02-10T08:00:00Z"},
    "deployment": {"conflicts": []},
}


# Examples: each is made from one fact of its kind in examples/ledger.json.
def path_examples(facts: Mapping[str, Any]) -> dict[str, str]:
    """{kind: the id of its example}: what stands in the addresses."""
    return {key: fact["id"] for key, fact in facts.items()}


def examples(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`GET /touches` -> {"answer": …}, and so on for every route of every kind."""
    found: dict[str, Any] = {}
    for key, body in facts.items():
        found |= _examples_of(KINDS[key], body)
    return found


def _examples_of(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    path, one = f"/{kind.path}", f"/{kind.path}/{{{kind.key}}}"
    said = kind.adapter.validate_python(body)
    known = Version(1, 1, said, _KNOWN_S, _KNOWN_S, "staff", withdrawn=False, import_id=None, account_id=None)
    version = ledger.answer_of(kind, known, None) | _ADDED.get(kind.key, {})
    found = {
        f"GET {path}": {"answer": {"items": [version], "next": None}},
        f"POST {path}": {"body": body, "answer": version},
        f"GET {one}": {"answer": version},
        f"PUT {one}": {"body": body, "answer": {**version, "version": 2}},
        f"DELETE {one}": {"answer": {**version, "version": 2, "withdrawn": True, "done": True}},
        f"GET {one}/history": {"answer": {"items": [version], "next": None}},
    }
    if kind.ends and kind.until is not None:
        last = days.iso((kind.day_of(said) or 0) + 60)
        ended = {**version, kind.until: last, "version": 2, "done": True}
        found[f"POST {one}/end"] = {"body": {"to_day": last}, "answer": ended}
    return found
