"""`opk run`: a skill as a robot runs it, from its package, as a process of its own, in a simulated body."""

from pathlib import Path
from typing import Any

import click

from opk_skills.commands.making import opened
from opk_skills.commands.speaking import LANGUAGE, as_json, print_json
from opk_skills.language import LANGUAGES, gettext
from opk_skills.trial_run import Asked, tried

_FAIL = gettext(LANGUAGE, "How often the body fails: 0 never, 1 as robots do, 20 on a bad day.")
_SPEAKS = gettext(LANGUAGE, "The language the robot speaks.")
PLACES = ("hall", "restaurant")
GOING_ON = frozenset({"asked", "begun", "taken"})


@click.command(
    help=gettext(
        LANGUAGE,
        "Run a skill, a FOLDER or a package, in a simulated robot: guests come, the skill does what they want, and its"
        " counters are shown beside what the robot itself has seen.",
    )
)
@click.argument("skill", type=click.Path(path_type=Path))
@click.option(
    "--guests",
    default=3,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help=gettext(LANGUAGE, "How many guests come."),
)
@click.option("--say", multiple=True, metavar="INTENT", help=gettext(LANGUAGE, "What they want; else all it takes."))
@click.option(
    "--slot", "slots", multiple=True, metavar="NAME=VALUE", help=gettext(LANGUAGE, "What they say more exactly.")
)
@click.option("--fail", default=0.0, show_default=True, type=click.FloatRange(0.0, 1000.0), help=_FAIL)
@click.option("--seed", default=1, show_default=True, help=gettext(LANGUAGE, "The same seed brings the same guests."))
@click.option(
    "--speed",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.1, 1000.0),
    help=gettext(LANGUAGE, "How many times the clock's pace."),
)
@click.option(
    "--place", default="hall", show_default=True, type=click.Choice(PLACES), help=gettext(LANGUAGE, "Where it is.")
)
@click.option("--language", default=LANGUAGE, show_default=True, type=click.Choice(LANGUAGES), help=_SPEAKS)
@click.option("--settings", type=click.Path(path_type=Path), help=gettext(LANGUAGE, "A JSON file of settings."))
@as_json
def run(skill: Path, as_json: bool, **asked: Any) -> None:
    became = tried(skill, Asked(**asked), opened)
    if as_json:
        print_json(became)
        return
    for row in became["log"]:
        if row.get("mission") and row.get("state") not in GOING_ON:
            click.echo(f"{row['at_s']:8.1f} s  {row['state']:8} {row.get('why', '')}")
    heads = [gettext(LANGUAGE, "counter"), gettext(LANGUAGE, "counted"), gettext(LANGUAGE, "seen")]
    click.echo(f"\n{heads[0]:30} {heads[1]:>10} {heads[2]:>12}")
    for counter, n in became["counted"].items():
        seen = became["witnessed"].get(counter)
        click.echo(f"{counter:30} {n:>10} {'' if seen is None else f'{seen:12g}'}")
    refused = gettext(LANGUAGE, "refused")
    for counter, why in became["refused"].items():
        click.echo(f"{counter:30} {refused}: {why}")
