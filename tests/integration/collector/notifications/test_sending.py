"""A receiver that hangs holds up nobody else: neither while it hangs nor with what waits for it."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from collector.notifications import channels, messaging, notices, webhooks
from collector.notifications.channels import NewChannel
from collector.notifications.notices import NoticeText
from collector.notifications.queue import CHANNELS
from collector.notifications.signing import secret_text
from tests.clocks import Clock
from tests.deliveries import NOW, sending
from tests.receivers import receiver
from tests.waiting import until_async

MANY = 30
EVENTS = [{"id": n} for n in range(MANY)]


@pytest.fixture
def clock():
    return Clock(NOW)


def hook(store, there, events=()):
    with store.write() as connection:
        return webhooks.add(connection, there.url, events, secret_text(b"k"), NOW, private=True).webhook.id


def channel(store, there, name):
    with store.write() as connection:
        return channels.add(connection, NewChannel(name, there.url.replace("http", "json"), "en"), "", NOW).id


def announce(store, event, data):
    with store.write() as connection:
        webhooks.announce(connection, event, data, NOW)


def delivered(store):
    with store.read() as connection:
        found = webhooks.deliveries(connection, limit=100).items
    return [each.webhook for each in found if each.state == "delivered"]


def told(store):
    """How many notices were sent and are booked as such."""
    with store.read() as connection:
        return len(notices.page(connection, state="sent", limit=100).items)


@asynccontextmanager
async def running(work):
    """A run that is ended when the block is left."""
    task = asyncio.create_task(work.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_webhook_that_hangs_holds_up_no_other(store, clock):
    async with receiver(hangs=True) as hanging, receiver() as there:
        hook(store, hanging)
        good = hook(store, there)
        announce(store, "cta.opened", EVENTS)
        async with running(sending(store, clock)):
            await until_async(lambda: len(there.taken) == MANY)
            await until_async(lambda: delivered(store) == [good] * MANY)
            assert len(hanging.taken) == 1, "one that has taken nothing yet gets one at a time"


async def test_without_room_for_every_webhook_one_that_hangs_would_hold_up_the_others(store, clock):
    """The control of the test above."""
    async with receiver(hangs=True) as hanging, receiver() as there:
        hook(store, hanging)
        hook(store, there)
        announce(store, "cta.opened", EVENTS)
        work = sending(store, clock, look_s=0.01, webhooks={"at_once": 1})
        async with running(work):
            await until_async(lambda: len(hanging.taken) == 1)
            looked = []
            work.digest_at = lambda _: len(looked.append(1) or ())  # counts the rounds
            await until_async(lambda: len(looked) > 3)
            assert there.taken == []


async def test_what_becomes_due_while_one_hangs_is_sent_meanwhile(store, clock):
    async with receiver(hangs=True) as hanging, receiver() as there:
        hook(store, hanging, ["cta.opened"])
        hook(store, there, ["cta.closed"])
        announce(store, "cta.opened", EVENTS)
        async with running(sending(store, clock, look_s=0.05)):
            await until_async(lambda: len(hanging.taken) == 1)
            announce(store, "cta.closed", EVENTS)
            await until_async(lambda: len(there.taken) == MANY)
            assert len(hanging.taken) == 1


async def test_one_that_begins_to_hang_holds_a_few_tries_and_not_all(store, clock):
    async with receiver() as there, receiver() as other:
        hook(store, there, ["cta.opened"])
        hook(store, other, ["cta.closed"])
        work = sending(store, clock, look_s=0.05, webhooks={"at_once": 12, "at_once_each": 4})
        announce(store, "cta.opened", EVENTS[:2])
        assert await work.run() == 2
        there.answering.clear()
        there.taken.clear()
        announce(store, "cta.opened", EVENTS)
        async with running(work):
            await until_async(lambda: len(there.taken) == 4)
            announce(store, "cta.closed", EVENTS)
            await until_async(lambda: len(other.taken) == MANY)
            assert len(there.taken) == 4


async def test_a_try_ends_at_its_limit_and_is_tried_again_later(store, clock):
    async with receiver(hangs=True) as hanging:
        hook(store, hanging)
        announce(store, "cta.opened", EVENTS[:1])
        assert await sending(store, clock, webhooks={"try_s": 0.2}).run() == 1
        with store.read() as connection:
            (waiting,) = webhooks.deliveries(connection, limit=10).items
        assert (waiting.state, waiting.tries, waiting.answer) == ("waiting", 1, "no answer within 0.2 s")


async def test_a_run_that_was_ended_early_leaves_no_receiver_busy(store, clock):
    async with receiver(hangs=True) as there:
        hook(store, there)
        work = sending(store, clock, look_s=0.05)
        announce(store, "cta.opened", EVENTS)
        async with running(work):
            await until_async(lambda: len(there.taken) == 1)
        there.answering.set()
        clock.now += 3_600  # what was claimed may be claimed again
        assert await work.run() == MANY


async def test_a_service_that_hangs_keeps_one_thread_and_no_other_channel(store, clock):
    async with receiver(hangs=True) as hanging, receiver() as there:
        hanging.url += "?rto=600"  # Apprise would give up after 4 s
        stuck = channel(store, hanging, "stuck")
        channel(store, there, "good")
        with store.write() as connection:
            notices.tell(
                connection, [NoticeText({"en": (f"A-{n}", ""), "zh": (f"A-{n}", "")}) for n in range(MANY)], NOW
            )
        assert messaging.complaint_of("json://hook.example/", private=True) is None  # loads its plugins: seconds
        work = sending(store, clock, look_s=0.05, channels={"try_s": 5.0})
        sender = next(sender for lane, sender in work.senders.items() if lane.name == CHANNELS.name)
        async with running(work):
            await until_async(lambda: told(store) == MANY)  # a run that ends before a result is booked tries it again
            await until_async(lambda: list(sender.stuck) == [stuck])
        clock.now += 3_600
        assert await work.run() == 0, "its thread has not ended"
        assert len(hanging.taken) == 1
        hanging.answering.set()
        await until_async(lambda: not sender.stuck)
        sent = await work.run()
        clock.now += 3_600  # what a busy machine did not answer in time is tried again
        assert sent + await work.run() >= MANY
        assert len(hanging.taken) >= MANY + 1


async def test_a_try_that_finds_a_bug_is_tried_again_and_ends_no_other(store, clock, caplog):
    async with receiver() as there:
        hook(store, there)
        with store.write() as connection:
            webhooks.add(connection, there.url, [], "whsec_", NOW, private=True)  # no secret to sign with
        announce(store, "cta.opened", EVENTS[:1])
        assert await sending(store, clock).run() == 2
        with store.read() as connection:
            states = {each.state: each.answer for each in webhooks.deliveries(connection, limit=10).items}
        assert states == {"delivered": "200 OK", "waiting": "the collector could not send it, see its log"}
        assert "delivery_bug" in [getattr(record, "action", "") for record in caplog.records]
