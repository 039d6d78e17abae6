"""Sends the webhook deliveries that are due: one POST each, no redirect followed, to addresses that are judged again.

What a try came to is booked in the store; a collector that dies between sending and booking sends again, so a receiver
drops what it has seen by `webhook-id`. Secrets, addresses' paths and bodies are never logged.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from collector.notifications import destinations, webhooks
from collector.notifications.webhook_rules import headers_of
from collector.notifications.webhooks import DeliveryResult, Letter
from collector.store.engine import Store

log = logging.getLogger(__name__)

TRY_S = 10.0  # a receiver that works takes the event and answers; its own work comes after


class GuardedResolver(AbstractResolver):
    """Resolves names to addresses that may be connected to. Judged here, a name cannot change in between."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(destinations.may_connect(each["host"], private=self._private) for each in found):
            raise OSError(f"{host} leads to an address that is not public")
        return found

    async def close(self) -> None:
        await self._resolver.close()


async def send_due(store: Store, clock: Callable[[], float], chance: Callable[[], float], *, private: bool) -> int:
    """Send what is due now, in rounds until nothing is; how many tries were made."""
    tries = 0
    while letters := await store.in_writer(lambda connection: webhooks.claim(connection, int(clock()))):
        outcomes = await post_all(letters, clock, private=private)
        chances = [chance() for _ in outcomes]
        await store.in_writer(_settling(outcomes, chances, int(clock())))
        tries += len(letters)
        _say(outcomes)
        if len(letters) < webhooks.AT_ONCE:
            break
    return tries


def _settling(outcomes: list[DeliveryResult], chances: list[float], now_s: int) -> Callable[[Any], None]:
    return lambda connection: webhooks.settle(connection, outcomes, chances, now_s)


async def post_all(letters: list[Letter], clock: Callable[[], float], *, private: bool) -> list[DeliveryResult]:
    """One try of each, some at a time; nothing is raised for a receiver."""
    connector = aiohttp.TCPConnector(
        limit=webhooks.AT_ONCE, resolver=GuardedResolver(private=private), ttl_dns_cache=None
    )
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=TRY_S, sock_read=TRY_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session:
        return list(await asyncio.gather(*(_post(session, each, int(clock()), private=private) for each in letters)))


async def _post(session: aiohttp.ClientSession, letter: Letter, now_s: int, *, private: bool) -> DeliveryResult:
    complaint = destinations.url_complaint(letter.url, private=private)
    if complaint is not None:
        return DeliveryResult(letter, 0, complaint)
    headers = headers_of(letter.secret, str(letter.id), now_s, letter.body)
    body = letter.body.encode()
    try:
        async with asyncio.timeout(TRY_S * 2):
            async with session.post(letter.url, data=body, headers=headers, allow_redirects=False) as answer:
                return DeliveryResult(letter, answer.status, f"{answer.status} {answer.reason or ''}".strip()[:200])
    except TimeoutError:
        return DeliveryResult(letter, 0, f"no answer within {TRY_S:g} s")
    except (aiohttp.ClientError, OSError) as error:
        return DeliveryResult(letter, 0, _reason(error))


def _reason(error: Exception) -> str:
    """What a person needs of it: the kind of the failure, never the address's path."""
    inner = getattr(error, "os_error", None) or error
    text = getattr(inner, "strerror", None) or (str(inner) if isinstance(inner, OSError) else type(inner).__name__)
    return str(text)[:200]


def _say(outcomes: list[DeliveryResult]) -> None:
    failed = [outcome for outcome in outcomes if not outcome.is_taken]
    if failed:
        hosts = sorted({urlsplit(outcome.letter.url).hostname or "" for outcome in failed})
        extra = {"action": "webhook_failed", "deliveries": len(failed), "hosts": hosts[:5]}
        log.warning("webhook deliveries were not taken; they are tried again, or wait as dead letters", extra=extra)
