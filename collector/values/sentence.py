"""A sentence with values in it, which can still be said in another language. Pure.

It is its English text, wherever a text is wanted; who shows it to a reader of another language looks its `template` up
in the catalogue (`language.refusals`) and fills the `slots` in again. `make messages` finds the template.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self


class Sentence(str):
    """`Sentence("there is no robot {name}", name=robot)`. A slot may be a sentence itself."""

    __slots__ = ("slots", "template")
    template: str
    slots: Mapping[str, object]

    def __new__(cls, template: str, /, **slots: object) -> Self:
        made = super().__new__(cls, template.format_map(slots))
        made.template, made.slots = template, slots
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:  # a copy is the same sentence
        return (self.template,), dict(self.slots)


def one_after_the_other(texts: Sequence[str]) -> str:
    """Several clauses as one sentence."""
    first, *others = texts
    return Sentence("{first}; {others}", first=first, others=one_after_the_other(others)) if others else first


def listed(texts: Sequence[str]) -> str:
    """Several, with commas."""
    first, *others = texts
    return Sentence("{first}, {others}", first=first, others=listed(others)) if others else first
