"""collector portfolio list | export"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import click

from collector.commands.calls import whose_option
from collector.commands.door import Door, door_options
from collector.commands.options import Choice, Number, language_option
from collector.exchange.errors import BadFile
from collector.language import listings
from collector.operations import portfolio as operations
from collector.operations import stated
from collector.operations.portfolio import ExportPortfolio, ListPortfolio, PortfolioOf
from collector.success.portfolio import BANDS, SORTS

_DAYS = Number(1, 10**6)
_NARROWS = (
    whose_option,
    click.option("--band", type=Choice(BANDS), multiple=True, help="Only of this band; may be given again."),
    click.option("--csm", default="", metavar="CSM", help="Only of this CSM; -: of nobody."),
    click.option("--search", default="", metavar="TEXT", help="Part of the name or of the id."),
    click.option("--due-in", type=_DAYS, metavar="DAYS", help="A contract is due within so many days."),
    click.option("--quiet", type=_DAYS, metavar="DAYS", help="Not spoken with for so many days."),
    click.option("--watermelons", is_flag=True, help="Only accounts that a cap keeps from green."),
    click.option("--tag", default="", metavar="TAG", help="Only with this tag."),
    click.option("--field", default="", metavar="ID=VALUE", help="Only where this custom field says so: tier=gold."),
    click.option("--show-field", "fields", multiple=True, metavar="ID", help="Show this custom field; may recur."),
    click.option("--sort", type=Choice(SORTS), default="score", show_default=True),
    click.option("--falling", is_flag=True, help="The largest first."),
)


def _narrowed(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_NARROWS):
        command = option(command)
    return command


@click.group(
    epilog="\b\ncollector portfolio list --band red --lang zh\ncollector portfolio export --out portfolio.xlsx"
)
def portfolio() -> None:
    """Accounts as the last closing left them."""


@portfolio.command(name="list")
@_narrowed
@click.option("--offset", type=Number(0, 10**6), default=0, help="Rows to leave out at the start.")
@click.option("--limit", type=Number(1, 1000), default=50, show_default=True)
@language_option
@door_options
def list_portfolio(
    door: Door, lang: str, offset: int, limit: int, sort: Any, *, falling: bool, **given: Any
) -> None:  # fmt: skip
    """List the rows that are asked for, with the sums of all."""
    wanted = ListPortfolio(of=_of(given), sort=sort, falling=falling, offset=offset, limit=limit,
                           fields=given["fields"])  # fmt: skip
    query = _query(given, sort, falling=falling) | {"offset": offset, "limit": limit}
    found = door.ask(operations.list_portfolio, wanted, "GET", "/portfolio", query=query, stated=stated.portfolio)
    door.say(found, listings.portfolio(found, lang, given["fields"]))


@portfolio.command(name="choices")
@door_options
def portfolio_choices(door: Door) -> None:
    """List the tags in use and the custom fields of accounts: what --tag, --field and --show-field take."""
    found = door.ask(operations.portfolio_choices, None, "GET", "/portfolio/choices")
    lines = [f"tag    {one['tag']}  {one['accounts']}" for one in found["tags"]]
    lines += [f"field  {one['id']}  {one['name']}" for one in found["fields"]]
    door.say(found, "\n".join(lines) or "no tags and no fields")


@portfolio.command(name="export")
@_narrowed
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default="portfolio.xlsx", show_default=True,
    metavar="FILE", help="….xlsx or ….csv",
)  # fmt: skip
@door_options
def export_portfolio(door: Door, out: Path, sort: Any, *, falling: bool, **given: Any) -> None:
    """Write every row that is asked for; text that would run as a formula gets an apostrophe."""
    form: Literal["csv", "xlsx"] = "csv" if out.suffix.lower() == ".csv" else "xlsx"
    query = _query(given, sort, falling=falling) | {"format": form}
    try:
        with out.open("wb") as file:
            wanted = ExportPortfolio(of=_of(given), sort=sort, falling=falling, form=form, out=file,
                                     fields=given["fields"])  # fmt: skip
            door.download(operations.export_portfolio, wanted, "/portfolio/file", file, query=query)
    except OSError as error:
        raise BadFile(f"{out}: {error.strerror}; choose a file that this user may write") from error
    door.say({"file": str(out)}, f"written: {out}")


def _of(given: dict[str, Any]) -> PortfolioOf:
    return PortfolioOf(
        whose=given["whose"], bands=given["band"], csm=given["csm"], text=given["search"], due_in=given["due_in"],
        quiet=given["quiet"], melon=given["watermelons"], tag=given["tag"], field=given["field"],
    )  # fmt: skip


def _query(given: dict[str, Any], sort: str, *, falling: bool) -> dict[str, Any]:
    return given | {
        "band": ",".join(given["band"]), "fields": ",".join(given["fields"]) or None,
        "watermelons": "true" if given["watermelons"] else None, "sort": sort,
        "falling": "true" if falling else None,
    }  # fmt: skip
