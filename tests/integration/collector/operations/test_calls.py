"""Calls by account, what is done with them and taken back, touches with what follows from them."""

import contextlib
import re
from dataclasses import replace

import orjson
import pytest
from sqlalchemy import select, update

from collector import config, context
from collector.access.caller import Caller, Role
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.reading import FactFilter
from collector.calendar import days
from collector.fleet.scope import EVERYTHING
from collector.language import listings
from collector.operations import calls, ctas, ledger, portfolio, stated, today, touches, webhooks
from collector.operations.webhooks import AddWebhook
from collector.store.engine import open_store
from collector.store.tables.notifications import delivery
from collector.store.tables.success import standing
from collector.values.refusal import Refused
from tests import fleets, portfolios
from tests.fleets import NOON, TODAY
from tests.policies import HEALTH

ANNA = Caller(1, "csm-anna", Role.STAFF, EVERYTHING)
BEN = Caller(2, "csm-ben", Role.STAFF, EVERYTHING)
ADMIN = Caller(3, "admin", Role.ADMIN, EVERYTHING)


@contextlib.contextmanager
def as_anna(folder):
    """A scored portfolio, as csm-anna sees it."""
    with contextlib.closing(open_store(f"sqlite:///{folder}/fleet.db")) as store:
        fleets.story(store)
        portfolios.fill(store)
        fleets.scored(store)
        portfolios.calls(store)
        settings = config.load({"store": store.url.render_as_string(hide_password=False)})
        yield context.of(settings, store, lambda: float(NOON), ANNA)


@pytest.fixture
def anna(tmp_path):
    with as_anna(tmp_path) as of:
        yield of


def asked(answer):
    assert not isinstance(answer, Refused), answer
    return answer


def listed(of, whose="all", limit=50, cursor=None):
    return asked(calls.list_calls(of, calls.ListCalls(whose=whose, limit=limit, cursor=cursor)))


def open_ids(of):
    return {one.id for call in listed(of).page.items for one in call.calls.ctas}


def test_an_account_is_one_call_and_the_most_urgent_comes_first(anna):
    found = listed(anna)
    accounts = [call.calls.account for call in found.page.items]
    assert len(accounts) == len(set(accounts)) == found.waiting.accounts > 1
    ranks = [call.calls.priority for call in found.page.items]
    assert ranks == sorted(ranks, reverse=True)
    for call in found.page.items:
        own = [one.priority for one in call.calls.ctas]
        assert own == sorted(own, reverse=True)
        assert own[0] == call.calls.priority
    assert sum(len(call.calls.ctas) for call in found.page.items) == found.waiting.reasons


def test_pages_of_calls_are_the_whole_list_in_order(anna):
    whole = [call.calls.account for call in listed(anna).page.items]
    paged, cursor = [], None
    while True:
        page = listed(anna, limit=1, cursor=cursor).page
        paged += [call.calls.account for call in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert paged == whole


def test_mine_are_those_of_the_csm_that_asks(anna):
    owners = {one.owner for call in listed(anna, "mine").page.items for one in call.calls.ctas}
    assert owners == {"csm-anna"}
    assert listed(anna, "mine").waiting.accounts + listed(anna.seen_by(BEN), "mine").waiting.accounts == (
        listed(anna).waiting.accounts
    )
    nobody = anna.seen_by(replace(ANNA, name="a machine"))
    assert listed(nobody, "mine").page.items == []
    assert asked(calls.default_whose(nobody, None)) == "all"


@pytest.mark.parametrize("act", ["close", "snooze"])
def test_what_was_done_with_a_call_is_undone_as_if_it_never_was(anna, act):
    before = listed(anna)
    ids = tuple(one.id for one in before.page.items[0].calls.ctas)
    if act == "close":
        done = ctas.close_calls(anna, ctas.CloseCalls(ctas=ids, outcome="resolved", useful=True))
    else:
        done = ctas.snooze_calls(anna, ctas.SnoozeCalls(ctas=ids, until_day=TODAY + 3))
    asked(done)
    assert open_ids(anna).isdisjoint(ids)
    asked(ctas.take_back_calls(anna, ids))
    assert listed(anna) == before


def test_one_that_cannot_be_closed_leaves_the_others_of_its_call_open(anna):
    before = open_ids(anna)
    first = min(before)
    asked(ctas.close_cta(anna, ctas.CloseCta(cta=first, outcome="resolved", useful=True)))
    refused = ctas.close_calls(anna, ctas.CloseCalls(ctas=(max(before), first), outcome="resolved", useful=True))
    assert isinstance(refused, Refused)
    assert open_ids(anna) == before - {first}


def test_a_call_that_is_named_twice_is_one(anna):
    one, other = sorted(open_ids(anna))[:2]
    asked(webhooks.add_webhook(anna.seen_by(ADMIN), AddWebhook(url="https://example.com/x")))
    done = asked(ctas.snooze_calls(anna, ctas.SnoozeCalls(ctas=(other, one, other), until_day=TODAY + 3)))
    assert [each.cta.id for each in done] == [other, one]
    asked(ctas.take_back_calls(anna, (one, one, other)))
    done = asked(ctas.close_calls(anna, ctas.CloseCalls(ctas=(one, one), outcome="resolved", useful=True)))
    assert [(each.cta.id, each.cta.state) for each in done] == [(one, "closed")]
    assert told(anna) == [("cta.closed", one)], "a snooze, and its end, are told to nobody"
    asked(ctas.take_back_calls(anna, (one, one)))
    assert {one, other} <= open_ids(anna)


def test_what_is_snoozed_again_and_taken_back_is_snoozed_until_the_first_day(anna):
    one = min(open_ids(anna))
    asked(webhooks.add_webhook(anna.seen_by(ADMIN), AddWebhook(url="https://example.com/x")))
    for until in (TODAY + 3, TODAY + 5):
        asked(ctas.snooze_cta(anna, ctas.SnoozeCta(cta=one, until_day=until)))
    found = asked(ctas.take_back_cta(anna, one)).cta
    assert (found.state, found.snoozed_until) == ("snoozed", days.iso(TODAY + 3))
    asked(ctas.close_cta(anna, ctas.CloseCta(cta=one, outcome="resolved", useful=True)))
    found = asked(ctas.take_back_cta(anna, one)).cta
    assert (found.state, found.snoozed_until) == ("snoozed", days.iso(TODAY + 3)), "its snooze outlives a closing"
    assert told(anna) == [("cta.closed", one), ("cta.opened", one)], "webhooks are told of the closing alone"


def test_nobody_takes_back_what_another_did_or_what_something_followed(anna):
    one = min(open_ids(anna))
    asked(ctas.snooze_cta(anna, ctas.SnoozeCta(cta=one, until_day=TODAY + 3)))
    refused = ctas.take_back_cta(anna.seen_by(BEN), one)
    assert isinstance(refused, Refused)
    assert refused.kind == "forbidden"
    asked(ctas.assign_cta(anna, ctas.AssignCta(cta=one, owner="csm-ben")))
    refused = ctas.take_back_cta(anna, one)
    assert isinstance(refused, Refused)
    assert refused.kind == "conflict"


def test_a_closing_is_not_taken_back_where_the_same_was_opened_since(anna):
    account = listed(anna).page.items[0].calls.account
    wanted = ctas.AddCta(account=account, title="see to the spare", due_day=TODAY)
    first = asked(ctas.add_cta(anna, wanted)).cta
    assert first.due_day == days.iso(TODAY), "today is not in the past"
    asked(ctas.close_cta(anna, ctas.CloseCta(cta=first.id, outcome="resolved", useful=True)))
    second = asked(ctas.add_cta(anna, wanted)).cta
    refused = ctas.take_back_cta(anna, first.id)
    assert isinstance(refused, Refused)
    assert (refused.kind, refused.reason) == ("conflict", f"call to action {second.id} was opened for the same since")
    asked(ctas.close_cta(anna, ctas.CloseCta(cta=second.id, outcome="resolved", useful=True)))
    assert asked(ctas.take_back_cta(anna, first.id)).cta.state == "open"


def test_whoever_was_told_that_a_call_was_closed_is_told_that_it_is_open_again(anna):
    one = min(open_ids(anna))
    asked(webhooks.add_webhook(anna.seen_by(ADMIN), AddWebhook(url="https://example.com/x")))
    asked(ctas.close_cta(anna, ctas.CloseCta(cta=one, outcome="resolved", useful=True)))
    asked(ctas.take_back_cta(anna, one))
    assert told(anna) == [("cta.closed", one), ("cta.opened", one)]


@pytest.mark.parametrize("named", ["cta", "step"])
def test_a_step_without_its_call_or_a_call_without_its_step_is_refused(anna, named):
    call = listed(anna).page.items[0].calls
    said = {"account": call.account, "direction": "out", "channel": "phone"}
    refused = touches.log_touch(anna, touches.LogTouch(fields=said, **{named: call.ctas[0].id}))
    assert isinstance(refused, Refused)
    missing = {"cta": "step", "step": "cta"}[named]
    assert refused.reason == f"{missing}: it is missing"


def test_a_touch_with_its_follow_up_is_taken_back_whole(anna):
    call = listed(anna).page.items[0].calls
    first = call.ctas[0]
    step = call.tasks[first.id][0].step
    before = listed(anna)
    said = {"account": call.account, "direction": "out", "channel": "phone", "answered": "yes", "summary": "spoke"}
    wanted = touches.LogTouch(fields=said, follow_up="Send the map", follow_up_day=TODAY + 4, cta=first.id, step=step)
    logged = asked(touches.log_touch(anna, wanted))
    found = asked(ctas.one_cta(anna, first.id))
    assert found.tasks[0].done_day == days.iso(TODAY)
    opened = asked(ctas.one_cta(anna, logged["follow_up"])).cta
    assert (opened.state, opened.due_day, opened.owner) == ("open", days.iso(TODAY + 4), "csm-anna")
    assert (logged["csm"], logged["day"], logged["occasion"]) == ("csm-anna", days.iso(TODAY), "data_driven")
    asked(webhooks.add_webhook(anna.seen_by(ADMIN), AddWebhook(url="https://example.com/x")))
    asked(withdrawn(anna.seen_by(BEN), logged["id"]))  # who may say facts may withdraw them, whoever said them
    assert told(anna) == [("cta.closed", logged["follow_up"])]
    assert listed(anna) == before
    assert logged["id"] not in {one["id"] for one in _touches(anna, call.account)}
    precision = {one.rule: one.closed for one in asked(ctas.cta_precision(anna, None))}
    assert precision["MANUAL"] == 0, "what was set by mistake judges no rule"


def test_a_touch_takes_back_only_what_followed_from_it(anna):
    call = listed(anna).page.items[0].calls
    first = call.ctas[0]
    step = call.tasks[first.id][0].step
    said = {"account": call.account, "direction": "out", "channel": "phone"}
    ticked = touches.LogTouch(fields=said, cta=first.id, step=step)
    one = asked(touches.log_touch(anna, ticked))
    followed = touches.LogTouch(fields=said, follow_up="Send the map", follow_up_day=TODAY + 4)
    other = asked(touches.log_touch(anna, followed))
    again = asked(touches.log_touch(anna, ticked))
    asked(withdrawn(anna, again["id"]))
    assert asked(ctas.one_cta(anna, first.id)).tasks[0].done_day is not None, "it was done before that touch"
    asked(withdrawn(anna, one["id"]))
    assert asked(ctas.one_cta(anna, first.id)).tasks[0].done_day is None
    assert asked(ctas.one_cta(anna, other["follow_up"])).cta.state == "open"


def test_a_touch_ticks_off_no_step_of_another_account(anna):
    mine, others = (one.calls for one in listed(anna).page.items[:2])
    first = others.ctas[0]
    said = {"account": mine.account, "direction": "out", "channel": "phone"}
    wanted = touches.LogTouch(fields=said, cta=first.id, step=others.tasks[first.id][0].step)
    refused = touches.log_touch(anna, wanted)
    assert isinstance(refused, Refused)
    assert refused.kind == "not_found"
    assert asked(ctas.one_cta(anna, first.id)).tasks[0].done_day is None


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"answered": "yes"}, "summary: "),
        ({"direction": "in"}, "summary: "),
        ({"day": days.parse("2031-01-01")}, "day: 2031-01-01 is still to come"),
        ({"day": days.parse("1999-01-01")}, "day: 1999-01-01 is more than"),
        ({"contact": "nobody"}, "contact: "),
    ],
)
def test_an_empty_touch_and_days_that_cannot_be_are_refused_with_a_remedy(anna, more, says):
    account = listed(anna).page.items[0].calls.account
    known = _touches(anna, account)
    said = {"account": account, "direction": "out", "channel": "phone", "answered": "no", **more}
    fact = ledger.CreateFact(kind=KINDS["touch"], fields={"day": TODAY, **said})
    for act in (touches.log_touch(anna, touches.LogTouch(fields=said)), ledger.create_fact(anna, fact)):
        assert isinstance(act, Refused)
        assert act.reason.startswith(says)
        assert act.remedy
    assert _touches(anna, account) == known


def test_a_touch_that_is_refused_in_part_is_not_logged_at_all(anna):
    account = listed(anna).page.items[0].calls.account
    known = _touches(anna, account)
    said = {"account": account, "direction": "out", "channel": "phone"}
    assert isinstance(touches.log_touch(anna, touches.LogTouch(fields=said, cta=10**9, step=1)), Refused)
    assert _touches(anna, account) == known


def withdrawn(of, key):
    return ledger.withdraw_fact(of, ledger.WithdrawFact(kind=KINDS["touch"], key=key))


def told(of):
    """Events that wait to be sent, each with its call to action."""
    rows = of.read(lambda connection: connection.execute(select(delivery.c.event, delivery.c.body)).all())
    return [(row.event, orjson.loads(row.body)["data"]["id"]) for row in rows]


def test_today_lists_a_renewal_that_is_overdue_as_long_as_the_policys_grace(anna, tmp_path):
    due_day = TODAY - 40
    with anna.store.write() as connection:
        one = connection.scalar(select(standing.c.account_id).order_by(standing.c.account_id))
        connection.execute(update(standing).where(standing.c.account_id == one).values(due_day=due_day))

    def listed(grace_days):
        policy = tmp_path / f"{grace_days}.toml"
        policy.write_text(re.sub(r"grace_days = \{ value = \d+", f"grace_days = {{ value = {grace_days}", HEALTH.text))
        store = anna.store.url.render_as_string(hide_password=False)
        settings = config.load({"store": store, "health_policy": str(policy)})
        of = replace(anna, settings=settings, policies=context.Policies(settings))
        return due_day in [one.due_day for one in asked(today.today(of, today.TodayOf(whose="all", limit=10))).renewals]

    assert (listed(39), listed(40)) == (False, True)


def test_today_sums_what_the_accounts_behind_it_are(anna):
    found = asked(today.today(anna, today.TodayOf(whose="all", limit=10)))
    sums = found.sums
    assert sum(sums.bands.values()) == sums.accounts > 2
    if sums.bands["grey"] == sums.accounts:
        assert sums.arr_at_risk is None, "where nobody is judged nobody knows who is at risk"
    else:
        assert 0 < sums.arr_at_risk <= sums.arr or sums.bands["yellow"] + sums.bands["red"] == 0
    assert sums.renewals_at_risk <= sums.renewals_arr <= sums.arr
    dues = [one.due_day for one in found.renewals]
    assert dues == sorted(dues)
    mine = asked(today.today(anna, today.TodayOf(whose="mine", limit=10))).sums
    others = asked(today.today(anna.seen_by(BEN), today.TodayOf(whose="mine", limit=10))).sums
    assert mine.accounts + others.accounts == sums.accounts
    assert mine.arr + others.arr == sums.arr


def test_what_is_planned_is_neither_held_nor_kept(anna):
    found = asked(today.today(anna, today.TodayOf(whose="all", limit=10))).planned
    for one in found:
        assert one.due_day <= TODAY + today.PLANNED_DAYS
    assert [one.due_day for one in found] == sorted(one.due_day for one in found)


def test_there_is_more_only_where_something_is_left_out(anna):
    account = listed(anna).page.items[0].calls.account
    for number in (1, 2):
        fields = {"account": account, "text": "a map", "made_day": TODAY, "due_day": TODAY + number}
        asked(ledger.create_fact(anna, ledger.CreateFact(kind=KINDS["promise"], fields=fields)))
    whole = asked(today.today(anna, today.TodayOf(whose="all", limit=10, lines=today.LINES_MAX)))
    assert not whole.more_planned
    assert not whole.more_renewals
    for lines in {len(whole.planned), len(whole.planned) - 1, len(whole.renewals), len(whole.renewals) - 1} - {0}:
        found = asked(today.today(anna, today.TodayOf(whose="all", limit=10, lines=lines)))
        assert found.planned == whole.planned[:lines]
        assert found.more_planned == (len(whole.planned) > lines)
        assert found.renewals == whole.renewals[:lines]
        assert found.more_renewals == (len(whole.renewals) > lines)


def test_money_is_stated_in_whole_units_of_what_is_reckoned_in_hundredths(anna):
    found = asked(today.today(anna, today.TodayOf(whose="all", limit=10)))
    money = {"arr": 123_45, "arr_at_risk": 67_89, "renewals_arr": 12_34, "renewals_at_risk": 5_67}
    call = found.calls.page.items[0]
    calls_ = [replace(call, arr=89_01), replace(call, arr=None)]
    renewals = [replace(found.renewals[0], arr=23_45), replace(found.renewals[0], arr=None)]
    answer = replace(
        found, sums=replace(found.sums, **money), renewals=renewals,
        calls=replace(found.calls, page=replace(found.calls.page, items=calls_)),
    )  # fmt: skip
    said = orjson.loads(orjson.dumps(stated.today(answer)))
    assert {name: said["sums"][name] for name in money} == {
        "arr": 123.45, "arr_at_risk": 67.89, "renewals_arr": 12.34, "renewals_at_risk": 5.67,
    }  # fmt: skip
    assert [one["arr"] for one in said["calls"]["items"]] == [89.01, None]
    assert [one["arr"] for one in said["renewals"]] == [23.45, None]


def test_sums_of_the_portfolio_are_stated_in_whole_units_too(anna):
    wanted = portfolio.ListPortfolio(
        of=portfolio.PortfolioOf(whose="all"), sort="score", falling=False, offset=0, limit=9
    )
    found = asked(portfolio.list_portfolio(anna, wanted))
    bands = {"red": (1, 123_45), "green": (2, 67_89)}
    ahead = [replace(found.figures.ahead[0], arr=12_34, at_risk=5_67)]
    rows = [replace(found.rows[0], arr=89_01), replace(found.rows[0], arr=None)]
    figures = replace(found.figures, bands=bands, ahead=ahead)
    said = orjson.loads(orjson.dumps(stated.portfolio(replace(found, figures=figures, rows=rows))))
    assert {one["band"]: (one["accounts"], one["arr"]) for one in said["bands"]} == {
        "red": (1, 123.45), "green": (2, 67.89),
    }  # fmt: skip
    assert [(one["arr"], one["at_risk"]) for one in said["ahead"]] == [(12.34, 5.67)]
    assert [one["arr"] for one in said["rows"]] == [89.01, None]


def _touches(of, account):
    wanted = ledger.ListFacts(kind=KINDS["touch"], account=account, chosen=FactFilter(), knowledge=NOW, limit=50)
    return asked(ledger.list_facts(of, wanted)).items


def test_what_nobody_knows_the_worth_of_is_no_sum_of_zero(anna):
    with anna.store.write() as connection:
        connection.execute(standing.update().values(arr=None, due_day=TODAY + 5))
    wanted = today.TodayOf(whose="all", limit=10)
    found = asked(today.today(anna, wanted)).sums
    assert found.arr_unknown == found.accounts == found.renewals > 2
    assert (found.arr, found.renewals_arr) == (None, None)
    risky = found.bands["yellow"] + found.bands["red"]
    none_judged = found.bands["grey"] == found.accounts
    assert found.arr_at_risk == (None if risky or none_judged else 0), "where nobody is at risk nothing is"
    said = listings.today(orjson.loads(orjson.dumps(stated.today(asked(today.today(anna, wanted))))), "en")
    assert f"{found.accounts} accounts without a rate" in said
    assert "- ARR" in said
