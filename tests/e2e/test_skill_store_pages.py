"""The skill store's cockpit in a real browser: catalogue, one skill, licences, held back robots, review."""

import contextlib
import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from collector.access.caller import Role
from collector.store.engine import open_store
from tests import fleets, portfolios, skill_desks, skill_shops
from tests.e2e.browsing import MARKS, NEEDS_AXE, accessibility_faults
from tests.e2e.test_fleet_pages import window
from tests.waiting import DEADLINE_S

expect.set_options(timeout=DEADLINE_S * 1000)

pytestmark = MARKS


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    with contextlib.closing(open_store(f"sqlite:///{folder}/fleet.db")) as store:
        desk = skill_desks.desk(store, folder)
        portfolios.fill(store)
        fleets.scored(store)
        async with fleets.site(store, **skill_shops.settings_of(folder)) as site:
            site.desk = desk
            for name, role in (("Bo", Role.PUBLISHER), ("Ana", Role.SKILL_REVIEWER), ("Li", Role.SKILL_REVIEWER)):
                site.secrets[name] = skill_desks.token_of(store, desk.people[name], name, role)
            yield site


def pages(site):
    return (
        "/skills", "/skills/catalogue", "/skills/catalogue?cost=free", "/skills/catalogue/lift",
        "/skills/catalogue/bow", "/skills/licences", "/skills/licences?when=ended", "/accounts/BETA/licences",
        "/skills/held-back", "/skills/held-back?held=silent", "/skills/review", "/skills/review?state=refused",
        f"/skills/catalogue/lift/recalls/{site.desk.releases[0].sha256}",
        f"/skills/review/{site.desk.waits}", f"/skills/review/{site.desk.refused}", "/skills/rollouts",
    )  # fmt: skip


@pytest.mark.parametrize(("locale", "width"), [("en-US", 1280), ("zh-CN", 390), ("en-US", 390), ("zh-CN", 1280)])
async def test_they_fit_the_window_ask_no_other_host_and_complain_of_nothing(site, browser, locale, width):
    async with window(browser, site, who="admin", width=width, locale=locale) as at:
        for path in pages(site):
            await at.go(path)
            beyond = await at.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, f"{path} is {beyond} px too wide"
            assert not re.search(r"[{}]|None|undefined|Markup\(", await at.page.inner_text("body")), path
            await at.keep(f"desk-{locale}-{width}-{re.sub(r'[/?=]+', '-', path.strip('/'))}")
        assert at.hosts == {"127.0.0.1"}
        assert at.complaints == []


async def test_a_submission_is_reviewed_by_two_people_by_keyboard_alone(site, browser):
    for who in ("Ana", "Li"):
        async with window(browser, site, who=who, width=1280) as at:
            page = at.page
            await at.go("/skills/review")
            await page.get_by_role("link", name="lift 06.2000.0000").press("Enter")
            await expect(page.locator("#changes")).to_contain_text("listens to guests")
            await page.get_by_text("Approve…").press("Enter")
            await page.get_by_role("button", name="Approve these bytes").press("Enter")
            await expect(page.get_by_role("status").filter(has_text="You have approved it.")).to_be_visible()
    async with window(browser, site, who="Li") as at:
        await at.go(f"/skills/review/{site.desk.waits}")
        await expect(at.page.locator(".title")).to_contain_text("approved")


async def test_an_account_is_given_a_skill_without_script_and_it_is_undone(site, browser):
    async with window(browser, site, who="csm", width=390, java_script_enabled=False) as at:
        page = at.page
        await at.go("/accounts/ACME")
        await page.get_by_role("link", name="Licences, seats and robots").click()
        await page.get_by_label("granted", exact=True).check()
        await page.get_by_label("On how many robots").fill("2")
        await page.get_by_role("button", name="Let it have it").click()
        await expect(page.locator("#entitlements")).to_contain_text("granted")
        await page.get_by_role("button", name="Undo").click()
        await expect(page.get_by_text("Taken back: it never held.")).to_be_visible()
        assert at.complaints == []


@NEEDS_AXE
@pytest.mark.parametrize(
    ("who", "locale", "width", "scheme"),
    [("admin", "en-US", 1280, "light"), ("admin", "zh-CN", 390, "dark"), ("admin", "en-US", 390, "light"),
     ("admin", "zh-CN", 1280, "dark"), ("Ana", "en-US", 1280, "dark")],
)  # fmt: skip
async def test_none_of_them_has_an_accessibility_fault(site, browser, axe, who, locale, width, scheme):
    kept = {"width": width, "locale": locale, "color_scheme": scheme, "bypass_csp": True}
    async with window(browser, site, who=who, **kept) as at:
        for path in pages(site) if who == "admin" else (f"/skills/review/{site.desk.waits}", "/skills/review"):
            await at.go(path)
            await at.page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
            await at.keep(f"axe-{locale}-{width}-{scheme}-{re.sub(r'[/?=]+', '-', path.strip('/'))}")
            assert await accessibility_faults(at.page, axe) == [], path
