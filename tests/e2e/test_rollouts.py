"""A release manager in a real browser: plan a rollout, start it, pause it, take it back; a customer is asked before."""

import re
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests import skill_shops
from tests.e2e.browsing import MARKS, NEEDS_AXE, accessibility_faults
from tests.e2e.test_fleet_pages import window
from tests.waiting import DEADLINE_S

expect.set_options(timeout=DEADLINE_S * 1000)

pytestmark = MARKS
PLAN = "/skills/rollouts/plan"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory):
    async with skill_shops.open_shop(tmp_path_factory.mktemp("releases"), skill_shops.improved) as site:
        yield site


async def test_a_version_is_planned_asked_for_ended_started_paused_and_taken_back(site, browser):
    async with window(browser, site, who="admin", width=1280, java_script_enabled=False) as at:
        await at.go("/skills/rollouts")
        await at.page.get_by_role("link", name="Plan a rollout").first.click()
        await at.page.get_by_label("Version").select_option(label="Lift 0.3.0")
        await at.page.get_by_label("Days in which customers are asked first").fill("7")
        await at.page.get_by_role("button", name="Show what would happen").click()
        await expect(at.page.get_by_text("3 robots of 1 account would get it; 0 are left out.")).to_be_visible()
        await at.page.get_by_role("button", name="Start this rollout").click()
        await expect(at.page.get_by_text("asks customers").first).to_be_visible()
        async with window(browser, site, who="customer", width=390, java_script_enabled=False) as own:
            await own.go("/portal/skills")
            await own.page.get_by_role("button", name="Not now").click()
            await expect(own.page.get_by_text("You said: not now.")).to_be_visible()
            await own.page.get_by_role("button", name="Agree").click()
            await expect(own.page.get_by_text("You agreed.")).to_be_visible()
        await at.page.get_by_text("End here").first.click()
        await at.page.get_by_role("button", name="End here").click()
        await at.go(f"{PLAN}?{urlencode({'package': f'lift {site.release.sha256}', 'percents': '50, 100', 'try': 1})}")
        await at.page.get_by_role("button", name="Start this rollout").click()
        await expect(at.page.get_by_text("0 of 3 robots run it")).to_be_visible()
        await at.page.get_by_role("button", name="Pause").click()
        await at.page.get_by_role("button", name="Go on").first.click()
        await at.page.get_by_text("Take back…").first.click()
        await at.page.get_by_label("Reason").last.fill("guests complain")
        await at.page.get_by_role("button", name="Take back…").click()
        await expect(at.page.get_by_text("guests complain").first).to_be_visible()
        assert at.complaints == []


@NEEDS_AXE
@pytest.mark.parametrize(
    ("locale", "width", "scheme"), [("en-US", 1280, "light"), ("zh-CN", 390, "dark"), ("en-US", 390, "light")]
)
async def test_its_pages_fit_and_have_no_accessibility_fault(site, browser, axe, locale, width, scheme):
    asked = {"package": f"lift {site.release.sha256}", "try": 1}
    pages = (
        "/skills/rollouts", PLAN, f"{PLAN}?{urlencode(asked)}", f"{PLAN}?{urlencode(asked | {'rise': 'much'})}",
        "/skills/rollouts/1",
    )  # fmt: skip
    async with window(
        browser, site, who="admin", width=width, locale=locale, color_scheme=scheme, bypass_csp=True
    ) as at:
        for path in pages:
            await at.go(path)
            beyond = await at.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, f"{path} is {beyond} px too wide"
            assert not re.search(r"[{}]|None|undefined|Markup", await at.page.inner_text("body")), path
            await at.keep(f"rollouts-{locale}-{width}-{re.sub('[^a-z0-9]+', '-', path.strip('/'))[:60]}")
            assert await accessibility_faults(at.page, axe) == [], path
