"""collector rates | segments"""

import urllib.parse
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click
from pydantic import ValidationError
from sqlalchemy import Connection

from collector import config
from collector.accounts.rates import reports
from collector.accounts.rates.figures import FIGURES
from collector.accounts.segments import reports as segment_reports
from collector.calendar import days
from collector.commands import rates_text
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
from collector.commands.remote import RemoteSource
from collector.context import Policies
from collector.store.engine import open_reader
from collector.web.api.parameters_rates import RatesByQuery
from collector.web.api.routing import first_complaint

BY = ("segment", "tier", "reseller", "csm", "team", "industry", "region")
PAGE = 1000
lang_option = click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the text."
)
currency_option = click.option("--currency", metavar="C", help="All amounts in it; default: the setting base_currency.")


@click.command(
    epilog=(
        "\b\n"
        "collector rates --from 2025-06-01 --to 2026-05-31\n"
        "collector rates --from 2026-01-01 --to 2026-03-31 --by segment --lang zh\n"
        "collector rates --csm anna --behind grr\n"
        "collector rates --to 2026-03-31 --as-of 2026-03-31 --json"
    )
)
@click.option("--from", "from_", metavar="DAY", help="First day of the period; default: a year before its last.")
@click.option("--to", metavar="DAY", help="Last day, it counts; default: today.")
@click.option("--as-of", metavar="DAY", help="Only what was known at the end of that day; default: all that is known.")
@click.option(
    "--basis", type=click.Choice(["arrived", "recorded"]), default="arrived", show_default=True,
    help="With --as-of: known when it arrived here, or when its source system had it.",
)  # fmt: skip
@click.option("--by", type=click.Choice(BY), help="One group of figures for each.")
@click.option("--segment", default="", metavar="S", help="Only accounts of this segment at the period's start.")
@click.option("--reseller", default="", metavar="R", help="Only accounts of this reseller.")
@click.option("--csm", default="", metavar="C", help="Only accounts of this CSM.")
@click.option(
    "--grace-days",
    type=click.IntRange(0, 365),
    metavar="N",
    help="A renewal this late is not lost; default: the health policy's.",
)
@click.option("--behind", type=click.Choice(list(FIGURES)), help="List the accounts that this figure is made of.")
@currency_option
@lang_option
@store_option
@remote_options
@json_option
def rates(
    behind: str | None, lang: str, store: str | None, url: str | None, token: str | None, *, as_json: bool, **given: Any
) -> None:
    """Renewal, upsell, referral and retention rates of a period, by customers and by amount.

    Each figure is shown with its definition and what is above and below the line. A rate without anything to divide by
    is said to have none.
    """
    asked = {"from": given.pop("from_"), **given, "language": lang}
    query = {name: str(value) for name, value in asked.items() if value not in {None, ""}}
    if behind is not None:
        found = _behind(behind, query, store, url, token)
        answer(found, rates_text.behind(found, FIGURES[behind], lang), as_json=as_json)
        return
    if url is not None:
        shown = _ask(remote(url, token, store), "/rates", query)
    else:
        question = _question(query)
        shown = _read(
            store, lambda connection: asdict(reports.rates_report(connection, question, _policies().segments))
        )
    chosen: dict[str, str] = {name: query[name] for name in ("segment", "reseller", "csm") if name in query}
    answer(shown, rates_text.rates(shown, lang, chosen), as_json=as_json)


def _behind(figure: str, query: dict[str, str], store: str | None, url: str | None, token: str | None) -> list[Any]:
    query.pop("by", None)
    if url is not None:
        return _pages(remote(url, token, store), f"/rates/{figure}/accounts", query)
    question = _question(query)
    found: list[Any] = _read(
        store, lambda c: [asdict(each) for each in reports.accounts_behind(c, question, figure, _policies().segments)]
    )
    return found


def _policies() -> Policies:
    return Policies(config.load())


def _question(query: dict[str, str]) -> reports.RatesQuestion:
    """Raises ExchangeError with the remedy."""
    try:
        asked = RatesByQuery.model_validate(query)
        policies = _policies()
        base, grace_days = policies.settings.base_currency, policies.health.renewal.grace_days
        return asked.question(days.of(now_s(), "UTC"), asked.by or "", base, grace_days)
    except ValidationError as error:
        raise refuse(f"{first_complaint(error)}; see collector rates --help") from error
    except ValueError as error:
        raise refuse(f"{error}; give --from and --to as 2026-01-01, the earlier first") from error


@click.command(
    epilog=(
        "\b\ncollector segments\ncollector segments --day 2026-03-31 --lang zh\ncollector segments --accounts --json"
    )
)
@click.option("--day", metavar="DAY", help="As of this day; default: today.")
@click.option("--accounts", "with_accounts", is_flag=True, help="Each account's segment, tier and points instead.")
@currency_option
@lang_option
@store_option
@remote_options
@json_option
def segments(
    day: str | None, currency: str | None, lang: str, store: str | None, url: str | None, token: str | None, *,
    with_accounts: bool, as_json: bool,
) -> None:  # fmt: skip
    """Segments with their touch models, the people they need, and what they cost against ARR."""
    try:
        number = days.of(now_s(), "UTC") if day is None else days.parse(day)
    except ValueError as error:
        raise refuse(f"--day: {error}") from error
    if url is not None:
        shown = _remote_segments(remote(url, token, store), days.iso(number), currency, lang, with_accounts)
    else:
        base = currency or config.load().base_currency
        shown = _read(store, lambda c: _local_segments(c, number, base, lang, with_accounts))
    text = rates_text.places(shown, lang) if with_accounts else rates_text.segments(shown, lang)
    answer(shown, text, as_json=as_json)


def _local_segments(connection: Connection, day: int, currency: str, lang: str, with_accounts: bool) -> Any:  # noqa: FBT001 - a flag of the command
    policies = _policies()
    policy, grace_days = policies.segments, policies.health.renewal.grace_days
    found = segment_reports.portfolio(connection, day, currency=currency, policy=policy, grace_days=grace_days)
    if with_accounts:
        return [asdict(each) for each in segment_reports.places(found)]
    return {
        "day": days.iso(day),
        "currency": currency,
        "segments": [asdict(each) for each in segment_reports.segments_shown(found, policy, chinese=lang == "zh")],
        "capacity": asdict(segment_reports.capacity_plan(found, day, policy)),
        "cost_ratio": [
            asdict(each) for each in segment_reports.cost_ratio_report(found, day, currency=currency, policy=policy)
        ],
    }


def _remote_segments(far: RemoteSource, day: str, currency: str | None, lang: str, with_accounts: bool) -> Any:  # noqa: FBT001 - as above
    query = {"day": day} | ({"currency": currency} if currency else {})
    if with_accounts:
        return _pages(far, "/segments/accounts", query)
    return {
        "day": day,
        "currency": currency,
        "segments": _ask(far, "/segments", {**query, "language": lang}),
        "capacity": _ask(far, "/capacity", query),
        "cost_ratio": _ask(far, "/cost-ratio", query),
    }


def _ask(far: RemoteSource, path: str, query: dict[str, str]) -> Any:
    return far.ask("GET", f"{path}?{urllib.parse.urlencode(query)}")


def _pages(far: RemoteSource, path: str, query: dict[str, str]) -> list[Any]:
    found: list[Any] = []
    query = {**query, "limit": str(PAGE)}
    while True:
        page = _ask(far, path, query)
        found += page["items"]
        if page["next"] is None:
            return found
        query["cursor"] = page["next"]


def _read(store: str | None, question: Callable[[Connection], Any]) -> Any:
    opened = open_reader(store_url(store))
    try:
        with opened.read() as connection:
            return question(connection)
    finally:
        opened.close()
