"""The tiles above the portfolio's table: ARR, what of it is at risk, renewals ahead, watermelons."""

from typing import Any
from urllib.parse import urlencode

from collector.language import figures
from collector.language import portfolio as sentences
from collector.language import today as of_today
from collector.language.pages import Words
from collector.operations.calls import Whose
from collector.operations.portfolio import PortfolioAnswer
from collector.web.pages.charts.strip import StripPart, strip


def tiles(found: PortfolioAnswer, whose: Whose, words: Words) -> list[dict[str, Any]]:
    of, language, currency = found.figures, words.language, found.figures.currency.code
    if not of.accounts:
        return []

    def to(**chosen: object) -> str:
        return f"/accounts?{urlencode({'whose': whose, **chosen})}"

    def known(amount: int | None) -> str:
        return "–" if amount is None else figures.money(amount, currency, language)

    line = sentences.bands_line(of.bands, language)
    parts = [StripPart((money or 0) / of.arr, f"f-{band}") for band, (_, money) in of.bands.items()] if of.arr else []
    unknown = of_today.without_rate(of.arr_unknown, language) if of.arr_unknown else ""
    spans = [(one.arr, one.at_risk) for one in of.ahead]
    nearer = [(one.days, one.accounts) for one in of.ahead[:-1]]
    return [
        {"label": words("arr"), "figure": known(of.arr), "line": of_today.dotted([line, unknown]), "href": to(),
         "state": "value", "bar": strip(line, parts, height=8)},
        {"label": words("at_risk"), "figure": known(of.at_risk), "href": to(band="red,yellow"),
         "line": sentences.risk_line(of.bands["red"][0], of.bands["yellow"][0], language), "bar": None,
         "state": "zero" if of.at_risk == 0 else "value"},
        {"label": words("renewals_ahead"), "figure": words.number(of.ahead[-1].accounts),
         "line": sentences.ahead_line(nearer, spans[-1], currency, language), "href": to(due_in=of.ahead[-1].days),
         "bar": None, "state": "value" if of.ahead[-1].accounts else "zero"},
        {"label": words("watermelons"), "figure": words.number(of.melons), "line": words("watermelons_note"),
         "href": to(melon=1), "bar": None, "state": "value" if of.melons else "zero"},
    ]  # fmt: skip
