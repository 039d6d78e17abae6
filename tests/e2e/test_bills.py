"""Bills in a real browser: from a line to the robot and the day, money back by two people, a customer that contests."""

import contextlib
import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from collector.access.caller import Caller, Role
from collector.fleet.scope import EVERYTHING, account_id_of
from collector.operations import skill_credits
from collector.operations.skill_credits import ProposeCredit
from collector.store.engine import open_store
from tests import billed, fleets
from tests.billed import CLOSES, JUNE
from tests.e2e.browsing import MARKS, NEEDS_AXE, accessibility_faults
from tests.e2e.test_cockpit import WAIT_MS, window
from tests.fleets import TODAY

expect.set_options(timeout=WAIT_MS)
pytestmark = MARKS


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory):
    """BETA bought a skill; May is closed and June is open, with a credit note that waits."""
    folder = tmp_path_factory.mktemp("bills")
    with contextlib.closing(open_store(f"sqlite:///{folder}/fleet.db")) as store:
        fleets.story(store)
        with store.read() as connection:
            beta = account_id_of(connection, "BETA")
        assert beta is not None
        billed.offer(store)
        billed.sell(store, beta)
        billed.count(store, "ktv-2", {TODAY - 15: 7, TODAY - 14: 0, TODAY - 13: 12, JUNE + 1: 5}, hours=20)
        billed.close(store)
        site_bills = billed_of(store)
        finance = Caller(0, "Anna", Role.FINANCE, EVERYTHING, person_id=1, roles=frozenset({Role.FINANCE}))
        of_use = next(at for at, one in enumerate(site_bills[-1].lines) if one.charge == "tours")
        desk = billed.a_desk(store, CLOSES, finance)
        note = ProposeCredit(bill=site_bills[-1].bill.id, line=of_use, amount="2.50", reason="a day without service")
        assert hasattr(skill_credits.propose_credit_note(desk, note), "id")
        async with fleets.site(store, clock=lambda: CLOSES) as site:
            site.bill, site.line = site_bills[-1].bill.id, of_use
            yield site


def billed_of(store):
    found = billed.bills(store, "BETA")
    assert found
    return found


def desk_pages(site):
    return (
        "/bills", "/bills?view=drafts", "/bills?view=contested", "/bills?view=credits", "/bills?view=left_off",
        f"/bills/{site.bill}", f"/bills/{site.bill}/lines/{site.line}", f"/bills/{site.bill}/print",
    )  # fmt: skip


def own_pages(site):
    return (
        "/portal/bills", f"/portal/bills/{site.bill}", f"/portal/bills/{site.bill}/lines/{site.line}",
        f"/portal/bills/{site.bill}/print",
    )  # fmt: skip


SIDES = [("admin", desk_pages), ("customer_admin", own_pages)]


@pytest.mark.parametrize(("who", "pages"), SIDES)
@pytest.mark.parametrize(("locale", "width"), [("en-US", 1280), ("zh-CN", 390), ("en-US", 390), ("zh-CN", 1280)])
async def test_bills_fit_the_window_ask_no_other_host_and_complain_of_nothing(site, browser, who, pages, locale, width):
    async with window(browser, site, who=who, width=width, locale=locale) as at:
        for path in pages(site):
            await at.go(path)
            beyond = await at.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, f"{path} is {beyond} px too wide"
            assert not re.search(r"[{}]|undefined|Markup\(", await at.page.inner_text("body")), path
            await at.keep(f"bills-{who}-{locale}-{width}-{re.sub(r'[/?=]+', '-', path.strip('/'))}")
        assert at.hosts == {"127.0.0.1"}
        assert at.complaints == []


async def test_a_line_of_a_bill_is_opened_to_the_robot_and_the_day_by_keyboard(site, browser):
    async with window(browser, site, who="finance", width=1280) as at:
        page = at.page
        await at.go("/bills")
        await page.locator("#bills a.to").first.press("Enter")
        await page.get_by_role("link", name="guide · tours").first.press("Enter")
        days_of_robot = page.locator("#days")
        await expect(days_of_robot).to_contain_text("ktv-2")
        counted = await days_of_robot.locator("tbody tr").all_inner_texts()
        assert len(counted) >= 2, "each day on which it counted"
        await expect(page.locator("#records")).to_be_visible()
        await page.get_by_role("link", name="Open the robot ktv-2").press("Enter")
        await page.wait_for_url("**/robots/ktv-2")


async def test_a_customer_opens_its_line_and_contests_it_without_script_and_finance_settles_it(site, browser):
    async with window(browser, site, who="customer_admin", width=390) as at:
        state = await at.page.context.storage_state()
    plain = await browser.new_context(java_script_enabled=False, storage_state=state)
    page = await plain.new_page()
    await page.goto(f"{site.url}/portal/bills")
    await page.click("#closed a.to >> nth=0")
    assert "a day without service" not in await page.inner_text("main"), "a note that nobody approved is no promise"
    await page.click("text=guide · tours")
    assert "ktv-2" in await page.inner_text("#days")
    await page.fill("#contest-why", "We were closed that day")
    await page.click("text=Contest this line")
    assert "We were closed that day" in await page.inner_text("#disputes")
    await plain.close()
    async with window(browser, site, who="finance") as at:
        await at.go("/bills?view=contested")
        await at.page.click("text=Settle it")
        await at.page.click("#disputes summary")
        await at.page.fill("#disputes [name=why]", "They were open until noon")
        await at.page.click("text=Settle the dispute")
        await expect(at.page.locator("#disputes")).to_contain_text("They were open until noon")


async def test_the_sheet_to_print_is_a4_without_controls(site, browser):
    async with window(browser, site, who="finance") as at:
        await at.go(f"/bills/{site.bill}/print")
        await at.page.emulate_media(media="print")
        for hidden in ("header.bar", ".crumb", "button[data-print]"):
            await expect(at.page.locator(hidden).first).to_be_hidden()
        text = await at.page.inner_text("main")
        for word in ("Beta KTV", "guide · tours", "To pay", "never changed"):
            assert word in text, word
        await at.keep("bills-print")


@NEEDS_AXE
@pytest.mark.parametrize(("who", "pages"), SIDES)
@pytest.mark.parametrize(("locale", "width", "scheme"), [("en-US", 1280, "light"), ("zh-CN", 390, "dark")])
async def test_no_page_of_bills_has_an_accessibility_fault(site, browser, axe, who, pages, locale, width, scheme):
    kept = {"width": width, "locale": locale, "color_scheme": scheme, "bypass_csp": True}
    async with window(browser, site, who=who, **kept) as at:
        for path in pages(site):
            await at.go(path)
            assert await accessibility_faults(at.page, axe) == [], path
