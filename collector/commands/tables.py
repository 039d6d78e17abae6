"""collector import KIND FILE | all WORKBOOK | template | list | undo: tables of the ledger's facts."""

import io
import json
import sys
import urllib.parse
from pathlib import Path
from typing import Any, Literal, get_args

import click

from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.commands.door import Door, door_options
from collector.commands.options import Choice, Number
from collector.exchange.errors import BadFile
from collector.exchange.imports.arriving import kind_of, mapping_of
from collector.exchange.imports.day_orders import DayOrder
from collector.operations import imports, workbooks
from collector.values.paging import LIMIT_DEFAULT

PARTLY = 3  # the exit code of an import that left bad rows out, as it was told to
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_EPILOG = (
    "\b\n"
    "collector import accounts crm.xlsx --preview\n"
    'collector import contracts contracts.csv --map \'{"Customer no.": "account"}\'\n'
    "collector import touches visits.csv --partial --history\n"
    "collector import template accounts --out accounts.xlsx"
)


def _mapping(_: click.Context, __: click.Parameter, value: str) -> dict[str, str]:
    try:
        return mapping_of(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


mapping_option = click.option(
    "--map", "mapping", default="{}", callback=_mapping, metavar="JSON", help='{"heading": "field"}; "" leaves it out.'
)


encoding_option = click.option(
    "--encoding", metavar="NAME", help="Of a CSV: utf-8, gb18030, cp1252, … Default: as its bytes show it."
)


def read_as(done: dict[str, Any]) -> str:
    """How the file was read, as the answer says."""
    return f", read as {done['encoding']}" if done["encoding"] else f", read from the sheet {done['sheet']}"


_HOW = (
    click.option("--preview", is_flag=True, help="Only show what would happen."),
    click.option("--partial", is_flag=True, help="Take the good rows although others are bad."),
    click.option("--history", is_flag=True, help="The rows were known when they happened (or on recorded_day)."),
    click.option("--new-robots", is_flag=True, help="Deployments may name robots that never connected."),
    click.option("--decimal", type=Choice([",", "."]), help="The decimal sign. Default: each column shows its own."),
    click.option(
        "--day-order",
        type=Choice(get_args(DayOrder)),
        help="Of days such as 5/3/2026. Default: as its column shows.",
    ),
    click.option("--timezone", metavar="ZONE", help="Of moments that do not say theirs, e.g. Asia/Shanghai."),
)
"""Options of every import of facts."""


def _how(command: Any) -> Any:
    """The command with these options, the first one shown first."""
    for option in reversed(_HOW):
        command = option(command)
    return command


class Imports(click.Group):
    """A group that also has one command for each kind of facts, by its path (`contracts`) or key (`contract`)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *(kind.path for kind in KINDS.values())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        kind = kind_of(cmd_name)
        return super().get_command(ctx, cmd_name) if kind is None else _command_of(kind)


def _command_of(kind: Kind) -> click.Command:
    def run(**given: Any) -> None:
        _import(kind, **given)

    run.__doc__ = f"""Import {kind.en.lower()} from a CSV or XLSX file: all of them, or nothing.

    The same file may be imported again: an id that stands already is corrected where the file says otherwise. Fields
    that the file has no column for keep what the ledger says. Bad rows are named with their number and what to write.
    A sheet of a workbook may be called {kind.zh} too.
    """
    command: Any = _how(door_options(run))
    for option in (
        encoding_option,
        click.option("--sheet", metavar="NAME", help="Of a workbook. Default: the kind's, else the first shown."),
        mapping_option,
        click.argument("file", type=_FILE),
    ):
        command = option(command)
    return click.command(name=kind.path, epilog=_EPILOG)(command)


def _import(kind: Kind, file: Path, door: Door, mapping: dict[str, str], *, preview: bool, **how: Any) -> None:
    path = f"/import/{kind.path}{'/preview' if preview else ''}"
    query = {"name": file.name, "map": json.dumps(mapping), **how}
    with file.open("rb") as content:
        wanted = imports.ImportTable(table=kind.key, file=content, name=file.name, mapping=mapping, **how)
        operation = imports.preview_import if preview else imports.import_table
        done = door.ask(operation, wanted, "POST", path, query=query, body=content)
    door.say(done, _told(file, done, preview=preview))
    _leave(done["refused"], preview=preview)


def _leave(refused: int, *, preview: bool) -> None:
    """What a script sees: bad rows were left out."""
    if refused and not preview:
        sys.exit(PARTLY)


@click.command(
    name="all",
    epilog=(
        "\b\n"
        "collector import template all --out fleetward.xlsx\n"
        "collector import all fleetward.xlsx --preview\n"
        "collector import all fleetward.xlsx"
    ),
)
@click.argument("file", type=_FILE, metavar="WORKBOOK")
@_how
@door_options
def import_all(file: Path, door: Door, *, preview: bool, **how: Any) -> None:
    """Import every sheet of a workbook that is called as a table (accounts, usage), in order: all, or nothing.

    Hidden sheets are left out. Each sheet is an import of its own in the list, and is undone by itself, the last one
    first.
    """
    query = {"name": file.name, **how}
    path = f"/import/all{'/preview' if preview else ''}"
    with file.open("rb") as content:
        wanted = workbooks.ImportWorkbook(file=content, name=file.name, **how)
        operation = workbooks.preview_workbook if preview else workbooks.import_workbook
        done = door.ask(operation, wanted, "POST", path, query=query, body=content)
    lines = [_told(file, sheet, preview=preview) for sheet in done["sheets"]]
    if done["usage"] is not None:
        lines.append(usage_told(done["usage"]))
    if done["ignored"]:
        lines.append(f"sheets that are no table here: {', '.join(done['ignored'])}")
    door.say(done, "\n".join(lines))
    _leave(done["refused"], preview=preview)


def usage_told(done: dict[str, Any]) -> str:
    text = (
        "imported: {values} values of {robot_days} robot-days, {robots} robots ({new_robots} new), "
        "{accounts} accounts ({new_accounts} new), {new_deployments} new deployments"
    )
    return text.format(**done) + read_as(done)


def _told(file: Path, done: dict[str, Any], *, preview: bool) -> str:
    verb = "would be imported" if preview else "imported"
    counts = ", ".join(f"{done[did]} {did}" for did in ("created", "corrected", "unchanged", "refused"))
    lines = [f"{verb} from {file.name}: {counts}"]
    if done["import_id"] is not None:
        lines[0] += f" (import {done['import_id']})"
    lines[0] += read_as(done)
    if done["made_ids"]:
        lines.append(f"  rows without an id that got one of their content: {done['made_ids']}")
    if preview:
        lines += [f"  {field:<20} {heading}" for field, heading in done["columns"].items()]
        lines += [f"  row {row['row']} {row['did']}: {_short(row['fact'])}" for row in done["first"]]
    if done["ignored"]:
        lines.append(f"  columns that mean nothing here: {', '.join(done['ignored'])}")
    lines += [f"  {problem}" for problem in (*done["problems"], *done["conflicts"])]
    return "\n".join(lines)


def _short(fact: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in fact.items() if value not in (None, ""))


@click.command(name="list")
@click.option("--limit", type=Number(1, 1000), default=LIMIT_DEFAULT, show_default=True)
@door_options
def list_imports(limit: int, door: Door) -> None:
    """Imports of tables, newest first."""
    wanted = imports.ListImports(limit=limit)
    page = door.ask(imports.list_imports, wanted, "GET", "/imports", query={"limit": limit})
    lines = [
        "{id:>6} {at} {kind:<14} {created:>7} created {corrected:>7} corrected {skipped:>5} left out  "
        "{name} by {author}".format(**one)
        + (f", undone {one['undone_at']}" if one["undone_at"] else "")
        for one in page["items"]
    ]
    door.say(page, "\n".join(lines) or "no imports yet")


@click.command()
@click.argument("number", type=Number(0, 10**12))
@door_options
def undo(number: int, door: Door) -> None:
    """Take an import back: what it created is withdrawn, what it corrected says again what it said before.

    Nothing is deleted. It is refused where later corrections or facts stand on the import, and says which.
    """
    done = door.ask(imports.undo_import, number, "POST", f"/imports/{number}/undo")
    door.say(done, "import {import_id} is undone: {withdrawn} withdrawn, {restored} restored".format(**done))


@click.command(epilog="\b\ncollector import template accounts --out accounts.xlsx\ncollector import template all")
@click.argument("kind")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="….xlsx or ….csv; default: KIND.xlsx"
)
@door_options
def template(kind: str, door: Door, out: Path | None) -> None:
    """Write an empty table of a kind (or of `all` in one workbook): headings, an example, choices."""
    path = out or Path(f"{kind}.xlsx")
    form: Literal["csv", "xlsx"] = "csv" if path.suffix.lower() == ".csv" else "xlsx"
    content = io.BytesIO()
    wanted = imports.WantedTemplate(table=kind, form=form)
    address = f"/templates/{urllib.parse.quote(kind, safe='')}"
    door.download(imports.template, wanted, address, content, query={"format": form})
    try:
        path.write_bytes(content.getvalue())
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}; choose a file that this user may write") from error
    kinds = list(KINDS.values()) if kind == "all" else [kind_of(kind)]
    door.say({"file": str(path), "kinds": [one.path for one in kinds if one is not None]}, f"written: {path}")


COMMANDS = (import_all, list_imports, undo, template)
