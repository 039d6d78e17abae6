"""Twelve jobs of customer success, done by whoever sees only the pages of the demo's portfolio.

On a desktop in English, on a phone in Chinese. Each ends with what the person wanted to know or to have done, and the
acts that it took are counted.
"""

import contextlib
import re
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.browsing import MARKS
from tests.e2e.told import ToldPortfolio

pytestmark = MARKS
expect.set_options(timeout=30_000)
ACTS_MEDIAN, ACTS_MOST = 6, 8
TOUCH = f"id,account,day,channel,direction\njob,willow-ktv,{datetime.now(UTC).date() - timedelta(days=2)},phone,out\n"


@dataclass
class Hands:
    """What a person does on a page, counted."""

    page: Page
    acts: int = 0

    async def click(self, what: str) -> None:
        self.acts += 1
        await self.page.locator(what).first.click()

    async def fill(self, what: str, text: str) -> None:
        self.acts += 1
        await self.page.locator(what).first.fill(text)

    async def choose(self, what: str, value: str) -> None:
        self.acts += 1
        await self.page.locator(what).first.select_option(value)

    async def sees(self, where: str, *words: str | re.Pattern[str]) -> None:
        for word in words:
            await expect(self.page.locator(where).first).to_contain_text(word)


async def account(at: Hands, key: str) -> None:
    await at.click('nav a[href="/accounts"]')
    await at.click(f'main a[href="/accounts/{key}"]')


async def log_a_touch(at: Hands) -> None:
    await at.click(".call [data-key=l]")
    await at.fill("dialog [name=summary]", "They want a second map")
    await at.click("dialog .btn.main")
    await expect(at.page.locator(".toast button")).to_be_visible()


async def why_did_it_fall(at: Hands) -> None:
    await account(at, "copper-hall")
    await at.sees("#health .why", "49")
    await expect(at.page.locator("#health svg[role=img]").first).to_be_visible()


async def what_did_we_promise(at: Hands) -> None:
    await account(at, "loom-hall")
    await at.sees("#promises", "Training for the evening shift")


async def who_renews_next_at_risk(at: Hands) -> None:
    await at.click('nav a[href="/accounts"]')
    await at.click('main a[href="/accounts?due_in=90"]')
    await expect(at.page.locator('main tbody a[href^="/accounts/"]')).not_to_have_count(0)
    await at.sees("main tbody tr", "39")


async def which_data_is_missing(at: Hands) -> None:
    await account(at, "basalt-spot")
    await at.sees("main", "basalt-spot-01", re.compile(r"7\d(\.\d)? %"))  # two of three robots for a week of four


async def which_robots_run_an_old_firmware(at: Hands) -> None:
    await at.click('nav a[href="/fleet"]')
    await at.click('main a[href="/robots?rom=V6.2"]')
    await expect(at.page.locator("main tbody tr")).not_to_have_count(0)


async def undo_an_import(at: Hands) -> None:
    await at.page.goto("/admin/imports")  # bring one in first: what is undone is the job
    await at.page.select_option("#table", "touches")
    sheet = {"name": "job.csv", "mimeType": "text/csv", "buffer": TOUCH.encode()}
    await at.page.set_input_files("#file", sheet)
    await at.page.click("button[name=preview]")
    await at.page.click("button[name=import]")
    await expect(at.page.locator("main tbody th").first).to_have_text("job.csv")
    await at.page.goto("/")
    await at.click("button[popovertarget=person]")
    await at.click('#person a[href="/admin/people"]')
    await at.click('main a[href="/admin/imports"]')
    row = at.page.locator("main tbody tr", has_text="job.csv").first
    at.acts += 1
    await row.locator("form button").click()
    await expect(at.page.locator("main tbody tr", has_text="job.csv").first.locator("form")).to_have_count(0)


async def change_a_weight(at: Hands) -> None:
    await at.click('nav a[href="/accounts"]')
    await at.click('main a[href="/portfolio/policy"]')
    await at.fill('[name="bands.green_from"]', "95")
    await at.click("main form .btn.main")
    await expect(at.page.locator('#effect a[href^="/accounts/"]')).not_to_have_count(0)


async def hand_an_account_over(at: Hands) -> None:
    await account(at, "river-forum")
    await at.click('main a[href$="/handover"]')
    await at.choose("#csm", "csm-north")
    await at.click("form[action*=handovers] .btn.main")
    await at.sees(".toast", "CSM North")
    await at.click(".toast button")
    await at.sees("main .facts", "CSM East")


async def give_a_customers_admin_access(at: Hands) -> None:
    await at.click("button[popovertarget=person]")
    await at.click('#person a[href="/admin/people"]')
    await at.fill("#name", "Mei")
    await at.fill("#mail", f"mei-{at.page.viewport_size['width']}@example.com")
    await at.click("[name=roles][value=customer_admin]")
    await at.fill("#accounts-1", "basalt-spot")
    await at.click("main form .btn.main")
    await at.sees("main", "/link/")


async def which_robot_is_dark(at: Hands) -> None:
    await at.click('nav a[href="/"]')
    await at.sees("#calls-list", "basalt-spot-01")


async def what_is_wrong_and_whom_to_call(at: Hands) -> None:
    await at.sees("main", "CSM North")


JOBS: tuple[Callable[[Hands], Awaitable[None]], ...] = (
    log_a_touch, why_did_it_fall, what_did_we_promise, who_renews_next_at_risk, which_data_is_missing,
    which_robots_run_an_old_firmware, undo_an_import, change_a_weight, hand_an_account_over,
    give_a_customers_admin_access, which_robot_is_dark,
)  # fmt: skip


@contextlib.asynccontextmanager
async def hands(browser: Browser, site: ToldPortfolio, locale: str, width: int, token: str):
    context = await browser.new_context(
        viewport={"width": width, "height": 844}, locale=locale, base_url=site.api.url
    )  # fmt: skip
    context.set_default_timeout(30_000)
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.click("#by-token summary")
    await page.fill("#token", token)
    await page.press("#token", "Enter")
    await page.wait_for_url(lambda url: "sign-in" not in url)
    yield Hands(page)
    await context.close()


@pytest.mark.parametrize(("locale", "width"), [("en-GB", 1280), ("zh-CN", 390)])
async def test_the_jobs_are_done_on_the_pages_in_a_few_acts(told_site, browser, locale, width):
    acts = {}
    for job in JOBS:
        async with hands(browser, told_site, locale, width, told_site.api.token) as at:
            await job(at)
            acts[job.__name__] = at.acts
    made = told_site.api.post("/tokens", {"name": f"mei-{width}", "role": "customer_admin", "account": "basalt-spot"})
    async with hands(browser, told_site, locale, width, made["secret"]) as at:
        await what_is_wrong_and_whom_to_call(at)
        acts[what_is_wrong_and_whom_to_call.__name__] = at.acts
    assert len(acts) == 12
    assert statistics.median(acts.values()) <= ACTS_MEDIAN, acts
    assert max(acts.values()) <= ACTS_MOST, acts
