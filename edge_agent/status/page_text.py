"""The status page as HTML. Pure: the status document and a language in, text out.

One column for a phone, system fonts, no script. Colours never stand alone: each state has its word.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from edge_agent.status import notices
from edge_agent.status.catalogue import LANGUAGES, gettext, ngettext, pgettext
from edge_agent.status.text import clock_state, duration, size
from protocol.counters import COUNTERS, FAMILIES

STYLE = """
:root{color-scheme:light dark}
body{font:1.05rem/1.5 system-ui,sans-serif;max-width:38rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1.4rem 0 .3rem}
.good,.bad{border-left:.4rem solid;padding:.3rem .7rem;margin:.4rem 0}
.good{border-color:#1a7f37}.bad{border-color:#c62828}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;font-weight:400;padding:.25rem .3rem;border-bottom:1px solid #8885;overflow-wrap:anywhere}
td:last-child{text-align:right;font-variant-numeric:tabular-nums}
"""


def render(status: Mapping[str, Any] | None, language: str) -> str:
    """The whole document; None: there is nothing to show."""
    if status is None:
        absent = gettext(
            language, "No agent runs here and there is no outbox to read. Start it, or name its state folder."
        )
        body = _line(absent, good=False)
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
    outbox = status["outbox"]
    waiting = ngettext(
        language,
        "{n} record waits to be delivered; {size} kept on the disk",
        "{n} records wait to be delivered; {size} kept on the disk",
        outbox["backlog"], size=size(outbox["bytes_on_disk"]),
    )  # fmt: skip
    yield _line(waiting, good=not outbox.get("full"))
    if outbox.get("trouble"):
        yield _line(gettext(language, "The disk refuses to store: {why}", why=outbox["trouble"]), good=False)
    if clock := status.get("clock"):
        text = gettext(
            language, "Clock: {state}; {detail}", state=clock_state(clock["state"], language), detail=clock["detail"]
        )
        yield _line(text, good=clock["state"] != "unsynced")
    yield _heading(gettext(language, "Open faults"))
    yield _table([(_fault(fault, language), fault["severity"]) for fault in status["faults"]], language)
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
        return gettext(language, "Connection: not connected: {why}", why=link["text"] or link["reason"])
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
    return gettext(language, "failed: {error}", error=source["error"]) if source["error"] else gettext(language, "ok")


def _line(text: str, *, good: bool) -> str:
    mark = "✓" if good else "✗"
    return f'<p class="{"good" if good else "bad"}">{mark} {escape(text)}</p>'


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _table(rows: list[tuple[str, str]], language: str) -> str:
    if not rows:
        nothing = gettext(language, "none")
        return f"<p>{nothing}</p>"
    cells = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows)
    return f"<table>{cells}</table>"


def _counter(key: str, language: str) -> str:
    counter = COUNTERS.get(key)
    return key if counter is None else f"{_name(counter, language)} ({counter.unit})"


def _fault(fault: Mapping[str, Any], language: str) -> str:
    family = FAMILIES.get(fault["family"])
    name = fault["family"] if family is None else _name(family, language)
    return " ".join(filter(None, (name, fault["code"], fault["ref"])))


def _name(thing: Any, language: str) -> str:
    """The registry's name; it has English and Chinese, and English stands for any other language."""
    name: str = getattr(thing, language, thing.en)
    return name
