"""What cannot be opened or told for one account, webhook or channel is its own loss, by name; the rest is told."""

import json
import logging
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from collector.accounts.ledger.kinds import relations
from collector.notifications import announcements, channels, digests, notices, queue, webhooks
from collector.notifications.channels import NewChannel
from collector.notifications.notices import NoticeText
from collector.notifications.queue import CHANNELS, WEBHOOKS, TryResult
from collector.notifications.signing import secret_text
from collector.scores import closed_days, failures
from collector.store import fence
from collector.store.engine import open_store
from collector.store.tables.ledger import fact
from collector.store.tables.notifications import delivery, notice_channel, webhook
from collector.store.tables.success import cta
from collector.success import ctas
from collector.success import store as success_store
from tests import portfolio as p
from tests.plain_facts import a_csm
from tests.policies import a_closing
from tests.portfolio import NOON, T

HELLO = NoticeText({"en": ("late", "Due today.")})


def fill(store):
    """Each has a promise that is late, and a CSM of its own, so that no list is full because of another's. Their rows.

    Two webhooks and two channels listen.
    """
    rows = {}
    with store.write() as connection:
        for n in range(2):
            webhooks.add(connection, f"https://hook-{n}.example/", [], secret_text(b"k"), NOON, private=True)
            channels.add(connection, NewChannel(f"c{n}", "json://hook.example/", "en"), "", NOON)
    for name in ("ACME", "BETA", "CENTO"):
        p.write(store, "csm", a_csm(id=f"csm-{name}", name=name))
        rows[name] = p.add_account(store, name, [f"{name.lower()}-0"], industry="museum", csm=f"csm-{name}")
        p.use(store, f"{name.lower()}-0", range(T - 40, T + 1))
        late = relations.Promise(id=f"p-{name}", account=name, made_day=T - 30, due_day=T - 2, text="A thing")
        p.write(store, "promise", late)
    return rows


@pytest.fixture
def fleet(store):
    return fill(store)


@pytest.fixture
def as_ever(tmp_path):
    """A store in which the same day was closed and nothing failed."""
    store = open_store(f"sqlite:///{tmp_path / 'as-ever.db'}")
    fill(store)
    close(store)
    yield store
    store.close()


def close(store):
    return a_closing(store=store, processes=1).run(NOON)


def failing(store):
    with store.read() as connection:
        return {(one.kind, one.name, one.step) for one in failures.listed(connection)}


def events(store, *, but=()):
    """What waits for each webhook, of all accounts but these."""
    with store.read() as connection:
        rows = connection.execute(select(delivery.c.webhook_id, delivery.c.event, delivery.c.body))
        said = [(row.webhook_id, row.event, json.loads(row.body)["data"]) for row in rows if row.webhook_id]
    return sorted(
        (number, event, data.get("account", ""), data.get("rule", ""))
        for number, event, data in said
        if data.get("account") not in but
    )


def bodies(store):
    with store.read() as connection:
        return [
            json.loads(body) for body in connection.execute(select(delivery.c.body).order_by(delivery.c.id)).scalars()
        ]


def queued(store, lane):
    with store.read() as connection:
        rows = connection.execute(select(lane.receiver).where(lane.receiver.is_not(None))).scalars().all()
    return {one: rows.count(one) for one in rows}


def notices_of(store, *, but):
    with store.read() as connection:
        rows = connection.execute(
            select(delivery.c.channel_id, delivery.c.title).where(delivery.c.channel_id.is_not(None))
        )
        return sorted(tuple(row) for row in rows if but not in row.title)


def opened(store, *, but=()):
    with store.read() as connection:
        rows = connection.execute(select(cta.c.account_id, cta.c.rule, cta.c.state, cta.c.owner))
        return sorted(tuple(row) for row in rows if row.account_id not in but)


def raising_for(wanted, work, what):
    """`work`, but for what says that it is of that account."""

    def wrapped(*arguments, **named):
        if what(*arguments, **named) == wanted:
            raise ValueError("absurd")
        return work(*arguments, **named)

    return wrapped


def test_an_account_whose_calls_cannot_be_opened_is_named_and_the_others_are_opened_and_told(
    fleet, store, as_ever, monkeypatch
):
    row = raising_for(fleet["BETA"], success_store._row, lambda one, *_: one.proposal.row_id)
    monkeypatch.setattr(success_store, "_row", row)
    (done,) = close(store)
    assert done.scored == 3
    assert failing(store) == {("account", "BETA", "success")}
    but = {fleet["BETA"]}
    assert opened(store, but=but) == opened(as_ever, but=but) != []
    assert opened(store) != opened(as_ever), "the control: BETA has calls where nothing fails"
    assert events(store, but={"BETA"}) == events(as_ever, but={"BETA"}) != []
    assert notices_of(store, but="BETA") == notices_of(as_ever, but="BETA") != []


@pytest.mark.usefixtures("fleet")
def test_an_account_whose_calls_cannot_be_told_is_named_and_the_others_are_told(store, as_ever, monkeypatch):
    read = raising_for("BETA", ctas._cta, lambda row, *_: row.external_id)
    monkeypatch.setattr(ctas, "_cta", read)
    close(store)
    assert failing(store) == {("account", "BETA", "tell")}
    assert opened(store) == opened(as_ever), "they are open; who looks sees them"
    assert events(store, but={"BETA"}) == events(as_ever, but={"BETA"}) != []
    assert events(store) != events(as_ever)
    assert notices_of(store, but="BETA") == notices_of(as_ever, but="BETA") != []


@pytest.mark.usefixtures("fleet")
def test_without_the_fence_nobody_is_told(store, monkeypatch):
    """The control of the test above."""
    monkeypatch.setattr(ctas, "_cta", raising_for("BETA", ctas._cta, lambda row, *_: row.external_id))
    monkeypatch.setattr(fence, "each", lambda accounts, work, _: work(accounts))
    close(store)
    assert not [event for _, event, *_ in events(store) if event == "cta.opened"]


@pytest.mark.usefixtures("fleet")
def test_a_part_of_the_day_that_cannot_be_told_costs_that_part(store, as_ever, monkeypatch):
    def no_incidents(*_):
        raise ValueError("absurd")

    monkeypatch.setattr(announcements, "_incidents", no_incidents)
    close(store)
    assert failing(store) == {("everybody", "", "tell")}
    assert events(store) == events(as_ever)


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("told", ["webhooks", "channels"])
def test_a_webhook_or_channel_that_cannot_be_told_costs_its_own_deliveries(store, as_ever, told, caplog):
    lane = {"webhooks": WEBHOOKS, "channels": CHANNELS}[told]
    with store.write() as connection:
        if told == "webhooks":
            connection.execute(update(webhook).where(webhook.c.id == 1).values(events="no JSON"))
    put = raising_for(("channel", 1), queue.put, lambda _, lane, receiver, *__: (lane.name, receiver))
    with pytest.MonkeyPatch.context() as patched, caplog.at_level(logging.ERROR):
        if told == "channels":
            patched.setattr(queue, "put", put)
        close(store)
    assert failing(store) == set()
    assert queued(store, lane) == {2: queued(as_ever, lane)[2]}
    assert queued(as_ever, lane)[1] > 0, "the control: it gets as many where it can be told"
    said = {getattr(one, "webhook", None) or getattr(one, "channel", None) for one in caplog.records}
    assert said == {1 if told == "webhooks" else "c0"}


@pytest.mark.usefixtures("fleet")
def test_an_event_that_cannot_be_written_costs_that_event(store):
    with store.write() as connection:
        made = webhooks.announce(connection, "ping", [{"a": 1}, {"a": object()}, {"a": 3}], NOON, only=1)
    assert made == 2
    assert [body["data"]["a"] for body in bodies(store)] == [1, 3]


@pytest.mark.usefixtures("fleet")
def test_a_digest_that_cannot_be_made_is_dead_with_the_reason_and_the_others_are_sent(store, monkeypatch):
    with store.write() as connection:
        connection.execute(update(notice_channel).values(digest=True))
        connection.execute(update(notice_channel).where(notice_channel.c.id == 1).values(language="xx"))
        notices.tell(connection, [HELLO], NOON)
    monkeypatch.setattr(digests, "of_digest", raising_for("xx", digests.of_digest, lambda _, language: language))
    with store.write() as connection:
        assert digests.gather(connection, NOON + 60, NOON + 60) == 2
    with store.read() as connection:
        rows = connection.execute(select(delivery.c.channel_id, delivery.c.state, delivery.c.answer))
        found = {(row.channel_id, row.state) for row in rows if not row.answer.startswith("in digest")}
        answers = connection.execute(select(delivery.c.answer).where(delivery.c.state == "dead")).scalars().all()
    assert found == {(1, "dead"), (2, "waiting")}
    assert answers == ["the digest could not be made: ValueError: absurd"]
    with store.write() as connection:
        assert digests.gather(connection, NOON + 60, NOON + 60) == 0, "it does not fail again every few seconds"


@pytest.mark.usefixtures("fleet")
def test_an_answer_that_cannot_be_stored_costs_no_other_delivery_its_booking(store):
    """A delivery that is not booked is sent again for ever. The second answer is what no database takes."""
    with store.write() as connection:
        webhooks.announce(connection, "ping", [{"a": 1}, {"a": 2}, {"a": 3}], NOON, only=1)
        due = queue.claim(connection, WEBHOOKS, NOON, 10, {1: 10})
        answers = ["200", "200 \ud800", "500"]
        results = [TryResult(each, answer != "500", answer) for each, answer in zip(due, answers, strict=True)]
        queue.settle(connection, WEBHOOKS, results, [0.5] * 3, NOON)
    with store.read() as connection:
        rows = connection.execute(select(delivery.c.state, delivery.c.answer).order_by(delivery.c.id)).all()
    assert [row.state for row in rows] == ["delivered", "delivered", "waiting"]
    assert (rows[0].answer, rows[2].answer) == ("200", "500")
    assert rows[1].answer.startswith("answer not stored: ")


@pytest.mark.usefixtures("fleet")
def test_the_last_try_ends_a_delivery_and_what_was_removed_meanwhile_stays_dead(store):
    """The control is the try before the last: it waits."""
    with store.write() as connection:
        webhooks.announce(connection, "ping", [{"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}], NOON, only=1)
        due = queue.claim(connection, WEBHOOKS, NOON, 10, {1: 10})
        connection.execute(
            update(delivery).where(delivery.c.id.in_([due[2].id, due[3].id])).values(state="dead", next_at=None)
        )
        tried = [replace(due[0], tries=WEBHOOKS.tries_max), replace(due[1], tries=WEBHOOKS.tries_max - 1), *due[2:]]
        results = [TryResult(each, number == 3, "answer") for number, each in enumerate(tried)]
        queue.settle(connection, WEBHOOKS, results, [0.5] * 4, NOON)
    with store.read() as connection:
        rows = connection.execute(select(delivery.c.state, delivery.c.next_at).order_by(delivery.c.id)).all()
    assert [row.state for row in rows] == ["dead", "waiting", "dead", "delivered"]
    assert (rows[0].next_at, rows[2].next_at) == (None, None)
    assert rows[1].next_at == NOON + round(queue.next_try_s(WEBHOOKS.tries_max - 1, 0.5))


def test_an_account_whose_own_fact_cannot_be_read_stops_no_closing(fleet, store, as_ever):
    with store.write() as connection:
        connection.execute(update(fact).where(fact.c.key == "BETA").values(body="no JSON"))
    (done,) = close(store)
    assert (done.scored, done.failed) == (2, 1)
    assert ("account", "BETA", "score") in failing(store)
    but = {fleet["BETA"]}
    assert opened(store, but=but) == opened(as_ever, but=but)
    with pytest.MonkeyPatch.context() as patched, store.read() as connection:
        patched.setattr(fence, "each", lambda accounts, work, _: work(accounts))
        with pytest.raises(ValueError, match=r"JSON|unexpected|invalid"):  # the control
            closed_days.timezones(connection, list(fleet.values()), "UTC")
