"""Rates of a period with what a customer costs and is worth, and the accounts behind one figure."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import INSIDE
from collector.accounts.contracts.renewed import Period
from collector.accounts.ledger.facts import Basis
from collector.accounts.ledger.kinds.money import Product
from collector.accounts.rates import reports
from collector.accounts.rates.figures import FIGURES
from collector.accounts.rates.reports import By, RatesQuestion, Selection
from collector.accounts.segments.segments import SegmentPolicy
from collector.calendar import days
from collector.context import Context
from collector.language import names
from collector.language import rates as words
from collector.language.catalogue import Language, gettext
from collector.language.rates import Behind, RatesAnswer
from collector.operations import filters, ranges
from collector.operations.operation import operation
from collector.values.money import is_currency, no_currency
from collector.values.paging import Page, page_of, read_cursor
from collector.values.refusal import Refusal
from collector.values.sentence import Sentence

YEAR = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesOf:
    """Which rates. `last_day` None: `as_of`'s; `first_day` None: a year before the last.

    `product`: the service fee or the OPK fee alone; None: all. `as_of` None: all that is known now. `grace_days` None:
    the health policy's. `currency` None: the settings'.
    """

    first_day: int | None = None
    last_day: int | None = None
    as_of: int | None = None
    basis: Basis
    by: By = ""
    segment: str = ""
    reseller: str = ""
    csm: str = ""
    product: Product | None = None
    grace_days: int | None = None
    currency: str | None = None
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsOf:
    """One page of the accounts that one figure of these rates is made of."""

    figure: str
    rates: RatesOf
    limit: int
    cursor: str | None = None


@operation(roles=INSIDE)
def rates(context: Context, wanted: RatesOf) -> RatesAnswer:
    """Every figure with its definition, its parts, and what no rate was stated for. Refuses days in the wrong order."""
    question = _question(context, wanted)
    policy = context.policies.segments
    found = context.read(lambda connection: reports.rates_report(connection, question, policy))
    name_of = segment_names(policy, wanted.language) if wanted.by == "segment" else _group_name(wanted)
    return words.answer(found.rates, found.economics, name_of, wanted.language)


@operation(roles=INSIDE)
def rates_accounts(context: Context, wanted: AccountsOf) -> Page[Behind]:
    """The accounts behind a figure, by id: their parts add up to the figure's. Refuses an unknown figure."""
    if wanted.figure not in FIGURES:
        raise Refusal(
            Sentence("there is no figure {figure}", figure=wanted.figure[:40]),
            Sentence("figures: {names}", names=", ".join(FIGURES)),
            "not_found",
        )
    question = _question(context, wanted.rates)
    policy = context.policies.segments
    after = read_cursor(wanted.cursor, str)
    parts = context.read(lambda connection: reports.accounts_behind(connection, question, wanted.figure, policy))
    found = [words.part_of(each, wanted.rates.language) for each in parts]
    rest = found if after is None else [each for each in found if each.account > after[0]]
    items, following = page_of(rest[: wanted.limit + 1], wanted.limit, lambda each: (each.account,))
    return Page(list(items), following)


def segment_names(policy: SegmentPolicy, language: str) -> Callable[[str], str]:
    """A segment's name in that language; a word that was set by hand is its own name, an empty one is not known."""

    def name_of(word: str) -> str:
        if word in policy.by_key:
            return names.of(policy.by_key[word], language)
        return word or gettext(language, "unknown")

    return name_of


def _group_name(wanted: RatesOf) -> Callable[[str], str]:
    name_of = {"tier": names.tier, "industry": names.scene}.get(wanted.by)
    return lambda word: name_of(word, wanted.language) if name_of is not None and word else word


def currency_of(context: Context, asked: str | None) -> str:
    """The currency of a report: the asked one, else the settings' base currency. Raises Refusal."""
    if asked is not None and not is_currency(asked):
        reason, remedy = no_currency(asked)
        raise Refusal(Sentence("currency: {reason}", reason=reason), remedy, "invalid")
    return asked or context.settings.base_currency


def _known(context: Context, connection: Connection, wanted: RatesOf) -> None:
    """Raises Refusal where the accounts are narrowed to what there is not."""
    filters.segment(connection, wanted.segment, context.policies.segments.by_key)
    filters.reseller(connection, wanted.reseller)
    filters.csm(connection, wanted.csm)


def _question(context: Context, wanted: RatesOf) -> RatesQuestion:
    today = context.today()
    as_of = today if wanted.as_of is None else wanted.as_of
    last = as_of if wanted.last_day is None else wanted.last_day
    first = last - YEAR + 1 if wanted.first_day is None else wanted.first_day
    ranges.in_order(first, last)
    context.read(lambda connection: _known(context, connection, wanted))
    if first > as_of:
        remedy = "let it begin on the day of the figures or earlier"
        raise Refusal(
            Sentence("from: the period begins on {first}, after {as_of}", first=days.iso(first), as_of=days.iso(as_of)),
            remedy,
            "invalid",
        )
    grace = context.policies.health.renewal.grace_days if wanted.grace_days is None else wanted.grace_days
    return RatesQuestion(
        Period(first, last, as_of, grace), currency_of(context, wanted.currency), wanted.basis, wanted.by,
        Selection(wanted.segment, wanted.reseller, wanted.csm, wanted.product), wanted.as_of is None,
    )  # fmt: skip
