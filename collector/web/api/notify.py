"""API: webhooks with their deliveries, channels of notices with their queue. Secrets go in, and are not shown again."""

import secrets
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from collector.notifications import notice_sending, notices, webhooks
from collector.notifications.notices import Channel, NewChannel, Notice
from collector.notifications.webhook_rules import EVENTS, secret_text
from collector.notifications.webhooks import Delivery, NewWebhook, Webhook
from collector.values.paging import Page
from collector.values.refusal import Refused
from collector.web.api import parameters_notify as p
from collector.web.api.accounts import Done, number
from collector.web.api.routing import Call, Query
from collector.web.errors import ConflictProblem, NotFound, Unprocessable

T = TypeVar("T")
SECRET_BYTES = 32
_WEBHOOKS = "list them with GET /api/v1/webhooks"
_CHANNELS = "list them with GET /api/v1/notice-channels"


@dataclass(frozen=True, slots=True)
class EventKind:
    """What a webhook can ask for."""

    event: str
    says: str


async def list_events(call: Call, _: Query) -> list[EventKind]:  # noqa: ARG001 - the form of every route
    return [EventKind(event, says) for event, says in EVENTS.items()]


async def list_webhooks(call: Call, _: Query) -> list[Webhook]:
    return await call.read(webhooks.listed)


async def add_webhook(call: Call, _: Query, body: p.WebhookBody) -> NewWebhook:
    """The secret is shown this once. Deliveries are signed by the Standard Webhooks specification."""
    secret = secret_text(secrets.token_bytes(SECRET_BYTES))
    private = call.context.settings.deliver_to_private_networks
    made = await call.write(
        lambda connection: webhooks.add(connection, body.url, body.events, secret, call.now_s, private=private)
    )
    if isinstance(made, Refused):
        raise Unprocessable(made.reason, made.remedy)
    return made


async def remove_webhook(call: Call, _: Query) -> Done:
    webhook_id = number(call, "webhook")
    if not await call.write(lambda connection: webhooks.remove(connection, webhook_id, call.now_s)):
        raise NotFound(f"there is no webhook {webhook_id}", _WEBHOOKS)
    return Done()


async def ping_webhook(call: Call, _: Query) -> Done:
    """Queue a test event for it; see what became of it among its deliveries."""
    webhook_id = number(call, "webhook")

    def change(connection: Connection) -> int:
        by = {"by": call.caller.name}
        return webhooks.announce(connection, "ping", [by], call.now_s, only=webhook_id)

    if not await call.write(change):
        raise NotFound(f"there is no webhook {webhook_id}", _WEBHOOKS)
    return Done()


async def list_deliveries(call: Call, query: p.DeliveriesQuery) -> Page[Delivery]:
    return await call.read(
        lambda connection: webhooks.deliveries(
            connection, webhook_id=query.webhook, state=query.state, limit=query.limit, cursor=query.cursor
        )
    )


async def redeliver(call: Call, _: Query) -> Done:
    """Send it again with the same id, also a dead letter."""
    delivery_id = number(call, "delivery")
    return _done(await call.write(lambda connection: webhooks.redeliver(connection, delivery_id, call.now_s)))


async def list_channels(call: Call, _: Query) -> list[Channel]:
    """Their addresses are shown without their secrets."""

    def read(connection: Connection) -> list[Channel]:
        whole = notices.addresses(connection)
        return notices.listed(connection, {key: notice_sending.masked(url) for key, url in whole.items()})

    return await call.read(read)


async def add_channel(call: Call, _: Query, body: p.ChannelBody) -> Channel:
    complaint = notice_sending.complaint_of(body.url, private=call.context.settings.deliver_to_private_networks)
    if complaint is not None:
        raise Unprocessable(complaint, notice_sending.REMEDY)
    wanted = NewChannel(body.name, body.url, body.owner, body.language, body.digest)
    masked = notice_sending.masked(body.url)
    made = await call.write(lambda connection: notices.add(connection, wanted, masked, call.now_s))
    if isinstance(made, Refused):
        raise ConflictProblem(made.reason, made.remedy)
    return made


async def remove_channel(call: Call, _: Query) -> Done:
    """Its address is forgotten."""
    channel_id = number(call, "channel")
    if not await call.write(lambda connection: notices.remove(connection, channel_id, call.now_s)):
        raise NotFound(f"there is no channel {channel_id}", _CHANNELS)
    return Done()


async def try_channel(call: Call, _: Query) -> Done:
    """Queue a test notice for it."""
    channel_id = number(call, "channel")

    def change(connection: Connection) -> int:
        return notices.tell(connection, [notices.trial()], call.now_s, only=channel_id)

    if not await call.write(change):
        raise NotFound(f"there is no channel {channel_id}", _CHANNELS)
    return Done()


async def list_notices(call: Call, query: p.NoticesQuery) -> Page[Notice]:
    return await call.read(
        lambda connection: notices.page(connection, state=query.state, limit=query.limit, cursor=query.cursor)
    )


async def resend_notice(call: Call, _: Query) -> Done:
    notice_id = number(call, "notice")
    return _done(await call.write(lambda connection: notices.resend(connection, notice_id, call.now_s)))


def _done(refused: Refused | None) -> Done:
    if refused is not None:
        raise ConflictProblem(refused.reason, refused.remedy)
    return Done()
