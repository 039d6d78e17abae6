"""What sends the deliveries of a test's store: the real queue, Apprise and HTTP, a clock that is turned by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from collector import config, context
from collector.access.caller import THE_CLOCK
from collector.notifications.messaging import ChannelSender
from collector.notifications.posting import WebhookSender
from collector.notifications.queue import CHANNELS, WEBHOOKS
from collector.notifications.sending import Sending
from collector.scheduled import DeliveriesOf
from collector.store.engine import Store

NOW = 1_780_000_000


def sending(
    store: Store, clock: Callable[[], float], *, private: bool = True, digest_at: int = 0, look_s: float = 1.0,
    webhooks: dict[str, Any] | None = None, channels: dict[str, Any] | None = None,
) -> Sending:  # fmt: skip
    """`webhooks` and `channels` are other limits of their lanes. Only digests from before `digest_at` are gathered."""
    asked = context.of(config.load(), store, clock, THE_CLOCK)
    return Sending(
        deliveries=DeliveriesOf(asked), clock=clock, chance=lambda: 0.5, digest_at=lambda _: digest_at, look_s=look_s,
        senders={
            replace(WEBHOOKS, **(webhooks or {})): WebhookSender(clock=clock, private=private),
            replace(CHANNELS, **(channels or {})): ChannelSender(private=private),
        },
    )  # fmt: skip
