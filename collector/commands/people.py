"""collector people add | list | role | link | disable | enable | second-factor, and collector audit"""

from typing import Any

import click

from collector.access.caller import OF_PEOPLE, Role
from collector.commands.door import Door, door_options
from collector.commands.options import Choice, of_this_terminal
from collector.language.catalogue import LANGUAGES
from collector.operations import audit as acts
from collector.operations import people as operations
from collector.values.paging import LIMIT_MAX

_ROLES = Choice([role.value for role in Role if role in OF_PEOPLE])
_PAGE = operations.ListPeople(limit=LIMIT_MAX)


@click.group()
def people() -> None:
    """Invite, list and change the people who sign in."""


@people.command(
    epilog=(
        "\b\n"
        "collector people add --mail li@example.com --name 'Li Wei' --role csm\n"
        "collector people add --mail w@museum.example --name Wang --role viewer"
    )
)
@click.option("--mail", required=True, metavar="M", help="Mail address, with which the person signs in.")
@click.option("--name", required=True, metavar="X", help="As others see it.")
@click.option(
    "--role",
    "roles",
    type=_ROLES,
    multiple=True,
    required=True,
    metavar="ROLE",
    help=f"What the person may do, repeatable: {', '.join(_ROLES.choices)}.",
)
@click.option("--csm", metavar="ID", help="The CSM of the ledger who this is.")
@click.option("--account", "accounts", multiple=True, metavar="A", help="An account that is seen; repeatable.")
@click.option(
    "--lang",
    type=Choice(LANGUAGES),
    default=of_this_terminal,
    show_default="this terminal's",
    help="Language of the pages.",
)
@door_options
def add(door: Door, roles: tuple[str, ...], accounts: tuple[str, ...], **wanted: Any) -> None:
    """Invite somebody: prints the one-time link, with which they set a password. Roles: docs/people.md."""
    request = operations.AddPerson(roles=[Role(role) for role in roles], accounts=accounts, **wanted)
    body = {"roles": list(roles), "accounts": list(accounts), **wanted}
    made = door.ask(operations.add_person, request, "POST", "/people", body=body)
    door.say(made, made["invitation"]["link"])
    if not door.as_json:
        _say_once(made["person"]["id"], made["invitation"])


@people.command(name="list")
@door_options
def list_people(door: Door) -> None:
    """List everybody, also who was disabled."""
    found = door.every(operations.list_people, _PAGE, "/people", {})["items"]
    line = "{:>5}  {:<32} {:<20} {:<9} {}"
    lines = [line.format("id", "mail", "name", "state", "roles")]
    lines += [line.format(p["id"], p["mail"], p["name"], p["state"], ", ".join(p["roles"])) for p in found]
    door.say(found, "\n".join(lines) if found else "nobody yet: invite somebody with `collector people add`")


@people.command()
@click.argument("person", type=int)
@click.argument("roles", type=_ROLES, nargs=-1, required=True)
@click.option("--csm", metavar="ID", help="The CSM of the ledger who this is; empty: none.")
@click.option("--account", "accounts", multiple=True, metavar="A", help="An account that is seen; repeatable.")
@door_options
def role(door: Door, person: int, roles: tuple[str, ...], csm: str | None, accounts: tuple[str, ...]) -> None:
    """Give the person with this number these roles instead of the present ones. Sessions end."""
    given = list(accounts) or None
    request = operations.ChangePerson(person=person, roles=[Role(one) for one in roles], csm=csm, accounts=given)
    body = {"roles": list(roles), "csm": csm, "accounts": given}
    done = door.ask(operations.change_person, request, "PUT", f"/people/{person}", body=body)
    door.say(done, f"{done['mail']}: {', '.join(done['roles'])}")


@people.command(name="link")
@click.argument("person", type=int)
@door_options
def link(door: Door, person: int) -> None:
    """Print a new one-time link with which this person sets a password. The present one stays until then."""
    request = operations.LinkFor(person=person)
    made = door.ask(operations.link_person, request, "POST", f"/people/{person}/link")
    door.say(made, made["link"])
    if not door.as_json:
        _say_once(person, made)


@people.command()
@click.argument("person", type=int)
@door_options
def disable(door: Door, person: int) -> None:
    """Let this person in no more. Sessions, links and the person's tokens end at once."""
    done = door.ask(operations.disable_person, person, "POST", f"/people/{person}/disable")
    door.say(done, f"{done['mail']} is disabled")


@people.command()
@click.argument("person", type=int)
@door_options
def enable(door: Door, person: int) -> None:
    """Let this person in again."""
    done = door.ask(operations.enable_person, person, "POST", f"/people/{person}/enable")
    door.say(done, f"{done['mail']} is {done['state']}")


@people.command(name="second-factor")
@click.argument("person", type=int)
@door_options
def drop_second_factor(door: Door, person: int) -> None:
    """Take away the second factor of somebody who lost phone and recovery codes."""
    done = door.ask(operations.drop_second_factor, person, "DELETE", f"/people/{person}/second-factor")
    door.say(done, f"{done['mail']} signs in with the password alone, until a new second factor is set up")


@click.command()
@click.option("--person", type=int, metavar="N", help="Of one person, by number.")
@click.option("--act", metavar="X", help="Of one kind, by its name: create_fact.")
@click.option(
    "--limit", type=click.IntRange(1, LIMIT_MAX), default=50, show_default=True, help="How many, newest first."
)
@door_options
def audit(door: Door, person: int | None, act: str | None, limit: int) -> None:
    """Who changed what, newest first."""
    query = {"person": person, "act": act, "limit": limit}
    request = acts.ListActs(limit=limit, person=person, act=act)
    found = door.ask(acts.list_acts, request, "GET", "/audit", query=query)["items"]
    lines = [f"{one['at']}  {one['who']:<20} {one['act']:<24} {_told(one['about'])}" for one in found]
    door.say(found, "\n".join(lines) if found else "nothing was changed yet")


def _told(about: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in about.items())


def _say_once(person: int, made: dict[str, Any]) -> None:
    click.echo(f"person {person}: the link opens once, until {made['expires_at']}; it is not shown again", err=True)
