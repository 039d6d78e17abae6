"""collector score | explain"""

import sys
import time
import urllib.parse
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from collector.calendar import days
from collector.closing.runs import Run
from collector.commands.door import CommandRefused, Door, door_options
from collector.commands.given_file import written_in
from collector.commands.options import DAY, Choice, day_text, language_option
from collector.commands.remote import RemoteSource
from collector.language import policy_effect
from collector.language.catalogue import Language
from collector.language.explanation import text_of
from collector.operations import closing, scores

ASK_EVERY_S = 0.5
STEPS = {"rollup": "adding up robots' days", "read": "reading accounts", "judge": "judging falls of usage",
         "score": "scoring", "success": "calls to action"}  # fmt: skip


basis_option = click.option(
    "--basis", type=Choice(["arrived", "recorded"]), default="arrived", show_default=True,
    help="What was known: by when it arrived here, or by when the source systems knew it (an imported past).",
)  # fmt: skip
policy_option = click.option(
    "--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="The health policy; default: the settings'.",
)  # fmt: skip


@click.command(
    epilog=(
        "\b\n"
        "collector score                                              what is due\n"
        "collector score --day 2026-05-01 --again\n"
        "collector score --from 2025-06-01 --to 2026-05-31 --basis recorded\n"
        "collector score --url http://127.0.0.1:8380 --token T"
    )
)
@click.option("--day", type=DAY, metavar="DAY", help="Close this day.")
@click.option("--from", "from_day", type=DAY, metavar="DAY", help="Close every day from this one on …")
@click.option("--to", "to_day", type=DAY, metavar="DAY", help="… up to and with this one.")
@click.option("--account", metavar="ID", help="Only this account, against the peers of the day.")
@click.option("--again", is_flag=True, help="Append a new version also where a day has one.")
@basis_option
@policy_option
@door_options
def score(
    day: int | None, from_day: int | None, to_day: int | None, account: str | None, basis: Any, policy: Path | None,
    door: Door, *, again: bool,
) -> None:  # fmt: skip
    """Close days and score every account: the days that are due, one day, or several.

    Scores are versions: what late data or another policy says is appended, nothing is replaced. A run that is cut off
    is started again. On SQLite a collector that serves holds the store: use --url then.
    """
    if day is not None and (from_day is not None or to_day is not None):
        raise click.UsageError("give --day, or --from and --to together")
    first, last = (day, day) if day is not None else (from_day, to_day)
    wanted = closing.CloseDays(first=first, last=last, basis=basis, account=account, again=again, progress=Shown())
    door = door.by_policy(policy)
    if door.remote is None:
        closed = door.do(closing.close_days, wanted)
        run, has_accounts = asdict(closed.run), closed.has_accounts
    else:
        run = _remote_run(door.remote, wanted)
        has_accounts = bool(run["scored"]) or bool(door.remote.ask("GET", "/accounts?limit=1")["items"])
    text = f"{run['scored']} scores of {run['days_done']} days" if run["days_done"] else _NOTHING_DUE
    door.say(run, text if run["scored"] or has_accounts else _NO_ACCOUNTS)


_NOTHING_DUE = "nothing is due: the newest closed day has its scores"
_NO_ACCOUNTS = (
    "there are no accounts yet, so no day is closed: bring them in with `collector import accounts FILE` "
    "(`collector import template accounts` writes an empty table), then run this again"
)


def _run_body(wanted: closing.CloseDays) -> dict[str, Any]:
    """All that was asked for: a range with one end only is the collector's to refuse."""
    given = {"from": wanted.first, "to": wanted.last}
    said = {name: days.iso(day) for name, day in given.items() if day is not None}
    return {"basis": wanted.basis, "again": wanted.again, "account": wanted.account, **said}


def _remote_run(remote: RemoteSource, wanted: closing.CloseDays) -> dict[str, Any]:
    run = remote.ask("POST", "/scores/run", body=_run_body(wanted))
    while run["state"] == "running":
        time.sleep(ASK_EVERY_S)
        run = remote.ask("GET", "/scores/run")
        wanted.progress(Run(**run))
    if run["state"] == "failed":
        raise CommandRefused(run["error"])
    return dict(run)


class Shown:
    """Progress on stderr: one line that is rewritten on a terminal, a line for each day elsewhere."""

    def __init__(self) -> None:
        self._day: str | None = None
        self._is_terminal = sys.stderr.isatty()

    def __call__(self, run: Run) -> None:
        if run.day is None:
            return
        if self._is_terminal:
            part = f"{STEPS.get(run.step, run.step)} {run.done}/{run.of}" if run.step else ""
            click.echo(f"\r{run.day} ({_which(run)}) {part:<40}", nl=False, err=True)
            if run.days_done == run.days_of:
                click.echo(err=True)
        elif run.day != self._day:
            self._day = run.day
            click.echo(f"{run.day} ({_which(run)})", err=True)


def _which(run: Run) -> str:
    """Which of its days a run is at: the last one also when late data is scored after it."""
    return f"{min(run.days_done + 1, run.days_of)}/{run.days_of}"


@click.command(
    epilog=(
        "\b\n"
        "collector explain mirror-ktv\n"
        "collector explain mirror-ktv --as-of 2026-05-01 --lang zh\n"
        "collector explain mirror-ktv --json --url http://127.0.0.1:8380 --token T"
    )
)
@click.argument("account")
@click.option("--as-of", type=DAY, metavar="DAY", help="The score of that day as it stood when the day was closed.")
@language_option
@basis_option
@policy_option
@door_options
def explain(account: str, as_of: int | None, lang: Language, basis: Any, policy: Path | None, door: Door) -> None:
    """Say why an account's score is what it is: what it lost and where, what changed it, what would lift it."""
    wanted = scores.ExplainScore(account=account, as_of=as_of, basis=basis, language=lang)
    query = {"language": lang, "basis": basis, "as_of": day_text(as_of)}
    path = f"/accounts/{urllib.parse.quote(account, safe='')}/explanation"
    found = door.by_policy(policy).ask(scores.explain_score, wanted, "GET", path, query=query)
    door.say(found, text_of(found, lang))


@click.command(
    epilog=(
        "\b\n"
        "collector preview policy.toml\n"
        "collector preview policy.toml --lang zh\n"
        "collector preview policy.toml --json --url http://127.0.0.1:8380 --token T"
    )
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@language_option
@door_options
def preview(file: Path, lang: Language, door: Door) -> None:
    """Say what another health policy would do to every account: bands, calls to action, hours. Nothing is written.

    The newest scored day is scored by the present policy and by FILE, both of what is known now.
    """
    policy = written_in(file)
    found = door.ask(
        closing.preview_policy, closing.PreviewPolicy(policy=policy), "POST", "/scores/preview", body={"policy": policy}
    )
    door.say(found, policy_effect.text_of(found, lang))
