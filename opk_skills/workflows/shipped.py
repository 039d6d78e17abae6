"""Workflow files: those that ship, one for each kind of place, and those of customers."""

from pathlib import Path

from opk_skills.catalogue import catalogue
from opk_skills.errors import WorkflowError
from opk_skills.problems import Problem, deferred
from opk_skills.workflows.compiling import Settings, compiled
from opk_skills.workflows.yaml_text import BYTES_MAX, Written, read

HERE = Path(__file__).parent


def scenes() -> list[str]:
    """The scenes for which a workflow ships."""
    return sorted(file.stem for file in HERE.glob("*.yaml"))


def checked(file: Path) -> tuple[Written, Settings]:
    """A workflow and the settings it compiles to. Raises WorkflowError with every problem, each with its place."""
    try:
        with file.open("rb") as opened:
            data = opened.read(BYTES_MAX + 1)
    except OSError as error:
        slots = {"error": error.strerror or type(error).__name__}
        raise WorkflowError(str(file), [Problem("", deferred("cannot be read ({error})"), slots)]) from error
    written = read(data)
    settings = {} if written.problems else compiled(written, catalogue())
    if written.problems:
        ordered = sorted(written.problems, key=lambda problem: (problem.line, problem.column))
        raise WorkflowError(str(file), ordered)
    return written, settings


def shipped(scene: str) -> Settings:
    """The settings of the workflow that ships for a scene."""
    return checked(HERE / f"{scene}.yaml")[1]
