"""Can I leave? One verdict on a robot that answers both fears: is it connected, and is anything lost. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from edge_agent.status import said, why
from edge_agent.status.catalogue import gettext, ngettext
from edge_agent.status.text import duration


@dataclass(frozen=True, slots=True)
class PageVerdict:
    """`cut_off`: it is the link. `more`: what is kept, and the first thing to try."""

    look: Literal["go", "wait", "stop"]
    title: str
    more: str
    cut_off: bool = False


def of(status: Mapping[str, Any], language: str) -> PageVerdict:
    outbox, link = status["outbox"], status.get("link")
    kept = _kept(status, language)
    if not status["running"] or link is None:
        return PageVerdict("stop", gettext(language, "The agent does not run. What it stored is kept."), kept)
    if outbox.get("trouble"):
        told = ": ".join(why.not_stored(outbox, language))
        return PageVerdict("stop", gettext(language, "What is counted cannot be stored."), told)
    lost = outbox.get("dropped") or 0
    return _linked(link, lost, kept, language) if link["connected"] else _cut_off(link, lost, kept, language)


def _cut_off(link: Mapping[str, Any], lost: int, kept: str, language: str) -> PageVerdict:
    title = gettext(language, "Not connected. Nothing is lost.")
    if lost:
        title = ngettext(language, "Not connected. {n} record was lost.", "Not connected. {n} records were lost.", lost)
    return PageVerdict("stop", title, _both(kept, why.said(link, language)[1], language), cut_off=True)


def _linked(link: Mapping[str, Any], lost: int, kept: str, language: str) -> PageVerdict:
    if link["refusal"]:
        return PageVerdict(
            "stop", gettext(language, "The collector refuses this robot. It keeps what it counts."), kept
        )
    if lost:
        title = ngettext(language, "Connected. {n} record was lost.", "Connected. {n} records were lost.", lost)
        return PageVerdict("wait", title, kept)
    if link["ack_age_s"] is None:
        return PageVerdict("wait", gettext(language, "Connected. The collector has not answered yet."), kept)
    if owed_s := said.overdue_s(link):
        time = duration(owed_s, language)
        title = gettext(language, "Connected. The collector has not answered for {time}.", time=time)
        return PageVerdict("wait", title, kept)
    return PageVerdict("go", gettext(language, "Connected. Nothing is lost."), kept)


def _kept(status: Mapping[str, Any], language: str) -> str:
    """What waits here, and since when."""
    outbox = status["outbox"]
    at, oldest_at = (status.get("clock") or {}).get("at"), outbox.get("oldest_at")
    if not outbox["backlog"]:
        return gettext(language, "Everything that was stored is delivered.")
    if at is None or oldest_at is None:
        return ngettext(language, "{n} record is kept here.", "{n} records are kept here.", outbox["backlog"])
    time = duration(max(0, at - oldest_at), language)
    return gettext(language, "It counts and keeps everything here: {time} wait.", time=time)


def _both(first: str, then: str, language: str) -> str:
    return gettext(language, "{first} First try: {then}", first=first, then=then) if then else first
