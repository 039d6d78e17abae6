"""The job of a customer's admin in a real browser: put a skill on five robots, and see why two did not get it."""

import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests import skill_shops
from tests.e2e.browsing import MARKS, NEEDS_AXE, accessibility_faults
from tests.e2e.test_fleet_pages import window
from tests.waiting import DEADLINE_S

expect.set_options(timeout=DEADLINE_S * 1000)

pytestmark = MARKS
LIFT = "/portal/skills/lift"
PAGES = ("/portal/skills", LIFT, f"{LIFT}/try?do=put&all=1", f"{LIFT}/try?do=remove&robot=ktv-3")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory):
    async with skill_shops.open_shop(tmp_path_factory.mktemp("shop"), skill_shops.sold) as site:
        yield site


async def test_an_admin_publishes_to_five_robots_and_sees_why_two_did_not_get_it(site, browser):
    async with window(browser, site, who="customer_admin", width=390, java_script_enabled=False) as at:
        await at.go("/portal")
        await at.page.get_by_role("link", name="Skills", exact=True).first.click()
        await at.page.get_by_role("link", name="Choose robots… Lift").click()
        for name in skill_shops.ROBOTS:
            await at.page.locator(f'input[value="{name}"]').check()
        await at.page.get_by_role("button", name="Put it on them…").click()
        await expect(at.page.get_by_text("4 of 5 robots get it.")).to_be_visible()
        await at.page.get_by_role("button", name="Put it on 4 robots").click()
        await expect(at.page.get_by_text("Sent to 4 of 5 robots.")).to_be_visible()
        skill_shops.says(site.store, "ktv-3", "lift", site.release.sha256, "active")
        skill_shops.says(site.store, "ktv-4", "lift", site.release.sha256, "desired", "no_room: 3 MB are free")
        await at.page.reload()
        rows = at.page.locator("#robots li")
        await expect(rows.filter(has_text="ktv-2")).to_contain_text("it is not made for this model")
        await expect(rows.filter(has_text="ktv-4")).to_contain_text("there is not enough room on the robot")
        await expect(rows.filter(has_text="ktv-3")).to_contain_text("runs")
        assert at.complaints == []


@NEEDS_AXE
@pytest.mark.parametrize(
    ("locale", "width", "scheme"),
    [("en-US", 1280, "light"), ("zh-CN", 390, "dark"), ("en-US", 390, "light"), ("zh-CN", 1280, "dark")],
)
async def test_its_pages_fit_and_have_no_accessibility_fault(site, browser, axe, locale, width, scheme):
    async with window(
        browser, site, who="customer_admin", width=width, locale=locale, color_scheme=scheme, bypass_csp=True
    ) as at:
        for path in PAGES:
            await at.go(path)
            beyond = await at.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, f"{path} is {beyond} px too wide"
            assert not re.search(r"[{}]|None|undefined|Markup", await at.page.inner_text("body")), path
            await at.keep(f"own-{locale}-{width}-{re.sub('[^a-z0-9]+', '-', path.strip('/'))}")
            assert await accessibility_faults(at.page, axe) == [], path
