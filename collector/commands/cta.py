"""collector cta: list, show, close, snooze, take-back, assign, add, tasks, done, precision, brief, plans, …"""

import urllib.parse
from collections.abc import Callable
from typing import Any

import click

from collector.commands.door import Door, door_options
from collector.commands.options import DAY, Choice, Number, day_text, language_option
from collector.language import cta as lines
from collector.operations import briefs, ctas
from collector.operations.briefs import AccountOnDay
from collector.operations.operation import Operation
from collector.success.acts import OUTCOMES, Outcome

_STATES = ("digest", "open", "snoozed", "closed")


number_argument = click.argument("number", type=Number(1, 10**12))


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """--config, --store, --url, --token, --json, --lang: every command of this group has them."""
    return door_options(language_option(command))


@click.group(
    epilog=(
        "\b\n"
        "collector cta list --owner csm-east --lang zh\n"
        "collector cta close 12 --outcome resolved --useful\n"
        "collector cta brief mirror-ktv --lang zh"
    )
)
def cta() -> None:
    """Calls to action: what to do next, for which account, and why."""


@cta.command(name="list")
@click.option("--state", type=Choice(_STATES), help="Default: all that are not closed.")
@click.option("--owner", metavar="CSM", help="Only those of this CSM.")
@click.option("--account", metavar="A", help="Only those of this account.")
@click.option("--rule", metavar="R", help="Only those of this rule, e.g. SILENT.")
@click.option("--limit", type=Number(1, 1000), default=50, show_default=True)
@_options
def list_ctas(door: Door, lang: str, **wanted: Any) -> None:
    """The most urgent first."""
    found = door.ask(ctas.list_ctas, ctas.ListCtas(**wanted), "GET", "/ctas", query=wanted)
    door.say(found, lines.of_list(found, lang))


@cta.command(name="show")
@number_argument
@_options
def show_cta(number: int, door: Door, lang: str) -> None:
    """One of them with its evidence, tasks and history."""
    found = door.ask(ctas.one_cta, number, "GET", f"/ctas/{number}")
    door.say(found, lines.of_one(found, lang, None))


@cta.command(name="tasks")
@number_argument
@_options
def show_tasks(number: int, door: Door, lang: str) -> None:
    """The steps of its playbook, with their days."""
    found = door.ask(ctas.one_cta, number, "GET", f"/ctas/{number}")
    door.say(found["tasks"], lines.of_tasks(found["tasks"], lang))


@cta.command(name="close")
@number_argument
@click.option("--outcome", type=Choice(OUTCOMES), required=True, help="What came of it.")
@click.option("--useful/--not-useful", required=True, help="Was it right that this was called for?")
@click.option("--note", default="", metavar="TEXT")
@_options
def close_cta(number: int, door: Door, lang: str, outcome: Outcome, note: str, *, useful: bool) -> None:
    """Close one. Whether it was useful makes the rule's precision."""
    wanted = ctas.CloseCta(cta=number, outcome=outcome, useful=useful, note=note)
    body = {"outcome": outcome, "useful": useful, "note": note}
    _changed(door, lang, door.ask(ctas.close_cta, wanted, "POST", f"/ctas/{number}/close", body=body))


@cta.command(name="snooze")
@number_argument
@click.option("--until", type=DAY, required=True, metavar="DAY", help="It comes back on this day.")
@click.option("--note", default="", metavar="TEXT")
@_options
def snooze_cta(number: int, door: Door, lang: str, until: int, note: str) -> None:
    """Put one away until a day."""
    wanted = ctas.SnoozeCta(cta=number, until_day=until, note=note)
    body = {"until": day_text(until), "note": note}
    _changed(door, lang, door.ask(ctas.snooze_cta, wanted, "POST", f"/ctas/{number}/snooze", body=body))


@cta.command(name="take-back")
@number_argument
@_options
def take_back_cta(number: int, door: Door, lang: str) -> None:
    """Undo your own closing or snoozing, while nothing was done with it since."""
    _changed(door, lang, door.ask(ctas.take_back_cta, number, "POST", f"/ctas/{number}/take-back"))


@cta.command(name="assign")
@number_argument
@click.option("--owner", required=True, metavar="CSM")
@_options
def assign_cta(number: int, door: Door, lang: str, owner: str) -> None:
    """Give one to a CSM; one that waits in the digest is opened by that."""
    wanted = ctas.AssignCta(cta=number, owner=owner)
    _changed(door, lang, door.ask(ctas.assign_cta, wanted, "POST", f"/ctas/{number}/assign", body={"owner": owner}))


@cta.command(name="done")
@number_argument
@click.argument("step", type=Number(1, 1000))
@_options
def finish_task(number: int, step: int, door: Door, lang: str) -> None:
    """Tick a step of its playbook off."""
    wanted = ctas.FinishTask(cta=number, step=step)
    _changed(door, lang, door.ask(ctas.finish_task, wanted, "POST", f"/ctas/{number}/tasks/{step}/done"))


@cta.command(name="add")
@click.argument("account")
@click.argument("title")
@click.option("--owner", metavar="CSM", help="Default: the account's.")
@click.option("--due", type=DAY, metavar="DAY")
@_options
def add_cta(account: str, title: str, door: Door, lang: str, owner: str | None, due: int | None) -> None:
    """Set one by hand; it is open at once."""
    wanted = ctas.AddCta(account=account, title=title, owner=owner, due_day=due)
    body = {"account": account, "title": title, "owner": owner, "due_day": day_text(due)}
    _changed(door, lang, door.ask(ctas.add_cta, wanted, "POST", "/ctas", body=body))


def _changed(door: Door, lang: str, done: Any) -> None:
    door.say(done, lines.of_one(done, lang, None))


@cta.command(name="precision")
@_options
def show_precision(door: Door, lang: str) -> None:
    """How often each rule was useful, as those say who closed its calls to action; flagged below half."""
    found = door.ask(ctas.cta_precision, None, "GET", "/ctas/precision")
    door.say(found, lines.of_precision(found, lang))


def _of_account(said: Callable[[Any, str], str], operation: Operation[AccountOnDay, Any], what: str) -> click.Command:
    @click.argument("account")
    @click.option("--day", type=DAY, metavar="DAY", help="Default: the newest scored day.")
    @_options
    def command(account: str, day: int | None, door: Door, lang: str) -> None:
        wanted = AccountOnDay(account=account, day=day)
        path = f"/accounts/{urllib.parse.quote(account, safe='')}/{operation.name}"
        found = door.ask(operation, wanted, "GET", path, query={"day": day_text(day)})
        door.say(found, said(found, lang))

    command.__doc__ = what
    return click.command(name=operation.name)(command)


for _command in (
    _of_account(lines.of_brief, briefs.brief, "Before a touch: what changed, what was promised, what to ask."),
    _of_account(lines.of_plans, briefs.plans, "Success plans, tracked from what the robots counted."),
    _of_account(
        lines.of_suggestions, briefs.suggestions,
        "What places like this one with high use have and use, and it lacks.",
    ),
):  # fmt: skip
    cta.add_command(_command)
