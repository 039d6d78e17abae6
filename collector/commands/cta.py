"""collector cta list | show | close | snooze | assign | add | tasks | done | precision | brief | plans | suggestions"""

import json
import urllib.parse
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy import Connection

from collector.calendar import days
from collector.commands import cta_lines as lines
from collector.commands.options import (
    answer,
    json_option,
    now_s,
    refuse,
    remote,
    remote_options,
    store_option,
    store_url,
)
from collector.commands.tables import AUTHOR
from collector.fleet.accounts import Refused
from collector.fleet.scope import account_id_of
from collector.notifications import announcements
from collector.store.engine import open_reader, open_store
from collector.success import acts, ctas, reads
from collector.success.acts import OUTCOMES, ByHand, Missing
from collector.success.ctas import CtaFilter
from collector.success.store import Updated

Command = Callable[..., Any]
_STATES = ("digest", "open", "snoozed", "closed")
_LIST = "see `collector cta list`"


def _day(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    try:
        return None if value is None else days.iso(days.parse(value))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


language_option = click.option("--lang", type=click.Choice(["en", "zh"]), default="en", help="Language of the text.")
number_argument = click.argument("number", type=click.IntRange(1, 10**12))


def _options(command: Command) -> Command:
    """--store, --url, --token, --json, --lang: every command of this group has them."""
    return store_option(remote_options(json_option(language_option(command))))


class Desk:
    """Where a command works: a running collector's API, or the store itself. Both give the API's JSON."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._store, self._url, self._token = given.pop("store"), given.pop("url"), given.pop("token")
        self.as_json: bool = given.pop("as_json")
        self.lang: str = given.pop("lang")

    def read(self, path: str, question: Callable[[Connection], Any], **query: Any) -> Any:
        if self._url is not None:
            said = urllib.parse.urlencode({key: value for key, value in query.items() if value is not None})
            return remote(self._url, self._token, self._store).ask("GET", f"{path}?{said}" if said else path)
        opened = open_reader(store_url(self._store))
        try:
            with opened.read() as connection:
                return _plain(question(connection))
        finally:
            opened.close()

    def write(self, path: str, body: dict[str, Any] | None, change: Callable[[Connection], Any]) -> Any:
        if self._url is not None:
            sent = None if body is None else json.dumps(body).encode()
            return remote(self._url, self._token, self._store).ask("POST", path, body=sent, kind="application/json")
        opened = open_store(store_url(self._store))
        try:
            with opened.write() as connection:
                return _plain(change(connection))
        finally:
            opened.close()

    def say(self, value: Any, text: str) -> None:
        answer(value, text, as_json=self.as_json)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, dict):
        return value
    return [asdict(one) for one in value] if isinstance(value, list) else asdict(value)


def _account(connection: Connection, name: str) -> int:
    found = account_id_of(connection, name)
    if found is None:
        raise refuse(f"there is no account {name}; see `collector export accounts`")
    return found


def _one(connection: Connection, number: int) -> Any:
    found = ctas.one(connection, number)
    if found is None:
        raise refuse(f"there is no call to action {number}; {_LIST}")
    return found


@click.group(
    epilog=(
        "\b\n"
        "collector cta list --owner csm-7 --lang zh\n"
        "collector cta close 12 --outcome resolved --useful\n"
        "collector cta brief ACME --lang zh"
    )
)
def cta() -> None:
    """Calls to action: what to do next, for which account, and why."""


@cta.command(name="list")
@click.option("--state", type=click.Choice(_STATES), help="Default: all that are not closed.")
@click.option("--owner", metavar="CSM", help="Only those of this CSM.")
@click.option("--account", metavar="A", help="Only those of this account.")
@click.option("--rule", metavar="R", help="Only those of this rule, e.g. SILENT.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@_options
def list_ctas(
    state: str | None, owner: str | None, account: str | None, rule: str | None, limit: int, **given: Any
) -> None:
    """The most urgent first."""
    desk = Desk(given)

    def question(connection: Connection) -> Any:
        account_id = None if account is None else _account(connection, account)
        return ctas.page(connection, CtaFilter(state, owner, account_id, rule), limit=limit)

    found = desk.read("/ctas", question, state=state, owner=owner, account=account, rule=rule, limit=limit)
    desk.say(found, lines.of_list(found, desk.lang))


@cta.command(name="show")
@number_argument
@_options
def show_cta(number: int, **given: Any) -> None:
    """One of them with its evidence, tasks and history."""
    desk = Desk(given)
    found = desk.read(f"/ctas/{number}", lambda connection: _one(connection, number))
    desk.say(found, lines.of_one(found, desk.lang))


@cta.command(name="tasks")
@number_argument
@_options
def show_tasks(number: int, **given: Any) -> None:
    """The steps of its playbook, with their days."""
    desk = Desk(given)
    found = desk.read(f"/ctas/{number}", lambda connection: _one(connection, number))
    desk.say(found["tasks"], lines.of_tasks(found["tasks"], desk.lang))


def _change(desk: Desk, number: int, path: str, body: dict[str, Any] | None, act: Callable[..., Any]) -> None:
    def change(connection: Connection) -> Any:
        refused = act(connection)
        if isinstance(refused, Missing):
            raise refuse(f"there is no {refused.what}; {_LIST}")
        if isinstance(refused, Refused):
            raise refuse(f"{refused.why}; {refused.remedy}")
        return _one(connection, number)

    done = desk.write(f"/ctas/{number}{path}", body, change)
    desk.say(done, lines.of_one(done, desk.lang))


@cta.command(name="close")
@number_argument
@click.option("--outcome", type=click.Choice(OUTCOMES), required=True, help="What came of it.")
@click.option("--useful/--not-useful", required=True, help="Was it right that this was called for?")
@click.option("--note", default="", metavar="TEXT")
@_options
def close_cta(number: int, outcome: acts.Outcome, note: str, *, useful: bool, **given: Any) -> None:
    """Close one. Whether it was useful makes the rule's precision."""

    def act(connection: Connection) -> Refused | Missing | None:
        refused = acts.close(connection, number, outcome, note, AUTHOR, now_s(), useful=useful)
        if refused is None:
            announcements.closed(connection, _one(connection, number), now_s())
        return refused

    _change(Desk(given), number, "/close", {"outcome": outcome, "useful": useful, "note": note}, act)


@cta.command(name="snooze")
@number_argument
@click.option("--until", callback=_day, required=True, metavar="DAY", help="It comes back on this day.")
@click.option("--note", default="", metavar="TEXT")
@_options
def snooze_cta(number: int, until: str, note: str, **given: Any) -> None:
    """Put one away until a day."""
    _change(
        Desk(given), number, "/snooze", {"until": until, "note": note},
        lambda connection: acts.snooze(connection, number, days.parse(until), note, AUTHOR, now_s()),
    )  # fmt: skip


@cta.command(name="assign")
@number_argument
@click.option("--owner", required=True, metavar="CSM")
@_options
def assign_cta(number: int, owner: str, **given: Any) -> None:
    """Give one to a CSM; one that waits in the digest is opened by that."""
    _change(
        Desk(given), number, "/assign", {"owner": owner},
        lambda connection: acts.assign(connection, number, owner, AUTHOR, now_s()),
    )  # fmt: skip


@cta.command(name="done")
@number_argument
@click.argument("step", type=click.IntRange(1, 1000))
@_options
def finish_task(number: int, step: int, **given: Any) -> None:
    """Tick a step of its playbook off."""
    _change(
        Desk(given), number, f"/tasks/{step}/done", None,
        lambda connection: acts.finish(connection, number, step, AUTHOR, now_s()),
    )  # fmt: skip


@cta.command(name="add")
@click.argument("account")
@click.argument("title")
@click.option("--owner", metavar="CSM", help="Default: the account's.")
@click.option("--due", callback=_day, metavar="DAY")
@_options
def add_cta(account: str, title: str, owner: str | None, due: str | None, **given: Any) -> None:
    """Set one by hand; it is open at once."""
    desk = Desk(given)

    def change(connection: Connection) -> Any:
        wanted = ByHand(_account(connection, account), title, owner, None if due is None else days.parse(due))
        made = acts.add(connection, wanted, AUTHOR, now_s())
        if isinstance(made, Refused):
            raise refuse(f"{made.why}; {made.remedy}")
        announcements.opened(connection, Updated((made,)), now_s())
        return _one(connection, made)

    done = desk.write("/ctas", {"account": account, "title": title, "owner": owner, "due_day": due}, change)
    desk.say(done, lines.of_one(done, desk.lang))


@cta.command(name="precision")
@_options
def show_precision(**given: Any) -> None:
    """How often each rule was useful, as those say who closed its calls to action; flagged below half."""
    desk = Desk(given)
    found = desk.read("/ctas/precision", ctas.precision)
    desk.say(found, lines.of_precision(found, desk.lang))


def _of_account(name: str, said: Callable[[Any, str], str], read: Callable[..., Any], what: str) -> click.Command:
    @click.argument("account")
    @click.option("--day", callback=_day, metavar="DAY", help="Default: the newest scored day.")
    @_options
    def command(account: str, day: str | None, **given: Any) -> None:
        desk = Desk(given)

        def question(connection: Connection) -> Any:
            found = read(connection, _account(connection, account), now_s(), None if day is None else days.parse(day))
            if found is None:
                raise refuse(f"nothing but the name of account {account} is known; import its facts first")
            return found

        found = desk.read(f"/accounts/{urllib.parse.quote(account, safe='')}/{name}", question, day=day)
        desk.say(found, said(found, desk.lang))

    command.__doc__ = what
    return click.command(name=name)(command)


for _command in (
    _of_account("brief", lines.of_brief, reads.brief, "Before a touch: what changed, what was promised, what to ask."),
    _of_account("plans", lines.of_plans, reads.plans, "Success plans, tracked from what the robots counted."),
    _of_account(
        "suggestions", lines.of_suggestions, reads.suggestions_for,
        "What places like this one with high use have and use, and it lacks.",
    ),
):  # fmt: skip
    cta.add_command(_command)
