"""Names, titles, notes and numbers that people write: what is taken of them, alike at every door."""

from collections.abc import Iterable

from collector.values.refusal import Refusal
from collector.values.sentence import Sentence

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


def in_address(key: str) -> str:
    """An id as it stands in an address that somebody is told: its slashes are none of the address."""
    return key.replace("%", "%25").replace("/", "%2F")


def taken(field: str, text: str, most: int, *, may_be_empty: bool = False) -> str:
    """The text without the space around it. Raises Refusal where it is empty, too long, or holds what is no text."""
    bare = text.strip()
    if not bare and not may_be_empty:
        raise Refusal(
            Sentence("{field}: it is empty", field=field),
            Sentence("write 1 to {most} characters", most=most),
            "unprocessable",
        )
    if len(bare) > most:
        raise Refusal(
            Sentence("{field}: {count} characters are more than {most}", field=field, count=len(bare), most=most),
            "shorten it",
            "unprocessable",
        )
    if "\x00" in bare:  # PostgreSQL stores none and SQLite does: refused for both alike
        raise Refusal(Sentence("{field}: it holds a NUL character", field=field), "leave it away", "unprocessable")
    if any(_SURROGATES[0] <= one <= _SURROGATES[1] for one in bare):  # bytes of a command line that are not UTF-8
        raise Refusal(Sentence("{field}: it is not UTF-8", field=field), "write it as UTF-8 text", "unprocessable")
    return bare


def bounded(field: str, text: str | None, most: int) -> None:
    """Raises Refusal where a text that something is looked for by is longer than any that there is."""
    if text is not None:
        taken(field, text, most, may_be_empty=True)


def within(field: str, value: float, least: float, most: float) -> None:
    """Raises Refusal where a number is not between the two, which both are taken."""
    if not least <= value <= most:
        reason, remedy = out_of_range(value, least, most)
        raise Refusal(Sentence("{field}: {reason}", field=field, reason=reason), remedy, "unprocessable")


def out_of_range(value: float, least: float | None, most: float | None) -> tuple[str, str]:
    """Why a number is not taken, and what to write instead; an end that is None is open."""
    if least is None or most is None:
        bound = (
            Sentence("write a number of at most {most:.15g}", most=most)
            if least is None
            else Sentence("write a number of at least {least:.15g}", least=least)
        )
    else:
        bound = Sentence("write a number from {least:.15g} to {most:.15g}", least=least, most=most)
    return Sentence("{value:.15g} is out of range", value=value), bound


def no_number(text: str) -> tuple[str, str]:
    """The same of what is no whole number at all."""
    return Sentence("{text!r} is no whole number", text=text[:40]), Sentence("write digits: 30")


def none_of(text: str, choices: Iterable[str]) -> tuple[str, str]:
    """The same of a word that is none of those that there are."""
    return Sentence("{text!r} is none of {names}", text=text[:40], names=", ".join(choices)), Sentence(
        "write one of them"
    )
