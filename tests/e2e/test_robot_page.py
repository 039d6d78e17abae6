"""One robot in a real browser: what it shows, its news, what an engineer decides there, axe-core, without script."""

import contextlib
import re

import pytest_asyncio
from playwright.async_api import expect
from sqlalchemy import insert, select, update

from collector.store.engine import open_store
from collector.store.tables.fleet import parked_count, robot, stream
from collector.web.pages import live
from tests import batches, fleets
from tests.e2e.browsing import MARKS, NEEDS_AXE, accessibility_faults
from tests.e2e.test_fleet_pages import window
from tests.waiting import DEADLINE_S

expect.set_options(timeout=DEADLINE_S * 1000)
pytestmark = MARKS
TWIN = "hall-7~2"


def twinned(store) -> None:
    """Another machine sends as hall-7: it counts as a robot of its own."""
    with store.write() as connection:
        named = connection.scalar(select(robot.c.id).where(robot.c.name == "hall-7"))
        connection.execute(update(robot).where(robot.c.id == named).values(epoch=batches.EPOCH))
        row = {"name": TWIN, "first_seen_at": fleets.NOON, "timezone": "UTC", "epoch": "00000000000000e9"}
        [twin] = connection.execute(insert(robot).values(row).returning(robot.c.id)).one()
        sent = {"first_at": fleets.NOON, "received_at": fleets.NOON, "epoch": "00000000000000e9"}
        connection.execute(insert(stream).values(robot_id=named, books_to=twin, **sent))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("robot")
    with contextlib.closing(open_store(f"sqlite:///{folder}/fleet.db")) as store:
        fleets.story(store)
        fleets.one_parked_count(store)
        twinned(store)
        async with fleets.site(store) as site:
            yield site


@NEEDS_AXE
async def test_every_state_of_a_robot_has_no_accessibility_fault_and_fits(site, browser, axe):
    for locale, width, scheme in (
        ("en-US", 1280, "light"), ("zh-CN", 390, "dark"), ("en-US", 390, "light"), ("zh-CN", 1280, "dark"),
    ):  # fmt: skip
        async with window(browser, site, width=width, locale=locale, color_scheme=scheme, bypass_csp=True) as at:
            for path in ("hall-7", "hall-7?table=1", "ktv-2", "park-1", "old-9", TWIN):
                await at.go(f"/robots/{path}")
                beyond = await at.page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert beyond <= 0, f"{path} is {beyond} px too wide"
                assert not re.search(r"[{}]|None|undefined|Markup", await at.page.inner_text("body")), path
                await at.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                await at.keep(f"robot-{re.sub('[^a-z0-9]+', '-', path)}-{locale}-{width}-{scheme}")
                assert await accessibility_faults(at.page, axe) == [], path
            assert at.hosts == {"127.0.0.1"}


async def test_news_come_by_the_stream_and_end_with_the_session(site, browser, monkeypatch):
    monkeypatch.setattr(live, "EVERY_S", 0.1)
    async with window(browser, site) as at:
        await at.go("/robots/hall-7")
        backlog = at.page.locator('[data-live="backlog"]')
        await expect(backlog).to_have_text("2")
        fleets.presence(site.store, "hall-7", "online", fleets.NOON + 60, backlog=31)
        await expect(backlog).to_have_text("31")
        csrf = await at.page.locator('form[action="/sign-out"] input').get_attribute("value")
        assert (await at.page.context.request.post(f"{site.url}/sign-out", form={"csrf": csrf})).ok
        await expect(at.page.locator("#lost")).to_contain_text("Your session has ended")
        await expect(at.page.locator("#news")).to_have_class("live stale")
        assert at.complaints == []


async def test_without_script_an_amount_is_counted_after_all_and_another_refused(site, browser):
    with site.store.write() as connection:
        row = connection.execute(select(parked_count)).one()._asdict()
        more = {"id": None, "counter": "interaction", "amount": "90000", "hours": '{"12":"90000"}'}
        connection.execute(insert(parked_count).values(row | more))
    async with window(browser, site, java_script_enabled=False, width=390) as at:
        await at.go("/robots/park-1")
        rows = at.page.locator("#parked tbody tr")
        assert await rows.count() == 2
        await rows.filter(has_text="Interactions").locator("input[name=why]").fill("a fair")
        await rows.filter(has_text="Interactions").get_by_role("button", name="Count it").click()
        await expect(at.page.locator(".toast")).to_contain_text("Counted")
        assert "staff" in await rows.filter(has_text="Interactions").inner_text()
        await rows.filter(has_text="Wake-ups").locator("input[name=why]").fill("a stuck counter")
        await rows.filter(has_text="Wake-ups").get_by_role("button", name="Refuse it").click()
        await expect(at.page.locator(".toast")).to_contain_text("Refused")
        assert await at.page.locator("#parked button").count() == 0


async def test_a_reader_sees_the_amounts_and_the_twins_and_decides_nothing(site, browser):
    async with window(browser, site, "reader") as at:
        await at.go("/robots/hall-7")
        assert TWIN in await at.page.inner_text("#twins")
        assert await at.page.locator("#twins button, #parked button").count() == 0
    async with window(browser, site, "customer") as at:
        await at.go("/robots/park-1")
        assert await at.page.locator("#twins").count() == 0


async def test_the_other_machine_keeps_the_name_by_keyboard_alone(site, browser):
    async with window(browser, site) as at:
        await at.go(f"/robots/{TWIN}")
        await at.page.locator("#twins button").focus()
        await at.page.keyboard.press("Enter")
        await expect(at.page.locator(".toast")).to_contain_text("Swapped")
        assert "/robots/hall-7?told=" in at.page.url
