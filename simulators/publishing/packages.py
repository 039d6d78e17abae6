"""The packages of the skills that ship here, as `opk build` makes them."""

from opk_skills.catalogue import HERE, catalogue
from opk_skills.folder import packed


def keys() -> list[str]:
    """Of all of them."""
    return [one.key for one in catalogue()]


def shipped(key: str) -> bytes:
    """The package of one of them."""
    return packed(HERE / key)
