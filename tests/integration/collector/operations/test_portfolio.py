"""The table of the portfolio: pages hold every account once, however sorted, and figures are those of the rows."""

from dataclasses import replace
from io import BytesIO

import orjson
import pytest
from sqlalchemy import func, select

from collector import config
from collector import context as context_of
from collector.access.caller import COMMAND_LINE, Caller, Role
from collector.fleet.scope import EVERYTHING
from collector.language import listings
from collector.operations import portfolio, stated, today
from collector.operations.portfolio import ExportPortfolio, ListPortfolio, PortfolioOf
from collector.operations.today import TodayOf
from collector.store.tables.health import score
from collector.store.tables.success import standing
from collector.success.currencies import SumCurrency
from collector.success.portfolio import SORTS
from collector.values.refusal import Refused
from tests import fleets, portfolios
from tests.plain_facts import an_account
from tests.policies import a_closing

ALL = PortfolioOf(whose="all")


@pytest.fixture
def context(store):
    fleets.story(store)
    portfolios.fill(store)
    fleets.scored(store)
    return context_of.of(config.load({}), store, lambda: float(fleets.NOON), COMMAND_LINE)


def asked(context, of=ALL, sort="score", *, falling=False, offset=0, limit=50):
    wanted = ListPortfolio(of=of, sort=sort, falling=falling, offset=offset, limit=limit)
    return portfolio.list_portfolio(context, wanted)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("falling", [False, True])
def test_pages_hold_every_account_once_and_what_is_not_known_is_last(context, sort, falling):
    whole = asked(context, sort=sort, falling=falling)
    assert whole.total == len(whole.rows) > 3
    pieces = [
        row for at in range(whole.total) for row in asked(context, sort=sort, falling=falling, offset=at, limit=1).rows
    ]
    assert pieces == whole.rows
    if sort == "due":
        days = [row.due_day for row in whole.rows]
        known = [day for day in days if day is not None]
        assert days == sorted(known, reverse=falling) + [None] * (len(days) - len(known))


@pytest.mark.parametrize("falling", [False, True])
def test_the_order_by_change_is_of_the_change_that_is_shown(context, falling):
    with context.store.write() as connection:
        connection.execute(standing.update().values(final=60.0))
        newest = connection.execute(select(score).order_by(score.c.account_id, score.c.version)).all()
        for then, row in zip((70.0, 40.0, 65.0), newest, strict=False):  # the last one has no number of that day
            connection.execute(score.insert().values(row._asdict() | {"day": row.day - 28, "final": then}))
    changes = [row.change for row in asked(context, sort="change", falling=falling).rows]
    known = [change for change in changes if change is not None]
    assert sorted(known) == [-10.0, -5.0, 20.0]
    assert changes == sorted(known, reverse=falling) + [None] * (len(changes) - len(known))


def test_an_account_that_came_after_the_last_closing_is_listed_with_when_it_is_scored(context):
    assert asked(context).newcomers.items == []
    assert asked(context).next_closing is None, "nobody waits for it"
    with context.store.write() as connection:
        fleets.add(connection, "account", an_account(id="LATE", name="Late Hall", csm="csm-ben"))
    found = asked(context)
    assert [(one.account, one.csm, one.is_told) for one in found.newcomers.items] == [("LATE", "csm-ben", True)]
    hours = (found.next_closing - fleets.NOON) / 3600
    assert hours == 12 + context.policies.health.clock.settle_h, "when today is over, and late data had its time"
    assert "LATE" not in {row.account for row in found.rows}
    assert asked(context, PortfolioOf(whose="all", text="late h")).newcomers.total == 1
    assert asked(context, PortfolioOf(whose="all", bands=("red",))).newcomers.total == 0
    a_closing(store=context.store, processes=1).close(fleets.TODAY, fleets.NOON + 2 * 86_400)
    assert asked(context).newcomers.items == []


def test_figures_are_the_sums_of_the_rows(context):
    found = asked(context)
    assert sum(number for number, _ in found.figures.bands.values()) == found.total
    assert sum(arr for _, arr in found.figures.bands.values()) == sum(row.arr or 0 for row in found.rows)
    soon = asked(context, PortfolioOf(whose="all", due_in=90))
    assert soon.total == found.figures.ahead[-1].accounts
    assert asked(context, PortfolioOf(whose="all", melon=True)).total == found.figures.melons


def in_currency(context, code):
    return replace(context, settings=context.settings.model_copy(update={"base_currency": code}))


def test_amounts_of_two_currencies_are_never_added(context):
    """The base currency is changed after the closing: the rows are in the one before until the next closing."""
    was = asked(context).figures
    total = sum(arr for _, arr in was.bands.values())
    assert (was.currency.code, was.currency.has_changed, was.currency.other_currency) == ("CNY", False, 0)
    changed = in_currency(context, "EUR")
    figures = asked(changed).figures
    assert sum(arr for _, arr in figures.bands.values()) == total > 0
    assert (figures.currency.code, figures.currency.has_changed) == ("CNY", True), "the sum is of that closing"
    with context.store.write() as connection:
        some = connection.execute(select(standing).where(standing.c.arr > 0)).first()
        mine = standing.c.account_id == some.account_id
        connection.execute(standing.update().where(mine).values(currency="EUR", arr=700))
    figures, sums = asked(changed).figures, today.today(changed, TodayOf(whose="all", limit=5)).sums
    left = sum(1 for row in asked(changed).rows if row.arr and row.currency == "CNY")
    assert sum(arr for _, arr in figures.bands.values()) == sums.arr == 700
    assert figures.currency == sums.currency == SumCurrency("EUR", left, has_changed=False)
    stated_of = stated.portfolio(asked(changed))
    assert (stated_of.currency, stated_of.arr_other_currency, stated_of.currency_changed) == ("EUR", left, False)
    a_closing(store=context.store, processes=1, base_currency="EUR").close(fleets.TODAY, fleets.NOON + 2 * 86_400)
    assert {row.currency for row in asked(changed).rows} == {"EUR"}
    assert asked(changed).figures.currency == SumCurrency("EUR", 0, has_changed=False)


def with_standing(context, condition, **values):
    with context.store.write() as connection:
        assert connection.execute(standing.update().where(condition).values(values)).rowcount > 0


@pytest.mark.parametrize("falling", [False, True])
def test_the_order_by_arr_compares_one_currency_and_another_is_not_known_in_it(context, falling):
    with context.store.write() as connection:
        connection.execute(standing.update().values(arr=500_00))
        by_id = select(standing.c.account_id).order_by(standing.c.account_id).limit(2)
        first, second = connection.execute(by_id).scalars()
        connection.execute(standing.update().where(standing.c.account_id == first).values(arr=900_00, currency="JPY"))
        connection.execute(standing.update().where(standing.c.account_id == second).values(arr=800_00))
    rows = asked(context, sort="arr", falling=falling).rows
    assert (rows[-1].currency, rows[-1].arr) == ("JPY", 900_00), "neither the most nor the least"
    known = [row.arr for row in rows[:-1]]
    assert known == sorted(known, reverse=falling)
    assert max(known) == 800_00


def test_what_is_at_risk_is_not_known_where_no_account_has_a_band(context):
    mine = TodayOf(whose="all", limit=5)
    with context.store.write() as connection:
        connection.execute(standing.update().values(band="grey", due_day=context.today() + 5))
    sums = today.today(context, mine).sums
    assert (sums.accounts > 0, sums.renewals > 0) == (True, True)
    assert (sums.arr_at_risk, sums.renewals_at_risk) == (None, None)
    figures = asked(context).figures
    assert (figures.at_risk, figures.ahead[-1].at_risk) == (None, None)
    with context.store.write() as connection:
        one = connection.execute(select(standing.c.account_id)).scalars().first()
        connection.execute(standing.update().where(standing.c.account_id == one).values(band="green"))
    assert today.today(context, mine).sums.arr_at_risk == 0, "the control: that one is not at risk"
    assert asked(context).figures.ahead[-1].at_risk == 0


def test_a_sum_of_what_nobody_knows_the_worth_of_is_not_known(context):
    with context.store.write() as connection:
        connection.execute(standing.update().values(band="red"))  # in this portfolio no account has one
    before = asked(context).figures
    assert None not in {before.arr, before.at_risk, *(arr for _, arr in before.bands.values())}, "the control"
    assert before.at_risk == before.bands["red"][1] + before.bands["yellow"][1]
    with_standing(context, standing.c.account_id > 0, band="green", due_day=fleets.TODAY + 5)
    one = standing.c.account_id == select(func.min(standing.c.account_id)).scalar_subquery()
    with_standing(context, one, band="red", arr=None)
    some = asked(context).figures
    known = sum(row.arr or 0 for row in asked(context).rows)
    assert (some.arr, some.at_risk, some.arr_unknown) == (known, None, 1)
    assert some.bands == {"red": (1, None), "yellow": (0, 0), "green": (before.accounts - 1, known), "grey": (0, 0)}
    assert [(sum_of.arr, sum_of.at_risk) for sum_of in some.ahead] == [(known, None)] * 3
    with_standing(context, standing.c.account_id > 0, arr=None)
    none = asked(context).figures
    assert (none.arr, none.at_risk, none.bands["yellow"]) == (None, None, (0, 0)), "where nobody is, nothing is"
    said = orjson.loads(orjson.dumps(stated.portfolio(asked(context))))
    assert {one["band"]: one["arr"] for one in said["bands"]} == {"red": None, "yellow": 0, "green": None, "grey": 0}
    assert [(one["arr"], one["at_risk"]) for one in said["ahead"]] == [(None, None)] * 3
    assert "red 1: -\n" in listings.portfolio(said, "en")


def test_nothing_is_known_to_be_nothing_in_another_currency(context):
    with_standing(context, standing.c.account_id > 0, arr=0, currency="EUR")
    sums = today.today(context, TodayOf(whose="all", limit=5)).sums
    figures = asked(context).figures
    assert (figures.arr, figures.currency, sums.arr) == (0, SumCurrency("CNY", 0, has_changed=False), 0)


def test_rows_are_narrowed_and_a_sign_of_a_pattern_is_a_letter(context):
    assert [row.account for row in asked(context, PortfolioOf(whose="all", text="acme")).rows] == ["ACME"]
    assert asked(context, PortfolioOf(whose="all", text="%")).rows == []
    assert {row.csm for row in asked(context, PortfolioOf(whose="all", csm="csm-anna")).rows} == {"csm-anna"}


def test_the_file_has_every_row_that_is_seen(context):
    out = BytesIO()
    wanted = ExportPortfolio(of=ALL, sort="name", falling=False, form="csv", out=out)
    seen = asked(context, sort="name").rows
    assert portfolio.export_portfolio(context, wanted).rows == len(seen)
    lines = out.getvalue().decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [row.account for row in seen]


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.RESELLER, Role.FLEET_ENGINEER])
def test_who_is_not_inside_sees_no_portfolio(context, role):
    answer = asked(context.seen_by(Caller(1, "x", role, EVERYTHING)))
    assert isinstance(answer, Refused)
    assert answer.kind == "forbidden"
