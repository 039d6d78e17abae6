"""API: webhooks and their deliveries. A secret is in one answer, and not shown again."""

from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import Field

from collector.notifications.destinations import URL_MAX_CHARS
from collector.notifications.signing import EVENTS
from collector.notifications.webhooks import Delivery, NewWebhook, Webhook
from collector.operations import webhooks
from collector.operations.operation import Done
from collector.operations.webhooks import EventKind
from collector.values.paging import Page
from collector.web.api.parameters import Paged
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "webhooks"
Address = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": URL_MAX_CHARS})]


class WebhookBody(Body):
    """`events` empty: all of them."""

    url: Annotated[Address, Field(examples=["https://hooks.example.com/fleetward"])]
    events: Annotated[list[str], Field(max_length=len(EVENTS), default_factory=list)]


class DeliveriesQuery(Paged):
    webhook: Annotated[int | None, Field(ge=1, le=10**12)] = None
    state: Literal["waiting", "delivered", "dead"] | None = None


async def list_events(call: Call, _: Query) -> list[EventKind]:
    return await call.do(webhooks.list_events, None)


async def list_webhooks(call: Call, _: Query) -> list[Webhook]:
    return await call.do(webhooks.list_webhooks, None)


async def add_webhook(call: Call, _: Query, body: WebhookBody) -> NewWebhook:
    """The secret is shown this once. Deliveries are signed by the Standard Webhooks specification."""
    return await call.do(webhooks.add_webhook, webhooks.AddWebhook(url=body.url, events=tuple(body.events)))


async def remove_webhook(call: Call, _: Query) -> Done:
    return await call.do(webhooks.remove_webhook, call.number("webhook"))


async def ping_webhook(call: Call, _: Query) -> Done:
    """Queue a test event for it; see what became of it among its deliveries."""
    return await call.do(webhooks.ping_webhook, call.number("webhook"))


async def list_deliveries(call: Call, query: DeliveriesQuery) -> Page[Delivery]:
    return await call.do(webhooks.list_deliveries, webhooks.ListDeliveries(**query.model_dump()))


async def redeliver(call: Call, _: Query) -> Done:
    """Send it again with the same id, also a dead letter."""
    return await call.do(webhooks.redeliver, call.number("delivery"))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/webhooks/events", _TAG, "Everything that a webhook can be told of", list[EventKind], list_events,
          operation=webhooks.list_events),
    Route("GET", "/webhooks/deliveries", _TAG, "Deliveries, newest first; dead letters are kept 30 days",
          Page[Delivery], list_deliveries, DeliveriesQuery, operation=webhooks.list_deliveries),
    Route("POST", "/webhooks/deliveries/{delivery}/redeliver", _TAG, "Send one again", Done, redeliver,
          operation=webhooks.redeliver),
    Route("GET", "/webhooks", _TAG, "Webhooks, without their secrets", list[Webhook], list_webhooks,
          operation=webhooks.list_webhooks),
    Route("POST", "/webhooks", _TAG, "Add one; its secret is shown this once", NewWebhook, add_webhook,
          body=WebhookBody, operation=webhooks.add_webhook, status=HTTPStatus.CREATED, secret=True),
    Route("POST", "/webhooks/{webhook}/ping", _TAG, "Send it a test", Done, ping_webhook,
          operation=webhooks.ping_webhook),
    Route("DELETE", "/webhooks/{webhook}", _TAG, "Remove one; nothing is sent to it any more", Done, remove_webhook,
          operation=webhooks.remove_webhook),
)  # fmt: skip
