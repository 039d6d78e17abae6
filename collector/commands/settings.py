"""collector settings: what this installation is set to."""

import click

from collector.commands.door import Door, door_options
from collector.operations import settings as operations


@click.command()
@click.option("--changed", is_flag=True, help="Only those that are not at their default.")
@door_options
def settings(door: Door, *, changed: bool) -> None:
    """Every setting with its value; of a secret whether it is set.

    A * stands before a value that is not the default. With --url: what the collector there is set to.
    """
    found = door.ask(operations.list_settings, None, "GET", "/settings")
    shown = [one for one in found if not (changed and one["is_default"])]
    wide = max((len(one["name"]) for one in shown), default=0)
    lines = [f"{' ' if one['is_default'] else '*'} {one['name']:<{wide}}  {one['value'] or '-'}" for one in shown]
    door.say(shown, "\n".join(lines) or "every setting is at its default")
