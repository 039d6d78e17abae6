"""Sends one notice through Apprise, one library for mail, DingTalk, WeCom, Feishu, Slack and the others.

The one file that knows Apprise. Addresses hold secrets: they are masked before they are shown, and Apprise's own log,
which may repeat them, is not passed on. Sending runs in threads of its own, at most one for each channel.
"""

import asyncio
import logging
import socket
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from collector.notifications import destinations
from collector.notifications.queue import CHANNELS, DueDelivery, TryResult

if TYPE_CHECKING:
    from apprise.plugins import NotifyBase

# The services that are offered, each with the parameters behind the `?` that it may have. Apprise knows many more of
# both, and some of its parameters read a file of this machine, fetch an address, or switch a check of TLS off.
_MAIL = frozenset({"to", "cc", "bcc", "from", "name", "reply", "smtp", "mode"})
_MATTERMOST = frozenset({"to", "channel", "channels", "botname", "mode", "team"})
_NTFY = frozenset({"to", "priority", "mode", "token", "auth", "email", "xtags"})
_BARK = frozenset({"to", "group", "level", "sound"})
_TEAMS = frozenset({"api-version", "id", "pa", "powerautomate", "route", "routeid", "sig", "ver", "wrap"})
_WEBEX = frozenset({"to", "token", "mode"})
_ROCKET = frozenset({"to", "mode", "webhook", "avatar"})
_NONE: frozenset[str] = frozenset()
SERVICES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("mailto", "mailtos"), _MAIL),
    "dingtalk": frozenset({"to", "token", "secret"}),
    "wecombot": frozenset({"key"}),
    "feishu": frozenset({"token"}),
    "lark": _NONE,
    "schan": _NONE,
    "wxpusher": frozenset({"to", "token"}),
    "slack": frozenset({"to", "token", "mode", "footer", "timestamp"}),
    **dict.fromkeys(("workflow", "workflows"), _TEAMS),
    **dict.fromkeys(("webex", "wxteams"), _WEBEX),
    "gchat": frozenset({"key", "token", "thread", "workspace"}),
    "zulip": frozenset({"to", "token"}),
    "discord": frozenset({"thread", "tts", "footer", "avatar"}),
    "tgram": frozenset({"to", "thread", "topic", "silent", "preview"}),
    "line": frozenset({"to"}),
    "pover": frozenset({"to", "priority", "sound", "key"}),
    **dict.fromkeys(("mmost", "mmosts"), _MATTERMOST),
    **dict.fromkeys(("rocket", "rockets"), _ROCKET),
    **dict.fromkeys(("ntfy", "ntfys"), _NTFY),
    **dict.fromkeys(("gotify", "gotifys"), frozenset({"priority"})),
    **dict.fromkeys(("bark", "barks"), _BARK),
    **dict.fromkeys(("json", "jsons", "form", "forms", "xml", "xmls"), _NONE),
}
TAKES_HEADERS = frozenset({"json", "jsons", "form", "forms", "xml", "xmls"})  # +name=value
ANY_SERVICE = frozenset({"cto", "rto", "format", "overflow", "tz", "emojis"})  # time limits and the form of the text
for _name in ("apprise", "urllib3", "requests"):  # they write paths of addresses into their logs
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def complaint_of(url: str, *, private: bool) -> str | None:
    """Why this address is not taken as a channel; None: it is. Never repeats the address."""
    if len(url) > destinations.URL_MAX_CHARS or not url.isprintable():
        return "the address is too long, or holds signs that cannot be printed"
    schema, found, _ = url.partition("://")
    schema = schema.strip().lower()
    if not found or schema not in SERVICES:
        return "this is no address of a service that is offered here"
    for name in _parameters(url):
        is_header = name.startswith("+") and schema in TAKES_HEADERS
        if name not in SERVICES[schema] | ANY_SERVICE and not is_header:
            return f"{schema}:// takes no parameter {name[:40]!r} here"
    service = _service(url)
    if service is None:
        return f"this is no address that Apprise understands for {schema}://"
    hosts = _own_hosts(service)
    if hosts and not service.secure and not private:
        return f"{schema}:// can be read and changed on the way"
    return next((said for host in hosts if (said := destinations.host_complaint(host, private=private))), None)


REMEDY = (
    "write it as Apprise does for a service of docs/notices.md, encrypted and to a public host, or start the collector"
    " with deliver_to_private_networks = true"
)


def _parameters(url: str) -> Collection[str]:
    """The names behind the first `?`, as Apprise's parser finds them; a `+`, `-` or `:` before one is part of it."""
    _, _, query = url.partition("?")
    from apprise.utils.parse import parse_qsd  # noqa: PLC0415 - a tenth of a second of each start; many have no channel

    found = parse_qsd(query)  # type: ignore[no-untyped-call]  # the library's
    return [name for name in found["qsd"] if name]


def masked(url: str) -> str:
    """The address with its secret parts replaced, as it may be shown."""
    service = _service(url)
    if service is None:
        return ""
    hosts = _own_hosts(service)
    if hosts:  # what follows the host may be a secret that Apprise does not know as one
        return f"{url.split(':', maxsplit=1)[0].lower()}://{hosts[0]}/…"
    return str(service.url(privacy=True)).split("?", maxsplit=1)[0]  # type: ignore[no-untyped-call]  # the library's


def _service(url: str) -> "NotifyBase | None":
    import apprise  # noqa: PLC0415 - a tenth of a second of each start; many have no channel
    from apprise.plugins import NotifyBase  # noqa: PLC0415 - likewise

    made = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if not isinstance(made, NotifyBase):
        return None
    made.redirects = False  # a redirect could lead where no address may
    return made


def _own_hosts(service: "NotifyBase") -> list[str]:
    """The hosts that the address itself names; none for a service that has one of its own."""
    templates: tuple[str, ...] = service.templates
    names_one = any("{host}" in template or "{domain}" in template for template in templates)
    found = [getattr(service, "smtp_host", None), getattr(service, "host", None)] if names_one else []
    if found and found[0]:  # mail goes to the server; the domain behind the @ is only a name
        found = found[:1]
    return [host for host in found if isinstance(host, str) and host]


class ChannelSender:
    """`private`: the private networks are open."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._threads = ThreadPoolExecutor(CHANNELS.at_once, thread_name_prefix="notice")
        self._stuck: set[int] = set()

    @property
    def stuck(self) -> Collection[int]:
        """A thread cannot be ended: one that hangs keeps its channel until Apprise's own sockets give up."""
        return self._stuck.copy()

    def named(self, due: DueDelivery) -> str:
        return str(due.receiver["name"])

    async def send(self, due: DueDelivery) -> TryResult:
        """One try, in a thread; what went wrong in a few words."""
        work = self._threads.submit(_complaint_of_sending, due, private=self._private)
        complaint: str | None
        try:
            complaint = await asyncio.wrap_future(work)
        except Exception as error:  # noqa: BLE001 - a plugin of the library may raise anything; its text may hold a secret
            complaint = f"the service's plugin failed ({type(error).__name__})"
        except asyncio.CancelledError:
            self._stuck.add(due.receiver_id)
            work.add_done_callback(lambda _: self._stuck.discard(due.receiver_id))
            raise
        return TryResult(due, is_taken=complaint is None, answer=complaint or "taken")


def _complaint_of_sending(due: DueDelivery, *, private: bool) -> str | None:
    """Why the service did not get it; None: it took it."""
    url = due.receiver["url"]
    complaint = complaint_of(url, private=private)
    if complaint is not None:
        return complaint
    service = _service(url)
    assert service is not None
    for host in _own_hosts(service):
        try:
            found = {info[4][0] for info in socket.getaddrinfo(host.strip("[]"), None)}
        except OSError:
            return "the host's name is not known"
        if not all(destinations.may_connect(str(address), private=private) for address in found):
            return "the host leads to an address that is not public"
    import apprise  # noqa: PLC0415 - likewise

    title, body = (due.title, due.body) if due.body else ("", due.title)  # Apprise sends nothing without a body
    taken = service.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
    return None if taken else "the service did not take it"
