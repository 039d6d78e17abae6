"""A day is closed: what it gives to do is open, its events wait for webhooks, its notices for people."""

import json

import pytest

from collector.accounts.ledger.kinds import relations
from collector.calendar import days
from collector.notifications import channels, webhooks
from collector.notifications.channels import NewChannel
from collector.notifications.digests import newest_digest_at
from collector.notifications.signing import secret_text
from collector.success import ctas
from collector.success.ctas import CtaFilter
from tests import fleets
from tests.deliveries import sending
from tests.fleets import NOON, TODAY
from tests.plain_facts import a_csm, an_account
from tests.policies import PLAYBOOKS, a_closing
from tests.receivers import receiver

YESTERDAY = TODAY - 1


@pytest.fixture
def fleet(store):
    """ACME has a CSM, and seven promises that are late since yesterday."""
    fleets.story(store)
    with store.write() as connection:
        fleets.add(connection, "csm", a_csm(id="ana", name="Ana"))
        fleets.add(connection, "account", an_account(id="GAMMA", name="Gamma", csm="ana"))
        promises = [
            relations.Promise(
                id=f"p{n}", account="GAMMA", made_day=TODAY - 30, due_day=YESTERDAY - 1, text=f"Thing {n}"
            )
            for n in range(7)
        ]
        fleets.add(connection, "promise", *promises)
    return store


def close(store, day=YESTERDAY, now_s=NOON):
    return a_closing(store=store, processes=1).close(day, now_s)


def opened(store, **chosen):
    with store.read() as connection:
        return ctas.page(connection, CtaFilter(owner="ana", **chosen), limit=100, playbooks=PLAYBOOKS).items


def test_closing_a_day_opens_five_for_the_csm_and_closing_it_again_changes_nothing(fleet):
    close(fleet)
    first = opened(fleet)
    assert [one.state for one in first if one.rule == "PROMISE"].count("open") <= 5
    assert len([one for one in first if one.state == "open"]) == 5
    assert len([one for one in first if one.rule == "PROMISE"]) == 7, "nothing is lost"
    close(fleet)
    assert opened(fleet) == first


async def test_what_was_opened_is_told_to_webhooks_and_to_people(fleet):
    async with receiver() as there:
        with fleet.write() as connection:
            webhooks.add(connection, there.url, [], secret_text(b"k"), NOON, private=True)
            for name, digest in (("now", False), ("daily", True)):
                channel = NewChannel(name, there.url.replace("http", "json"), "en", owner="ana", digest=digest)
                channels.add(connection, channel, "", NOON)
        close(fleet)
        close(fleet)  # told once
        now = [NOON + 60]
        await sending(fleet, lambda: float(now[0])).run()
        said = [json.loads(body) for _, body in there.taken]
        mine = [one for one in said if one.get("type") == "cta.opened" and one["data"]["owner"] == "ana"]
        assert len(mine) == 5
        assert [one["data"]["day"] for one in said if one.get("type") == "day.closed"] == [days.iso(YESTERDAY)]
        assert len([one for one in said if "title" in one]) == 5, "the channel without a digest; the rest waits"
        there.taken.clear()
        now[0] += 86_400
        await sending(fleet, lambda: float(now[0]), digest_at=newest_digest_at(now[0], 0, "UTC")).run()
        titles = [json.loads(body)["message"] for _, body in there.taken]
        assert len(titles) == 2, "one digest for each channel"
        waits = "calls to action wait, the list of Ana is full"
        assert all(waits in text for text in titles)
        assert all("  • Gamma: A promise is overdue" in text for text in titles)
