"""The parts that the status page is made of, as HTML. Pure. What they show is escaped here, and nowhere else."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from edge_agent.status.catalogue import LANGUAGES, gettext, pgettext
from edge_agent.status.page_style import STYLE

NO_BREAK = "\u00a0"
_NUMBER = re.compile(rf"\d{{4}}-\d\d-\d\d(?:[T ][\d:.]+(?:[+-][\d:]+|Z)?)?|\d[\d.,]*{NO_BREAK}\w+")
_LONG_NAME = re.compile(r"[\w./:-]{20,}(?![^<]*>)")
_MARK = re.compile(r"[_/]+(?=\w)|[.:]+(?=[^\W\d])")  # not within a number, nor before a port
_PATHS = {
    "ok": "M4 12a8 8 0 1016 0 8 8 0 10-16 0M8.5 12l2.5 2.5 4.5-5",
    "warn": "M12 4l9 16H3zM12 10v4M12 17h.01",
    "fail": "M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 8v5M12 16h.01",
    "off": "M3 3l18 18M9 9a8 8 0 00-3 3M12 6a12 12 0 019 5M15 14a5 5 0 00-5-1M12 19h.01",
    "play": "M8 5l11 7-11 7z",
    "lock": "M6 11h12v10H6zM8 11V7a4 4 0 018 0v4",
    "download": "M12 4v11M7 11l5 5 5-5M4 20h16",
    "again": "M20 5v5h-5M4 19v-5h5M19 10a7.5 7.5 0 00-13-3M5 14a7.5 7.5 0 0013 3",
}


def document(title: str, body: Iterable[str], language: str) -> str:
    tag = pgettext(language, "language tag of HTML", "en")
    return (
        f'<!doctype html><html lang="{tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>"
    )


def heading(title: str, language: str, address: str = "/") -> str:
    """The page's head, with the same page in the other languages."""
    others = "".join(_other(address, other) for other in LANGUAGES if other != language)
    return f'<header class="split"><h1>{whole(title)}</h1><span class="row">{others}</span></header>'


def _other(address: str, language: str) -> str:
    """A link to the same page in another language, by that language's own name."""
    name, tag = pgettext(language, "name of this language", "English"), pgettext(language, "language tag of HTML", "en")
    href = f"{address}{'&' if '?' in address else '?'}lang={language}"
    return f'<a class="btn quiet" href="{escape(href)}" hreflang="{language}" lang="{tag}">{name}</a>'


def icon(name: str, label: str = "") -> str:
    said = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return f'<svg class="ic" viewBox="0 0 24 24" {said}><path d="{_PATHS[name]}"/></svg>'


def grade_name(grade: str, language: str) -> str:
    return {
        "ok": pgettext(language, "grade", "Good"),
        "warn": pgettext(language, "grade", "Look"),
        "fail": pgettext(language, "grade", "Broken"),
    }[grade]


def line(grade: str, text: str, notes: Iterable[str], language: str) -> str:
    """A sign, a sentence, and what can be said more of it."""
    more = "".join(f"<small>{whole(note)}</small>" for note in notes if note)
    return f'<li class="{grade}">{icon(grade, grade_name(grade, language))}<b>{whole(text)}</b>{more}</li>'


def lines(rows: Sequence[str], *, numbered: bool = False) -> str:
    kind = "ol" if numbered else "ul"
    return f'<{kind} class="lines">{"".join(rows)}</{kind}>'


def fold(title: str, fact: str, inner: str, *, opened: bool = False) -> str:
    """A part that opens."""
    small = f" <small>{whole(fact)}</small>" if fact else ""
    return (
        f'<details class="panel fold"{" open" if opened else ""}><summary>{whole(title)}{small}</summary>'
        f'<div class="in">{inner}</div></details>'
    )


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """`rows`: a name, and its value as HTML."""
    return f'<dl class="kv">{"".join(f"<dt>{whole(name)}</dt><dd>{value}</dd>" for name, value in rows)}</dl>'


def nothing(language: str) -> str:
    none = gettext(language, "none")
    return f'<p class="dim s">{none}</p>'


def button(text: str, address: str, picture: str, *, main: bool = False) -> str:
    look = "btn main" if main else "btn"
    return f'<a class="{look}" href="{escape(address)}">{icon(picture)}{whole(text)}</a>'


def moment(rfc3339: str) -> str:
    """To the minute, as people write it; its zone is the robot's own."""
    return rfc3339[:16].replace("T", " ")


def whole(text: str) -> str:
    """As HTML whose times, numbers and their units stay on one line; a long name may break where it has a mark."""
    kept = _NUMBER.sub(r'<span class="nb">\g<0></span>', escape(text))
    return _LONG_NAME.sub(lambda found: _MARK.sub(r"\g<0><wbr>", found[0]), kept)
