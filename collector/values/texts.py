"""Names, titles, notes and numbers that people write: what is taken of them, alike at every door."""

from collections.abc import Iterable

from collector.values.refusal import Refusal

NAME_MAX_CHARS = 120
TITLE_MAX_CHARS = 200
NOTE_MAX_CHARS = 4_000
WHY_MAX_CHARS = 500
ACCOUNT_MAX_CHARS = 120
RULE_MAX_CHARS = 40
ROBOT_MAX_CHARS = 200  # also of a twin, whose name is longer than one on the wire
FILE_NAME_MAX_CHARS = 200
SHEET_MAX_CHARS = 31  # as spreadsheets have it
ENCODING_MAX_CHARS = 40
ZONE_MAX_CHARS = 64
_SURROGATES = ("\ud800", "\udfff")


def taken(field: str, text: str, most: int, *, may_be_empty: bool = False) -> str:
    """The text without the space around it. Raises Refusal where it is empty, too long, or holds what is no text."""
    bare = text.strip()
    if not bare and not may_be_empty:
        raise Refusal(f"{field}: it is empty", f"write 1 to {most} characters", "unprocessable")
    if len(bare) > most:
        raise Refusal(f"{field}: {len(bare)} characters are more than {most}", "shorten it", "unprocessable")
    if "\x00" in bare:  # PostgreSQL stores none and SQLite does: refused for both alike
        raise Refusal(f"{field}: it holds a NUL character", "leave it away", "unprocessable")
    if any(_SURROGATES[0] <= one <= _SURROGATES[1] for one in bare):  # bytes of a command line that are not UTF-8
        raise Refusal(f"{field}: it is not UTF-8", "write it as UTF-8 text", "unprocessable")
    return bare


def bounded(field: str, text: str | None, most: int) -> None:
    """Raises Refusal where a text that something is looked for by is longer than any that there is."""
    if text is not None:
        taken(field, text, most, may_be_empty=True)


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
