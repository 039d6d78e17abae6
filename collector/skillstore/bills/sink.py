"""Sends usage events to a billing system, request by request, each until it is taken.

What is sent again has the same keys, so that a sink counts nothing twice: a run that was cut off is run again from its
beginning. OpenMeter drops repeats without a word. Lago and Stripe refuse them, Lago the whole batch for one of them:
what is there already is delivered, and a batch that is refused for it is sent in halves until each event is known.
"""

import asyncio
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson

from collector.notifications.posting import GuardedResolver
from collector.skillstore.billing.usage_events import FORMS, EventForm
from protocol.backoff import delay_s

AT_ONCE = {"lago": 100, "openmeter": 100, "stripe": 1}
"""How many events one request takes: Lago's own limit; Stripe's meter events go one by one."""
PATHS = {"lago": "/api/v1/events/batch", "openmeter": "/api/v1/events", "stripe": "/v1/billing/meter_events"}
TRIES = 4
WAIT_FIRST_S, WAIT_MOST_S = 0.2, 5.0
ANSWER_S = 10.0
THERE_ALREADY = ("value_already_exist", "already exists with identifier")
"""What Lago and Stripe say of an event that they have."""
SAID_MOST = 64 * 1024
_REFUSES = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})
_AGAIN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT})


@dataclass(frozen=True, slots=True)
class Posting:
    """One HTTP request: what it says, and as what."""

    path: str
    content_type: str
    body: str
    events: tuple[dict[str, Any], ...]


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
        return Posting(PATHS[form], "application/x-www-form-urlencoded", urlencode(fields), tuple(some))
    if form == "lago":
        return Posting(PATHS[form], "application/json", orjson.dumps({"events": some}).decode(), tuple(some))
    return Posting(PATHS[form], "application/cloudevents-batch+json", orjson.dumps(some).decode(), tuple(some))


def send(url: str, key: str, postings: Iterable[Posting], *, private: bool) -> EventsSent:
    """Send them in order to the paths below `url`, and stop at the first that is not taken."""
    return asyncio.run(_send(url.rstrip("/"), key, postings, private=private))


async def _send(url: str, key: str, postings: Iterable[Posting], *, private: bool) -> EventsSent:
    connector = aiohttp.TCPConnector(resolver=GuardedResolver(private=private), ttl_dns_cache=None)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=ANSWER_S, sock_read=ANSWER_S)
    taken = 0
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session:
        for posting in postings:
            waiting = [posting]
            while waiting:
                one = waiting.pop()
                refused, is_there = await _post(session, url, key, one)
                if is_there and len(one.events) > 1:
                    waiting += reversed(_halves(one))
                elif refused and not is_there:
                    return EventsSent(taken, refused)
                else:
                    taken += len(one.events)
    return EventsSent(taken, "")


def _halves(posting: Posting) -> list[Posting]:
    form = next(form for form in FORMS if PATHS[form] == posting.path)
    middle = len(posting.events) // 2
    return [_posting(list(some), form) for some in (posting.events[:middle], posting.events[middle:])]


async def _post(session: aiohttp.ClientSession, url: str, key: str, posting: Posting) -> tuple[str, bool]:
    """Why it was not taken, "" where it was; and whether that is because the other side has it, or a part of it."""
    said = ""
    for attempt in range(TRIES):
        if attempt:
            await asyncio.sleep(delay_s(attempt, WAIT_FIRST_S, WAIT_MOST_S, random.uniform(0.5, 1)))  # noqa: S311 - no secret
        headers = {"Content-Type": posting.content_type, "Authorization": f"Bearer {key}"}
        try:
            async with session.post(
                url + posting.path, data=posting.body.encode(), headers=headers, allow_redirects=False
            ) as answer:
                if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    return "", False
                said = f"it answered {answer.status}"
                if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and answer.status not in _AGAIN:
                    words = (await answer.content.read(SAID_MOST)).decode(errors="replace")
                    return said, answer.status in _REFUSES and any(each in words for each in THERE_ALREADY)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            said = f"it does not answer ({type(error).__name__})"
    return said, False
