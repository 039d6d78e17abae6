"""The status page as HTML. Pure: the status document and a language in, text out.

One column for a phone, system fonts, no script. Colours never stand alone: each state has its word.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from edge_agent.status import faults, notices, why
from edge_agent.status.catalogue import LANGUAGES, gettext, ngettext, pgettext
from edge_agent.status.text import certificate_ends, clock_state, failure
from edge_agent.status.text import duration as _duration
from edge_agent.status.text import size as _size
from protocol.counters import COUNTERS

STYLE = """
:root{color-scheme:light dark}
body{font:1.05rem/1.5 system-ui,sans-serif;max-width:38rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1.4rem 0 .3rem}
.good,.bad{border-left:.4rem solid;padding:.3rem .7rem;margin:.4rem 0}
.good{border-color:#1a7f37}.bad{border-color:#c62828}
table{border-collapse:collapse;width:100%}
p,th,td{overflow-wrap:break-word}
table{table-layout:fixed}th{width:60%}
th,td{text-align:left;font-weight:400;padding:.25rem .3rem;border-bottom:1px solid #8885;vertical-align:top}
td:last-child{text-align:right}.number{white-space:nowrap;font-variant-numeric:tabular-nums}
small{display:block}
"""
NO_BREAK = "\u00a0"
_NUMBER = re.compile(rf"\d{{4}}-\d\d-\d\d(?:T[\d:.]+(?:[+-][\d:]+|Z)?)?|\d[\d.,]*{NO_BREAK}\w+")
_LONG_NAME = re.compile(r"[\w./:-]{20,}(?![^<]*>)")
_MARK = re.compile(r"[._/:]+(?=\w)")


def render(status: Mapping[str, Any] | None, language: str, why_not: str = "") -> str:
    """The whole document; None: there is nothing to show, and `why_not` says why if that is known."""
    if status is None:
        absent = gettext(
            language, "No agent runs here and there is no outbox to read. Start it, or name its state folder."
        )
        body = _line(why_not or absent, good=False)
    else:
        body = "\n".join(_body(status, language))
    title = gettext(language, "Robot status")
    links = " ".join(_link_to(other) for other in LANGUAGES if other != language)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>"
        f"<body><header><h1>{title}</h1>{links}</header><main>{body}</main></body></html>"
    )


def _link_to(language: str) -> str:
    name = pgettext(language, "name of this language", "English")
    return f'<a href="?lang={language}" hreflang="{language}" lang="{language}">{name}</a>'


def _body(status: Mapping[str, Any], language: str) -> Iterator[str]:
    running = status["running"]
    state = gettext(language, "The agent is not running")
    if running:
        state = gettext(language, "The agent is running, for {time}", time=duration(status["up_s"], language))
    yield _line(f"{status['robot']}: {state}", good=running)
    if link := status.get("link"):
        good = link["connected"] and link["ack_age_s"] is not None and not link["refusal"]
        good = good and not link.get("stuck")
        yield _line(_link(link, language), good=good)
        if ending := certificate_ends(link, status.get("clock"), language):
            yield _line(": ".join(ending), good=False)
    outbox = status["outbox"]
    waiting = ngettext(
        language,
        "{n} record waits to be delivered; {size} kept on the disk",
        "{n} records wait to be delivered; {size} kept on the disk",
        outbox["backlog"], size=size(outbox["bytes_on_disk"]),
    )  # fmt: skip
    yield _line(waiting, good=not outbox.get("full"))
    if outbox.get("trouble"):
        yield _line(": ".join(why.not_stored(outbox, language)), good=False)
    if clock := status.get("clock"):
        text = gettext(
            language, "Clock: {state}; {detail}", state=clock_state(clock["state"], language), detail=clock["detail"]
        )
        yield _line(text, good=clock["state"] != "unsynced")
    yield _heading(gettext(language, "Open faults"))
    yield _table([_fault(fault, language) for fault in status["faults"]], language)
    yield from _sources(status.get("sources", ()), language)
    if refused := status.get("refused_names"):
        yield _heading(gettext(language, "Refused readings"))
        yield _table(
            [(f"{row['source']} {row['name']}", f"{row['reason']} ({row['times']})") for row in refused], language
        )
    if today := status.get("today"):
        yield _heading(gettext(language, "Counted since {time}", time=today["since"]))
        yield _table([(_counter(key, language), f"{amount:,}") for key, amount in today["counts"].items()], language)
    if (traffic := status.get("bytes")) and traffic["wire_per_day"] is not None:
        yield _heading(gettext(language, "Written to disk and sent, a day"))
        written = size(traffic["written_per_day"] or 0)
        yield f"<p>{written}; {size(traffic['wire_per_day'])}</p>"


def _sources(sources: Sequence[Mapping[str, Any]], language: str) -> Iterator[str]:
    """Each source, and what it noticed."""
    if not sources:
        return
    yield _heading(gettext(language, "Sources"))
    yield _table([(source["name"], _source(source, language)) for source in sources], language)
    for source in sources:
        for notice in source.get("notices", ()):
            yield _line(f"{source['name']}: {notices.sentence(notice, language)}", good=False)


def _link(link: Mapping[str, Any], language: str) -> str:
    if not link["connected"]:
        return gettext(language, "Connection: not connected: {why}", why=why.sentence(link, language))
    if link["refusal"]:
        return gettext(language, "Connection: the collector refuses this robot: {why}", why=link["refusal"])
    if link.get("stuck"):
        return gettext(
            language,
            "Connection: connected, but the broker does not let {record} pass: raise its limit of message size",
            record=link["stuck"],
        )  # fmt: skip
    if link["ack_age_s"] is None:
        return gettext(
            language, "Connection: connected, {broker}; the collector has not answered yet", broker=link["broker"]
        )
    return gettext(
        language, "Connection: connected, {broker}; last answer of the collector {time} ago",
        broker=link["broker"], time=duration(link["ack_age_s"], language),
    )  # fmt: skip


def _source(source: Mapping[str, Any], language: str) -> str:
    if source.get("off"):
        return gettext(language, "off: the desired settings switch it off")
    error = failure(source, language)
    return gettext(language, "failed: {error}", error=error) if error else gettext(language, "ok")


def _line(text: str, *, good: bool) -> str:
    mark = "✓" if good else "✗"
    return f'<p class="{"good" if good else "bad"}">{mark} {whole(text)}</p>'


def whole(text: str) -> str:
    """As HTML whose times, numbers and their units stay on one line; a long name may break where it has a mark."""
    kept = _NUMBER.sub(r'<span class="number">\g<0></span>', escape(text))
    return _LONG_NAME.sub(lambda found: _MARK.sub(r"\g<0><wbr>", found[0]), kept)


def duration(seconds: float | None, language: str) -> str:
    return _duration(seconds, language).replace(" ", NO_BREAK)


def size(number: float) -> str:
    return _size(number).replace(" ", NO_BREAK)


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _table(rows: list[tuple[str, str]], language: str) -> str:
    if not rows:
        nothing = gettext(language, "none")
        return f"<p>{nothing}</p>"
    cells = "".join(f'<tr><th scope="row">{_lines(name)}</th><td>{whole(value)}</td></tr>' for name, value in rows)
    return f"<table>{cells}</table>"


def _lines(text: str) -> str:
    """The first line as it is, what follows smaller."""
    first, *others = text.splitlines() or [""]
    return whole(first) + "".join(f"<small>{whole(line)}</small>" for line in others)


def _counter(key: str, language: str) -> str:
    counter = COUNTERS.get(key)
    return key if counter is None else f"{_name(counter, language)} ({counter.unit})"


def _fault(fault: Mapping[str, Any], language: str) -> tuple[str, str]:
    """(its name, detail and remedy, a line each; its severity)."""
    detail = " ".join(fault.get("detail", "").split())
    told = filter(None, (faults.name(fault, language), detail, f"→ {faults.remedy(fault, language)}"))
    return "\n".join(told), fault["severity"]


def _name(thing: Any, language: str) -> str:
    """The registry's name; it has English and Chinese, and English stands for any other language."""
    name: str = getattr(thing, language, thing.en)
    return name
