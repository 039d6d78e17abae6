"""Starts the checks of a package in a child that cannot take long, grow large or say much; nothing of it is run."""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import orjson

from collector.language.catalogue import LANGUAGES, deferred, gettext
from collector.skillstore.review.checking import ANSWER_MAX_BYTES, TEXT_MAX_CHARS
from collector.skillstore.review.submission import CheckOutcome, CheckProblem

CHECKS = ("package", "program", "runtime")
_TOO_MUCH = deferred("the checks did not end within {seconds} s and {megabytes} MB: make the package simpler")
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CheckBounds:
    """What one child may take: seconds of a processor, twice that of time, bytes of memory."""

    seconds: int = 20
    memory_bytes: int = 512 * _MB


def check(path: Path, bounds: CheckBounds) -> tuple[CheckOutcome, ...]:
    """What each check found. A child that takes too much or dies is a problem of the package, never an exception.

    Raises OSError where no process can be started.
    """
    child = [sys.executable, "-I", "-m", "collector.skillstore.review.checking"]
    with tempfile.TemporaryFile() as answer:
        try:
            done = subprocess.run(  # noqa: S603 - this interpreter, our own module
                [*child, str(path.absolute()), str(bounds.seconds), str(bounds.memory_bytes)],
                stdin=subprocess.DEVNULL, stdout=answer, stderr=subprocess.DEVNULL, timeout=2 * bounds.seconds,
                env={}, cwd="/", check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return _took_too_much(bounds)
        answer.seek(0)
        text = answer.read(ANSWER_MAX_BYTES + 1)
    if done.returncode != 0 or len(text) > ANSWER_MAX_BYTES:
        return _took_too_much(bounds)
    try:
        found = orjson.loads(text)
        return tuple(CheckOutcome(name, tuple(_problem(one) for one in found[name])) for name in CHECKS)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return _took_too_much(bounds)


def _problem(one: dict[str, str]) -> CheckProblem:
    return CheckProblem(str(one["en"])[:TEXT_MAX_CHARS], str(one["zh"])[:TEXT_MAX_CHARS])


def _took_too_much(bounds: CheckBounds) -> tuple[CheckOutcome, ...]:
    slots = {"seconds": bounds.seconds, "megabytes": bounds.memory_bytes // _MB}
    en, zh = (gettext(language, _TOO_MUCH, **slots) for language in LANGUAGES)
    return (CheckOutcome("package", (CheckProblem(en, zh),)),)
