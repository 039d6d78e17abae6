"""What a webhook delivery looks like: its event, its body, its signature. Pure; the clock is an argument.

The form is that of the Standard Webhooks specification (1.0), signed by the specification's own library, so a receiver
checks it with any of its libraries:

    webhook-id         the delivery's id; the same on every try: what a receiver drops duplicates by
    webhook-timestamp  seconds of Unix time of this try; a receiver refuses one that is minutes old
    webhook-signature  v1,BASE64 of HMAC-SHA256 over `id.timestamp.body` with the secret's bytes
    body               {"type": "cta.opened", "timestamp": "2026-05-29T12:00:00Z", "data": {…}}
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import orjson
from standardwebhooks import Webhook as Signer

from collector.calendar import days

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix by which the specification marks a secret, not one

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "cta.opened": "a call to action was opened for a person",
        "cta.closed": "a person closed a call to action, or it is no longer needed",
        "band.changed": "an account's health changed its band",
        "incident.opened": "one cause explains the falls of several accounts",
        "incident.closed": "that cause is over",
        "figure.swung": "active, renewal, upsell or churn of the last 28 days is out of its usual range, to the bad",
        "day.closed": "a day was closed and scored",
        "days.withdrawn": "days were closed before they were over, and are taken back: a clock was ahead",
        "import.done": "a file was imported (usage: without a number), or an import was undone (without kind and rows)",
        "ping": "somebody asked for a test; goes to the one webhook that was named",
    }
)


def body_of(event: str, data: Any, at_s: int) -> str:
    """The body as it is stored and sent: the same bytes on every try."""
    return orjson.dumps({"type": event, "timestamp": days.rfc3339(at_s), "data": data}).decode()


def secret_text(key: bytes) -> str:
    """A secret as people and libraries hand it on. `key` is fresh randomness, never empty."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def headers_of(secret: str, delivery: str, at_s: int, body: str) -> dict[str, str]:
    """The headers of one try. `secret` is a text made by `secret_text`."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "fleetward-collector",
        "webhook-id": delivery,
        "webhook-timestamp": str(at_s),
        "webhook-signature": Signer(secret).sign(delivery, datetime.fromtimestamp(at_s, tz=UTC), body),
    }
