"""What a webhook delivery looks like and when it is tried again. Pure; randomness and clock are arguments.

The form is that of the Standard Webhooks specification (1.0), so a receiver checks it with any of its libraries:

    webhook-id         the delivery's id; the same on every try: what a receiver drops duplicates by
    webhook-timestamp  seconds of Unix time of this try; a receiver refuses one that is minutes old
    webhook-signature  v1,BASE64 of HMAC-SHA256 over `id.timestamp.body` with the secret's bytes
    body               {"type": "cta.opened", "timestamp": "2026-05-29T12:00:00Z", "data": {…}}
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from collector.calendar import days
from protocol import backoff

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix by which the specification marks a secret, not one
TRIES_MAX = 12
FIRST_DELAY_S = 30.0
DELAY_MAX_S = 6.0 * days.HOUR_S
TOLERANCE_S = 300  # of a receiver's clock, as the specification proposes

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "cta.opened": "a call to action was opened for a person",
        "cta.closed": "a person closed a call to action",
        "band.changed": "an account's health changed its band",
        "incident.opened": "one cause explains the falls of several accounts",
        "incident.closed": "that cause is over",
        "figure.swung": "active, renewal, upsell or churn of the last 28 days is out of its usual range, to the bad",
        "day.closed": "a day was closed and scored",
        "import.done": "a file was imported, or an import was undone",
        "ping": "somebody asked for a test; goes to the one webhook that was named",
    }
)


def body_of(event: str, data: Any, at_s: int) -> str:
    """The body as it is stored and sent: the same bytes on every try."""
    return orjson.dumps({"type": event, "timestamp": days.rfc3339(at_s), "data": data}).decode()


def secret_text(key: bytes) -> str:
    return SECRET_PREFIX + base64.b64encode(key).decode()


def signature(secret: str, delivery: str, at_s: int, body: str) -> str:
    """The value of webhook-signature. `secret` is a text made by `secret_text`."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{delivery}.{at_s}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def is_genuine(secret: str, headers: Mapping[str, str], body: str, now_s: int) -> bool:
    """What a receiver does: the signature is right and the try is not old."""
    try:
        at_s = int(headers["webhook-timestamp"])
        wanted = signature(secret, headers["webhook-id"], at_s, body)
    except (KeyError, ValueError, binascii.Error):
        return False
    fresh = abs(now_s - at_s) <= TOLERANCE_S
    return fresh and any(hmac.compare_digest(one, wanted) for one in headers.get("webhook-signature", "").split())


def headers_of(secret: str, delivery: str, at_s: int, body: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "fleetward-collector",
        "webhook-id": delivery,
        "webhook-timestamp": str(at_s),
        "webhook-signature": signature(secret, delivery, at_s, body),
    }


def delay_s(tries: int, chance: float) -> float:
    """How long to wait after that many failed tries: at least half of a wait that doubles, as the documents promise.

    `chance` in [0, 1) spreads receivers that fail together.
    """
    return backoff.delay_s(tries, FIRST_DELAY_S, DELAY_MAX_S, (1 + chance) / 2)
