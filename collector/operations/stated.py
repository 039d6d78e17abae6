"""Answers of lists that pages draw, as the API and a command state them: days as dates, money in whole units.

The operations answer in day numbers and hundredths, which pages reckon with.
"""

from dataclasses import dataclass

from collector.calendar import days
from collector.fleet.fault_rates import By, FaultGroup, FaultRates
from collector.operations.calls import CallFound, CallsAnswer
from collector.operations.portfolio import PortfolioAnswer
from collector.operations.today import TodayAnswer
from collector.scores.anomalies import IncidentSeen
from collector.success.calls import AccountCalls, Waiting
from collector.success.ctas import Cta
from collector.success.portfolio import PortfolioRow
from collector.success.standings import Heard, MovedAccount, PortfolioSums, RenewalAhead


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStated:
    """One account to call: its open calls to action, the strongest first. `arr` null: not known."""

    account: str
    name: str
    priority: float
    ctas: list[Cta]
    score: float | None
    band: str
    arr: float | None
    currency: str
    due_day: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsStated:
    """`csm`: who the caller is; null: no CSM. `scored_day`: the newest closed day; null: nobody was ever scored."""

    csm: str | None
    waiting: Waiting
    scored_day: str | None
    items: list[CallStated]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioLine:
    """One account as the last closing left it. `arr` null: a rate of its currency is missing.

    `values`: {custom field: what it says}, of the fields that were asked for.
    """

    account: str
    name: str
    csm: str
    band: str
    score: float | None
    raw: float | None
    caps: list[str]
    change_28_days: float | None
    arr: float | None
    currency: str
    due_day: str | None
    contact_day: str | None
    stage: str
    robots: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BandSum:
    band: str
    accounts: int
    arr: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalsWithin:
    """Contracts that are due within so many days; `at_risk`: the ARR of yellow and red accounts among them."""

    days: int
    accounts: int
    arr: float | None
    at_risk: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioStated:
    """Sums are over everybody that `whose` names, rows over those that the filter finds, `total` of them.

    `arr_unknown`: accounts without a rate, and `arr_other_currency` with an amount in another currency than `currency`:
    both in no sum of ARR. `currency_changed`: `base_currency` is another one now; the next closing converts. A sum is
    null where there are such accounts, and no amount is known of any. `newcomers`: not scored yet, and in no row.
    """

    day: str | None
    csm: str | None
    accounts: int
    currency: str
    arr_unknown: int
    arr_other_currency: int
    currency_changed: bool
    bands: list[BandSum]
    ahead: list[RenewalsWithin]
    watermelons: int
    newcomers: int
    total: int
    rows: list[PortfolioLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStated:
    """`what`: promise, or the kind of a review."""

    account: str
    name: str
    what: str
    text: str
    due_day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalStated:
    account: str
    name: str
    due_day: str
    notice_day: str | None
    arr: float | None
    currency: str
    band: str
    score: float | None
    noticed: bool
    auto_renews: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SumsStated:
    """`quiet`: not spoken with for 30 days. `arr_unknown` accounts without a rate, and `arr_other_currency` with an
    amount in another currency than `currency`, are in no sum of ARR. `currency_changed`: `base_currency` is another
    one now; the next closing converts. A sum is null where no account of it has an amount that is known.
    """

    day: str | None
    accounts: int
    bands: dict[str, int]
    arr: float | None
    arr_at_risk: float | None
    arr_unknown: int
    arr_other_currency: int
    currency: str
    currency_changed: bool
    renewals: int
    renewals_arr: float | None
    renewals_at_risk: float | None
    quiet: int
    oldest_contact_day: str | None
    never_spoken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayStated:
    """`bands`, `raws`: whose band, whose number changed over the newest closed day. `heard` null: no closed day."""

    calls: CallsStated
    sums: SumsStated
    planned: list[PlannedStated]
    more_planned: bool
    renewals: list[RenewalStated]
    more_renewals: bool
    bands: list[MovedAccount]
    raws: list[MovedAccount]
    incidents: list[IncidentSeen]
    heard: Heard | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRatesStated:
    """`families`: all that had an episode, the most frequent first. `groups`: by hours, the most first."""

    by: By
    from_day: str
    to_day: str
    families: list[str]
    groups: list[FaultGroup]


def calls(answer: CallsAnswer) -> CallsStated:
    return CallsStated(
        csm=answer.csm, waiting=answer.waiting, scored_day=_day(answer.scored_day),
        items=[_call(one) for one in answer.page.items], next=answer.page.next,
    )  # fmt: skip


def reasons(answer: list[AccountCalls]) -> list[Cta]:
    """Of one account: its open calls to action."""
    return [cta for one in answer for cta in one.ctas]


def portfolio(answer: PortfolioAnswer) -> PortfolioStated:
    of = answer.figures
    return PortfolioStated(
        day=_day(of.day), csm=answer.csm, accounts=of.accounts, currency=of.currency.code,
        arr_unknown=of.arr_unknown, arr_other_currency=of.currency.other_currency,
        currency_changed=of.currency.has_changed,
        bands=[BandSum(band=band, accounts=some, arr=_units(arr)) for band, (some, arr) in of.bands.items()],
        ahead=[
            RenewalsWithin(days=one.days, accounts=one.accounts, arr=_units(one.arr), at_risk=_units(one.at_risk))
            for one in of.ahead
        ],
        watermelons=of.melons, newcomers=answer.newcomers.total, total=answer.total,
        rows=[_line(row) for row in answer.rows],
    )  # fmt: skip


def today(answer: TodayAnswer) -> TodayStated:
    return TodayStated(
        calls=calls(answer.calls), sums=_sums(answer.sums),
        planned=[
            PlannedStated(
                account=one.account, name=one.name, what=one.what, text=one.text, due_day=days.iso(one.due_day)
            )
            for one in answer.planned
        ],
        more_planned=answer.more_planned, renewals=[_renewal(one) for one in answer.renewals],
        more_renewals=answer.more_renewals, bands=answer.bands, raws=answer.raws, incidents=answer.incidents,
        heard=answer.heard,
    )  # fmt: skip


def fault_rates(answer: FaultRates) -> FaultRatesStated:
    return FaultRatesStated(
        by=answer.by, from_day=days.iso(answer.from_day), to_day=days.iso(answer.to_day), families=answer.families,
        groups=answer.groups,
    )  # fmt: skip


def _call(found: CallFound) -> CallStated:
    score = found.score
    return CallStated(
        account=found.calls.account, name=found.calls.name, priority=found.calls.priority, ctas=list(found.calls.ctas),
        score=None if score is None else score.final, band="" if score is None else score.band,
        arr=_units(found.arr), currency=found.currency, due_day=_day(found.due_day),
    )  # fmt: skip


def _line(row: PortfolioRow) -> PortfolioLine:
    return PortfolioLine(
        account=row.account, name=row.name, csm=row.csm, band=row.band, score=row.final, raw=row.raw,
        caps=list(row.caps), change_28_days=row.change, arr=_units(row.arr), currency=row.currency,
        due_day=_day(row.due_day), contact_day=_day(row.contact_day), stage=row.stage, robots=row.robots,
        values=row.values,
    )  # fmt: skip


def _sums(of: PortfolioSums) -> SumsStated:
    return SumsStated(
        day=_day(of.day), accounts=of.accounts, bands=of.bands, arr=_units(of.arr), arr_at_risk=_units(of.arr_at_risk),
        arr_unknown=of.arr_unknown, arr_other_currency=of.currency.other_currency, currency=of.currency.code,
        currency_changed=of.currency.has_changed, renewals=of.renewals, renewals_arr=_units(of.renewals_arr),
        renewals_at_risk=_units(of.renewals_at_risk), quiet=of.quiet, oldest_contact_day=_day(of.oldest_contact_day),
        never_spoken=of.never_spoken,
    )  # fmt: skip


def _renewal(one: RenewalAhead) -> RenewalStated:
    return RenewalStated(
        account=one.account, name=one.name, due_day=days.iso(one.due_day), notice_day=_day(one.notice_day),
        arr=_units(one.arr), currency=one.currency, band=one.band, score=one.final, noticed=one.noticed,
        auto_renews=one.auto_renews,
    )  # fmt: skip


def _day(day: int | None) -> str | None:
    return None if day is None else days.iso(day)


def _units(hundredths: int | None) -> float | None:
    return None if hundredths is None else hundredths / 100
