"""Sends usage events to a billing system, request by request, each until it is taken.

What is sent again has the same keys, so that a sink which drops repeats counts nothing twice: a run that was cut off is
run again from its beginning.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson

from collector.notifications.posting import GuardedResolver
from collector.skillstore.billing.usage_events import EventForm

AT_ONCE = {"lago": 100, "openmeter": 100, "stripe": 1}
"""How many events one request takes: Lago's own limit; Stripe's meter events go one by one."""
PATHS = {"lago": "/api/v1/events/batch", "openmeter": "/api/v1/events", "stripe": "/v1/billing/meter_events"}
TRIES = 4
WAIT_FIRST_S = 0.2  # doubled after each try
ANSWER_S = 10.0
_AGAIN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT})


@dataclass(frozen=True, slots=True)
class Posting:
    """One HTTP request: what it says, and as what."""

    path: str
    content_type: str
    body: str
    events: int


@dataclass(frozen=True, slots=True)
class EventsSent:
    """`events` were taken. `refused`: why the rest was not; empty where all were."""

    events: int
    refused: str


def postings(found: Iterable[dict[str, Any]], form: EventForm) -> Iterator[Posting]:
    """The same as requests."""
    some: list[dict[str, Any]] = []
    for event in found:
        some.append(event)
        if len(some) == AT_ONCE[form]:
            yield _posting(some, form)
            some = []
    if some:
        yield _posting(some, form)


def _posting(some: list[dict[str, Any]], form: EventForm) -> Posting:
    if form == "stripe":
        (event,) = some
        payload = {f"payload[{name}]": value for name, value in event["payload"].items()}
        fields = {name: value for name, value in event.items() if name != "payload"} | payload
        return Posting(PATHS[form], "application/x-www-form-urlencoded", urlencode(fields), 1)
    if form == "lago":
        return Posting(PATHS[form], "application/json", orjson.dumps({"events": some}).decode(), len(some))
    return Posting(PATHS[form], "application/cloudevents-batch+json", orjson.dumps(some).decode(), len(some))


def send(url: str, key: str, postings: Iterable[Posting], *, private: bool) -> EventsSent:
    """Send them in order to the paths below `url`, and stop at the first that is not taken."""
    return asyncio.run(_send(url.rstrip("/"), key, postings, private=private))


async def _send(url: str, key: str, postings: Iterable[Posting], *, private: bool) -> EventsSent:
    connector = aiohttp.TCPConnector(resolver=GuardedResolver(private=private), ttl_dns_cache=None)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=ANSWER_S, sock_read=ANSWER_S)
    taken = 0
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session:
        for posting in postings:
            refused = await _post(session, url, key, posting)
            if refused:
                return EventsSent(taken, refused)
            taken += posting.events
    return EventsSent(taken, "")


async def _post(session: aiohttp.ClientSession, url: str, key: str, posting: Posting) -> str:
    """Empty: it was taken."""
    said = ""
    for attempt in range(TRIES):
        if attempt:
            await asyncio.sleep(WAIT_FIRST_S * 2 ** (attempt - 1))
        headers = {"Content-Type": posting.content_type, "Authorization": f"Bearer {key}"}
        try:
            async with session.post(
                url + posting.path, data=posting.body.encode(), headers=headers, allow_redirects=False
            ) as answer:
                if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    return ""
                said = f"it answered {answer.status}"
                if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and answer.status not in _AGAIN:
                    return said
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            said = f"it does not answer ({type(error).__name__})"
    return said
