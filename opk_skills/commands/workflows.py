"""`opk workflow`: check a workflow, compile it for robots, play a day of it."""

import json
import subprocess
import sys
from pathlib import Path

import click

from opk_skills.commands.speaking import LANGUAGE, as_json, print_json
from opk_skills.errors import RunError
from opk_skills.language import LANGUAGES, gettext
from opk_skills.package.canonical import encoded
from opk_skills.problems import Problem, deferred
from opk_skills.workflows.compiling import SCHEMA
from opk_skills.workflows.shipped import HERE, checked, scenes

FAIL = gettext(LANGUAGE, "How often the body fails: 0 never, 1 as robots do, 20 on a bad day.")
FILE = click.argument("file", type=click.Path(path_type=Path))


@click.group(help=gettext(LANGUAGE, "What a robot does when, for whom and in which order: a FILE of YAML."))
def workflow() -> None:
    pass


@workflow.command(help=gettext(LANGUAGE, "Say everything that is wrong with it, with line and column."))
@FILE
@as_json
def check(file: Path, as_json: bool) -> None:
    settings = checked(file)[1]
    if as_json:
        print_json(settings)
        return
    own = settings["workflow"]
    click.echo(gettext(LANGUAGE, "{file}: right; {intents} intents, {entries} entries of the clock", file=file.name,
                       intents=len(own["offers"]), entries=len(own["schedule"])))  # fmt: skip


@workflow.command("compile", help=gettext(LANGUAGE, "Print it as robots read it: settings by skill, canonical JSON."))
@FILE
def compile_(file: Path) -> None:
    click.echo(encoded(checked(file)[1]).decode(), nl=False)


@workflow.command(help=gettext(LANGUAGE, "Print the JSON Schema, for editors."))
def schema() -> None:
    click.echo(json.dumps(SCHEMA, ensure_ascii=False, indent=2))


@workflow.command("list", help=gettext(LANGUAGE, "Name the workflows that ship, and where they lie."))
def list_() -> None:
    for scene in scenes():
        click.echo(f"{scene:20} {HERE / f'{scene}.yaml'}")


@workflow.command(help=gettext(LANGUAGE, "Play a day of it in a simulated robot: what happens, minute by minute."))
@FILE
@click.option("--seed", default=1, show_default=True, help=gettext(LANGUAGE, "The same seed brings the same guests."))
@click.option("--busy", default=1.0, show_default=True, type=click.FloatRange(0.0, 5.0),
              help=gettext(LANGUAGE, "How many people come, of what is usual."))  # fmt: skip
@click.option("--fail", default=1.0, show_default=True, type=click.FloatRange(0.0, 1000.0), help=FAIL)
@click.option("--hours", default=24, show_default=True, type=click.IntRange(1, 24),
              help=gettext(LANGUAGE, "At most so many, from the opening on."))  # fmt: skip
@click.option("--language", default=LANGUAGE, show_default=True, type=click.Choice(LANGUAGES),
              help=gettext(LANGUAGE, "The language the robot speaks."))  # fmt: skip
@as_json
def play(file: Path, seed: int, busy: float, fail: float, hours: int, language: str, as_json: bool) -> None:
    written, settings = checked(file)
    asked = {"scene": written.value["scene"], "seed": seed, "busy": busy, "frailty": fail, "hours": hours,
             "language": language, "settings": settings}  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-m", "simulators.bodies.play"], input=json.dumps(asked), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        played = json.loads(done.stdout)
    except (OSError, ValueError) as error:
        message = deferred("cannot be played: install fleetward[sim], and name a scene of `opk workflow list`")
        raise RunError(str(file), [Problem("scene", message)]) from error
    if as_json:
        print_json(played)
        return
    for row in played["rows"]:
        click.echo(f"{row['clock']}  {row['skill']:11} {row['did']:10} {row['told']}".rstrip())
    click.echo("")
    for counter, n in sorted(played["counted"].items()):
        click.echo(f"{counter:30} {n:>10}")
