"""In which language the command speaks, and how it shows what it found."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from opk_skills import language
from opk_skills.errors import OpkError

LANGUAGE = language.spoken(os.environ)
Command = TypeVar("Command", bound=Callable[..., Any])


def as_json(command: Command) -> Command:
    """The option --json."""
    text = language.gettext(LANGUAGE, "Machine-readable output.")
    return click.option("--json", "as_json", is_flag=True, help=text)(command)


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def told(error: OpkError) -> str:
    """A refusal in one line, or one for each problem."""
    lines = [language.said(LANGUAGE, problem) for problem in error.problems]
    if len(lines) > 1:
        lines = [language.ngettext(LANGUAGE, "{n} problem", "{n} problems", len(lines)), *lines]
    return f"{error.where}: " + "\n  ".join(lines)


def run(cli: Callable[[], Any]) -> None:
    """Entry point: an error of ours is one line, or one for each problem, and exit code 1."""
    try:
        cli()
    except OpkError as error:
        click.echo(f"opk: {told(error)}", err=True)
        sys.exit(1)
