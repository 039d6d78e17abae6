"""Sends one webhook delivery: one POST, no redirect followed, to addresses that are judged again.

A collector that dies between sending and booking sends again, so a receiver drops what it has seen by `webhook-id`.
Secrets, addresses' paths and bodies are never logged.
"""

import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from collector.notifications import destinations
from collector.notifications.queue import DueDelivery, TryResult
from collector.notifications.signing import headers_of

ANSWER_S = 10.0  # a receiver that works takes the event and answers; its own work comes after


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


@dataclass(frozen=True, kw_only=True)
class WebhookSender:
    """`private`: the private networks are open."""

    clock: Callable[[], float]
    private: bool

    @property
    def stuck(self) -> Collection[int]:
        """Nobody: a try that is given up closes its connection."""
        return ()

    def named(self, due: DueDelivery) -> str:
        return urlsplit(due.receiver["url"]).hostname or ""

    async def send(self, due: DueDelivery) -> TryResult:
        """One POST; any status of 200 to 299 takes it."""
        url = due.receiver["url"]
        complaint = destinations.url_complaint(url, private=self.private)
        if complaint is not None:
            return TryResult(due, is_taken=False, answer=complaint)
        headers = headers_of(due.receiver["secret"], str(due.id), int(self.clock()), due.body)
        connector = aiohttp.TCPConnector(resolver=GuardedResolver(private=self.private), ttl_dns_cache=None)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=ANSWER_S, sock_read=ANSWER_S)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
                session.post(url, data=due.body.encode(), headers=headers, allow_redirects=False) as answer,
            ):
                return _result(due, answer.status, answer.reason or "")
        except aiohttp.ServerTimeoutError:
            return TryResult(due, is_taken=False, answer=f"no answer within {ANSWER_S:g} s")
        except (aiohttp.ClientError, OSError) as error:
            return TryResult(due, is_taken=False, answer=_reason(error))


def _result(due: DueDelivery, status: int, reason: str) -> TryResult:
    taken = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    return TryResult(due, is_taken=taken, answer=_shown(f"{status} {reason}".strip()), gone=status == HTTPStatus.GONE)


def _reason(error: Exception) -> str:
    """What a person needs of it: the kind of the failure, never the address's path."""
    inner = getattr(error, "os_error", None) or error
    text = getattr(inner, "strerror", None) or (str(inner) if isinstance(inner, OSError) else type(inner).__name__)
    return _shown(str(text))


def _shown(text: str) -> str:
    """As it is kept and given back: a stranger's word reaches terminals, with no sign that a terminal obeys."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:200])
