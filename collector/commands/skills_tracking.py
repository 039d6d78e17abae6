"""collector skills on ROBOT | at ACCOUNT | history ROBOT | waiting | versions: what becomes of skills on robots"""

from collections.abc import Iterable, Mapping
from typing import Any

import click

from collector.commands.door import Door, door_options
from collector.commands.skills import skills  # the group; this file adds to it
from collector.operations import skills as operations

ROWS = 50
_MARK = {True: "yes", False: "no", None: "not said"}
_TURNS = {
    "robot": "the robot goes on by itself", "site": "whoever is at the site", "engineer": "a fleet engineer",
    "wisher": "whoever wished it", "publisher": "its publisher",
}  # fmt: skip


@skills.command()
@click.argument("robot")
@door_options
def on(robot: str, door: Door) -> None:
    """Show each skill of a robot: four facts, since when, why not, and whose turn it is."""
    found = door.ask(operations.skills_of_robot, robot, "GET", f"/robots/{robot}/skills/facts")
    door.say(found, "\n".join(_of_robot(found)))


@skills.command()
@click.argument("account")
@click.option("--limit", type=click.IntRange(1, 100), default=ROWS, show_default=True)
@click.option("--cursor", help="`next` of the page before, as --json shows it.")
@door_options
def at(account: str, limit: int, cursor: str | None, door: Door) -> None:
    """Show the same of every robot that is with an account today."""
    wanted = operations.SkillsOfAccount(account=account, limit=limit, cursor=cursor)
    query = {"limit": limit, "cursor": cursor}
    found = door.ask(operations.skills_of_account, wanted, "GET", f"/accounts/{account}/skills", query=query)
    lines = [line for one in found["items"] for line in (*_of_robot(one), "")]
    door.say(found, "\n".join(lines) if lines else "no robot is with it today")


@skills.command()
@click.argument("robot")
@click.option("--skill", default="", help="Of this one only.")
@click.option("--limit", type=click.IntRange(1, 100), default=ROWS, show_default=True)
@click.option("--cursor", help="`next` of the page before, as --json shows it.")
@door_options
def history(robot: str, skill: str, limit: int, cursor: str | None, door: Door) -> None:
    """Show what was wished, reported and told of a robot's skills, the newest first."""
    wanted = operations.SkillHistoryOf(robot=robot, skill=skill, limit=limit, cursor=cursor)
    query = {"skill": skill, "limit": limit, "cursor": cursor}
    found = door.ask(operations.skill_history, wanted, "GET", f"/robots/{robot}/skills/history", query=query)
    lines = [
        f"{one['at']}  {one['kind']:<7} {one['skill']:<16} {one['version'] or one['package'][:8] or '–':<16} "
        f"{one['state']:<12} {one['reason']}".rstrip()
        for one in found["items"]
    ]
    door.say(found, "\n".join(lines) if lines else "nothing was told of it yet")


@skills.command()
@click.option("--limit", type=click.IntRange(1, 100), default=ROWS, show_default=True, help="Robots.")
@click.option("--account", help="At this one only.")
@click.option("--skill", default="", help="Of this one only.")
@door_options
def waiting(limit: int, account: str | None, skill: str, door: Door) -> None:
    """List the robots on which a skill is not as wished, with why and whose turn it is.

    With --account and --skill it is the progress of what was published there.
    """
    wanted = operations.WaitingFor(limit=limit, account=account, skill=skill)
    query = {"limit": limit, "account": account, "skill": skill}
    found = door.ask(operations.waiting_skills, wanted, "GET", "/skills/waiting", query=query)
    lines = [f"{found['fulfilled']} of {found['wished']} wished skills run; {found['robots']} robots wait"]
    lines += [
        f"{one['robot']:<20} {one['account'] or '–':<16} {one['skill']['skill']:<16} {_why(one['skill'])}"
        for one in found["shown"]
    ]
    door.say(found, "\n".join(lines))


@skills.command()
@click.option("--skill", default="", help="Of this one only.")
@door_options
def versions(skill: str, door: Door) -> None:
    """Show each version of each skill over the last 28 days: robots, hours, faults per 100 h, crashes."""
    wanted = operations.VersionsOf(skill=skill)
    found = door.ask(operations.versions_of_skills, wanted, "GET", "/skills/versions", query={"skill": skill})
    form = "{:<16} {:<16} {:>6} {:>6} {:>8} {:>9} {:>9} {:>7} {:>5}"
    lines = [form.format("skill", "version", "wished", "active", "accounts", "hours", "per 100 h", "crashes", "aside")]
    lines += [
        form.format(
            one["skill"], one["version"], one["wished"], one["active"], one["accounts"], f"{one['hours']:.0f}",
            "few hours" if one["per_100_h"] is None else f"{one['per_100_h']:.2f}", one["crashes"], one["put_aside"],
        )
        for one in found
    ]  # fmt: skip
    door.say(found, "\n".join(lines) if found else "no robot has told of a skill yet")


def _of_robot(found: Mapping[str, Any]) -> Iterable[str]:
    answers = f"revision {found['revision'] or '–'}, answered {'–' if found['answered'] is None else found['answered']}"
    proven = f"proven {_MARK[found['is_proven']]}, fulfilled {_MARK[found['is_fulfilled']]}"
    yield f"{found['robot']}: {answers}, {proven}"
    for one in found["skills"]:
        yield f"  {one['skill']} {one['wished_version'] or '(not wished)'}"
        for fact in one["facts"]:
            name = fact["version"] or fact["package"][:8] or "–"
            differs = "" if fact["as_wished"] else "  not as wished"
            yield f"    {fact['step']:<11} {name:<16} {fact['since'] or ''}{differs}"
        if one["code"]:
            yield f"    why not: {_why(one)}"


def _why(one: Mapping[str, Any]) -> str:
    why = f"{one['code']}: {one['reason']}" if one["reason"] else one["code"]
    return f"{why}; next: {_TURNS.get(one['turn'], one['turn'])}"
