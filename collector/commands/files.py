"""collector import usage | verify | export"""

import contextlib
import json
import sys
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import click

from collector.calendar import days
from collector.commands.options import (
    answer,
    json_option,
    now_s,
    remote,
    remote_options,
    source,
    store_option,
    store_url,
)
from collector.commands.tables import COMMANDS, Imports
from collector.exchange import export as exporting
from collector.exchange import lists
from collector.exchange import verify as verifying
from collector.exchange.errors import BadFile
from collector.exchange.imports import usage_history
from collector.exchange.imports.usage_sheet import BadHeader
from collector.exchange.imports.usage_staging import Staging
from collector.exchange.sources import Source
from collector.store.engine import open_reader, open_store

SETTLE_EVERY_S = 0.5
_CSV = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(name="import", cls=Imports)
def import_() -> None:
    """Bring in what was counted before Fleetward, and what other systems know of accounts."""


for table_command in COMMANDS:
    import_.add_command(table_command)


@import_.command(
    name="usage",
    epilog=(
        "\b\n"
        "account,robot,day,counter,value\n"
        "ACME,hall-7,2026-05-01,foot_traffic,578\n"
        "ACME,hall-7,2026-05-01,interaction,41"
    ),
)
@click.argument("file", type=_CSV)
@store_option
@remote_options
@json_option
def import_usage(file: Path, store: str | None, url: str | None, token: str | None, *, as_json: bool) -> None:
    """Import a CSV of usage: account, robot, day, counter, value. All of it, or nothing.

    Missing accounts, robots and deployments are made. A value replaces what was imported for the same robot, day
    and counter, so a corrected file may be imported again. Bad rows are named with their number in the sheet. The
    robot's own counts always stand: a row that would count them twice is refused.
    """
    if url is not None:
        with file.open("rb") as body:
            done = remote(url, token, store).ask("POST", "/import/usage", body=body, kind="text/csv")
    else:
        done = asdict(_imported(file, store_url(store)))
    text = (
        "imported: {values} values of {robot_days} robot-days, {robots} robots ({new_robots} new), "
        "{accounts} accounts ({new_accounts} new), {new_deployments} new deployments"
    )
    answer(done, text.format(**done), as_json=as_json)


def _imported(file: Path, store: str) -> usage_history.Imported:
    with Staging() as staging, file.open(encoding="utf-8", newline="") as lines:
        try:
            refused = usage_history.stage(lines, staging, now_s())
        except BadHeader as error:
            raise BadFile(f"{file}: {error}") from error
        except UnicodeDecodeError as error:
            raise BadFile(f"{file} is not UTF-8 ({error.reason}); save the sheet as CSV UTF-8") from error
        if refused is None:
            opened = open_store(store)
            try:
                with opened.write() as connection:
                    done = usage_history.commit(connection, staging, now_s())
            finally:
                opened.close()
            if isinstance(done, usage_history.Imported):
                return done
            refused = done
    shown = "\n  ".join(refused.complaints)
    raise BadFile(f"{file}: nothing was imported, {refused.bad_rows} bad rows\n  {shown}")


@click.command(
    epilog=(
        "\b\n"
        "fleet-sim run --robots 10 --days 2 --truth truth.csv …\n"
        "collector verify --truth truth.csv --url http://127.0.0.1:8380 --token T --settle 60"
    )
)
@click.option("--truth", type=_CSV, required=True, metavar="FILE", help="CSV: robot,day,counter,value.")
@store_option
@remote_options
@click.option("--settle", type=click.FloatRange(min=0), default=0.0, metavar="S", help="Wait up to S seconds for it.")
@json_option
def verify(truth: Path, store: str | None, url: str | None, token: str | None, settle: float, *, as_json: bool) -> None:
    """Compare the collector with the truth: per robot, day and counter.

    Prints `equal: …` and exits with 0, or prints every difference and exits with 1. A value that is missing is
    zero. Values that the truth's robots have and the truth has not are differences too. The agent's counters about
    itself (observed_s, agent_…, readings_refused) are left out.
    """
    with Staging() as staging, source(store, url, token) as asked:
        try:
            with truth.open(encoding="utf-8", newline="") as lines:
                verifying.stage_truth(lines, staging)
        except UnicodeDecodeError as error:
            raise BadFile(f"{truth} is not UTF-8 ({error.reason}); save it as CSV UTF-8") from error
        _settle(staging, asked, settle)
        equal = _print_differences(staging, asked, as_json=as_json)
    sys.exit(0 if equal else 1)


def _settle(staging: Staging, asked: Source, settle_s: float) -> None:
    """Come back when everything is equal, or when the time is over."""
    began_s = time.monotonic()
    while (passed_s := time.monotonic() - began_s) < settle_s:
        count = sum(1 for _ in verifying.differences(staging, asked, verifying.Extent()))
        if count == 0:
            return
        click.echo(f"after {passed_s:.0f} s: {count} differences", err=True)
        took_s = time.monotonic() - began_s - passed_s
        time.sleep(max(0.0, min(max(SETTLE_EVERY_S, took_s), settle_s - (time.monotonic() - began_s))))


_ROW = "{:<24} {:<10} {:<26} {:>14} {:>14} {:>14}"


def _print_differences(staging: Staging, asked: Source, *, as_json: bool) -> bool:
    """Print each difference as it is found; True when there is none."""
    extent, count = verifying.Extent(), 0
    for found in verifying.differences(staging, asked, extent):
        count += 1
        if as_json:
            click.echo(json.dumps({**asdict(found), "difference": found.difference}))
            continue
        if count == 1:
            click.echo(_ROW.format("robot", "day", "counter", "truth", "collector", "difference"))
        click.echo(
            _ROW.format(found.robot, found.day, found.counter, found.truth, found.collector, f"{found.difference:+}")
        )
    figures = {"robots": extent.robots, "days": extent.days, "values": extent.values}
    if as_json:
        click.echo(json.dumps({"equal": count == 0, **figures, "differences": count}))
    else:
        said = "equal" if count == 0 else f"{count} differences in"
        click.echo(f"{said}: {extent.robots} robots, {extent.days} days, {extent.values} values")
    return count == 0


@click.command(
    epilog=(
        "\b\n"
        "collector export usage --from 2026-05-01 --to 2026-05-31 --out may.csv\n"
        "collector export contracts --format xlsx --out contracts.xlsx\n"
        "collector export v_score --from 2026-05-01 --url http://127.0.0.1:8380 --token T"
    )
)
@click.argument("kind", type=click.Choice(lists.NAMES), metavar="LIST")
@click.option("--format", "form", type=click.Choice(["csv", "json", "xlsx"]), default="csv", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json: one object on each line.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Default: standard output."
)
@click.option("--from", "from_day", metavar="DAY", help="From this day on, e.g. 2026-05-01, where the list has days.")
@click.option("--to", "to_day", metavar="DAY", help="Up to and with this day.")
@click.option("--account", metavar="ID", help="Only of this account.")
@store_option
@remote_options
def export(
    kind: str, form: str, out: Path | None, from_day: str | None, to_day: str | None, account: str | None,
    store: str | None, url: str | None, token: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Write a list as CSV, XLSX or JSON lines: usage, robots, faults, completeness (14 days), each kind of facts
    (accounts, contracts, touches, …), ctas, anomalies, incidents, imports, and the SQL views (v_score, …).

    What `export` writes `import` reads. Text that a spreadsheet would run as a formula gets an apostrophe.
    """
    for day in (from_day, to_day):
        if day is not None:
            try:
                days.parse(day)
            except ValueError as error:
                raise click.UsageError(str(error)) from error
    form = "json" if as_json else form
    if form == "xlsx" and out is None:
        raise click.UsageError("a workbook needs a file: --out FILE.xlsx")
    if kind in exporting.COLUMNS and form != "xlsx" and account is None:
        with source(store, url, token) as asked, _output(out) as file:
            written = exporting.write(kind, form, asked.rows(kind, from_day, to_day), file)
    elif url is not None:
        given = (("format", form), ("from", from_day), ("to", to_day), ("account", account))
        query = urllib.parse.urlencode([(name, value) for name, value in given if value is not None])
        with _output(out) as file:
            remote(url, token, store).download(f"/export/{kind}?{query}", file.buffer)
        return
    else:
        first, last = (days.parse(day) if day else None for day in (from_day, to_day))
        wanted = lists.ListRequest(kind, first, last, account)
        written = _exported(wanted, form, store_url(store), out)
    if out is not None:
        click.echo(f"{written} lines to {out}", err=True)


def _exported(wanted: lists.ListRequest, form: str, store: str, out: Path | None) -> int:
    opened = open_reader(store)
    try:
        with _output(out) as file:
            listed = lists.listed(opened, wanted, now_s())
            if form == "xlsx":
                return exporting.write_xlsx(wanted.name, listed.columns, listed.rows, file.buffer)
            return exporting.write_table(form, listed.columns, listed.rows, file)
    finally:
        opened.close()


@contextlib.contextmanager
def _output(out: Path | None) -> Iterator[TextIO]:
    """The file, written beside and renamed when it is whole; or standard output."""
    if out is None:
        yield sys.stdout
        return
    partial = out.with_name(out.name + ".partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            yield file
        partial.replace(out)
    except OSError as error:
        raise BadFile(f"{out}: {error.strerror}; choose a file that this user may write") from error
    finally:
        partial.unlink(missing_ok=True)
