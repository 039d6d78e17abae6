"""Notices through the real Apprise to a real HTTP receiver: at once, in a digest, tried again; secrets stay inside."""

import json
import logging
from dataclasses import replace

import pytest

from collector.notifications import channels, digests, messaging, notices, queue
from collector.notifications.channels import NewChannel
from collector.notifications.notices import NoticeText
from collector.notifications.queue import CHANNELS
from collector.values.refusal import Refused
from tests.clocks import Clock
from tests.deliveries import NOW, sending
from tests.receivers import receiver

HELLO = NoticeText({"en": ("A-1: late", "Due today."), "zh": ("A-1:逾期", "今天截止。")}, owner="ana")


@pytest.fixture
def clock():
    return Clock(NOW)


def add(store, url, **said):
    wanted = NewChannel(url=url.replace("http://", "json://"), **{"name": "team", "language": "en", **said})
    with store.write() as connection:
        return channels.add(connection, wanted, "", NOW)


def tell(store, *messages, now=NOW, **named):
    with store.write() as connection:
        return notices.tell(connection, messages or (HELLO,), now, **named)


def listed(store, state=None):
    with store.read() as connection:
        return notices.page(connection, state=state, limit=100).items


async def send(store, clock, *, private=True):
    return await sending(store, clock, private=private).run()


async def test_a_notice_goes_to_the_channels_of_its_owner_in_their_language(store, clock):
    async with receiver() as there:
        add(store, there.url, name="everybody")
        add(store, there.url, name="ana", owner="ana", language="zh")
        add(store, there.url, name="bo", owner="bo")
        assert tell(store) == 2
        assert await send(store, clock) == 2
        said = sorted(json.loads(body)["title"] for _, body in there.taken)
        assert said == ["A-1: late", "A-1:逾期"]
        assert {each.state for each in listed(store)} == {"sent"}


async def test_a_notice_that_is_not_taken_is_tried_again_and_dead_at_last(store, clock):
    async with receiver(*[500] * CHANNELS.tries_max) as there:
        add(store, there.url)
        tell(store)
        assert await send(store, clock) == 1
        assert await send(store, clock) == 0, "not before its time"
        for _ in range(CHANNELS.tries_max - 1):
            clock.now += 7 * 3600
            assert await send(store, clock) == 1
        (dead,) = listed(store, "dead")
        assert (dead.tries, dead.answer) == (CHANNELS.tries_max, "the service did not take it")
        with store.write() as connection:
            assert notices.resend(connection, dead.id, clock.now) is None
            assert isinstance(notices.resend(connection, 999, clock.now), Refused)
        assert await send(store, clock) == 1
        assert listed(store)[0].state == "sent"


async def test_a_digest_is_one_notice_of_all_that_was_said_before_its_hour(store, clock):
    async with receiver() as there:
        add(store, there.url, digest=True)
        for number in range(3):
            tell(store, NoticeText({"en": (f"A-{number}", ""), "zh": (f"A-{number}", "")}))
        tell(store, NoticeText({"en": ("A-0", ""), "zh": ("A-0", "")}))
        tell(store, NoticeText({"en": ("A-2", "of another body"), "zh": ("A-2", "")}))
        tell(store, NoticeText({"en": ("later", ""), "zh": ("later", "")}), now=NOW + 500)
        assert await send(store, clock) == 0
        with store.write() as connection:
            assert digests.gather(connection, NOW + 500, NOW + 600) == 5
            assert digests.gather(connection, NOW + 500, NOW + 600) == 0, "once"
        clock.now += 600
        assert await send(store, clock) == 1
        said = json.loads(there.taken[0][1])
        assert said["title"] == "Fleetward: 4 things since the last digest"
        assert said["message"] == "• A-0\n• A-1\n• A-2\n• A-2", (
            "said twice is said once; alike in its title only is another thing"
        )
        assert [each.title for each in listed(store, "digest")] == ["later"]


async def test_what_nobody_has_to_do_today_waits_for_the_digest_of_every_channel(store, clock):
    async with receiver() as there:
        channel = add(store, there.url)
        tell(store, NoticeText({"en": ("a", ""), "zh": ("a", "")}, today=False))
        assert await send(store, clock) == 0
        tell(store, notices.trial(), only=channel.id)
        assert await send(store, clock) == 1


async def test_a_notice_that_is_only_a_title_is_sent(store, clock):
    async with receiver() as there:
        add(store, there.url)
        tell(store, NoticeText({"en": ("A-1", ""), "zh": ("A-1", "")}))
        assert await send(store, clock) == 1
        assert json.loads(there.taken[0][1])["message"] == "A-1"
        assert [each.state for each in listed(store)] == ["sent"]


def test_the_hour_of_the_digest_is_that_of_its_time_zone():
    at = digests.newest_digest_at(NOW, 9, "Asia/Shanghai")
    assert at <= NOW < at + 86_400
    assert (at + 8 * 3600) % 86_400 == 9 * 3600
    assert digests.newest_digest_at(at, 9, "Asia/Shanghai") == at
    assert digests.newest_digest_at(at - 1, 9, "Asia/Shanghai") == at - 86_400


async def test_a_secret_of_an_address_is_neither_shown_nor_logged(store, clock, caplog):
    caplog.set_level(logging.DEBUG)
    async with receiver(500) as there:
        url = there.url.replace("http://", "json://").replace("/hook", "/T0PSECRET?+X-Key=T0PSECRET")
        add(store, url)
        tell(store)
        await send(store, clock)
        with store.read() as connection:
            whole = channels.addresses(connection)
            shown = channels.listed(connection, {key: messaging.masked(value) for key, value in whole.items()})
        assert shown[0].address.startswith("json://127.0.0.1")
        assert "T0PSECRET" in there.taken[0][0]["x-key"]
        assert "T0PSECRET" not in caplog.text + repr(shown) + repr(listed(store))
        assert "notice_failed" in [getattr(record, "action", "") for record in caplog.records]


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("slack://TAAAAAAAA/BBBBBBBBB/aaaaaaaaaaaaaaaaaaaaaaaa/#general", True),
        ("jsons://hooks.example.com/x", True),
        ("mailtos://me:pass@example.com?smtp=mail.example.com", True),
        ("json://hooks.example.com/x", False),
        ("jsons://127.0.0.1/x", False),
        ("jsons://localhost/x", False),
        ("mailtos://me:pass@example.com?smtp=10.0.0.1", False),
        ("mailto://me:pass@example.com?smtp=mail.example.com", False),
        ("syslog://", False),
        ("nonsense://x", False),
        ("not an address", False),
        ("", False),
    ],
)
def test_a_channel_is_a_service_of_apprise_that_is_public_and_encrypted(url, is_taken):
    assert (messaging.complaint_of(url, private=False) is None) == is_taken


def test_a_masked_address_tells_the_service_and_not_the_secret():
    assert "cccccccccccc" not in messaging.masked("slack://TAAAAAAAA/BBBBBBBBB/cccccccccccccccccccccccc/#general")
    assert messaging.masked("jsons://me:pass@hooks.example.com/a/b?x=1") == "jsons://hooks.example.com/…"


async def test_without_the_setting_nothing_is_sent_to_this_machine(store, clock):
    async with receiver() as there:
        add(store, there.url)
        tell(store)
        await send(store, clock, private=False)
        assert there.taken == []
        assert listed(store)[0].state == "waiting"


def test_a_removed_channel_forgets_its_address_and_gets_nothing(store):
    channel = add(store, "json://127.0.0.1:9/x")
    tell(store)
    with store.write() as connection:
        assert queue.remove(connection, CHANNELS, channel.id, NOW)
        assert not queue.remove(connection, CHANNELS, channel.id, NOW)
        assert channels.addresses(connection) == {}
        assert isinstance(notices.resend(connection, 1, NOW), Refused)
    assert tell(store) == 0
    assert [(each.state, each.answer) for each in listed(store)] == [("dead", "removed")]
    assert isinstance(add(store, "json://127.0.0.1:9/x"), Refused), "names are not used twice"
    with store.write() as connection:
        assert queue.prune(connection, CHANNELS, NOW + 31 * 86_400) == 1


def test_the_queue_of_a_channel_is_bounded(store, monkeypatch):
    monkeypatch.setattr("collector.notifications.notices.CHANNELS", replace(CHANNELS, queue_max=2))
    channel = add(store, "json://127.0.0.1:9/x")
    tell(store, HELLO, HELLO, HELLO)
    assert [each.state for each in listed(store)] == ["dead", "waiting", "waiting"]
    assert claimed(store, channel.id) == 2
    assert claimed(store, channel.id) == 0


def claimed(store, channel_id):
    with store.write() as connection:
        return len(queue.claim(connection, CHANNELS, NOW, 10, {channel_id: 10}))
