"""Fleet, robots, skills and the portfolio in a real browser: tiles as doors, alarms, sorting, axe-core, languages."""

import contextlib
import re
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect
from sqlalchemy import insert

from collector.store.engine import open_store
from collector.store.tables.fleet import alarm, skill_state
from collector.store.tables.health import incident
from collector.store.tables.skills import skill_fact, skill_wish
from tests import fleets, portfolios
from tests.e2e.browsing import MARKS, NEEDS_AXE, Window, accessibility_faults
from tests.waiting import DEADLINE_S

expect.set_options(timeout=DEADLINE_S * 1000)

pytestmark = MARKS
PAGES = (
    "/fleet",
    "/fleet/faults?by=model",
    "/robots?look=1",
    "/robots/ktv-2",
    "/skills",
    "/accounts",
    "/accounts?band=red&q=x",
    "/portfolio/rates",
    "/portfolio/rates/grr",
    "/portfolio/capacity",
    "/portfolio/rules",
    "/portfolio/backtest",
)
INCIDENT = (
    '{"of": "faults", "family": "navigation", "accounts": ["ACME", "BETA"], "sharing": 2, "others_share": 0.0,'
    f' "since_day": {fleets.TODAY - 3}, "seen_day": {fleets.TODAY - 1}}}'
)


def ailing(store) -> None:
    """An incident of one firmware, an alarm of ktv-2, a skill on two robots."""
    with store.write() as connection:
        connection.execute(
            insert(incident).values(
                cause="firmware", value="V9.1", opened_day=fleets.TODAY - 2, arrived_at=fleets.NOON, detail=INCIDENT
            )
        )
        connection.execute(
            insert(alarm).values(
                robot_id=2, kind="went_back", raised_at=fleets.NOON - 600, last_at=fleets.NOON - 60, times=2, detail="x"
            )
        )
        for robot_id, version in ((1, "2.1.0"), (2, "2.0.4")):
            connection.execute(
                insert(skill_state).values(
                    robot_id=robot_id, skill="guide", version=version, state="active", at=fleets.NOON - 3600
                )
            )
            told = {"robot_id": robot_id, "skill": "guide", "at": fleets.NOON - 3600, "revision": 1}
            facts = dict.fromkeys(("downloaded", "verified", "installed", "active"), "")
            why = {"code": "wrong_model", "reason": "wrong_model: it is made for lucki"}
            connection.execute(insert(skill_wish).values(**told, version=version, digest="b" * 64))
            connection.execute(insert(skill_fact).values(**told, desired="b" * 64, **facts, **why))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fleet")
    with contextlib.closing(open_store(f"sqlite:///{folder}/fleet.db")) as store:
        fleets.story(store)
        portfolios.fill(store)
        fleets.scored(store)
        ailing(store)
        async with fleets.site(store) as site:
            yield site


@contextlib.asynccontextmanager
async def window(browser, site, who="staff", width=1280, locale="en-US", **more: Any):
    context = await browser.new_context(viewport={"width": width, "height": 844}, locale=locale, **more)
    context.set_default_timeout(DEADLINE_S * 1000)
    answer = await context.request.post(f"{site.url}/sign-in", form={"token": site.secrets[who]})
    assert answer.ok
    made = Window(site, await context.new_page())
    yield made
    await context.close()


@NEEDS_AXE
@pytest.mark.parametrize(
    ("locale", "width", "scheme"),
    [("en-US", 1280, "light"), ("zh-CN", 390, "dark"), ("en-US", 390, "light"), ("zh-CN", 1280, "dark")],
)
async def test_pages_fit_ask_no_other_host_and_have_no_accessibility_fault(site, browser, axe, locale, width, scheme):
    async with window(browser, site, width=width, locale=locale, color_scheme=scheme, bypass_csp=True) as at:
        for path in PAGES:
            await at.go(path)
            beyond = await at.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, f"{path} is {beyond} px too wide"
            told = await at.page.inner_text("body")
            assert not re.search(r"[{}]|None|undefined|Markup", told), path
            await at.keep(f"{locale}-{width}-{scheme}-{re.sub('[^a-z0-9]+', '-', path.strip('/')) or 'fleet'}")
            await at.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert await accessibility_faults(at.page, axe) == [], path
        assert at.hosts == {"127.0.0.1"}


async def test_every_tile_opens_as_many_robots_as_it_counts(site, browser):
    async with window(browser, site) as at:
        await at.go("/fleet")
        assert at.complaints == []
        tiles = [
            (await tile.get_attribute("href"), int(await tile.locator("b").inner_text()))
            for tile in await at.page.locator("section.tiles a.tile").all()
        ]
        assert len(tiles) == 6
        for href, number in tiles:
            await at.go(href)
            assert await at.page.locator("tr[data-row]").count() == number, href


async def test_the_first_sentence_names_the_one_cause_and_its_robots_are_a_click_away(site, browser):
    async with window(browser, site, java_script_enabled=False) as at:
        await at.go("/fleet")
        told = await at.page.inner_text(".title p")
        assert told.startswith("One common cause: firmware V9.1: more navigation faults. In all: 1 robot is dark, ")
        await at.page.click("#incidents .btn")
        assert await at.page.locator("tr[data-row]").count() == 1
        assert "ktv-2" in await at.page.inner_text("tbody")


async def test_an_alarm_is_seen_to_by_an_engineer_without_script_and_by_no_reader(site, browser):
    async with window(browser, site, "reader") as at:
        await at.go("/fleet")
        assert await at.page.locator("#alarms li").count() == 1
        assert await at.page.locator("#alarms button").count() == 0
    async with window(browser, site, java_script_enabled=False, width=390) as at:
        await at.go("/fleet")
        await at.page.click("#alarms button")
        await expect(at.page.locator(".toast")).to_contain_text("Cleared")
        assert await at.page.locator("#alarms li").count() == 0


async def test_the_table_is_sorted_and_narrowed_by_its_address_and_the_file_is_what_is_seen(site, browser):
    async with window(browser, site, java_script_enabled=False) as at:
        await at.go("/accounts")
        names = await at.page.locator("tbody th a").all_inner_texts()
        assert len(names) > 2
        await at.page.click("thead a >> text=Account")
        assert await at.page.locator("[aria-sort=ascending]").inner_text() == "Account"
        assert await at.page.locator("tbody th a").all_inner_texts() == sorted(names, key=str.lower)
        await at.page.fill("#q", names[0][:4])
        await at.page.press("#q", "Enter")
        some = await at.page.locator("tbody th a").all_inner_texts()
        assert names[0] in some
        assert len(some) < len(names)
        address = await at.page.get_attribute(".acts a", "href")
        answer = await at.page.context.request.get(site.url + address)
        assert [line.split(",")[1] for line in (await answer.text()).splitlines()[1:]] == some
        await at.page.click(".facet a")
        assert await at.page.locator("tbody th a").count() == len(names)


async def test_the_levers_work_without_script(site, browser):
    async with window(browser, site, java_script_enabled=False) as at:
        await at.go("/portfolio/capacity")
        assert await at.page.locator("#levers details[open]").count() == 1, "the first segment's stand open"
        before = await at.page.inner_text("#levers summary >> nth=0")
        await at.page.fill("#levers details >> nth=0 >> [name=cost_per_hour]", "0")
        await at.page.click("#levers details >> nth=0 >> button")
        assert await at.page.inner_text("#levers details[open] summary") != before
