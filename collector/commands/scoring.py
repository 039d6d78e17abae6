"""collector score | explain"""

import json
import sys
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from collector import config
from collector.calendar import days
from collector.closing.run import Closing, policy_from
from collector.closing.runs import Asked, Run, score_days
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
from collector.context import Policies
from collector.fleet.scope import account_id_of
from collector.language.catalogue import Language
from collector.language.explanation import text_of
from collector.scores import evidence, reads
from collector.scores.errors import ScoringError
from collector.store.engine import open_reader, open_store

ASK_EVERY_S = 0.5
STEPS = {"rollup": "adding up robots' days", "read": "reading accounts", "judge": "judging falls of usage",
         "score": "scoring", "success": "calls to action"}  # fmt: skip


def _day(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else days.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


basis_option = click.option(
    "--basis", type=click.Choice(["arrived", "recorded"]), default="arrived", show_default=True,
    help="What was known: by when it arrived here, or by when the source systems knew it (an imported past).",
)  # fmt: skip
policy_option = click.option(
    "--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="The health policy; default: the one that comes with the collector.",
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
@click.option("--day", callback=_day, metavar="DAY", help="Close this day.")
@click.option("--from", "from_day", callback=_day, metavar="DAY", help="Close every day from this one on …")
@click.option("--to", "to_day", callback=_day, metavar="DAY", help="… up to and with this one.")
@click.option("--account", metavar="ID", help="Only this account, against the peers of the day.")
@click.option("--again", is_flag=True, help="Append a new version also where a day has one.")
@basis_option
@policy_option
@store_option
@remote_options
@json_option
def score(
    day: int | None, from_day: int | None, to_day: int | None, account: str | None, basis: Any, policy: Path | None,
    store: str | None, url: str | None, token: str | None, *, again: bool, as_json: bool,
) -> None:  # fmt: skip
    """Close days and score every account: the days that are due, one day, or several.

    Scores are versions: what late data or another policy says is appended, nothing is replaced. A run that is cut off
    is started again. On SQLite a collector that serves holds the store: use --url then.
    """
    if (from_day is None) != (to_day is None) or (day is not None and from_day is not None):
        raise click.UsageError("give --day, or --from and --to together")
    if from_day is not None and to_day is not None and from_day > to_day:
        raise click.UsageError("--from is after --to")
    first, last = (day, day) if day is not None else (from_day, to_day)
    if url is not None:
        done = _remote_run(remote(url, token, store).ask, first, last, account, basis, again=again)
    else:
        done = asdict(_own_run(store_url(store), policy, first, last, account, basis, again=again))
    text = f"{done['scored']} scores of {done['days_done']} days" if done["days_done"] else _NOTHING_DUE
    if not done["scored"] and not as_json and not _has_accounts(store, url, token):
        text = _NO_ACCOUNTS
    answer(done, text, as_json=as_json)


_NOTHING_DUE = "nothing is due: the newest closed day has its scores"
_NO_ACCOUNTS = (
    "there are no accounts yet, so no day is closed: bring them in with `collector import accounts FILE` "
    "(`collector import template accounts` writes an empty table), then run this again"
)


def _has_accounts(store: str | None, url: str | None, token: str | None) -> bool:
    if url is not None:
        return bool(remote(url, token, store).ask("GET", "/accounts?limit=1")["items"])
    opened = open_reader(store_url(store))
    try:
        with opened.read() as connection:
            return bool(reads.account_ids(connection))
    finally:
        opened.close()


def _own_run(
    url: str, policy: Path | None, first: int | None, last: int | None, account: str | None, basis: Any, *, again: bool
) -> Run:
    opened = open_store(url)
    try:
        rows = None
        if account is not None:
            with opened.read() as connection:
                row = account_id_of(connection, account)
            if row is None:
                raise refuse(f"there is no account {account}; list them with `collector export accounts`")
            rows = (row,)
        settings = config.load()
        policies = Policies(settings)
        closing = Closing(
            store=opened, policy=policy_from(policy) if policy else policies.health, lifecycle=policies.lifecycle,
            segments=policies.segments, playbooks=policies.playbooks, base_currency=settings.base_currency,
            processes=settings.scoring_processes,
        )  # fmt: skip
        asked = Asked(first=first, last=last, basis=basis, accounts=rows, again=again)
        return score_days(closing, asked, now_s(), Shown())
    finally:
        opened.close()


def _remote_run(
    ask: Callable[..., Any], first: int | None, last: int | None, account: str | None, basis: str, *, again: bool
) -> dict[str, Any]:
    body: dict[str, Any] = {"basis": basis, "again": again, "account": account}
    if first is not None and last is not None:
        body |= {"from": days.iso(first), "to": days.iso(last)}
    run = ask("POST", "/scores/run", body=json.dumps(body).encode(), kind="application/json")
    shown = Shown()
    while run["state"] == "running":
        time.sleep(ASK_EVERY_S)
        run = ask("GET", "/scores/run")
        shown(Run(**run))
    if run["state"] == "failed":
        raise ScoringError(run["error"])
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
            click.echo(f"\r{run.day} ({run.days_done + 1}/{run.days_of}) {part:<40}", nl=False, err=True)
            if run.days_done == run.days_of:
                click.echo(err=True)
        elif run.day != self._day:
            self._day = run.day
            click.echo(f"{run.day} ({run.days_done + 1}/{run.days_of})", err=True)


@click.command(
    epilog=(
        "\b\n"
        "collector explain ACME\n"
        "collector explain ACME --as-of 2026-05-01 --lang zh\n"
        "collector explain ACME --json --url http://127.0.0.1:8380 --token T"
    )
)
@click.argument("account")
@click.option(
    "--as-of", callback=_day, metavar="DAY", help="The score of that day as it stood when the day was closed."
)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the text.")
@basis_option
@policy_option
@store_option
@remote_options
@json_option
def explain(
    account: str, as_of: int | None, lang: Language, basis: Any, policy: Path | None, store: str | None,
    url: str | None, token: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Say why an account's score is what it is: what it lost and where, what changed it, what would lift it."""
    if url is not None:
        query = {"language": lang, "basis": basis} | ({} if as_of is None else {"as_of": days.iso(as_of)})
        path = f"/accounts/{urllib.parse.quote(account, safe='')}/explanation?{urllib.parse.urlencode(query)}"
        found = remote(url, token, store).ask("GET", path)
    else:
        found = _own_explanation(store_url(store), account, as_of, lang, basis, policy)
    answer(found, text_of(found, lang), as_json=as_json)


def _own_explanation(
    url: str, account: str, as_of: int | None, lang: Language, basis: Any, policy: Path | None
) -> dict[str, Any]:
    opened = open_reader(url)
    try:
        with opened.read() as connection:
            row = account_id_of(connection, account)
            if row is None:
                raise refuse(f"there is no account {account}; list them with `collector export accounts`")
            chosen = policy_from(policy) if policy else Policies(config.load()).health
            said = evidence.explained(connection, row, as_of=as_of, basis=basis, lang=lang, policy=chosen)
            return asdict(said)
    finally:
        opened.close()
