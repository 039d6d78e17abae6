"""Help of every command, from a file: a command's own module loads the whole collector, and its help needs none of it.

`python -m tests.reference` writes the file from the commands themselves; tests/unit/collector/commands/test_help.py
compares the two.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

FILE = Path(__file__).with_name("help.json")
ASKING = frozenset({"-h", "--help"})


class RecordedGroup(click.Group):
    """Its commands in the order of the file, which is that of the group itself."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


class RecordedOption(click.Option):
    """An option as the help names it: how it is called, and what it does."""

    def __init__(self, number: int, form: Mapping[str, Any]) -> None:
        super().__init__([f"--option-{number}"])
        self.form = form

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:  # noqa: ARG002 - click's signature
        record = self.form["record"]  # null: the option is hidden
        return None if record is None else (record[0], record[1])


class RecordedArgument(click.Argument):
    """The same of an argument, and its part of the usage."""

    def __init__(self, number: int, form: Mapping[str, Any]) -> None:
        super().__init__([f"argument_{number}"])
        self.form = form

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:  # noqa: ARG002 - click's signature
        return self.form["record"][0], self.form["record"][1]

    def get_usage_pieces(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as above
        return list(self.form["usage"])


def recorded(command: click.Command, context: click.Context) -> dict[str, Any]:
    """A command and what is below it, as `page` reads them."""
    found: dict[str, Any] = {"help": command.help, "epilog": command.epilog, "short_help": command.short_help}
    found["parameters"] = [
        {
            "is_argument": isinstance(one, click.Argument), "record": one.get_help_record(context),
            "usage": one.get_usage_pieces(context),
        }
        for one in command.params
    ]  # fmt: skip
    if isinstance(command, click.Group):
        below = {name: command.get_command(context, name) for name in command.list_commands(context)}
        found["commands"] = {
            name: recorded(one, click.Context(one, parent=context, info_name=name))
            for name, one in below.items() if one is not None and not one.hidden
        }  # fmt: skip
    return found


def page(root: click.Group, words: Sequence[str]) -> str | None:
    """The help that `words` ask for: names of commands, and --help. None where they ask for anything else."""
    if len(words) < 2 or words[-1] not in ASKING:  # noqa: PLR2004 - a command and --help
        return None
    context = click.Context(root, info_name="collector", **root.context_settings)
    form: Mapping[str, Any] = {"commands": json.loads(FILE.read_text("utf-8"))}
    for word in words[:-1]:
        form = form.get("commands", {}).get(word)
        if form is None:
            return None
        command = _command(word, form)
        context = click.Context(command, parent=context, info_name=word)
    return context.get_help()


def _command(name: str, form: Mapping[str, Any]) -> click.Command:
    said: dict[str, Any] = {
        "name": name, "help": form["help"], "epilog": form["epilog"], "short_help": form["short_help"],
        "params": [
            (RecordedArgument if one["is_argument"] else RecordedOption)(number, one)
            for number, one in enumerate(form["parameters"])
        ],
    }  # fmt: skip
    if "commands" not in form:
        return click.Command(**said)
    return RecordedGroup(**said, commands={word: _command(word, one) for word, one in form["commands"].items()})
