"""collector clock show | confirm | withdraw"""

import click

from collector.commands.door import Door, door_options
from collector.operations import clock as operations


@click.group()
def clock() -> None:
    """The clock that days are closed by: see why it is not followed, and say that it is right."""


@clock.command(name="show")
@door_options
def show_clock(door: Door) -> None:
    """Say whether the collector at --url closes days by its clock, and if not, why and what to do."""
    if door.remote is None:
        raise click.UsageError("give --url: only a collector that serves closes days by its clock")
    found = door.ask(operations.closing_clock, None, "GET", "/clock")
    text = "days are closed by the clock" if found["follows"] else f"stopped: {found['reason']}; {found['remedy']}"
    door.say(found, text)


@clock.command(name="confirm", epilog="collector clock confirm --url http://127.0.0.1:8380 --token T")
@door_options
def confirm_clock(door: Door) -> None:
    """Say that the clock is right now: days are closed and old rows forgotten by it from the next round on.

    With --url, the clock of the collector that serves there; with --store, this machine's.
    """
    made = door.ask(operations.confirm_clock, None, "POST", "/clock/confirm")
    door.say(made, f"days are closed by the clock from {made['now']} on")


@clock.command(name="withdraw", epilog="collector clock withdraw --url http://127.0.0.1:8380 --token T")
@door_options
def withdraw_days(door: Door) -> None:
    """Take back what was closed of days that are not over, because a clock was ahead.

    Nothing is deleted: scores get a version that withdraws them, calls to action that only those days opened are
    closed, what waits to be sent of it is not sent, and who was told already is told that it was wrong. Rows that
    retention took by that clock do not come back.
    """
    made = door.ask(operations.withdraw_days, None, "POST", "/clock/withdraw")
    if made["from_day"] is None:
        text = "no day is closed that is not over"
    else:
        text = (
            f"{made['from_day']} to {made['to_day']} taken back: {made['scores']} scores, {made['ctas']} calls to "
            f"action; {made['unsent']} messages are not sent, {made['corrected']} corrections are"
        )
    door.say(made, text)
