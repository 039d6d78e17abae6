"""The customer's portal in a real browser: phone and desk, both languages, without script, by keyboard, axe-core."""

import contextlib
import re

import pytest
import pytest_asyncio

from collector.accounts.ledger.kinds import care, money, relations
from collector.store.engine import open_store
from tests import fleets, portfolios
from tests.e2e.browsing import MARKS, NEEDS_AXE, accessibility_faults
from tests.e2e.test_cockpit import window
from tests.fleets import NOON, TODAY

pytestmark = MARKS
PAGES = ("/portal", "/portal/use", "/portal/plan", "/portal/report", "/portal/help")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("portal")
    with contextlib.closing(open_store(f"sqlite:///{folder}/fleet.db")) as store:
        fleets.story(store)
        portfolios.fill(store)
        with store.write() as connection:
            fleets.add(connection, "objective", care.Objective(
                id="goal", account="BETA", counter="delivery", target=120, per="day", from_day=TODAY - 4,
                to_day=TODAY + 60, text="Deliver the evening round",
            ))  # fmt: skip
            fleets.add(connection, "ticket", relations.Ticket(
                id="lift", account="BETA", opened_day=TODAY - 2, robot="ktv-2", subject="Stops before the lift"
            ))  # fmt: skip
            fleets.add(connection, "invoice", money.Invoice(
                id="R-2026-05", account="BETA", issued_day=TODAY - 60, due_day=TODAY - 30, amount=420_000
            ))  # fmt: skip
        fleets.scored(store)
        async with fleets.site(store, support_contact="400 800 1234", clock=lambda: NOON) as site:
            yield site


@pytest.mark.parametrize(("locale", "width"), [("en-US", 1280), ("zh-CN", 390), ("en-US", 390), ("zh-CN", 1280)])
async def test_the_portal_fits_the_window_asks_no_other_host_and_complains_of_nothing(site, browser, locale, width):
    async with window(browser, site, who="customer_admin", width=width, locale=locale) as at:
        assert at.page.url.endswith("/portal"), "a customer lands on its portal"
        for path in PAGES:
            await at.go(path)
            beyond = await at.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, f"{path} is {beyond} px too wide"
            assert not re.search(r"[{}]|undefined|Markup\(", await at.page.inner_text("body")), path
            await at.keep(f"portal-{locale}-{width}-{path.strip('/').replace('/', '-')}")
        assert at.hosts == {"127.0.0.1"}
        assert at.complaints == []


async def test_the_portal_is_read_without_script_and_walked_by_keyboard(site, browser):
    async with window(browser, site, who="customer_admin", width=390) as at:
        await at.page.keyboard.press("g")
        await at.page.keyboard.press("u")
        await at.page.wait_for_url("**/portal/use")
        state = await at.page.context.storage_state()
    plain = await browser.new_context(java_script_enabled=False, storage_state=state)
    page = await plain.new_page()
    await page.goto(f"{site.url}/portal")
    text = await page.inner_text("main")
    for word in ("ktv-2 needs a look", "Stops before the lift", "R-2026-05", "400 800 1234"):
        assert word in text, word
    await page.click("a[href='/portal/plan'] >> nth=0")
    await page.click("text=Open the report")
    assert "Report of four weeks" in await page.inner_text("main")
    await plain.close()


@NEEDS_AXE
@pytest.mark.parametrize(
    ("locale", "width", "scheme"), [("en-US", 1280, "light"), ("zh-CN", 390, "dark"), ("en-US", 390, "dark")]
)
async def test_no_page_of_the_portal_has_an_accessibility_fault(site, browser, axe, locale, width, scheme):
    kept = {"width": width, "locale": locale, "color_scheme": scheme, "bypass_csp": True}
    async with window(browser, site, who="customer_admin", **kept) as at:
        for path in PAGES:
            await at.go(path)
            assert await accessibility_faults(at.page, axe) == [], path
