"""Sentences of the search."""

from collector.language import figures
from collector.language.catalogue import gettext, ngettext


def shown(first: int, last: int, total: int, language: str) -> str:
    """Which of how many stand here."""
    said = {"first": first, "last": last, "total": total}
    written = {key: figures.number(value, language) for key, value in said.items()}
    if first == 1 and last == total:
        return written["total"]
    if first == 1:
        return gettext(language, "{last} of {total}", **written)
    return gettext(language, "{first} to {last} of {total}", **written)


def show_all(total: int, language: str) -> str:
    return gettext(language, "Show all {total}", total=figures.number(total, language))


def on_robots(robots: int, language: str) -> str:
    return ngettext(language, "on {n} robot", "on {n} robots", robots, n=figures.number(robots, language))
