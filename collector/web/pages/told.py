"""What a page says was done, after the redirection from a form: a toast, with the undo that goes with it.

It travels in the address, signed for the reader and the page: a link that somebody else made says nothing and offers
no undo. `at` writes it, `of` reads it; nothing else makes a Toast, and the template of all pages shows no other.
"""

import base64
import binascii
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import orjson

from collector.web.api.routing import Call
from collector.web.auth import sessions
from collector.web.parts import SESSION_KEY

PARAMETER = "told"


@dataclass(frozen=True, slots=True)
class Undo:
    """A form that takes an act back: where it goes, and its hidden fields.

    `target` "": its page is loaded again; else the part of the page that the answer replaces.
    """

    href: str
    fields: Sequence[tuple[str, str]]
    label: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Toast:
    """One sentence, in the reader's language. `undo` None: it cannot be taken back here."""

    said: str
    undo: Undo | None


@dataclass(frozen=True, slots=True)
class Told(Mapping[str, str]):
    """What this collector said to this reader of this page; empty where the address says nothing of ours."""

    _said: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self._said[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)

    def toast(self, said: str, undo: Undo | None = None) -> Toast | None:
        """None where nothing was told, and where there are no words for it."""
        return Toast(said, undo) if self._said and said else None


def at(call: Call, address: str, **said: str) -> str:
    """The address with what was done, for the caller alone. Empty values are left away."""
    address, anchor = without(address), urlsplit(address).fragment
    anchor = f"#{anchor}" if anchor else ""
    body = base64.urlsafe_b64encode(orjson.dumps({key: text for key, text in said.items() if text})).decode()
    told = urlencode({PARAMETER: f"{body}.{_signature(call, address, body)}"})
    place, query = address.partition("?")[::2]
    return f"{place}?{query}&{told}{anchor}" if query else f"{place}?{told}{anchor}"


def now(call: Call, said: Mapping[str, str]) -> Told:
    """What was done in this very request, for an answer that swaps a part of the page."""
    assert call.request.method == "POST"
    return Told(said)


def of(call: Call) -> Told:
    """What the page's own address was given."""
    body, _, signature = call.request.query.get(PARAMETER, "").rpartition(".")
    own = _signature(call, without(call.request.raw_path), body)
    if not hmac.compare_digest(signature.encode("utf-8", "surrogateescape"), own.encode()):
        return Told({})
    try:
        said: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(body))
    except (ValueError, binascii.Error):
        return Told({})
    return Told({key: str(text) for key, text in said.items()})


def without(address: str) -> str:
    """The address of a page as it is before anything was done, without its fragment."""
    parts = urlsplit(address)
    kept = [(name, text) for name, text in parse_qsl(parts.query, keep_blank_values=True) if name != PARAMETER]
    return urlunsplit(parts._replace(query=urlencode(kept), fragment=""))


def _signature(call: Call, address: str, body: str) -> str:
    parts = urlsplit(address)
    page = [unquote(parts.path), *sorted(parse_qsl(parts.query, keep_blank_values=True))]
    return sessions.signed(f"told:{call.caller.holder}:{page}:{body}", call.request.app[SESSION_KEY])
