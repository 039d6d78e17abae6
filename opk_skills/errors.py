"""What can be wrong with a skill and its package.

OpkError
├── ManifestError      the text does not say what the format asks for; `problems` lists all of it
├── CatalogueError     manifests that are fine alone and contradict each other, or a folder without one
├── FolderError        a skill's folder cannot become a package; `problems` lists why
├── WorkflowError      a workflow's file breaks its form, or asks for what no skill does
├── PackageRefused     the bytes are no package, or no canonical one; `code` is one word for programs
├── SignatureRefused   a signature, a key or a passphrase does not fit
└── RunError           a skill cannot be run here
"""

from collections.abc import Sequence

from opk_skills.problems import Problem


class OpkError(Exception):
    """Base of everything this package raises on purpose; each problem's text says the remedy."""

    def __init__(self, where: str, problems: Sequence[Problem]) -> None:
        several = len(problems) > 1
        lines = [str(problem) for problem in problems]
        super().__init__(
            "\n  ".join([f"{where}: {len(problems)} problems", *lines]) if several else f"{where}: {lines[0]}"
        )
        self.where = where
        self.problems = tuple(problems)


class ManifestError(OpkError):
    """The manifest breaks the format. Every problem has its line, so that one round of mending is enough."""


class CatalogueError(OpkError):
    """Two skills claim the same key, appid or counter, or a folder holds no manifest."""


class FolderError(OpkError):
    """A skill's folder cannot become a package."""


class WorkflowError(OpkError):
    """A workflow says what cannot be. Every problem has its line and column."""


class PackageRefused(OpkError):
    """These bytes are not installed, and nothing of them is used."""

    def __init__(self, code: str, problem: Problem) -> None:
        super().__init__("package", [problem])
        self.code = code


class SignatureRefused(OpkError):
    """A signature, a key or a passphrase does not fit."""


class RunError(OpkError):
    """A skill cannot be run here."""
