"""The packages of the skills that ship here, as `opk build` makes them."""

from opk_skills.catalogue import HERE
from opk_skills.folder import packed


def shipped(key: str) -> bytes:
    """The package of one of them."""
    return packed(HERE / key)
