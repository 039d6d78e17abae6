"""The rates of a period in words: names, definitions, what is missing, and the report for a terminal.

`answer` is the API's: its texts are in the language that is asked for, its numbers are plain.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from collector.accounts.contracts.exchange_rates import LeftOut
from collector.accounts.ledger.view import Unread
from collector.accounts.rates.answer import AccountPart, FigureParts, GroupFigures, PeriodFigures, StatedRate
from collector.accounts.rates.economics import CustomerWorth
from collector.accounts.rates.figures import FIGURES
from collector.language import figures
from collector.language.catalogue import deferred, deferred_in, gettext, ngettext, pgettext
from collector.language.table import table

Json = Mapping[str, Any]
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "renewal_customers": deferred_in("rate", "Renewal rate, contracts"),
        "renewal_gross": deferred_in("rate", "Renewal rate, amount, gross"),
        "renewal_net": deferred_in("rate", "Renewal rate, amount, net"),
        "upsell_customers": deferred_in("rate", "Upsell rate, customers"),
        "upsell_amount": deferred_in("rate", "Upsell rate, amount"),
        "referral_customers": deferred_in("rate", "Referral rate, customers"),
        "referral_amount": deferred_in("rate", "Referral rate, amount"),
        "referral_participation": deferred_in("rate", "Referral participation"),
        "grr": deferred_in("rate", "Gross revenue retention (GRR)"),
        "nrr": deferred_in("rate", "Net revenue retention (NRR)"),
        "logo_churn": deferred_in("rate", "Logo churn"),
        "contraction": deferred_in("rate", "Contraction"),
        "expansion_customers": deferred_in("rate", "Expansion rate, customers"),
        "expansion_amount": deferred_in("rate", "Expansion rate, amount"),
        "nps": deferred_in("rate", "NPS"),
        "nps_response": deferred_in("rate", "NPS response rate"),
        "csat": deferred_in("rate", "CSAT"),
        "csat_response": deferred_in("rate", "CSAT response rate"),
        "cac": deferred_in("rate", "CAC"),
        "ltv": deferred_in("rate", "LTV"),
    }
)
DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "renewal_customers": deferred(
            "contracts due in the period that were renewed / contracts due. Early ones count when due; late "
            "ones inside the grace count; partial ones count."
        ),
        "renewal_gross": deferred(
            "sum of min(renewed ARR, expiring ARR) / sum of expiring ARR of contracts due; capped by contract."
        ),
        "renewal_net": deferred(
            "sum of renewed ARR / sum of expiring ARR of contracts due; more bought at the renewal is in it."
        ),
        "upsell_customers": deferred(
            "opening customers that bought more before their contracts expired / opening customers. New "
            "signings and uplift at a renewal are out."
        ),
        "upsell_amount": deferred(
            "recurring revenue a year that opening customers bought before expiry, net of what ended on the same "
            "contract / opening ARR. One-off money and prices are out."
        ),
        "referral_customers": deferred(
            "new customers that were won by referral / opening customers. Each counts once, at the customer "
            "that referred it."
        ),
        "referral_amount": deferred(
            "ARR on their first day of new customers won by referral / opening ARR; never inside NRR."
        ),
        "referral_participation": deferred(
            "opening customers that referred somebody in the period, won or not / opening customers."
        ),
        "grr": deferred(
            "sum over opening customers of min(closing ARR, opening ARR) / opening ARR; capped customer by customer."
        ),
        "nrr": deferred("closing ARR of opening customers / their opening ARR; new and referred customers are out."),
        "logo_churn": deferred("opening customers without ARR at the end / opening customers."),
        "contraction": deferred("ARR that opening customers cut while staying / opening ARR."),
        "expansion_customers": deferred(
            "opening customers with more ARR at the end / opening customers; uplift at a renewal is in it."
        ),
        "expansion_amount": deferred(
            "sum of the rises of opening customers' ARR / opening ARR; uplift at a renewal is in it."
        ),
        "nps": deferred("(answers of 9-10 minus answers of 0-6) / answers, of surveys sent in the period."),
        "nps_response": deferred("answers / NPS surveys sent in the period."),
        "csat": deferred("answers of 4 or 5 / answers, of surveys sent in the period."),
        "csat_response": deferred("answers / CSAT surveys sent in the period."),
        "cac": deferred("sales and marketing cost of the period / new customers of the period."),
        "ltv": deferred("opening ARR per customer x gross margin x years; years = 1 / yearly logo churn, at most 5."),
    }
)
NOTHING: Mapping[str, str] = MappingProxyType(
    {
        "no_customer": deferred("no customers at the start"),
        "no_arr": deferred("no recurring revenue at the start"),
        "no_due": deferred("no contracts due"),
        "no_due_money": deferred("no recurring revenue due"),
        "no_answer": deferred("no answers"),
        "not_asked": deferred("nobody was asked"),
        "no_rate": deferred("no exchange rate is stated for its currencies"),
        "no_amount": deferred("no amount is stated for what was won"),
    }
)
NO_WORTH: Mapping[str, str] = MappingProxyType(
    {
        "no_new": deferred("no new customers"),
        "no_cost": deferred("no sales or marketing cost was entered for the period"),
        "no_rate": deferred("no exchange rate is stated for its currencies"),
        "not_split": deferred("costs are not entered by reseller or CSM: ask for everybody or for a segment"),
        "no_opening": deferred("no customers at the start"),
        "no_margin": deferred("no gross margin was entered: give a cost of the category delivery its `gross_margin`"),
    }
)
FATES: Mapping[str, str] = MappingProxyType(
    {
        "renewed": deferred_in("contract", "renewed"),
        "early": deferred_in("contract", "early"),
        "auto": deferred_in("contract", "by itself"),
        "late": deferred_in("contract", "late"),
        "partial": deferred_in("contract", "in part"),
        "in_grace": deferred_in("contract", "in grace"),
        "won_back": deferred_in("contract", "won back later"),
        "lost": deferred_in("contract", "lost"),
        "transferred": deferred_in("contract", "transferred"),
    }
)
_MONEY = "amount"  # the unit of a figure that is money
_ENDS = frozenset({1, 2, 3})


@dataclass(frozen=True, slots=True)
class FigureValue:
    """One figure. `value` is null where there is nothing to divide by; `why` then says what is missing.

    `unstated`: ids of won opportunities whose amount nobody stated; their accounts are on neither side.
    """

    figure: str
    name: str
    definition: str
    unit: str
    numerator: float
    denominator: float
    value: float | None
    why: str | None = None
    unstated: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GroupRates:
    """The figures of one group; `group` is empty for everybody together. `fates`: what became of contracts due.

    `name`: the group's own, where it is one of a segment or a tier; else its word.
    """

    group: str
    name: str
    accounts: int
    opening_customers: int
    opening_arr: float | None
    closing_arr: float | None
    new_customers: int
    fates: dict[str, int]
    values: list[FigureValue]


@dataclass(frozen=True, slots=True)
class RatesReport:
    """Rates from the first to the last day, both counting, as they were known at the end of `as_of`."""

    first: str
    last: str
    as_of: str
    grace_days: int
    currency: str
    by: str
    exchange_rates: list[StatedRate]
    left_out: list[LeftOut]
    groups: list[GroupRates]
    unread: list[Unread]


@dataclass(frozen=True, slots=True)
class Worth:
    """CAC or LTV in units of the base currency, or why there is none; `inputs` are what it was computed from."""

    figure: str
    name: str
    definition: str
    value: float | None
    why: str | None
    inputs: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Behind:
    """What one account adds to a figure, above and below the line. `notes` say which contracts or sales, and how."""

    account: str
    name: str
    numerator: float
    denominator: float
    notes: list[str]
    currency: str


@dataclass(frozen=True, slots=True)
class RatesAnswer:
    """The rates, and what a customer costs and is worth."""

    rates: RatesReport
    economics: list[Worth] = field(default_factory=list)


def name(figure: str, language: str) -> str:
    return pgettext(language, "rate", NAMES[figure])


def definition(figure: str, language: str) -> str:
    return gettext(language, DEFINITIONS[figure])


def answer(
    found: PeriodFigures, worth: Sequence[CustomerWorth], name_of: Callable[[str], str], language: str
) -> RatesAnswer:
    """The rates with their words. `name_of` a group: of its word."""
    report = RatesReport(
        found.first, found.last, found.as_of, found.grace_days, found.currency, found.by, found.exchange_rates,
        found.left_out, [_group(each, name_of, language) for each in found.groups], found.unread,
    )  # fmt: skip
    return RatesAnswer(report, [_worth(each, language) for each in worth])


def _group(found: GroupFigures, name_of: Callable[[str], str], language: str) -> GroupRates:
    return GroupRates(
        found.group, name_of(found.group), found.accounts, found.opening_customers, found.opening_arr,
        found.closing_arr, found.new_customers, found.fates, [_value(each, language) for each in found.values],
    )  # fmt: skip


def _value(found: FigureParts, language: str) -> FigureValue:
    figure = found.figure
    nothing = "no_amount" if found.unstated else "no_rate" if found.is_unknown else figure.nothing
    why = gettext(language, NOTHING[nothing]) if found.value is None else None
    return FigureValue(
        figure.key, name(figure.key, language), definition(figure.key, language), figure.unit, found.numerator,
        found.denominator, found.value, why, list(found.unstated),
    )  # fmt: skip


def part_of(found: AccountPart, language: str) -> Behind:
    """What one account adds to a figure, with its words."""
    due = [
        gettext(
            language, "{contract} due {day}: {fate}", contract=each.contract,
            day=figures.day(each.due_day, language), fate=_fate(each.fate, language),
        )
        for each in found.due
    ]  # fmt: skip
    sales = [*found.sales, *(gettext(language, "{id}: no amount is stated", id=each) for each in found.unstated)]
    return Behind(found.account, found.name, found.numerator, found.denominator, [*due, *sales], found.currency)


def _worth(found: CustomerWorth, language: str) -> Worth:
    why = None if found.why is None else gettext(language, NO_WORTH[found.why])
    return Worth(
        found.figure, name(found.figure, language), definition(found.figure, language), found.value, why, found.inputs
    )


def text(found: Json, language: str, chosen: Mapping[str, str]) -> str:
    """The whole report, each figure with its definition. `chosen`: the segment, reseller or CSM that was asked for."""
    report = found["rates"]
    currency = report["currency"]
    lines = [_period(report, language)]
    lines += [_stated(rate, language) for rate in report["exchange_rates"]]
    lines += left_out(report["left_out"], language)
    lines += [
        gettext(
            language, "left out, it cannot be reckoned with: {kind} {key}: {reason}", kind=each["kind"],
            key=each["key"], reason=each["reason"],
        )
        for each in report.get("unread", ())  # of a collector of before: none
    ]  # fmt: skip
    said = figures.phrases([_chosen(key, word, language) for key, word in chosen.items()], language)
    if said and not any(group["accounts"] for group in report["groups"]):
        nobody = gettext(
            language, "no account has {chosen}: check how it is written (`collector export accounts`)", chosen=said
        )
        return "\n".join([*lines, "", nobody])
    everybody = gettext(language, "Accounts with {chosen}", chosen=said) if said else gettext(language, "Everybody")
    for group in report["groups"]:
        nameless = gettext(language, "(none)") if report["by"] else everybody
        lines += ["", *_group_lines(group, group.get("name") or group["group"] or nameless, currency, language)]
    for worth in found["economics"]:
        shown = worth["why"] if worth["value"] is None else figures.amount(worth["value"], currency, language)
        lines += ["", gettext(language, "{name}: {value}", name=worth["name"], value=shown), f"  {worth['definition']}"]
    return "\n".join(lines)


def _stated(rate: Json, language: str) -> str:
    worth, since = figures.short(rate["worth"], language, 6), figures.iso_day(rate["since"], language)
    if rate.get("via"):  # of a collector of before: not there
        return gettext(
            language, "1 {currency} = {worth} through {via}, since {day}", currency=rate["currency"], worth=worth,
            via=rate["via"], day=since,
        )  # fmt: skip
    return gettext(language, "1 {currency} = {worth} since {day}", currency=rate["currency"], worth=worth, day=since)


def left_out(found: Sequence[Json], language: str) -> list[str]:
    """A line for each currency without a rate: the accounts, costs and people whose money is in no amount."""
    lines = []
    for each in found:
        accounts, costs, csms = each["accounts"], each.get("costs", ()), each.get("csms", ())  # of before: none
        whose = [figures.listed(accounts, language)] if accounts else []
        whose += [gettext(language, "cost {name}", name=name) for name in costs]
        whose += [gettext(language, "CSM {name}", name=name) for name in csms]
        lines.append(
            gettext(
                language, "left out, no rate is stated for {currency}: {accounts}", currency=each["currency"],
                accounts=figures.clauses(whose, language),
            )
        )  # fmt: skip
    return lines


def amount(value: float | None, currency: str, language: str) -> str:
    """An amount, or that it is not known."""
    return gettext(language, "unknown") if value is None else figures.amount(value, currency, language)


def _period(report: Json, language: str) -> str:
    return ngettext(
        language,
        "{first} to {last}, as known on {as_of}; renewals are late up to {n} day; money in {currency}",
        "{first} to {last}, as known on {as_of}; renewals are late up to {n} days; money in {currency}",
        report["grace_days"], first=figures.iso_day(report["first"], language),
        last=figures.iso_day(report["last"], language), as_of=figures.iso_day(report["as_of"], language),
        currency=report["currency"],
    )  # fmt: skip


def _chosen(key: str, word: str, language: str) -> str:
    if key == "csm":
        return gettext(language, "CSM {name}", name=word)
    if key == "reseller":
        return gettext(language, "reseller {name}", name=word)
    if key == "product":
        return gettext(language, "product {name}", name=word)
    return gettext(language, "segment {name}", name=word)


def _group_lines(group: Json, of: str, currency: str, language: str) -> list[str]:
    lines = [
        ngettext(
            language,
            "{group}: {n} customer and ARR {arr} at the start, {new} new",
            "{group}: {n} customers and ARR {arr} at the start, {new} new",
            group["opening_customers"], group=of, arr=amount(group["opening_arr"], currency, language),
            new=figures.number(group["new_customers"], language),
        )
    ]  # fmt: skip
    if group["fates"]:
        said = figures.phrases([f"{_fate(fate, language)} {n}" for fate, n in group["fates"].items()], language)
        lines.append(gettext(language, "contracts due: {fates}", fates=said))
    rows = [
        (
            value["name"],
            _part(value["numerator"], value["unit"], currency, language),
            _part(value["denominator"], value["unit"], currency, language),
            value["why"] if value["value"] is None else _rate(value, language),
            value["definition"],
        )
        for value in group["values"]
    ]
    head = [
        pgettext(language, "column", "figure"), pgettext(language, "column", "above"),
        pgettext(language, "column", "below"), pgettext(language, "column", "rate"),
        pgettext(language, "column", "definition"),
    ]  # fmt: skip
    return [*lines, *table(head, rows, _ENDS), *unstated(group["values"], language)]


def unstated(values: Sequence[Json], language: str) -> list[str]:
    """A line for each figure from which accounts are left out because nobody stated what they bought for."""
    return [
        gettext(
            language, "{name}: accounts left out, no amount is stated for {sales}", name=value["name"],
            sales=figures.listed(value["unstated"], language),
        )
        for value in values
        if value.get("unstated")  # of a collector of before: not there
    ]  # fmt: skip


def _fate(key: str, language: str) -> str:
    return pgettext(language, "contract", FATES[key]) if key in FATES else key.replace("_", " ")


def _rate(value: Json, language: str) -> str:
    """NPS is told in points from -100 to 100, every other figure in percent."""
    if value["figure"] == "nps":
        return figures.signed(100 * value["value"], language, 0)
    return figures.percent(value["value"], language, 1)


def _part(value: float, unit: str, currency: str, language: str) -> str:
    return figures.amount(value, currency, language) if unit == _MONEY else figures.number(value, language)


def behind(found: Sequence[Json], figure: str, currency: str, language: str) -> str:
    """The accounts that one figure is made of."""
    if not found:
        return gettext(language, "no account")
    unit = FIGURES[figure].unit
    rows = [
        (
            each["account"], each["name"], _part(each["numerator"], unit, currency, language),
            _part(each["denominator"], unit, currency, language), figures.clauses(each["notes"], language),
        )
        for each in found
    ]  # fmt: skip
    head = [
        pgettext(language, "column", "account"), pgettext(language, "column", "name"),
        pgettext(language, "column", "above"), pgettext(language, "column", "below"),
        pgettext(language, "column", "what it rests on"),
    ]  # fmt: skip
    title = gettext(
        language, "{name}: {definition}", name=name(figure, language), definition=definition(figure, language)
    )
    return "\n".join([title, *table(head, rows, frozenset({2, 3}))])
