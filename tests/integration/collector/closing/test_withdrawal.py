"""Days that a clock closed before they were over are taken back; on both databases."""

from dataclasses import replace

import orjson
import pytest
from sqlalchemy import func, select

from collector import config, context
from collector.access.caller import THE_CLOCK
from collector.accounts.ledger.kinds import money
from collector.closing.clock_guard import FOLLOWS, ClockGuard
from collector.closing.withdrawal import DaysWithdrawn, withdraw
from collector.context import Services
from collector.ingest.witnesses import Votes
from collector.language import figures
from collector.notifications import channels, webhooks
from collector.notifications.channels import NewChannel
from collector.operations import clock
from collector.scores import closed_days, scores, stages
from collector.store.tables.fleet import store_fact
from collector.store.tables.health import account_day, incident, lifecycle, score
from collector.store.tables.notifications import delivery
from collector.store.tables.success import cta
from collector.values.refusal import Refused
from tests import portfolio as p
from tests.plain_facts import a_contract
from tests.policies import a_closing
from tests.portfolio import DAY_S, HOUR_S, NOON, T
from tests.rolled_days import newest_days

AHEAD = 100


def listen(store):
    """A webhook and a channel."""
    with store.write() as connection:
        webhooks.add(connection, "https://example.com/hook", [], "secret", NOON, private=True)
        channels.add(connection, NewChannel(name="c", url="json://example.com", owner="", language="en", digest=False),
                     "masked", NOON)  # fmt: skip


@pytest.fixture
def site(store):
    """Two right days, then one round by a clock that is a hundred days ahead. The account."""
    listen(store)
    account = p.add_account(store, "ACME", ["r1", "r2"], industry="museum", scene="exhibition")
    for one in ("r1", "r2"):
        p.use(store, one, range(T - 99, T + 1))
    closing = a_closing(store=store)
    closing.run(NOON - DAY_S)
    closing.run(NOON)
    return account


def glitch(store):
    a_closing(store=store).run(NOON + AHEAD * DAY_S)


def everything(store, account):
    """What people see: the newest score, its day, the stage, open calls, how far days are closed."""
    with store.read() as connection:
        day = scores.newest_day(connection, None, "arrived")
        stage = stages.standing(connection, [account], 10**6).get(account)
        calls = connection.execute(
            select(cta.c.rule, cta.c.state, cta.c.seen_day, cta.c.closed_day, cta.c.outcome)
            .where(cta.c.state != "closed").order_by(cta.c.id)
        ).all()  # fmt: skip
        open_incidents = connection.scalar(
            select(func.count()).select_from(incident).where(incident.c.closed_day.is_(None))
        )
        line = scores.lines(connection, day, "arrived")
        return day, line, stage, calls, open_incidents, closed_days.closed_through(connection)


def test_a_false_future_is_taken_back_and_what_people_see_is_as_before(store, site):
    before = everything(store, site)
    glitch(store)
    assert everything(store, site) != before
    assert everything(store, site)[0] == T + AHEAD
    done = withdraw(a_closing(store=store), NOON + 60)
    assert (done.from_day, done.to_day) == (p.iso(T + 1), p.iso(T + AHEAD))
    assert done.scores > 0
    assert everything(store, site) == before


@pytest.mark.usefixtures("site")
def test_nothing_is_deleted_and_each_false_score_has_a_version_that_withdraws_it(store):
    glitch(store)
    with store.read() as connection:
        false = connection.execute(select(score).where(score.c.day > T)).all()
    withdraw(a_closing(store=store), NOON + 60)
    with store.read() as connection:
        after = connection.execute(select(score).where(score.c.day > T).order_by(score.c.version)).all()
    assert len(after) == 2 * len(false)
    newest = {(row.account_id, row.day): row for row in after}
    assert {(row.band, row.final, row.withdrawn_at) for row in newest.values()} == {("grey", None, NOON + 60)}
    assert all(row.version == 2 for row in newest.values())


def test_the_real_day_is_closed_when_it_comes_and_its_score_is_shown(store, site):
    glitch(store)
    withdraw(a_closing(store=store), NOON + 60)
    for one in ("r1", "r2"):
        p.use(store, one, [T + 1])
    done = a_closing(store=store).run(NOON + DAY_S)
    assert [(each.day, each.scored) for each in done] == [(T + 1, 1)]
    assert newest_days(store)[site, T + 1].counts["interaction"] == 2 * p.COUNTS["interaction"]
    with store.read() as connection:
        shown = scores.newest(connection, [site], T + 1, "arrived")[site]
        assert scores.newest_day(connection, None, "arrived") == T + 1
    assert shown.scored.measures["A2"].score is not None


def test_a_day_that_was_a_false_one_is_scored_again_although_it_had_a_score(store, site):
    """Of the false future's own days, too: a hundred days later they are real."""
    glitch(store)
    withdraw(a_closing(store=store), NOON + 60)
    for one in ("r1", "r2"):
        p.use(store, one, range(T + 1, T + AHEAD + 1))
    done = a_closing(store=store).close(T + AHEAD, NOON + AHEAD * DAY_S)
    assert done.scored == 1
    with store.read() as connection:
        assert scores.newest(connection, [site], T + AHEAD, "arrived")[site].version == 3


@pytest.mark.usefixtures("site")
def test_what_waits_is_not_sent_and_who_was_told_is_told_that_it_was_wrong(store):
    glitch(store)
    ahead_s = NOON + AHEAD * DAY_S
    with store.write() as connection:
        made = connection.execute(
            select(delivery.c.id, delivery.c.channel_id).where(delivery.c.made_at == ahead_s)
        ).all()
        assert {row.channel_id is None for row in made} == {True, False}
        sent = min(row.id for row in made if row.channel_id is not None)
        connection.execute(delivery.update().where(delivery.c.id == sent).values(state="delivered", next_at=None))
    done = withdraw(a_closing(store=store), NOON + 60)
    assert done.unsent == len(made) - 1
    with store.read() as connection:
        states = dict(connection.execute(select(delivery.c.id, delivery.c.state)).all())
        new = connection.execute(select(delivery).where(delivery.c.made_at == NOON + 60).order_by(delivery.c.id)).all()
    assert {states[row.id] for row in made if row.id != sent} == {"dead"}
    assert [row.event for row in new if row.webhook_id].count("days.withdrawn") == 1
    said = next(orjson.loads(row.body)["data"] for row in new if row.event == "days.withdrawn")
    assert (said["from_day"], said["to_day"]) == (p.iso(T + 1), p.iso(T + AHEAD))
    [correction] = [row for row in new if row.channel_id]
    assert f"{figures.day(T + 1, 'en')} to {figures.day(T + AHEAD, 'en')}" in correction.title
    assert correction.state == "waiting"
    assert done.corrected == 1


def a_call(store, account, **fields):
    """A call to action that was there before the clock went ahead."""
    values = {
        "account_id": account, "rule": "PROMISE", "reason": "late", "severity": 0.5, "priority": 1.0, "evidence": "{}",
        "owner": "ana", "given_to": "ana", "state": "open", "opened_day": T - 3, "seen_day": T, **fields,
    }  # fmt: skip
    with store.write() as connection:
        return connection.execute(cta.insert().values(values).returning(cta.c.id)).scalar_one()


def as_it_stands(store, cta_id):
    with store.read() as connection:
        row = connection.execute(select(cta).where(cta.c.id == cta_id)).one()
        return row.state, row.snoozed_until, row.closed_day, row.outcome


@pytest.mark.parametrize(
    ("until_day", "after_ahead", "former"),
    [(T + 9, "open", "snoozed"), (T + AHEAD + 9, "snoozed", "snoozed"), (T - 1, "open", "open")],
)
def test_a_snooze_that_a_false_day_ended_goes_on(store, site, until_day, after_ahead, former):
    state = "snoozed" if until_day > T else "open"  # one that was woken keeps the day, and stays awake
    snoozed = a_call(store, site, state=state, snoozed_until=until_day)
    glitch(store)
    assert as_it_stands(store, snoozed)[0] == after_ahead
    withdraw(a_closing(store=store), NOON + 60)
    assert as_it_stands(store, snoozed) == (former, until_day, None, "")


@pytest.mark.parametrize(
    ("fields", "former"),
    [
        ({"state": "snoozed", "snoozed_until": T + 9}, "snoozed"),
        ({"state": "open", "snoozed_until": T - 9}, "open"),
        ({"state": "open"}, "open"),
        ({"state": "digest", "given_to": ""}, "digest"),
    ],
)
def test_a_call_that_a_false_day_closed_is_as_before_and_who_was_told_hears_it(store, site, fields, former):
    """The false round finds that the customer has left; one of two webhooks was sent what it said."""
    with store.write() as connection:
        webhooks.add(connection, "https://example.com/other", [], "secret", NOON, private=True)
    call = a_call(store, site, **fields)
    p.write(store, "contract", a_contract(id="c", account="ACME", starts=T - 300, ends=T + 9))
    p.write(store, "renewal", money.Renewal(
        id="n", account="ACME", contract="c", due_day=T + 9, outcome="lost", decided_day=T))  # fmt: skip
    for one in ("r1", "r2"):
        p.deploy(store, "ACME", one, to_day=T + 9)
    glitch(store)
    assert as_it_stands(store, call)[0] == "closed"
    with store.write() as connection:
        told = delivery.c.made_at > NOON + DAY_S, delivery.c.webhook_id == 1, delivery.c.event == "cta.closed"
        connection.execute(delivery.update().where(*told).values(state="delivered", next_at=None))
    withdraw(a_closing(store=store), NOON + 60)
    assert as_it_stands(store, call) == (former, fields.get("snoozed_until"), None, "")
    with store.read() as connection:
        new = connection.execute(
            select(delivery).where(delivery.c.made_at == NOON + 60, delivery.c.event == "cta.opened")
        ).all()
    said = [(row.webhook_id, orjson.loads(row.body)["data"]["id"]) for row in new]
    assert said == ([] if former == "digest" else [(1, call)]), "who heard nothing of the false day needs no correction"


@pytest.mark.usefixtures("site")
def test_what_cannot_be_read_costs_itself_and_the_days_are_taken_back(store):
    """An incident of each side of the border and the evidence of a call. The control is the same without them."""
    with store.write() as connection:
        row = {"cause": "firmware", "value": "V", "arrived_at": NOON, "detail": "no JSON"}
        connection.execute(incident.insert(), [{**row, "opened_day": T - 3}, {**row, "opened_day": T + 2}])
    glitch(store)
    with store.write() as connection:
        false = connection.execute(select(cta.c.id).where(cta.c.opened_day > T, cta.c.state == "open")).scalars().all()
        connection.execute(cta.update().where(cta.c.id == false[0]).values(evidence="no JSON"))
    done = withdraw(a_closing(store=store), NOON + 60)
    assert done.scores > 0
    assert done.ctas == len(false)
    with store.read() as connection:
        days_of = select(incident.c.opened_day, incident.c.closed_day).where(incident.c.detail == "no JSON")
        assert connection.execute(days_of.order_by(incident.c.opened_day)).all() == [(T - 3, None), (T + 2, T + 2)]
        told = connection.execute(
            select(delivery.c.body).where(delivery.c.made_at == NOON + 60, delivery.c.event == "cta.closed")
        ).scalars()
        assert {orjson.loads(body)["data"]["id"] for body in told} == set(false) - {false[0]}


def test_without_accounts_a_day_is_over_in_the_base_time_zone(store):
    """At noon in UTC the day before is not yet over in the westernmost zone, twelve hours behind, plus two."""
    with store.write() as connection:
        connection.execute(store_fact.insert().values(name=closed_days.MARK, value=str(T)))
    assert withdraw(a_closing(store=store), NOON).from_day is None
    assert withdraw(replace(a_closing(store=store), base_timezone="Etc/GMT+12"), NOON).from_day == p.iso(T)


@pytest.mark.usefixtures("site")
def test_nobody_is_corrected_who_was_told_nothing(store):
    glitch(store)
    assert withdraw(a_closing(store=store), NOON + 60).corrected == 0


@pytest.mark.usefixtures("site")
def test_calls_of_the_false_future_are_closed_and_may_be_opened_again_for_real(store):
    glitch(store)
    with store.read() as connection:
        false = set(connection.execute(select(cta.c.rule).where(cta.c.opened_day > T)).scalars())
    assert false, "a customer that is silent for a hundred days gives somebody something to do"
    withdraw(a_closing(store=store), NOON + 60)
    with store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(cta).where(cta.c.seen_day > T)) == 0
    a_closing(store=store).run(NOON + (AHEAD - 1) * DAY_S)
    with store.read() as connection:
        again = set(
            connection.execute(select(cta.c.rule).where(cta.c.opened_day > T, cta.c.state != "closed")).scalars()
        )
    assert again & false


def test_where_no_day_is_ahead_nothing_is_taken_back(store, site):
    before = everything(store, site)
    assert withdraw(a_closing(store=store), NOON + HOUR_S) == DaysWithdrawn()
    assert everything(store, site) == before
    with store.read() as connection:
        assert (
            connection.scalar(select(func.count()).select_from(lifecycle).where(lifecycle.c.withdrawn_at.is_not(None)))
            == 0
        )
        assert connection.scalar(select(func.count()).select_from(account_day).where(account_day.c.day > T)) == 0


def test_days_are_taken_back_by_a_clock_that_is_trusted_only(store, site):
    before = everything(store, site)
    glitch(store)
    ahead = everything(store, site)
    votes = Votes(ahead=1, apart_s=3 * DAY_S)  # robots say that this clock is three days behind
    guard = ClockGuard(store, lambda: NOON + 60.0, lambda: 0.0, lambda _: votes, lambda: True)
    asked = context.of(config.load(), store, lambda: NOON + 60.0, THE_CLOCK, Services(clock_guard=guard))
    refused = clock.withdraw_days(asked, None)
    assert isinstance(refused, Refused)
    assert "robots say" in refused.reason
    assert everything(store, site) == ahead
    votes = Votes()
    done = clock.withdraw_days(asked, None)
    assert isinstance(done, DaysWithdrawn)
    assert everything(store, site) == before
    guard.follows()
    assert clock.closing_clock(asked, None) == FOLLOWS
