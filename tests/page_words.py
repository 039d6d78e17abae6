"""What a reader of a page sees as words: its text without code, and without what is no text of ours."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

_SILENT = frozenset({"script", "style", "code", "kbd", "svg", "title", "datalist", "textarea"})
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_WORD = re.compile(r"[A-Za-z][A-Za-z’']{2,}")
_HASH = re.compile(r"\b[0-9a-f]{8}\b")
_ISO_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        given = dict(attrs)
        silent = (
            tag in _SILENT
            or given.get("translate") == "no"
            or (tag != "html" and "lang" in given)
            or "hreflang" in given
        )
        self.open.append((tag, silent))
        for name in ("aria-label", "title", "placeholder"):
            if given.get(name) and not any(each for _, each in self.open):
                self.said.append(given[name] or "")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(silent for _, silent in self.open):
            self.said.append(data)


def text_of(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    return "\n".join(part.strip() for part in reader.said if part.strip())


def latin_words(html: str, names: Iterable[str]) -> set[str]:
    """Words in Latin letters that are no part of these names."""
    text = text_of(html)
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return set(_WORD.findall(_HASH.sub(" ", text)))


def iso_days(html: str) -> list[str]:
    return _ISO_DAY.findall(text_of(html))
