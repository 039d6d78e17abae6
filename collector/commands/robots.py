"""collector robot swap | pair | key, and collector alarm list | clear | hold"""

import urllib.parse

import click

from collector.commands.door import Door, door_options
from collector.operations import fleet, pairing, robots


@click.group()
def robot() -> None:
    """Whose a robot's name is."""


@robot.command(name="swap")
@click.argument("twin", metavar="NAME~DIGITS")
@door_options
def swap(door: Door, twin: str) -> None:
    """Let the machine that counts as NAME~DIGITS keep the name from now on. What was counted stays where it is."""
    kept = door.ask(robots.swap_twins, twin, "POST", f"/robots/{urllib.parse.quote(twin, safe='')}/swap")
    door.say(kept, f"{kept['epoch']} is {kept['robot']} from now on, {kept['twin_epoch']} is {kept['twin']}")


@robot.command(name="pair")
@click.argument("name")
@click.option("--account", required=True, metavar="ID", help="Whose robot it will be.")
@click.option("--site", default="", metavar="TEXT", help="Where it will stand.")
@click.option("--replace", is_flag=True, help="Another key has this name, and shall have it no more.")
@door_options
def pair(door: Door, name: str, account: str, site: str, *, replace: bool) -> None:
    """Make a one-time code; `edge-agent pair CODE` on the robot gives it this name within ten minutes."""
    wanted = pairing.OfferPairing(robot=name, account=account, site=site, replaces=replace)
    body = {"account": account, "site": site, "replaces": replace}
    made = door.ask(pairing.offer_pairing, wanted, "POST", f"/robots/{name}/pairing", body=body)
    door.say(made, f"{made['code']}  for {made['robot']}, until {made['expires_at']}")


@robot.command(name="key")
@click.argument("name")
@door_options
def key(door: Door, name: str) -> None:
    """Show which key has that name, since when, and whose code gave it."""
    found = door.ask(pairing.robot_key, name, "GET", f"/robots/{name}/key")
    has = found["key"]
    door.say(found, f"{has['fingerprint']}  since {has['since']}, by {has['who']}" if has else "no key was paired so")


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


@alarm.command(name="hold")
@click.argument("kind")
@click.option("--robot", "name", required=True, metavar="NAME", help="Whose.")
@door_options
def hold_alarm(door: Door, kind: str, name: str) -> None:
    """Undo `alarm clear` of a robot's alarm: it holds again."""
    body = {"kind": kind, "robot": name}
    done = door.ask(fleet.hold_alarm, fleet.ClearAlarm(kind=kind, robot=name), "POST", "/alarms/hold", body=body)
    door.say(done, f"{kind} of {name} holds again")
