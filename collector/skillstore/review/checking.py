"""The checks of one package, in a process of its own: `python -I -m collector.skillstore.review.checking FILE`.

It bounds itself before it reads a byte, reads the package and its program, runs nothing of it, and writes one JSON
object to its output: what each check found. What kills it is told by sandbox.py.
"""

import json
import resource
import sys
from collections.abc import Iterable
from pathlib import Path

from opk_skills import problems as package_findings
from opk_skills.errors import OpkError
from opk_skills.language import said
from opk_skills.lint import package_problems, runtime_problems
from opk_skills.package import read

ANSWER_MAX_BYTES = 256 * 1024
PROBLEMS_MAX = 50  # of one check: who has more mends these first
TEXT_MAX_CHARS = 500


def bound(seconds: int, memory_bytes: int) -> None:
    """No more time, memory, files and output than this, for this process and whatever it could start."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (ANSWER_MAX_BYTES, ANSWER_MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def checked(path: Path) -> dict[str, list[dict[str, str]]]:
    """What each check found in the package: {} for a check that found nothing is an empty list."""
    found: dict[str, list[dict[str, str]]] = {"package": [], "program": [], "runtime": []}
    try:
        with path.open("rb") as file:
            package = read(file)
            found["runtime"] = _told(runtime_problems(package))
            found["program"] = _told(package_problems(package, file))
    except OpkError as error:
        found["package"] = _told(error.problems)
    return found


def _told(problems: Iterable[package_findings.Problem]) -> list[dict[str, str]]:
    return [
        {language: said(language, one)[:TEXT_MAX_CHARS] for language in ("en", "zh")}
        for one in list(problems)[:PROBLEMS_MAX]
    ]


def main(arguments: list[str]) -> None:
    """FILE SECONDS MEMORY_BYTES"""
    bound(int(arguments[1]), int(arguments[2]))
    json.dump(checked(Path(arguments[0])), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
