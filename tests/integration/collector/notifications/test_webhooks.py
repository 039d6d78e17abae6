"""Deliveries over real HTTP, from both databases: signed, tried again, dead at last, sent again by hand."""

import json
import time
from dataclasses import replace

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from collector.notifications import queue, webhooks
from collector.notifications.posting import GuardedResolver, WebhookSender
from collector.notifications.queue import WEBHOOKS, DueDelivery
from collector.notifications.signing import headers_of, secret_text
from collector.store.tables.notifications import delivery
from collector.values.refusal import Refused
from tests.clocks import Clock
from tests.deliveries import NOW, sending
from tests.receivers import receiver

TRIES_MAX = WEBHOOKS.tries_max
SECRET = secret_text(b"k" * 32)


@pytest.fixture
def clock():
    return Clock(NOW)


def add(store, url, events=(), *, private=True):
    with store.write() as connection:
        made = webhooks.add(connection, url, events, SECRET, NOW, private=private)
    return made if isinstance(made, Refused) else made.webhook.id


def announce(store, event="cta.opened", data=({"id": 1},), **named):
    with store.write() as connection:
        return webhooks.announce(connection, event, list(data), NOW, **named)


def listed(store, **chosen):
    with store.read() as connection:
        return webhooks.deliveries(connection, limit=100, **chosen).items


async def send(store, clock, *, private=True):
    return await sending(store, clock, private=private).run()


async def test_a_delivery_is_signed_and_tried_until_the_receiver_takes_it(store, clock):
    async with receiver(500, 503, 302) as there:
        add(store, there.url)
        announce(store)
        for wait_s in (22, 45, 90):  # half a minute doubled, at three quarters of the spread
            assert await send(store, clock) == 1
            clock.now += wait_s - 1
            assert await send(store, clock) == 0, "not before its time"
            clock.now += 2
        assert await send(store, clock) == 1
        assert [(each.state, each.answer, each.tries) for each in listed(store)] == [("delivered", "200 OK", 4)]
    for headers, body in there.taken:
        wanted = headers_of(SECRET, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
        assert headers["webhook-signature"] == wanted["webhook-signature"]
    assert len(there.taken) == 4
    assert len({headers["webhook-id"] for headers, _ in there.taken}) == 1, "the same delivery"
    assert len({headers["webhook-timestamp"] for headers, _ in there.taken}) == 4
    assert {body for _, body in there.taken} == {there.taken[0][1]}
    assert json.loads(there.taken[0][1])["data"] == {"id": 1}


async def test_after_its_last_try_it_is_a_dead_letter_and_can_be_sent_again(store, clock):
    async with receiver(*[500] * TRIES_MAX) as there:
        add(store, there.url)
        announce(store)
        for _ in range(TRIES_MAX):
            assert await send(store, clock) == 1
            clock.now += 7 * 3600
        (dead,) = listed(store, state="dead")
        assert (dead.tries, dead.answer) == (TRIES_MAX, "500 Internal Server Error")
        assert await send(store, clock) == 0
        with store.write() as connection:
            assert webhooks.redeliver(connection, dead.id, clock.now) is None
            assert isinstance(webhooks.redeliver(connection, 999, clock.now), Refused)
        assert await send(store, clock) == 1
        assert listed(store)[0].state == "delivered"


async def test_a_redirect_is_not_followed(store, clock):
    async with receiver() as inside, receiver(302, 302) as there:
        there.url, where = inside.url, there.url
        add(store, where)
        announce(store)
        await send(store, clock)
        assert listed(store)[0].answer == "302 Found"
        assert inside.taken == []


async def test_a_receiver_that_says_gone_is_asked_no_more(store, clock):
    async with receiver(410) as there:
        add(store, there.url)
        announce(store, data=[{"id": 1}])
        await send(store, clock)
        assert announce(store) == 0
        with store.read() as connection:
            assert webhooks.listed(connection) == []


async def test_without_the_setting_nothing_goes_to_this_machine(store, clock):
    async with receiver() as there:
        refused = add(store, there.url, private=False)
        assert isinstance(refused, Refused)
        assert "deliver_to_private_networks" in refused.remedy
        add(store, there.url)  # added while the setting was on
        announce(store)
        await send(store, clock, private=False)
        assert there.taken == []
        assert listed(store)[0].state == "waiting"


async def test_a_name_that_leads_to_this_machine_is_seen_when_it_is_resolved(clock):
    async with receiver() as there:
        url = there.url.replace("127.0.0.1", "localhost.").replace("http:", "https:")
        due = DueDelivery(1, 1, {"url": url, "secret": SECRET}, "ping", "", "{}", 1)
        result = await WebhookSender(clock=clock, private=False).send(due)
        assert not result.is_taken
        resolver = GuardedResolver(private=False)
        with pytest.raises(OSError, match="not public"):
            await resolver.resolve("localhost", 80)
        await resolver.close()
        assert there.taken == []


async def test_nobody_there_is_tried_again_and_says_why(store, clock):
    async with receiver() as there:
        add(store, there.url)
    announce(store)
    await send(store, clock)
    (waiting,) = listed(store)
    assert (waiting.state, waiting.tries) == ("waiting", 1)
    assert "Connect" in waiting.answer or "connect" in waiting.answer
    assert "/hook" not in waiting.answer


async def test_a_webhook_gets_the_events_it_asked_for(store, clock):
    async with receiver() as there:
        chosen = add(store, there.url, ["band.changed"])
        add(store, there.url)
        assert isinstance(add(store, there.url, ["cta.invented"]), Refused)
        assert announce(store) == 1
        assert announce(store, "band.changed", [{"id": 1}, {"id": 2}]) == 4
        assert announce(store, "ping", only=chosen) == 1
        assert await send(store, clock) == 6
        with store.write() as connection:
            assert queue.remove(connection, WEBHOOKS, chosen, NOW)
            assert not queue.remove(connection, WEBHOOKS, chosen, NOW)
        assert announce(store, "band.changed") == 1


async def test_a_receiver_checks_a_delivery_with_the_specifications_library(store):
    async with receiver() as there:
        add(store, there.url)
        with store.write() as connection:
            webhooks.announce(connection, "cta.opened", [{"title": "承诺已逾期"}], int(time.time()))
        assert await send(store, time.time) == 1
        ((headers, body),) = there.taken
        assert Webhook(SECRET).verify(body, headers)["data"] == {"title": "承诺已逾期"}
        with pytest.raises(WebhookVerificationError):  # the control: another body, another secret
            Webhook(SECRET).verify(body.replace("逾期", "完成"), headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret_text(b"another")).verify(body, headers)


def test_two_collectors_never_claim_the_same_delivery(store):
    webhook_id = add(store, "http://127.0.0.1:9/")
    announce(store, data=[{"id": n} for n in range(30)])
    with store.write() as first:
        one = queue.claim(first, WEBHOOKS, NOW, 100, {webhook_id: 20})
    with store.write() as second:
        other = queue.claim(second, WEBHOOKS, NOW, 100, {webhook_id: 20})
    assert (len(one), len(other)) == (20, 10)
    assert not {due.id for due in one} & {due.id for due in other}
    with store.write() as third:
        assert queue.claim(third, WEBHOOKS, NOW + 59, 100, {webhook_id: 20}) == []
        again = queue.claim(third, WEBHOOKS, NOW + 61, 100, {webhook_id: 20})
    assert len(again) == 20, "whoever claimed them has died"


def test_a_claim_gives_every_receiver_one_and_those_that_answer_more_and_first(store):
    quiet, proven, busy = (add(store, "http://127.0.0.1:9/") for _ in range(3))
    announce(store, data=[{"id": n} for n in range(5)])
    with store.write() as connection:
        claimed = queue.claim(connection, WEBHOOKS, NOW, 4, {proven: 3, busy: 0})
    assert [due.receiver_id for due in claimed] == [proven] * 3 + [quiet]
    assert SECRET not in repr(claimed)


def test_the_queue_is_bounded_and_what_does_not_fit_is_a_dead_letter(store, monkeypatch):
    lane = replace(WEBHOOKS, queue_max=3, dead_max=1)
    monkeypatch.setattr("collector.notifications.webhooks.WEBHOOKS", lane)
    add(store, "http://127.0.0.1:9/")
    announce(store, data=[{"id": n} for n in range(5)])
    assert [each.answer for each in listed(store, state="dead")] == ["the queue was full"] * 2
    with store.write() as connection:
        assert queue.prune(connection, lane, NOW + 1) == 1
    assert [each.body["data"]["id"] for each in listed(store)] == [4, 2, 1, 0]
    with store.write() as connection:
        assert queue.prune(connection, lane, NOW + 31 * 86_400) == 1


def test_an_id_never_comes_again(store):
    """A receiver drops what it has seen by the id: also when everything before was deleted."""
    add(store, "http://127.0.0.1:9/")
    announce(store)
    (first,) = listed(store)
    with store.write() as connection:
        connection.execute(delivery.delete())
    announce(store)
    (second,) = listed(store)
    assert second.id > first.id
