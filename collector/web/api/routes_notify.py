"""The routes of webhooks, their deliveries, notice channels and notices. Who may add one sends data outside: admins."""

from http import HTTPStatus

from collector.access.caller import ADMINS
from collector.notifications.notices import Channel, Notice
from collector.notifications.webhooks import Delivery, NewWebhook, Webhook
from collector.values.paging import Page
from collector.web.api import notify
from collector.web.api import parameters_notify as p
from collector.web.api.accounts import Done
from collector.web.api.routing import Route

_HOOKS = "webhooks"
_NOTICES = "notices"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/webhooks/events", _HOOKS, "Everything that a webhook can be told of", list[notify.EventKind],
          notify.list_events, roles=ADMINS),
    Route("GET", "/webhooks/deliveries", _HOOKS, "Deliveries, newest first; dead letters are kept 30 days",
          Page[Delivery], notify.list_deliveries, p.DeliveriesQuery, roles=ADMINS),
    Route("POST", "/webhooks/deliveries/{delivery}/redeliver", _HOOKS, "Send one again", Done, notify.redeliver,
          roles=ADMINS),
    Route("GET", "/webhooks", _HOOKS, "Webhooks, without their secrets", list[Webhook], notify.list_webhooks,
          roles=ADMINS),
    Route("POST", "/webhooks", _HOOKS, "Add one; its secret is shown this once", NewWebhook, notify.add_webhook,
          body=p.WebhookBody, roles=ADMINS, status=HTTPStatus.CREATED),
    Route("POST", "/webhooks/{webhook}/ping", _HOOKS, "Send it a test", Done, notify.ping_webhook, roles=ADMINS),
    Route("DELETE", "/webhooks/{webhook}", _HOOKS, "Remove one; nothing is sent to it any more", Done,
          notify.remove_webhook, roles=ADMINS),
    Route("GET", "/notice-channels", _NOTICES, "Where people get notices, addresses masked", list[Channel],
          notify.list_channels, roles=ADMINS),
    Route("POST", "/notice-channels", _NOTICES, "Add a channel by its Apprise address", Channel, notify.add_channel,
          body=p.ChannelBody, roles=ADMINS, status=HTTPStatus.CREATED),
    Route("POST", "/notice-channels/{channel}/try", _NOTICES, "Send it a test", Done, notify.try_channel,
          roles=ADMINS),
    Route("DELETE", "/notice-channels/{channel}", _NOTICES, "Remove a channel; its address is forgotten", Done,
          notify.remove_channel, roles=ADMINS),
    Route("GET", "/notices", _NOTICES, "Notices, newest first", Page[Notice], notify.list_notices, p.NoticesQuery,
          roles=ADMINS),
    Route("POST", "/notices/{notice}/resend", _NOTICES, "Send a dead one again", Done, notify.resend_notice,
          roles=ADMINS),
)  # fmt: skip
