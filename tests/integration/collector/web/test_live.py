"""The stream of a robot's news: what it says, who may have it, and when it ends."""

import json

import pytest

from collector.web.pages import live
from tests import fleets
from tests.waiting import until_async


@pytest.fixture
async def site(store, monkeypatch):
    monkeypatch.setattr(live, "EVERY_S", 0.05)
    fleets.story(store)
    async with fleets.site(store) as site:
        yield site


async def sign_in(site, role="staff"):
    site.client.cookie_jar.clear()
    async with site.client.post(
        f"{site.url}/sign-in", data={"token": site.secrets[role]}, allow_redirects=False
    ) as answer:
        assert answer.status == 303


async def events(answer):
    """(event, data) as they come."""
    kind = ""
    async for line in answer.content:
        word, _, said = line.decode().strip().partition(": ")
        if word == "event":
            kind = said
        elif word == "data":
            yield kind, json.loads(said)


async def until(answer, wanted):
    async for kind, said in events(answer):
        if wanted(kind, said):
            return kind, said
    return None


async def test_it_says_how_old_the_figures_are_and_when_something_changed(site):
    await sign_in(site)
    async with site.client.get(f"{site.url}/robots/hall-7/live", headers={"Accept-Language": "zh"}) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        _, first = await until(answer, lambda kind, _: kind == "news")
        assert first == {"texts": {"as_of": "12:00:00", "data_ago": "刚刚"}, "changed": False}
        fleets.presence(site.store, "hall-7", "online", fleets.NOON + 1, backlog=7)
        assert await until(answer, lambda _, said: said["changed"])
        _, said = await until(answer, lambda *_: True)
        assert not said["changed"], "the control: a change is said once"


async def test_it_ends_with_the_session(site):
    """The control: it goes on as long as the session does."""
    await sign_in(site)
    async with site.client.get(f"{site.url}/robots/hall-7/live") as answer:
        assert (await until(answer, lambda *_: True))[0] == "news"
        async with site.client.get(f"{site.url}/me") as page:
            csrf = (await page.text()).split('name="csrf" value="')[1].split('"')[0]
        async with site.client.post(f"{site.url}/sign-out", data={"csrf": csrf}) as out:
            assert out.ok
        assert await until(answer, lambda kind, _: kind == "ended")
        assert (await answer.content.read()).strip() == b""


@pytest.mark.parametrize(("role", "robot", "status"), [
    ("customer", "ktv-2", 200), ("customer", "hall-7", 404), ("reader", "hall-7", 200), ("publisher", "hall-7", 403),
])  # fmt: skip
async def test_who_may_not_see_the_robot_gets_no_stream(site, role, robot, status):
    await sign_in(site, role)
    async with site.client.get(f"{site.url}/robots/{robot}/live") as answer:
        assert answer.status == status


async def test_nobody_gets_one_without_a_session(site):
    site.client.cookie_jar.clear()
    async with site.client.get(f"{site.url}/robots/hall-7/live", allow_redirects=False) as answer:
        assert answer.status == 303


async def test_one_session_has_a_few_streams_at_a_time_and_a_closed_one_makes_room(site):
    await sign_in(site)
    address = f"{site.url}/robots/hall-7/live"
    opened = [await site.client.get(address) for _ in range(live.OF_ONE_SESSION)]
    try:
        async with site.client.get(address) as answer:
            assert answer.status == 429
        opened.pop().close()
        await until_async(lambda: site.app[live.STREAMS].open.total() < live.OF_ONE_SESSION)
        async with site.client.get(address) as answer:
            assert answer.status == 200
    finally:
        for answer in opened:
            answer.close()
