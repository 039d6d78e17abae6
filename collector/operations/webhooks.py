"""Webhooks: list, add, remove and try them out; their deliveries, and sending one again."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import ADMINS
from collector.context import Context
from collector.notifications import announcements, webhooks
from collector.notifications.queue import WEBHOOKS
from collector.notifications.signing import EVENTS, secret_text
from collector.notifications.webhooks import Delivered, Delivery, NewWebhook, Webhook
from collector.operations import receivers
from collector.operations.operation import Done, operation
from collector.operations.receivers import Receivers
from collector.values.paging import Page
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence

_SECRET_BYTES = 32
_LIST = Remedy("list them", route="GET /api/v1/webhooks")
_FULL = Remedy("remove the webhook, or see why nothing is sent", route="GET /api/v1/webhooks/deliveries?state=waiting")
RECEIVERS = Receivers(Sentence("webhook"), WEBHOOKS, _LIST, _FULL)


@dataclass(frozen=True, slots=True)
class EventKind:
    """What a webhook can ask for."""

    event: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWebhook:
    """`events` empty: all of them."""

    url: str
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeliveries:
    webhook: int | None = None
    state: Delivered | None = None
    limit: int
    cursor: str | None = None


@operation(roles=ADMINS)
def list_events(_: Context, __: None) -> list[EventKind]:
    """Everything that a webhook can be told of."""
    return [EventKind(event, says) for event, says in EVENTS.items()]


@operation(roles=ADMINS)
def list_webhooks(context: Context, _: None) -> list[Webhook]:
    """Those in use, without their secrets."""
    return context.read(webhooks.listed)


@operation(roles=ADMINS, writes=True)
def add_webhook(context: Context, wanted: AddWebhook) -> NewWebhook:
    """Its secret is in this answer and never shown again. Refuses an address of this machine or network."""
    secret = secret_text(secrets.token_bytes(_SECRET_BYTES))
    private = context.settings.deliver_to_private_networks
    return context.write(
        lambda connection: webhooks.add(
            connection, wanted.url.strip(), wanted.events, secret, context.now_s(), private=private
        )
    )  # fmt: skip


@operation(roles=ADMINS, writes=True)
def remove_webhook(context: Context, webhook: int) -> Done:
    """Nothing is sent to it any more; what waited for it is dead."""
    return receivers.remove(context, RECEIVERS, webhook)


@operation(roles=ADMINS, writes=True)
def ping_webhook(context: Context, webhook: int) -> Done:
    """Queue a test event for it; what became of it is among its deliveries. Refuses while its queue is full."""
    return receivers.try_out(
        context,
        RECEIVERS,
        webhook,
        lambda connection: announcements.ping(connection, webhook, context.caller.name, context.now_s()),
    )


@operation(roles=ADMINS)
def list_deliveries(context: Context, wanted: ListDeliveries) -> Page[Delivery]:
    """Newest first; dead letters are kept 30 days."""
    return context.read(
        lambda connection: webhooks.deliveries(
            connection, webhook_id=wanted.webhook, state=wanted.state, limit=wanted.limit, cursor=wanted.cursor
        )
    )


@operation(roles=ADMINS, writes=True)
def redeliver(context: Context, delivery: int) -> Done:
    """Send one again with its old id, also a dead letter. Refuses when its webhook was removed."""

    def change(connection: Connection) -> Done | Refused:
        return webhooks.redeliver(connection, delivery, context.now_s()) or Done()

    return context.write(change)
