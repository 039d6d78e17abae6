"""Names, titles, notes and numbers that people write: what is taken of them, alike at every door."""

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
        raise Refusal(
            f"{field}: {value:g} is out of range", f"write a number from {least:g} to {most:g}", "unprocessable"
        )
