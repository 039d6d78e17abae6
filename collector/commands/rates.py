"""collector rates | segments"""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from collector.accounts.rates.figures import FIGURES
from collector.accounts.rates.product import PRODUCTS
from collector.calendar import days
from collector.commands.door import Door, door_options
from collector.commands.folding import columns, folded
from collector.commands.options import DAY, Choice, Number, day_text, language_option
from collector.language import rates as rates_words
from collector.language import segments as segments_words
from collector.operations import rates as operations
from collector.operations import segments as segment_operations
from collector.operations.rates import AccountsOf, RatesOf
from collector.operations.segments import PlacesOn, PortfolioOn, SegmentsOn

BY = ("segment", "tier", "reseller", "csm", "team", "industry", "region")
PAGE = 1000


currency_option = click.option("--currency", metavar="C", help="All amounts in it; default: the setting base_currency.")


@click.command(
    epilog=(
        "\b\n"
        "collector rates --from 2025-06-01 --to 2026-05-31\n"
        "collector rates --from 2026-01-01 --to 2026-03-31 --by segment --lang zh\n"
        "collector rates --csm csm-east --behind grr\n"
        "collector rates --product opk\n"
        "collector rates --to 2026-03-31 --as-of 2026-03-31 --json"
    )
)
@click.option(
    "--from", "from_", type=DAY, metavar="DAY", help="First day of the period; default: a year before its last."
)
@click.option("--to", type=DAY, metavar="DAY", help="Last day, it counts; default: today.")
@click.option(
    "--as-of",
    type=DAY,
    metavar="DAY",
    help="Only what was known at the end of that day; default: all that is known.",
)
@click.option(
    "--basis", type=Choice(["arrived", "recorded"]), default="arrived", show_default=True,
    help="With --as-of: known when it arrived here, or when its source system had it.",
)  # fmt: skip
@click.option("--by", type=Choice(BY), help="One group of figures for each.")
@click.option("--segment", default="", metavar="S", help="Only accounts of this segment at the period's start.")
@click.option("--reseller", default="", metavar="R", help="Only accounts of this reseller.")
@click.option("--csm", default="", metavar="C", help="Only accounts of this CSM.")
@click.option("--product", type=Choice(PRODUCTS), help="Only what is of this product: service fee and OPK fee apart.")
@click.option(
    "--grace-days",
    type=Number(0, 365),
    metavar="N",
    help="A renewal this late is not lost; default: the health policy's.",
)
@click.option(
    "--behind", type=Choice(list(FIGURES)), metavar="FIGURE", help="List the accounts that this figure is made of."
)
@currency_option
@language_option
@door_options
def rates(behind: str | None, lang: Any, door: Door, **given: Any) -> None:
    """Renewal, upsell, referral and retention rates of a period, by customers and by amount.

    Each figure is shown with its definition and what is above and below the line. A rate without anything to divide by
    is said to have none.
    """
    first, last, as_of = given.pop("from_"), given.pop("to"), given.pop("as_of")
    query = {
        "from": day_text(first), "to": day_text(last), "as_of": day_text(as_of), **given, "language": lang,
    }  # fmt: skip
    wanted = RatesOf(
        first_day=first, last_day=last, as_of=as_of,
        basis=given["basis"], by=given["by"] or "", segment=given["segment"], reseller=given["reseller"],
        csm=given["csm"], product=given["product"], grace_days=given["grace_days"], currency=given["currency"],
        language=lang,
    )  # fmt: skip
    if behind is not None:
        del query["by"]
        one = AccountsOf(figure=behind, rates=wanted, limit=PAGE)
        page = door.every(operations.rates_accounts, one, f"/rates/{behind}/accounts", query)
        door.say(page, rates_words.behind(page["items"], behind, currency_of(page["items"]), lang))
        return
    shown = door.ask(operations.rates, wanted, "GET", "/rates", query=query)
    chosen: dict[str, str] = {name: given[name] for name in ("segment", "reseller", "csm", "product") if given[name]}
    door.say(shown, rates_words.text(shown, lang, chosen))


@click.command(
    epilog=(
        "\b\ncollector segments\ncollector segments --day 2026-03-31 --lang zh\ncollector segments --accounts --json"
    )
)
@click.option("--day", type=DAY, metavar="DAY", help="As of this day; default: today.")
@click.option("--accounts", "with_accounts", is_flag=True, help="Each account's segment, tier and points instead.")
@currency_option
@language_option
@door_options
def segments(day: int | None, currency: str | None, lang: Any, door: Door, *, with_accounts: bool) -> None:
    """Segments with their touch models, the people they need, and what they cost against ARR.

    With --json the segments as `GET /segments` answers them; people and costs are answers of /capacity and /cost-ratio.
    """
    query = {"day": day_text(day), "currency": currency}
    if with_accounts:
        wanted = PlacesOn(day=day, currency=currency, language=lang, limit=PAGE)
        query["language"] = lang
        places = door.every(segment_operations.segments_accounts, wanted, "/segments/accounts", query)
        door.say(places, segments_words.places(places["items"], currency_of(places["items"]), lang))
        return
    of_segments = SegmentsOn(day=day, currency=currency, language=lang)
    found = door.ask(segment_operations.segments, of_segments, "GET", "/segments", query={**query, "language": lang})
    if door.as_json:
        door.say(found, "")
        return
    # the others are asked for the day of the first answer, also where midnight lies between them
    number = days.parse(found[0]["day"]) if found and "day" in found[0] else day
    query["day"] = day_text(number)
    on = PortfolioOn(day=number, currency=currency)
    shown = {
        "day": day_text(number),
        "currency": currency_of(found) or None,
        "segments": found,
        "capacity": door.ask(segment_operations.capacity, on, "GET", "/capacity", query=query),
        "cost_ratio": door.ask(segment_operations.cost_ratio, on, "GET", "/cost-ratio", query=query),
    }
    click.echo(folded(segments_words.text(shown, lang), columns()))


def currency_of(found: Sequence[Mapping[str, Any]]) -> str:
    """The currency that the answer says it is in; "" where there is none, or an older collector does not say it."""
    return found[0].get("currency", "") if found else ""
