"""collector import usage | verify | export"""

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import click

from collector.calendar.days import DAY_MAX, DAY_MIN
from collector.commands.door import Do, Door, door_options, plain
from collector.commands.options import DAY, Choice, day_text
from collector.commands.tables import COMMANDS, Imports, encoding_option, mapping_option, usage_told
from collector.exchange import verify as verifying
from collector.exchange.errors import BadFile
from collector.exchange.imports.usage_staging import Staging
from collector.exchange.lists import NAMES as LISTS
from collector.exchange.verify import Source
from collector.operations import exports, imports, usage
from collector.operations.exports import Form
from collector.values.paging import LIMIT_MAX

SETTLE_EVERY_S = 0.5
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


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
@click.argument("file", type=_FILE)
@mapping_option
@click.option("--sheet", metavar="NAME", help="Of a workbook. Default: usage, else the first.")
@encoding_option
@click.option("--without-account", is_flag=True, help="Rows may name no account: those robots are with nobody.")
@door_options
def import_usage(
    file: Path, door: Door, mapping: dict[str, str], sheet: str | None, encoding: str | None, *, without_account: bool
) -> None:
    """Import usage from a CSV or XLSX file: account, robot, day, counter, value. All of it, or nothing.

    Missing accounts, robots and deployments are made. A value replaces what was imported for the same robot, day
    and counter, so a corrected file may be imported again. Bad rows are named with their number in the sheet. The
    robot's own counts always stand: a row that would count them twice is refused.
    """
    with file.open("rb") as content:
        wanted = imports.ImportUsage(
            file=content, mapping=mapping, sheet=sheet, encoding=encoding, without_account=without_account
        )
        query = {
            "map": json.dumps(mapping), "sheet": sheet, "encoding": encoding,
            "without_account": "true" if without_account else None,
        }  # fmt: skip
        done = door.ask(imports.import_usage, wanted, "POST", "/import/usage", query=query, body=content)
    door.say(done, usage_told(done))


@click.command(
    epilog=(
        "\b\n"
        "fleet-sim run --robots 10 --days 2 --truth truth.csv …\n"
        "collector verify --truth truth.csv --url http://127.0.0.1:8380 --settle 60"
    )
)
@click.option("--truth", type=_FILE, required=True, metavar="FILE", help="CSV or XLSX: robot,day,counter,value.")
@click.option("--settle", type=click.FloatRange(min=0), default=0.0, metavar="S", help="Wait up to S seconds for it.")
@door_options
def verify(truth: Path, door: Door, settle: float) -> None:
    """Compare the collector with the truth: per robot, day and counter.

    Prints `equal: …` and exits with 0, or prints every difference and exits with 1. A value that is missing is
    zero. Values that the truth's robots have and the truth has not are differences too. The agent's counters about
    itself (observed_s, agent_…, readings_refused) are left out.
    """
    with Staging() as staging, _source(door) as asked:
        with truth.open("rb") as file:
            verifying.stage_truth(file, staging)
        _settle(staging, asked, settle)
        equal = _print_differences(staging, asked, as_json=door.as_json)
    sys.exit(0 if equal else 1)


@dataclass(frozen=True)
class StoreSource:
    """The values of a store on this machine; it may be written by a collector meanwhile."""

    do: Do

    def values(self, robot_names: Sequence[str]) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            wanted = usage.ListRobotDays(
                from_day=DAY_MIN, to_day=DAY_MAX, robots=robot_names, limit=LIMIT_MAX, cursor=cursor
            )
            page = self.do(usage.list_robot_days, wanted)
            yield from (asdict(item) for item in page.items)
            cursor = page.next
            if cursor is None:
                return


@contextlib.contextmanager
def _source(door: Door) -> Iterator[Source]:
    if door.remote is not None:
        yield door.remote
        return
    with door.opened(writes=False, makes=False) as do:
        yield StoreSource(do)


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
        "collector export --to-sqlite fleet-copy.db\n"
        "collector export v_score --from 2026-05-01 --url http://127.0.0.1:8380"
    )
)
@click.argument("kind", type=Choice(LISTS), metavar="LIST", required=False)
@click.option("--format", "form", type=Choice(["csv", "json", "xlsx"]), default="csv", show_default=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Default: standard output."
)
@click.option(
    "--from", "from_day", type=DAY, metavar="DAY", help="From this day on, e.g. 2026-05-01, where the list has days."
)
@click.option("--to", "to_day", type=DAY, metavar="DAY", help="Up to and with this day.")
@click.option("--account", metavar="ID", help="Only of this account.")
@click.option(
    "--to-sqlite",
    "database",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="All lists as one SQLite database, instead of a LIST.",
)
@door_options
def export(
    kind: str | None, form: Form, out: Path | None, from_day: int | None, to_day: int | None, account: str | None,
    database: Path | None, door: Door,
) -> None:  # fmt: skip
    """Write a list as CSV, XLSX or JSON lines: usage, robots, faults, completeness (14 days), each kind of facts
    (accounts, contracts, touches, …), ctas, anomalies, incidents, imports, and the SQL views (v_score, …).

    What `export` writes `import` reads. Text that a spreadsheet would run as a formula gets an apostrophe. --json is
    the same as --format json: one object on each line.
    """
    if database is not None:
        if kind or out or account or from_day is not None or to_day is not None:
            raise click.UsageError("--to-sqlite writes all of every list; leave the other words away")
        _export_database(database, door)
        return
    if kind is None:
        raise click.UsageError(f"name a LIST ({', '.join(LISTS)}), or --to-sqlite FILE")
    form = "json" if door.as_json else form
    if form == "xlsx" and out is None:
        raise click.UsageError("a workbook needs a file: --out FILE.xlsx")
    query = {"format": form, "from": day_text(from_day), "to": day_text(to_day), "account": account}
    with _output(out) as file:
        wanted = exports.ExportList(list=kind, form=form, out=file, from_day=from_day, to_day=to_day, account=account)
        done = door.download(exports.export_list, wanted, f"/export/{kind}", file, query=query)
        said = f"written: {out}" if done is None else f"{done.rows} lines to {out}"
    if out is not None:
        click.echo(said, err=True)


def _export_database(path: Path, door: Door) -> None:
    """All lists as tables of one file."""
    if door.remote is not None:
        with _output(path) as file:
            door.remote.download("/export/all", file)
        click.echo(f"written: {path}", err=True)
        return
    done = plain(door.do(exports.export_database, exports.ExportDatabase(path=path)))
    click.echo(f"{sum(done['rows'].values())} rows in {len(done['rows'])} tables to {path}", err=True)


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def _output(out: Path | None) -> Iterator[BinaryIO]:
    """The file, written beside and renamed when it is whole, for its owner alone, for it names people; or stdout."""
    if out is None:
        yield sys.stdout.buffer
        return
    partial = out.with_name(out.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        with open(partial, "wb", opener=_for_the_owner) as file:
            yield file
        partial.replace(out)
    except OSError as error:
        raise BadFile(f"{out}: {error.strerror}; choose a file that this user may write") from error
    finally:
        partial.unlink(missing_ok=True)
