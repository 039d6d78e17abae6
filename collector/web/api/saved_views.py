"""API: saved views of the lists of accounts, calls and robots."""

from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from collector.operations import saved_views as operations
from collector.operations.operation import Done
from collector.operations.saved_views import ChangeView, ListViews, SaveView
from collector.success.saved_views import ListName, SavedView, ViewSaid
from collector.values.paging import Page
from collector.web.api.parameters import Name, Paged
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "portfolio"
Filters = Annotated[
    dict[str, str], Field(description="{parameter of the list's page: its value}", examples=[{"band": "red,yellow"}])
]
SortOf = Annotated[str, Field(description="as the page's address has it: -arr is falling; empty: its own order")]
ColumnsOf = Annotated[
    list[str], Field(description="in their order; field:tier is the custom field tier; empty: those of the list")
]


class ViewsQuery(Paged):
    of: Annotated[ListName | None, Field(description="left away: of every list")] = None


class ViewBody(Body):
    of: ListName
    name: Name
    filters: Filters = Field(default_factory=dict)
    sort: SortOf = ""
    columns: ColumnsOf = Field(default_factory=list)
    shared: Annotated[bool, Field(description="everybody inside finds it; else its owner alone")] = False


class ViewChange(Body):
    name: Name | None = None
    shared: bool | None = None
    filters: Filters | None = None
    sort: SortOf | None = None
    columns: ColumnsOf | None = None


async def list_views(call: Call, query: ViewsQuery) -> Page[SavedView]:
    return await call.do(operations.list_views, ListViews(**query.model_dump()))


async def view_of(call: Call, _: Query) -> SavedView:
    return await call.do(operations.view_of, call.number("view"))


async def save_view(call: Call, _: Query, body: ViewBody) -> SavedView:
    said = ViewSaid(of=body.of, filters=body.filters, sort=body.sort, columns=tuple(body.columns))
    return await call.do(operations.save_view, SaveView(name=body.name, said=said, shared=body.shared))


async def change_view(call: Call, _: Query, body: ViewChange) -> SavedView:
    columns = None if body.columns is None else tuple(body.columns)
    wanted = ChangeView(
        view=call.number("view"), name=body.name, shared=body.shared, filters=body.filters, sort=body.sort,
        columns=columns,
    )  # fmt: skip
    return await call.do(operations.change_view, wanted)


async def delete_view(call: Call, _: Query) -> Done:
    return await call.do(operations.delete_view, call.number("view"))


async def restore_view(call: Call, _: Query) -> SavedView:
    return await call.do(operations.restore_view, call.number("view"))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/views", _TAG, "Saved views: the caller's own and the shared ones, newest first", Page[SavedView],
          list_views, ViewsQuery, operation=operations.list_views),
    Route("POST", "/views", _TAG, "Saved views: save one", SavedView, save_view, body=ViewBody,
          operation=operations.save_view, status=HTTPStatus.CREATED),
    Route("GET", "/views/{view}", _TAG, "Saved views: one", SavedView, view_of, operation=operations.view_of),
    Route("PUT", "/views/{view}", _TAG, "Saved views: rename one, share it, change what it holds", SavedView,
          change_view, body=ViewChange, operation=operations.change_view),
    Route("DELETE", "/views/{view}", _TAG, "Saved views: delete one", Done, delete_view,
          operation=operations.delete_view),
    Route("POST", "/views/{view}/restore", _TAG, "Saved views: one was not to be deleted", SavedView, restore_view,
          operation=operations.restore_view),
)  # fmt: skip
