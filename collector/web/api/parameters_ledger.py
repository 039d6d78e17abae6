"""Parameters, bodies and answers of the ledger's routes, made from each kind's model: one table, no second spelling."""

from dataclasses import MISSING, make_dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import Field, create_model

from collector.accounts.ledger import reading
from collector.accounts.ledger.facts import NOW, Basis, Knowledge
from collector.accounts.ledger.kinds.fields import Key, Moment
from collector.accounts.ledger.kinds.registry import Kind
from collector.calendar import days
from collector.values.paging import Page
from collector.web.api.parameters import Day, Paged
from collector.web.api.routing import Body, Query

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


def wanted(kind: Kind, query: Any, account_id: int | None) -> reading.FactFilter:
    """The query of `list_query` as a question to the ledger."""
    first, last = getattr(query, "from_", None), getattr(query, "to", None)
    return reading.FactFilter(
        account_id=account_id,
        from_day=days.parse(first) if first else None,
        to_day=days.parse(last) if last else None,
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
    description = "left away: made when it is created, the address's when it is corrected"
    fields["id"] = (Annotated[Key | None, Field(description=description)], None)
    return create_model(f"{kind.model.__name__}Body", __base__=Body, __doc__=kind.model.__doc__, **fields)


def fact_of(kind: Kind, body: Any, key: str) -> Any:
    """The body of `body_of` as a fact."""
    return kind.model(**{**{name: getattr(body, name) for name in kind.model.__dataclass_fields__}, "id": key})


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
