"""What is wrong with a manifest, a folder or a package, as a value: place, text, remedy. Pure.

The text is English and a key of the catalogue; `language.said` shows it in another. A remedy stands in every text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from opk_skills.deferred import deferred

__all__ = ["Inner", "Problem", "deferred", "place"]


@dataclass(frozen=True, slots=True)
class Inner:
    """A message inside a message: it is translated with it."""

    message: str
    slots: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message.format_map(self.slots)


@dataclass(frozen=True, slots=True)
class Problem:
    """`at`: the field or the file. `line`, `column`: of the text it stands in, from 1; 0 where there is none."""

    at: str
    message: str
    slots: Mapping[str, object] = field(default_factory=dict)
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        told = self.message.format_map(self.slots)
        at = place(self)
        return f"{at}: {told}" if at else told


def place(problem: Problem) -> str:
    """`line 12, column 5, settings.stops` or what of it is known."""
    line, column = (f"{word} {n}" if n else "" for word, n in (("line", problem.line), ("column", problem.column)))
    return ", ".join(part for part in (line, column, problem.at) if part)
