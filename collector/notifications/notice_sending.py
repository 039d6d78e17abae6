"""Sends the notices that are due through Apprise, one library for mail, DingTalk, WeCom, Feishu, Slack and the others.

The one file that knows Apprise. Addresses hold secrets: they are masked before they are shown, and Apprise's own log,
which may repeat them, is not passed on. Sending runs in threads of its own; a hanging service holds up nobody else.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import apprise
from apprise.plugins import NotifyBase

from collector.notifications import destinations, notices
from collector.notifications.notices import Parcel
from collector.store.engine import Store

log = logging.getLogger(__name__)

THREADS = 4
TRY_S = 60.0  # Apprise's own sockets give up sooner; some services are asked several times
# What would write to this machine instead of to people, and what would run through another Apprise.
LOCAL_SCHEMAS = frozenset(
    {"dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows", "apprise", "apprises"}
)  # fmt: skip
for _name in ("apprise", "urllib3", "requests"):  # they write paths of addresses into their logs
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def complaint_of(url: str, *, private: bool) -> str | None:
    """Why this address is not taken as a channel; None: it is. Never repeats the address."""
    if len(url) > destinations.URL_MAX_CHARS:
        return "the address is too long"
    service = _service(url)
    if service is None:
        return "this is no address that Apprise knows"
    schema = url.split(":", maxsplit=1)[0].lower()
    if schema in LOCAL_SCHEMAS:
        return f"{schema}:// does not reach people"
    hosts = _own_hosts(service)
    if hosts and not service.secure and not private:
        return f"{schema}:// can be read and changed on the way"
    return next((said for host in hosts if (said := destinations.host_complaint(host, private=private))), None)


REMEDY = (
    "write it as in Apprise's list of services, encrypted and to a public host, or start the collector with"
    " deliver_to_private_networks = true"
)


def masked(url: str) -> str:
    """The address with its secret parts replaced, as it may be shown."""
    service = _service(url)
    if service is None:
        return ""
    hosts = _own_hosts(service)
    if hosts:  # what follows the host may be a secret that Apprise does not know as one
        return f"{url.split(':', maxsplit=1)[0].lower()}://{hosts[0]}/…"
    return str(service.url(privacy=True)).split("?", maxsplit=1)[0]  # type: ignore[no-untyped-call]  # the library's


def _service(url: str) -> NotifyBase | None:
    made = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if not isinstance(made, NotifyBase):
        return None
    made.redirects = False  # a redirect could lead where no address may
    return made


def _own_hosts(service: NotifyBase) -> list[str]:
    """The hosts that the address itself names; none for a service that has one of its own."""
    templates: tuple[str, ...] = service.templates
    names_one = any("{host}" in template or "{domain}" in template for template in templates)
    found = [getattr(service, "smtp_host", None), getattr(service, "host", None)] if names_one else []
    if found and found[0]:  # mail goes to the server; the domain behind the @ is only a name
        found = found[:1]
    return [host for host in found if isinstance(host, str) and host]


def _send(parcel: Parcel, *, private: bool) -> str | None:
    """One try, in a thread; what went wrong in a few words, None when the service took it."""
    said = complaint_of(parcel.url, private=private)
    if said is not None:
        return said
    service = _service(parcel.url)
    assert service is not None
    for host in _own_hosts(service):
        try:
            found = {info[4][0] for info in socket.getaddrinfo(host.strip("[]"), None)}
        except OSError:
            return "the host's name is not known"
        if not all(destinations.may_connect(str(address), private=private) for address in found):
            return "the host leads to an address that is not public"
    taken = service.notify(title=parcel.title, body=parcel.body, body_format=apprise.NotifyFormat.TEXT)
    return None if taken else "the service did not take it"


async def send_due(store: Store, clock: Callable[[], float], chance: Callable[[], float], *, private: bool) -> int:
    """Send what is due now; how many tries were made."""
    tries = 0
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="notice")
    try:
        while parcels := await store.in_writer(lambda connection: notices.claim(connection, int(clock()))):
            results = await asyncio.gather(*(_try(threads, parcel, private=private) for parcel in parcels))
            for parcel, said in zip(parcels, results, strict=True):
                await store.in_writer(_settling(parcel, said, chance(), int(clock())))
            _report(parcels, results)
            tries += len(parcels)
            if len(parcels) < notices.AT_ONCE:
                break
    finally:
        threads.shutdown(wait=False, cancel_futures=True)  # one that hangs ends by itself
    return tries


async def _try(threads: ThreadPoolExecutor, parcel: Parcel, *, private: bool) -> str | None:
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(
            loop.run_in_executor(threads, lambda: _send(parcel, private=private)), timeout=TRY_S
        )
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # noqa: BLE001 - a plugin of the library may raise anything; its text may hold a secret
        return f"the service's plugin failed ({type(error).__name__})"


def _settling(parcel: Parcel, said: str | None, chance: float, now_s: int) -> Callable[..., None]:
    return lambda connection: notices.settle(connection, parcel, said, chance, now_s)


def _report(parcels: list[Parcel], results: list[str | None]) -> None:
    failed = sorted({parcel.channel for parcel, said in zip(parcels, results, strict=True) if said is not None})
    if failed:
        extra = {"action": "notice_failed", "channels": failed[:5]}
        log.warning("notices were not taken; they are tried again, or wait as dead ones", extra=extra)
