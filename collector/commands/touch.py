"""collector touch: log | withdraw: a contact with a customer, with what follows from it."""

import urllib.parse
from typing import Any, get_args

import click

from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.kinds.relations import Channel
from collector.commands.door import Door, door_options
from collector.commands.options import DAY, Choice, Number, day_text
from collector.operations import touches
from collector.operations.ledger import WithdrawFact, withdraw_fact

_NUMBER = Number(1, 10**12)


@click.group(
    epilog=(
        "\b\n"
        'collector touch log ACME --channel phone --summary "Rang, nobody there"\n'
        "collector touch log ACME --channel visit --answered yes --contact li-wei\n"
        "collector touch withdraw touch-3f9a"
    )
)
def touch() -> None:
    """Log contacts with customers, and withdraw them."""


@touch.command()
@click.argument("account")
@click.option("--channel", type=Choice(get_args(Channel)), required=True)
@click.option("--direction", type=Choice(("out", "in")), default="out", show_default=True, help="In: they came to us.")
@click.option(
    "--answered", type=Choice(("yes", "no", "auto")), default="no", show_default=True, help="Whether a person replied."
)
@click.option("--day", type=DAY, metavar="DAY", help="Default: today.")
@click.option("--contact", metavar="ID", help="Whom of the customer's contacts.")
@click.option("--csm", metavar="ID", help="Default: who logs it, where that is a CSM.")
@click.option("--summary", default="", metavar="TEXT", help="What was said.")
@click.option("--follow-up", default="", metavar="TEXT", help="What is to be done next: a call to action.")
@click.option("--by", "follow_up_day", type=DAY, metavar="DAY", help="By when; a follow-up needs it.")
@click.option("--cta", type=_NUMBER, metavar="N", help="The call to action that this was a step of.")
@click.option("--step", type=Number(1, 1000), metavar="N", help="That step: it is done.")
@door_options
def log(
    door: Door, follow_up: str, follow_up_day: int | None, cta: int | None, step: int | None, **said: Any
) -> None:  # fmt: skip
    """Write a contact down; withdrawing it takes its follow-up back and opens its step again."""
    wanted = touches.LogTouch(fields=said, follow_up=follow_up, follow_up_day=follow_up_day, cta=cta, step=step)
    more = {"follow_up": follow_up, "follow_up_day": day_text(follow_up_day), "cta": cta, "step": step}
    body = {**said, "day": day_text(said["day"]), **more}
    done = door.ask(touches.log_touch, wanted, "POST", "/touches", body=body)
    lines = [f"{done['id']} is logged: {done['channel']} on {done['day']}"]
    if done["follow_up"] is not None:
        lines.append(f"call to action {done['follow_up']} follows")
    door.say(done, "\n".join(lines))


@touch.command()
@click.argument("key", metavar="ID")
@door_options
def withdraw(key: str, door: Door) -> None:
    """It never was so: its follow-up is no longer needed, its step is open again. Its history stays."""
    path = f"/touches/{urllib.parse.quote(key, safe='')}"
    done = door.ask(withdraw_fact, WithdrawFact(kind=KINDS["touch"], key=key), "DELETE", path)
    door.say(done, f"{key} is withdrawn")
