"""Names, titles, notes and numbers that people write: what is taken of them, alike at every door."""

from collections.abc import Iterable

from collector.values.refusal import Refusal

NAME_MAX_CHARS = 120
TITLE_MAX_CHARS = 200
NOTE_MAX_CHARS = 4_000


def taken(field: str, text: str, most: int, *, may_be_empty: bool = False) -> str:
    """The text without the space around it. Raises Refusal where it is empty, too long, or holds a NUL character."""
    bare = text.strip()
    if not bare and not may_be_empty:
        raise Refusal(f"{field}: it is empty", f"write 1 to {most} characters", "unprocessable")
    if len(bare) > most:
        raise Refusal(f"{field}: {len(bare)} characters are more than {most}", "shorten it", "unprocessable")
    if "\x00" in bare:  # PostgreSQL stores none and SQLite does: refused for both alike
        raise Refusal(f"{field}: it holds a NUL character", "leave it away", "unprocessable")
    return bare


def within(field: str, value: float, least: float, most: float) -> None:
    """Raises Refusal where a number is not between the two, which both are taken."""
    if not least <= value <= most:
        reason, remedy = out_of_range(value, least, most)
        raise Refusal(f"{field}: {reason}", remedy, "unprocessable")


def out_of_range(value: float, least: float | None, most: float | None) -> tuple[str, str]:
    """Why a number is not taken, and what to write instead; an end that is None is open."""
    if least is None or most is None:
        bound = f"of at most {most:.15g}" if least is None else f"of at least {least:.15g}"
    else:
        bound = f"from {least:.15g} to {most:.15g}"
    return f"{value:.15g} is out of range", f"write a number {bound}"


def no_number(text: str) -> tuple[str, str]:
    """The same of what is no whole number at all."""
    return f"{text[:40]!r} is no whole number", "write digits: 30"


def none_of(text: str, choices: Iterable[str]) -> tuple[str, str]:
    """The same of a word that is none of those that there are."""
    return f"{text[:40]!r} is none of {', '.join(choices)}", "write one of them"
