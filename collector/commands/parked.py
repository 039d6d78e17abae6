"""collector parked list | release | refuse: amounts that no robot can plausibly have counted."""

from typing import Any

import click

from collector.commands.door import Door, door_options
from collector.commands.options import Choice, Number
from collector.fleet.parked_counts import NOT_IN_SUMS
from collector.operations import parked_counts
from collector.operations.operation import Operation

number_argument = click.argument("number", type=Number(1, 10**12))
why_option = click.option("--why", required=True, metavar="TEXT", help="Kept with the amount, beside who and when.")
_LINE = "{:>5}  {:<9} {:<16} {:<10}  {:<24} {:>22} {:>16}  {}"


@click.group(
    epilog=(
        "\b\n"
        "collector parked list\n"
        "collector parked release 12 --why 'counted by hand, a fair'\n"
        "collector parked refuse 13 --why 'a broken source'"
    )
)
def parked() -> None:
    """Judge amounts that no robot can plausibly have counted."""


@parked.command(name="list")
@click.option("--robot", metavar="R", help="Only those of this robot.")
@click.option("--state", type=Choice([*NOT_IN_SUMS, "released"]), help="Default: all.")
@click.option("--limit", type=Number(1, 1000), default=50, show_default=True)
@door_options
def list_parked(door: Door, **wanted: Any) -> None:
    """The newest first."""
    request = parked_counts.ListParkedCounts(**wanted)
    found = door.ask(parked_counts.list_parked_counts, request, "GET", "/parked-counts", query=wanted)
    lines = [_LINE.format("id", "state", "robot", "day", "counter", "amount", "at most", "decided")]
    lines += [
        _LINE.format(
            one["id"], one["state"], one["robot"], one["day"], one["counter"], one["amount"], one["most"],
            f"{one['decided_by']}: {one['why']}" if one["decided_at"] else "",
        )
        for one in found["items"]
    ]  # fmt: skip
    door.say(found, "\n".join(lines) if found["items"] else "no amount is parked")


@parked.command(name="release")
@number_argument
@why_option
@door_options
def release(number: int, why: str, door: Door) -> None:
    """Count it after all: it is added to its robot-day, once."""
    _decide(door, parked_counts.release_parked_count, number, why, "release")


@parked.command(name="refuse")
@number_argument
@why_option
@door_options
def refuse(number: int, why: str, door: Door) -> None:
    """Say that it was never counted: it stays visible as refused."""
    _decide(door, parked_counts.refuse_parked_count, number, why, "refuse")


def _decide(door: Door, operation: Operation[Any, Any], number: int, why: str, word: str) -> None:
    request = parked_counts.DecideParkedCount(parked=number, why=why)
    done = door.ask(operation, request, "POST", f"/parked-counts/{number}/{word}", body={"why": why})
    door.say(done, f"{done['counter']} {done['amount']} of {done['robot']} on {done['day']}: {done['state']}")
