"""collector robot swap, and collector alarm list | clear"""

import click

from collector.commands.door import Door, door_options
from collector.operations import fleet, robots


@click.group()
def robot() -> None:
    """Two machines under one name."""


@robot.command(name="swap")
@click.argument("twin", metavar="NAME~DIGITS")
@door_options
def swap(door: Door, twin: str) -> None:
    """Let the machine that counts as NAME~DIGITS keep the name from now on. What was counted stays where it is."""
    kept = door.ask(robots.swap_twins, twin, "POST", f"/robots/{twin}/swap")
    door.say(kept, f"{kept['epoch']} is {kept['robot']} from now on, {kept['twin_epoch']} is {kept['twin']}")


@click.group()
def alarm() -> None:
    """What a person should look at."""


@alarm.command(name="list")
@door_options
def list_alarms(door: Door) -> None:
    """List what still holds."""
    request = True
    found = door.ask(fleet.list_alarms, request, "GET", "/alarms", query={"uncleared": "true"})
    lines = [f"{one['kind']:<13} {one['robot'] or 'all robots':<20} {one['last_at']}  {one['detail']}" for one in found]
    door.say(found, "\n".join(lines) if found else "no alarm")


@alarm.command(name="clear")
@click.argument("kind")
@click.option("--robot", "name", default="", metavar="NAME", help="Whose; without it: the one of all robots (ahead).")
@door_options
def clear_alarm(door: Door, kind: str, name: str) -> None:
    """Say that somebody has seen to it. It is raised again when it is seen again."""
    body = {"kind": kind, "robot": name}
    done = door.ask(fleet.clear_alarm, fleet.ClearAlarm(kind=kind, robot=name), "POST", "/alarms/clear", body=body)
    door.say(done, f"{kind} is cleared")
