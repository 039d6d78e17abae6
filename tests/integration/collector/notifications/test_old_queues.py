"""A store of the release with a table for webhooks' deliveries and one for notices: what waited is still sent."""

import contextlib
import json

import pytest

from collector.notifications import notices, webhooks
from collector.notifications.notices import NoticeText
from collector.notifications.signing import headers_of, secret_text
from collector.store.engine import open_store
from tests.clocks import Clock
from tests.databases import older_store
from tests.deliveries import NOW, sending
from tests.receivers import receiver

SECRET = secret_text(b"k" * 32)
BODY = '{"type":"ping","timestamp":"2026-05-28T20:26:40Z","data":{}}'


def rows(url):
    """Receivers and their queues as release 0.1.0 wrote them."""
    hook = f"'{url}', '{SECRET}', '[]', {NOW}"
    pending = f"'{BODY}', {NOW}"
    channel = f"'{url.replace('http', 'json')}', {NOW}"
    return (
        f"INSERT INTO webhook (url, secret, events, created_at) VALUES ({hook})",
        (
            "INSERT INTO webhook_delivery (id, webhook_id, event, body, made_at, next_at, tries, state, answer) VALUES "
            f"(40, 1, 'ping', {pending}, NULL, 1, 'delivered', '200 OK'), "
            f"(41, 1, 'ping', {pending}, {NOW + 50}, 3, 'waiting', '500 Internal Server Error'), "
            f"(42, 1, 'ping', {pending}, NULL, 12, 'dead', '500 Internal Server Error')"
        ),
        f"INSERT INTO notice_channel (name, url, created_at, digest) VALUES ('team', {channel}, false)",
        (
            "INSERT INTO notice (id, channel_id, made_at, title, body, next_at, tries, state, answer) VALUES "
            f"(1, 1, {NOW}, 'in the digest', '', NULL, 0, 'sent', 'in digest 3'), "
            f"(2, 1, {NOW}, 'waits', 'x', {NOW + 50}, 2, 'waiting', 'no answer in time'), "
            f"(3, 1, {NOW}, 'digest', 'x', NULL, 1, 'sent', 'taken'), "
            f"(4, 1, {NOW}, 'tomorrow', 'x', NULL, 0, 'digest', ''), "
            f"(5, 1, {NOW}, 'dead', 'x', NULL, 8, 'dead', 'the service did not take it')"
        ),
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_what_an_older_store_has_queued_is_sent_with_its_ids(kind, tmp_path, request):
    server = request.getfixturevalue("postgresql_server") if kind == "postgresql" else None
    clock = Clock(NOW)
    async with receiver() as there:
        with (
            older_store(kind, tmp_path, server, "0006", rows(there.url)) as url,
            contextlib.closing(open_store(url)) as store,
        ):
            with store.read() as connection:
                old = webhooks.deliveries(connection, limit=10).items
                told = notices.page(connection, limit=10).items
            assert [(each.id, each.state, each.tries) for each in old] == [
                (42, "dead", 12), (41, "waiting", 3), (40, "delivered", 1),
            ]  # fmt: skip
            assert [(each.id, each.title, each.state, each.answer) for each in told] == [
                (47, "dead", "dead", "the service did not take it"),
                (46, "tomorrow", "digest", ""),
                (45, "digest", "sent", "taken"),
                (44, "waits", "waiting", "no answer in time"),
                (43, "in the digest", "sent", "in digest 45"),
            ]
            with store.write() as connection:
                assert webhooks.announce(connection, "cta.opened", [{"id": 1}], NOW) == 1
                assert notices.tell(connection, [NoticeText({"en": ("new", "x"), "zh": ("new", "x")})], NOW) == 1
                assert notices.resend(connection, 47, NOW) is None
            clock.now += 60
            assert await sending(store, clock, digest_at=NOW + 60).run() == 6
            posts = {headers["webhook-id"]: headers for headers, _ in there.taken if "webhook-id" in headers}
            assert sorted(map(int, posts)) == [41, 48], "a receiver drops what it has seen by this id"
            wanted = headers_of(SECRET, "41", NOW + 60, BODY)
            assert posts["41"]["webhook-signature"] == wanted["webhook-signature"]
            titles = [json.loads(text)["title"] for headers, text in there.taken if "webhook-id" not in headers]
            assert sorted(titles) == ["Fleetward: 1 thing since the last digest", "dead", "new", "waits"]


def test_an_older_store_with_empty_queues_begins_with_the_first_id(tmp_path):
    with (
        older_store("sqlite", tmp_path, None, "0006", ()) as url,
        contextlib.closing(open_store(url)) as store,
        store.write() as connection,
    ):
        webhooks.add(connection, "http://127.0.0.1:9/", [], SECRET, NOW, private=True)
        webhooks.announce(connection, "cta.opened", [{"id": 1}], NOW)
        assert [each.id for each in webhooks.deliveries(connection, limit=10).items] == [1]
