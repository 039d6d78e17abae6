"""collector import KIND FILE | template | list | undo: tables of the ledger's facts."""

import urllib.parse
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.commands.options import answer, json_option, now_s, remote, remote_options, store_option, store_url
from collector.exchange.errors import BadFile
from collector.exchange.imports import bringing, marks, undoing
from collector.exchange.imports.arriving import fill, kind_of, mapping_of, reading_of
from collector.exchange.imports.bringing import ImportResult, Sent
from collector.exchange.imports.problems import BadTable
from collector.exchange.imports.templates import every_kind, template_csv, template_xlsx
from collector.exchange.imports.tray import Tray
from collector.store.engine import open_reader, open_store
from collector.values.paging import LIMIT_DEFAULT

AUTHOR = "command line"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_EPILOG = (
    "\b\n"
    "collector import accounts crm.xlsx --preview\n"
    'collector import contracts 合同.csv --map \'{"客户": "account"}\'\n'
    "collector import touches visits.csv --partial --history\n"
    "collector import template accounts --out accounts.xlsx"
)


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

    run.__doc__ = f"""Import {kind.en.lower()} ({kind.zh}) from a CSV or XLSX file: all of them, or nothing.

    The same file may be imported again: an id that stands already is corrected where the file says otherwise. Fields
    that the file has no column for keep what the ledger says. Bad rows are named with their number and what to write.
    """
    options = (
        click.argument("file", type=_FILE),
        click.option("--map", "mapping", default="{}", metavar="JSON", help='{"heading": "field"}; "" leaves it out.'),
        click.option("--sheet", metavar="NAME", help="Of a workbook. Default: the kind's own, else the first."),
        click.option("--preview", is_flag=True, help="Only show what would happen."),
        click.option("--partial", is_flag=True, help="Take the good rows although others are bad."),
        click.option("--history", is_flag=True, help="The rows were known when they happened (or on recorded_day)."),
        click.option("--new-robots", is_flag=True, help="Deployments may name robots that never connected."),
        click.option("--timezone", metavar="ZONE", help="Of moments that do not say theirs, e.g. Asia/Shanghai."),
        store_option,
        remote_options,
        json_option,
    )
    command: Any = run
    for option in reversed(options):
        command = option(command)
    return click.command(name=kind.path, epilog=_EPILOG)(command)


def _import(
    kind: Kind, file: Path, mapping: str, sheet: str | None, timezone: str | None, store: str | None, url: str | None,
    token: str | None, *, preview: bool, partial: bool, history: bool, new_robots: bool, as_json: bool,
) -> None:  # fmt: skip
    try:
        named = mapping_of(mapping)
        reading = reading_of(named, timezone)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    flags = {"partial": partial, "history": history, "new_robots": new_robots}
    if url is not None:
        query = {"name": file.name, "map": mapping, **{name: "true" for name, is_set in flags.items() if is_set}}
        query |= {name: value for name, value in (("sheet", sheet), ("timezone", timezone)) if value is not None}
        path = f"/import/{kind.path}{'/preview' if preview else ''}?{urllib.parse.urlencode(query)}"
        with file.open("rb") as body:
            done = remote(url, token, store).ask("POST", path, body=body, kind="application/octet-stream")
        _tell(
            file,
            ImportResult(**{**done, "first": [bringing.RowSaid(**row) for row in done["first"]]}),
            preview,
            as_json,
        )
        return
    with Tray(kind) as tray, file.open("rb") as content:
        try:
            digest = fill(tray, content, reading, sheet)
        except BadTable as error:
            raise BadFile(f"{file}: {error}") from error
        sent = Sent(file.name, digest, AUTHOR, now_s(), named, **flags)
        opened = open_reader(store_url(store)) if preview else open_store(store_url(store))
        try:
            with opened.read() if preview else opened.write() as connection:
                brought = (bringing.preview if preview else bringing.bring)(connection, tray, sent)
        finally:
            opened.close()
    if brought.refused and not (preview or partial):
        raise BadFile(f"{file}: nothing was imported, {brought.refused} bad rows\n  " + "\n  ".join(brought.problems))
    _tell(file, brought, preview, as_json)


def _tell(file: Path, done: ImportResult, preview: bool, as_json: bool) -> None:  # noqa: FBT001 - two flags of the command
    verb = "would be imported" if preview else "imported"
    counts = f"{done.created} created, {done.corrected} corrected, {done.unchanged} unchanged, {done.refused} refused"
    lines = [f"{verb} from {file.name}: {counts}"]
    if done.import_id is not None:
        lines[0] += f" (import {done.import_id})"
    if preview:
        lines += [f"  {field:<20} {heading}" for field, heading in done.columns.items()]
        lines += [f"  row {row.row} {row.did}: {_short(row.fact)}" for row in done.first]
    if done.ignored:
        lines.append(f"  columns that mean nothing here: {', '.join(done.ignored)}")
    lines += [f"  {problem}" for problem in (*done.problems, *done.conflicts)]
    answer(done, "\n".join(lines), as_json=as_json)


def _short(fact: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in fact.items() if value not in (None, ""))


@click.command(name="list")
@click.option("--limit", type=click.IntRange(1, 1000), default=LIMIT_DEFAULT, show_default=True)
@store_option
@remote_options
@json_option
def list_imports(limit: int, store: str | None, url: str | None, token: str | None, *, as_json: bool) -> None:
    """Imports of tables, newest first."""
    if url is not None:
        items = [marks.Mark(**one) for one in remote(url, token, store).ask("GET", f"/imports?limit={limit}")["items"]]
    else:
        opened = open_reader(store_url(store))
        try:
            with opened.read() as connection:
                items = marks.page(connection, limit=limit).items
        finally:
            opened.close()
    lines = [
        f"{one.id:>6} {one.at} {one.kind:<14} {one.created:>7} created {one.corrected:>7} corrected "
        f"{one.skipped:>5} left out  {one.name} by {one.author}"
        + (f", undone {one.undone_at}" if one.undone_at else "")
        for one in items
    ]
    answer([asdict(one) for one in items], "\n".join(lines) or "no imports yet", as_json=as_json)


@click.command()
@click.argument("number", type=int)
@store_option
@remote_options
@json_option
def undo(number: int, store: str | None, url: str | None, token: str | None, *, as_json: bool) -> None:
    """Take an import back: what it created is withdrawn, what it corrected says again what it said before.

    Nothing is deleted. It is refused where later corrections or facts stand on the import, and says which.
    """
    if url is not None:
        done = undoing.Undone(**remote(url, token, store).ask("POST", f"/imports/{number}/undo"))
    else:
        opened = open_store(store_url(store))
        try:
            with opened.write() as connection:
                made = undoing.undo(connection, number, AUTHOR, now_s())
        finally:
            opened.close()
        if isinstance(made, undoing.NotUndone):
            raise BadFile(f"{made.why}; {made.remedy}")
        done = made
    text = f"import {done.import_id} is undone: {done.withdrawn} withdrawn, {done.restored} restored"
    answer(done, text, as_json=as_json)


@click.command(epilog="\b\ncollector import template accounts --out accounts.xlsx\ncollector import template all")
@click.argument("kind")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="….xlsx or ….csv; default: KIND.xlsx"
)
@json_option
def template(kind: str, out: Path | None, *, as_json: bool) -> None:
    """Write an empty table of a kind (or of `all` in one workbook): headings, an example, choices."""
    kinds = list(every_kind()) if kind == "all" else [found] if (found := kind_of(kind)) is not None else []
    if not kinds:
        raise click.UsageError(f"there is no kind {kind!r}; kinds: {', '.join(one.path for one in every_kind())}, all")
    path = out or Path(f"{kind}.xlsx")
    if path.suffix.lower() == ".csv" and len(kinds) > 1:
        raise click.UsageError("a CSV file has one sheet: give an .xlsx file, or one kind")
    content = template_csv(kinds[0]) if path.suffix.lower() == ".csv" else template_xlsx(kinds)
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}; choose a file that this user may write") from error
    answer({"file": str(path), "kinds": [one.path for one in kinds]}, f"written: {path}", as_json=as_json)


COMMANDS = (list_imports, undo, template)
