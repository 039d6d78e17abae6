"""collector skills catalogue | listing | sheet | price | entitlements | entitle | end | seat | try | put | remove"""

from pathlib import Path
from typing import Any

import click

from collector.commands import skill_licences, skill_review, skills_tracking  # noqa: F401 - they add their words to the group
from collector.commands.door import Door, door_options
from collector.commands.given_file import object_in
from collector.commands.options import DAY, Choice, Number, day_text
from collector.commands.skills import skills
from collector.operations import catalogue as listings
from collector.operations import entitlements as entitled
from collector.operations import skill_publishing as publishing
from collector.operations import skill_sheet as sheets
from collector.operations import skill_take_back as back
from collector.skillstore.catalogue.listing import ListingState
from collector.skillstore.catalogue.prices import PaidHow
from collector.skillstore.entitlements.entitlement import EntitledBy

__all__ = ["skills"]

ROWS = 50
_DIGITS = 15  # of a revision
SEEN = click.option(
    "--seen", default="", help="`seen` of the dry run with --json: refused where the plan is another by now."
)


@skills.command(epilog="\b\ncollector skills catalogue --scene ktv\ncollector skills catalogue --search tour")
@click.option("--scene", default="", help="Of this scene only, such as exhibition_hall.")
@click.option("--industry", default="", help="For this industry only.")
@click.option("--search", default="", metavar="TEXT", help="Part of a name or a text, in either language.")
@click.option("--cost", type=Choice([one.value for one in PaidHow]), help="How it is paid; unpriced: nobody has said.")
@click.option("--state", type=Choice([one.value for one in ListingState]), help="Of this state only.")
@door_options
def catalogue(scene: str, industry: str, search: str, cost: str | None, state: str | None, door: Door) -> None:
    """List the skills that are offered, with scene, newest version and price."""
    wanted = listings.BrowseCatalogue(
        scene=scene, industry=industry, search=search, cost=None if cost is None else PaidHow(cost),
        state=None if state is None else ListingState(state),
    )  # fmt: skip
    query = {"scene": scene, "industry": industry, "search": search, "cost": cost, "state": state}
    found = door.ask(listings.browse_catalogue, wanted, "GET", "/skills/catalogue", query=query)
    form = "{:<16} {:<10} {:<14} {:<24} {:<10} {}"
    lines = [form.format("skill", "state", "newest", "price", "publisher", "name")]
    for one in found:
        newest = one["versions"][0]["version"] if one["versions"] else "–"
        name = f"{one['name_en']} · {one['name_zh']}"
        lines.append(form.format(one["skill"], one["state"], newest, _price(one["price"]), one["publisher"], name))
    empty = "no skill is offered: publish one with `collector skills publish`, or ask with fewer words"
    door.say(found, "\n".join(lines) if found else empty)


@skills.command()
@click.argument("skill")
@click.option("--state", type=click.Choice([one.value for one in ListingState]), help="withdrawn: offered no more.")
@click.option("--industry", "industries", multiple=True, help="For which it is; repeated, instead of those before.")
@door_options
def listing(skill: str, state: str | None, industries: tuple[str, ...], door: Door) -> None:
    """Show a skill of the catalogue; with --state or --industry, change it. No robot is touched: a recall does that."""
    if state is None and not industries:
        found = door.ask(listings.one_listing, skill, "GET", f"/skills/catalogue/{skill}")
        door.say(found, "\n".join(_listing(found)))
        return
    chosen = None if state is None else ListingState(state)
    words = list(industries) or None
    wanted = listings.ChangeListing(skill=skill, state=chosen, industries=words)
    body = {"state": state, "industries": words}
    done = door.ask(listings.change_listing, wanted, "PUT", f"/skills/catalogue/{skill}", body=body)
    door.say(done, f"{skill}: changed")


@skills.command()
@click.argument("skill")
@click.option("--limit", type=Number(1, sheets.HOLDERS_MAX), default=ROWS, show_default=True, help="Accounts.")
@door_options
def sheet(skill: str, limit: int, door: Door) -> None:
    """Show a skill's prices by day, what its newest version may do on a robot, and which accounts have it."""
    wanted = sheets.SkillSheetOf(skill=skill, limit=limit)
    path = f"/skills/catalogue/{skill}/sheet"
    found = door.ask(sheets.skill_sheet, wanted, "GET", path, query={"limit": limit})
    door.say(found, "\n".join(_sheet(found)))


@skills.command()
@click.argument("skill")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--from", "from_day", type=DAY, required=True, help="First day; what was sold before keeps its price.")
@door_options
def price(skill: str, file: Path, from_day: int, door: Door) -> None:
    """Price a skill from a day on, as FILE says it in JSON: currency, trial_days, minimum, charges."""
    said = object_in(file)
    wanted = listings.SetPrice(skill=skill, from_day=from_day, price=said)
    body = {"from_day": day_text(from_day), "price": said}
    done = door.ask(listings.set_price, wanted, "POST", f"/skills/catalogue/{skill}/prices", body=body)
    door.say(done, f"{skill}: priced from {day_text(from_day)}")


@skills.command()
@click.argument("account")
@door_options
def entitlements(account: str, door: Door) -> None:
    """List which skills an account may have and had, from what, on how many robots; and its seats."""
    found = door.ask(entitled.entitlements_of_account, account, "GET", f"/accounts/{account}/entitlements")
    lines = [
        f"{one['id']:>5}  {one['skill']:<16} {one['from_day']} – {one['to_day'] or 'goes on':<10}  "
        f"{one['origin']:<13} {one['contract_line'] or '–':<14} robots {one['robots_most'] or 'all'}"
        f"{'' if one['holds_today'] else '  not today'}{'  ' + one['ended_reason'] if one['ended_reason'] else ''}"
        for one in found["entitlements"]
    ]
    lines += [
        f"seat {one['id']:>5}  {one['skill']:<16} {one['holder']}  {one['from_day']} – {one['to_day'] or 'goes on'}"
        for one in found["seats"]
    ]
    door.say(found, "\n".join(lines) if lines else "it has none: `collector skills entitle` gives one")


@skills.command(epilog="\b\ncollector skills entitle ACME guide --trial --from 2026-12-01 \\\n  --to 2026-12-14")
@click.argument("account")
@click.argument("skill")
@click.option("--line", "contract_line", help="The contract line that it is paid by.")
@click.option("--trial", is_flag=True, help="It ends by itself: name --to.")
@click.option("--from", "from_day", type=DAY, required=True, help="First day, it counts.")
@click.option("--to", "to_day", type=DAY, help="Last day, it counts; default: it goes on.")
@click.option("--robots", "robots_most", type=Number(1), help="On how many robots at once; default: on all.")
@door_options
def entitle(account: str, skill: str, door: Door, *, trial: bool, **given: Any) -> None:
    """Let an account have a skill: by a contract line, as a trial, or, with neither, granted."""
    if trial and given["contract_line"]:
        raise click.UsageError("a trial is not paid by a line: leave one of --trial and --line away")
    origin = EntitledBy.CONTRACT_LINE if given["contract_line"] else EntitledBy.GRANTED
    origin = EntitledBy.TRIAL if trial else origin
    wanted = entitled.Entitle(account=account, skill=skill, origin=origin, **given)
    days = {"from_day": day_text(given["from_day"]), "to_day": day_text(given["to_day"])}
    body = {**given, **days, "skill": skill, "origin": origin.value}
    done = door.ask(entitled.entitle, wanted, "POST", f"/accounts/{account}/entitlements", body=body)
    door.say(done, f"{account} may have {skill} from {done['from_day']}: entitlement {done['id']}")


@skills.command(name="end")
@click.argument("entitlement", type=Number(1))
@click.option("--last", "last_day", type=DAY, required=True, help="Last day, it counts.")
@click.option("--why", required=True)
@door_options
def end_entitlement(entitlement: int, last_day: int, why: str, door: Door) -> None:
    """End an entitlement. Robots let go of the skill at a safe point after that day."""
    wanted = entitled.EndEntitlement(entitlement=entitlement, last_day=last_day, why=why)
    body = {"last_day": day_text(last_day), "why": why}
    done = door.ask(entitled.end_entitlement, wanted, "POST", f"/entitlements/{entitlement}/end", body=body)
    door.say(done, f"entitlement {entitlement} ends on {day_text(last_day)}")


@skills.command()
@click.argument("account")
@click.argument("skill")
@click.argument("holder")
@click.option("--from", "from_day", type=DAY, required=True, help="First day, it counts.")
@door_options
def seat(account: str, skill: str, holder: str, from_day: int, door: Door) -> None:
    """Give HOLDER a seat of a skill from a day on."""
    wanted = entitled.NameSeat(account=account, skill=skill, holder=holder, from_day=from_day)
    body = {"skill": skill, "holder": holder, "from_day": day_text(from_day)}
    done = door.ask(entitled.name_seat, wanted, "POST", f"/accounts/{account}/seats", body=body)
    door.say(done, f"seat {done['id']}: {done['holder']}")


@skills.command(name="end-seat")
@click.argument("account")
@click.argument("seat", type=Number(1))
@click.option("--last", "last_day", type=DAY, required=True, help="Last day, it counts.")
@door_options
def end_seat(account: str, seat: int, last_day: int, door: Door) -> None:
    """End a seat."""
    wanted = entitled.EndSeat(account=account, seat=seat, last_day=last_day)
    body = {"last_day": day_text(last_day)}
    done = door.ask(entitled.end_seat, wanted, "POST", f"/accounts/{account}/seats/{seat}/end", body=body)
    door.say(done, f"seat {seat} ends on {day_text(last_day)}")


@skills.command(name="try", epilog="\b\ncollector skills try ACME guide --robot hall-7 --robot hall-8")
@click.argument("account")
@click.argument("skill")
@click.option("--robot", "robots", multiple=True, help="Repeated; default: all that are with the account today.")
@click.option("--version", default="", help="Default: the newest that is offered.")
@click.option("--remove", is_flag=True, help="What taking it off would do.")
@door_options
def try_skill(account: str, skill: str, robots: tuple[str, ...], version: str, *, remove: bool, door: Door) -> None:
    """Dry run: say for each robot what would happen, when, and what it costs. Nothing is changed."""
    wanted, body = _on_robots(account, skill, "remove" if remove else "put", robots, version)
    found = door.ask(publishing.try_skill, wanted, "POST", f"/accounts/{account}/skills/try", body=body)
    door.say(found, "\n".join(_plan(found)))


@skills.command(epilog="\b\ncollector skills put ACME guide --robot hall-7\ncollector skills waiting --account ACME")
@click.argument("account")
@click.argument("skill")
@click.option("--robot", "robots", multiple=True, required=True, help="Repeated.")
@click.option("--version", default="", help="Default: the newest that is offered.")
@SEEN
@door_options
def put(account: str, skill: str, robots: tuple[str, ...], version: str, seen: str, door: Door) -> None:
    """Put a skill on robots of an account. `collector skills try` says beforehand what will happen."""
    wanted, body = _on_robots(account, skill, "put", robots, version, seen)
    _publish(account, wanted, body, door)


@skills.command()
@click.argument("account")
@click.argument("skill")
@click.option("--robot", "robots", multiple=True, required=True, help="Repeated.")
@SEEN
@door_options
def remove(account: str, skill: str, robots: tuple[str, ...], seen: str, door: Door) -> None:
    """Take a skill off robots of an account. What is paid goes on until its entitlement ends."""
    wanted, body = _on_robots(account, skill, "remove", robots, "", seen)
    _publish(account, wanted, body, door)


def _publish(account: str, wanted: publishing.SkillOnRobots, body: dict[str, Any], door: Door) -> None:
    done = door.ask(publishing.publish_skill, wanted, "POST", f"/accounts/{account}/skills/publish", body=body)
    progress = f"progress: collector skills waiting --account {account} --skill {wanted.skill}"
    lines = [*_plan(done["plan"]), f"{done['changed']} robots were told", progress]
    if done["revisions"]:
        named = " ".join(f"--robot {name}={revision}" for name, revision in done["revisions"].items())
        lines.append(f"taken back by: collector skills undo {account} {wanted.skill} {named}")
    door.say(done, "\n".join(lines))


@skills.command(epilog="\b\ncollector skills undo ACME guide --robot hall-7=12")
@click.argument("account")
@click.argument("skill")
@click.option("--robot", "robots", multiple=True, required=True, metavar="ROBOT=REVISION", help="Repeated.")
@click.option("--dry-run", is_flag=True, help="Say what it would bring; nothing is changed.")
@door_options
def undo(account: str, skill: str, robots: tuple[str, ...], door: Door, *, dry_run: bool) -> None:
    """Take back what put a skill on robots or took it off: version and settings are as before.

    Robots and revisions are those that `collector skills put` and `remove` named.
    """
    revisions = dict(_revision_of(one) for one in robots)
    wanted = back.TakeBackPublishing(account=account, skill=skill, revisions=revisions)
    body = {"skill": skill, "revisions": revisions}
    path = f"/accounts/{account}/skills/take-back"
    if dry_run:
        done = door.ask(back.try_take_back, wanted, "POST", f"{path}/try", body=body)
    else:
        done = door.ask(back.take_back_publishing, wanted, "POST", path, body=body)
    door.say(done, "\n".join(f"{name:<20} {version or 'without it'}" for name, version in done["versions"].items()))


def _revision_of(text: str) -> tuple[str, int]:
    robot, _, revision = text.rpartition("=")
    if not robot or not revision.isdecimal() or len(revision) > _DIGITS:
        raise click.UsageError(f"{text!r} is not a robot with its revision: write hall-7=12")
    return robot, int(revision)


def _on_robots(
    account: str, skill: str, do: Any, robots: tuple[str, ...], version: str, seen: str = ""
) -> tuple[publishing.SkillOnRobots, dict[str, Any]]:
    wanted = publishing.SkillOnRobots(account=account, skill=skill, do=do, version=version, robots=robots, seen=seen)
    return wanted, {"skill": skill, "do": do, "version": version, "robots": list(robots), "seen": seen}


def _plan(found: dict[str, Any]) -> list[str]:
    when = {"": "", "now": "at its next safe moment", "on_return": "when it is connected again"}
    lines = [f"{found['act']} {found['skill']} {found['version']}".rstrip()]
    for one in found["robots"]:
        why = " ".join(word for word in (one["code"], one["other"]) if word)
        size = f"{one['fetches_bytes'] / 2**20:.1f} MB" if one["fetches_bytes"] else ""
        lines.append(f"  {one['robot']:<20} {one['verdict']:<10} {why or when[one['when']]}  {size}".rstrip())
    if found["untold"]:
        lines.append(f"  each robot judges before it fetches: {', '.join(found['untold'])}")
    for one in found["charges"]:
        amount = "by use" if one["amount"] is None else f"{one['amount']} {found['currency']}"
        lines.append(f"  {one['name']}: {amount}, {one['kind']}")
    return lines


def _price(said: dict[str, Any] | None) -> str:
    if said is None:
        return "not priced"
    parts = [f"{one['amount']}/{one['each']}" for one in said["charges"] if one["kind"] == "fixed"]
    parts += ["by use" for one in said["charges"] if one["kind"] == "use"]
    return f"{said['currency']} {' + '.join(parts)}" if parts else f"{said['currency']} free"


def _listing(one: dict[str, Any]) -> list[str]:
    lines = [
        f"{one['skill']}: {one['name_en']} · {one['name_zh']}", f"  {one['text_en']}", f"  {one['text_zh']}",
        f"  {one['state']}, by {one['publisher']}", f"  scenes: {', '.join(one['scenes']) or '–'}",
        f"  industries: {', '.join(one['industries']) or '–'}", f"  {_price(one['price'])}",
    ]  # fmt: skip
    lines += [f"  {each['version']:<14} release {each['release']}, {each['bytes']} bytes" for each in one["versions"]]
    return lines


def _sheet(found: dict[str, Any]) -> list[str]:
    lines = _listing(found["listing"])
    lines += [
        f"  price from {one['from_day']}: {_price(one['price'])}, set by {one['set_by']}"
        f"{'  today' if one['holds_today'] else ''}"
        for one in found["prices"]
    ]
    reach = found["reach"]
    if reach is not None:
        lines.append(f"  may: {', '.join(reach['permissions']) or 'nothing'}; counts {', '.join(reach['counters'])}")
    of = found["holders"]
    lines.append(f"on {of['robots']} robots at {of['accounts']} accounts, it runs on {of['active']}")
    for one in of["shown"]:
        versions = ", ".join(f"{each['version']} on {each['wished']}" for each in one["versions"])
        lines.append(f"  {one['account']:<16} {versions}{'' if one['is_entitled'] else '  not entitled today'}")
    return lines
