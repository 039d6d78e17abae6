"""collector skills entitled | licences | held-back"""

from typing import Any, BinaryIO, get_args

import click

from collector.commands.door import Door, door_options
from collector.commands.options import Choice, Number
from collector.commands.skills import skills
from collector.language.catalogue import SOURCE
from collector.operations import held_back as operations
from collector.operations import licences as of_licences
from collector.skillstore.entitlements.overview import EntitledWhen
from collector.skillstore.held_back import ALL_HELD

ROWS = 50


@skills.command(epilog="\b\ncollector skills entitled --skill guide\ncollector skills entitled --when ending")
@click.option("--account", metavar="A", help="Only of this account.")
@click.option("--skill", default="", help="Of this one only.")
@click.option("--when", type=Choice(list(get_args(EntitledWhen))), default="now", show_default=True,
              help="As it stands today; ending: within 30 days.")  # fmt: skip
@click.option("--limit", type=Number(1, 1000), default=ROWS, show_default=True)
@door_options
def entitled(door: Door, **wanted: Any) -> None:
    """List which accounts may have which skill, by what, until when, and what is used of it."""
    found = door.ask(
        of_licences.list_entitlements, of_licences.ListEntitlements(**wanted), "GET", "/entitlements", query=wanted
    )
    lines = []
    for one in found["items"]:
        of = one["entitlement"]
        most = "all" if of["robots_most"] is None else of["robots_most"]
        lines.append(
            f"{of['id']:>5}  {of['account']:<16} {of['skill']:<14} {of['origin']:<13} {of['from_day']} – "
            f"{of['to_day'] or 'goes on':<10}  robots {one['robots']} of {most}  seats {one['seats']}"
        )
    door.say(found, "\n".join(lines) if lines else "no account is like that: `collector skills entitle` gives one")


@skills.command()
@click.argument("account")
@click.option("--limit", type=Number(1, 1000), default=ROWS, show_default=True, help="Robots.")
@door_options
def licences(account: str, limit: int, door: Door) -> None:
    """List the licence of each skill on each robot of an account: until when, and how long it runs unheard."""
    wanted = of_licences.LicencesOf(account=account, limit=limit)
    path = f"/accounts/{account}/licences"
    found = door.ask(of_licences.licences_of_account, wanted, "GET", path, query={"limit": limit})
    lines = [
        f"{one['robot']:<20} {one['skill']:<14} {one['version']:<12} {_until(one)}"
        f"{'' if one['has_answered'] else '  not answered yet'}{'  ' + one['code'] if one['code'] else ''}"
        for one in found["items"]
    ]
    door.say(found, "\n".join(lines) if lines else "no robot of it is to run a skill: `collector skills put`")


def _until(one: dict[str, Any]) -> str:
    if not one["is_licensed"]:
        return "goes by no licence"
    return f"until {one['until'] or 'it is ended'}; unheard at most until {one['runs_until']}"


@skills.command(name="held-back")
@click.option("--skill", default="", help="Of this one only.")
@click.option("--held", type=Choice(list(ALL_HELD)), help="Of this kind only.")
@click.option("--limit", type=Number(1, 100), default=ROWS, show_default=True, help="Robots.")
@click.option("--out", type=click.File("wb"), help="Write all of them to a file, whatever --limit says.")
@click.option("--format", "form", type=Choice(["csv", "xlsx"]), default="csv", show_default=True, help="Of the file.")
@door_options
def held_back(skill: str, held: Any, limit: int, out: BinaryIO | None, form: Any, door: Door) -> None:
    """List the robots that are not on the newest version of a skill: why, whose turn, and the account's ARR."""
    if out is not None:
        file = operations.HeldBackFile(skill=skill, held=held, form=form, language=SOURCE, out=out)
        said = {"skill": skill, "held": held, "format": form}
        door.download(operations.export_held_back, file, "/skills/held-back/file", out, query=said)
        return
    wanted = operations.HeldBackFilter(skill=skill, held=held, limit=limit)
    query = {"skill": skill, "held": held, "limit": limit}
    found = door.ask(operations.skills_held_back, wanted, "GET", "/skills/held-back", query=query)
    lines = [f"{found['robots']} robots at {found['accounts']} accounts: " + _counted(found["by_held"])]
    lines += [
        f"{one['robot']:<20} {one['account']:<16} {one['skill']:<14} {one['runs'] or '–'} → {one['newest']:<12} "
        f"{one['held']:<10} {one['code']}; next: {one['turn'] or '–'}"
        for one in found["shown"]
    ]
    door.say(found, "\n".join(lines) if found["robots"] else "every robot with a skill runs its newest version")


def _counted(by_held: dict[str, int]) -> str:
    return ", ".join(f"{n} {held.replace('_', ' ')}" for held, n in by_held.items())
