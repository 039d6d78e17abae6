"""What can be wrong with a skill's manifest.

OpkError
├── ManifestError      the text does not say what the format asks for; `problems` lists all of it
└── CatalogueError     manifests that are fine alone and contradict each other, or a folder without one
"""

from collections.abc import Sequence


class OpkError(Exception):
    """Base of everything this package raises on purpose; the message says the remedy."""


class ManifestError(OpkError):
    """The manifest breaks the format. Every problem has its line, so that one round of mending is enough."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        several = len(problems) > 1
        super().__init__(
            "\n  ".join([f"{where}: {len(problems)} problems", *problems]) if several else f"{where}: {problems[0]}"
        )
        self.problems = tuple(problems)


class CatalogueError(OpkError):
    """Two skills claim the same key, appid or counter, or a folder holds no manifest."""
