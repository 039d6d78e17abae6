"""collector calls: list, of, close, snooze, take-back; collector today; collector hand-over."""

import urllib.parse
from typing import Any

import click

from collector.commands.door import Door, door_options
from collector.commands.options import DAY, Choice, Number, day_text, language_option
from collector.language import cta as lines
from collector.language import listings
from collector.operations import account_handover, ctas, stated
from collector.operations import calls as operations
from collector.operations import today as of_today
from collector.operations.calls import Whose
from collector.success.acts import OUTCOMES, Outcome

whose_option = click.option(
    "--whose", type=Choice(("mine", "team", "all")), default="all", show_default=True,
    help="Of the CSM that the token or the command's user is, of that one's team, or of everybody.",
)  # fmt: skip
numbers_argument = click.argument("numbers", type=Number(1, 10**12), nargs=-1, required=True)


@click.group(epilog="\b\ncollector calls list --lang zh\ncollector calls close 12 13 --outcome resolved --useful")
def calls() -> None:
    """Whom to call next, by account, the most urgent first.

    A call has one or more calls to action (`collector cta`).
    """


@calls.command(name="list")
@whose_option
@click.option("--limit", type=Number(1, 1000), default=50, show_default=True)
@language_option
@door_options
def list_calls(door: Door, lang: str, whose: Whose, limit: int) -> None:
    """Accounts with open calls to action."""
    wanted = operations.ListCalls(whose=whose, limit=limit)
    query = {"whose": whose, "limit": limit}
    found = door.ask(operations.list_calls, wanted, "GET", "/calls", query=query, stated=stated.calls)
    door.say(found, listings.calls(found, lang))


@calls.command(name="of")
@click.argument("account")
@language_option
@door_options
def calls_of_account(account: str, door: Door, lang: str) -> None:
    """The open calls to action of one account, whoever owns them."""
    path = f"/accounts/{urllib.parse.quote(account, safe='')}/calls"
    found = door.ask(operations.calls_of_account, account, "GET", path, stated=stated.reasons)
    door.say(found, lines.of_list({"items": found, "next": None}, lang))


@calls.command(name="close")
@numbers_argument
@click.option("--outcome", type=Choice(OUTCOMES), required=True, help="What came of them.")
@click.option("--useful/--not-useful", required=True, help="Was it right that this was called for?")
@click.option("--note", default="", metavar="TEXT")
@language_option
@door_options
def close_calls(
    numbers: tuple[int, ...], door: Door, lang: str, outcome: Outcome, note: str, *, useful: bool
) -> None:  # fmt: skip
    """Close several calls to action together, all or none."""
    wanted = ctas.CloseCalls(ctas=numbers, outcome=outcome, useful=useful, note=note)
    body = {"ctas": list(numbers), "outcome": outcome, "useful": useful, "note": note}
    _changed(door, lang, door.ask(ctas.close_calls, wanted, "POST", "/calls/close", body=body))


@calls.command(name="snooze")
@numbers_argument
@click.option("--until", type=DAY, required=True, metavar="DAY", help="They come back on this day.")
@click.option("--note", default="", metavar="TEXT")
@language_option
@door_options
def snooze_calls(numbers: tuple[int, ...], door: Door, lang: str, until: int, note: str) -> None:
    """Put several away until a day, all or none."""
    wanted = ctas.SnoozeCalls(ctas=numbers, until_day=until, note=note)
    body = {"ctas": list(numbers), "until": day_text(until), "note": note}
    _changed(door, lang, door.ask(ctas.snooze_calls, wanted, "POST", "/calls/snooze", body=body))


@calls.command(name="take-back")
@numbers_argument
@language_option
@door_options
def take_back_calls(numbers: tuple[int, ...], door: Door, lang: str) -> None:
    """Undo your own closing or snoozing of several, all or none."""
    body = {"ctas": list(numbers)}
    _changed(door, lang, door.ask(ctas.take_back_calls, numbers, "POST", "/calls/take-back", body=body))


def _changed(door: Door, lang: str, done: list[Any]) -> None:
    door.say(done, lines.of_list({"items": [one["cta"] for one in done], "next": None}, lang))


@click.command(epilog="\b\ncollector today --lang zh\ncollector today --whose mine --json")
@whose_option
@click.option("--limit", type=Number(1, 1000), default=25, show_default=True, help="So many calls.")
@click.option("--lines", "of_each", type=Number(1, of_today.LINES_MAX), default=of_today.LINES, show_default=True,
              help="So many of each other list.")  # fmt: skip
@language_option
@door_options
def today(door: Door, lang: str, whose: Whose, limit: int, of_each: int) -> None:
    """Whom to call, what is promised and due, what changed over the last closed day."""
    wanted = of_today.TodayOf(whose=whose, limit=limit, lines=of_each)
    query = {"whose": whose, "limit": limit, "lines": of_each}
    found = door.ask(of_today.today, wanted, "GET", "/today", query=query, stated=stated.today)
    door.say(found, listings.today(found, lang))


@click.command(name="hand-over", epilog="\b\ncollector hand-over ACME csm-east")
@click.argument("account")
@click.argument("csm")
@click.option("--call", "along", type=Number(1, 10**12), multiple=True, metavar="NUMBER",
              help="Only this call to action goes along (repeatable). Default: all that are not closed.")  # fmt: skip
@click.option("--no-call", is_flag=True, help="No call to action goes along.")
@door_options
def hand_over(account: str, csm: str, door: Door, along: tuple[int, ...], *, no_call: bool) -> None:
    """Give an account to a CSM, with the calls to action of who had it."""
    if no_call and along:
        raise click.UsageError("--call and --no-call exclude each other")
    calls = along if along or no_call else None
    wanted = account_handover.HandOver(account=account, csm=csm, calls=calls)
    path = f"/accounts/{urllib.parse.quote(account, safe='')}/hand-over"
    body = {"csm": csm, "calls": None if calls is None else list(calls)}
    done = door.ask(account_handover.hand_over, wanted, "POST", path, body=body)
    door.say(done, f"{csm} looks after {account} from now on; calls to action that went along: {len(done['calls'])}")
