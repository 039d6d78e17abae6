"""Today, an account and the search in a real browser: acts and undo, keys, without script, axe-core, both languages."""

import contextlib
import re
import secrets
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from collector.access import tokens
from collector.access.caller import Role
from collector.store.engine import open_store
from tests import fleets, portfolios
from tests.e2e.browsing import MARKS, NEEDS_AXE, Window, accessibility_faults

WAIT_MS = 30_000  # a window of ours: what takes longer is broken, also on a busy machine
expect.set_options(timeout=WAIT_MS)

pytestmark = MARKS
PAGES = (
    "/",
    "/?whose=all",
    "/?tour=1",
    "/?tour=6",
    "/accounts/ACME",
    "/accounts/ACME/touch",
    "/accounts/EURO",
    "/search?q=a",
    "/accounts/ACME/brief",
    "/gallery",
    "/sign-in",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cockpit")
    with contextlib.closing(open_store(f"sqlite:///{folder}/fleet.db")) as store:
        fleets.story(store)
        portfolios.fill(store)
        fleets.scored(store)
        portfolios.calls(store)
        async with fleets.site(store, gallery=True) as site:
            with store.write() as connection:
                site.secrets["anna"] = secrets.token_hex(8)
                tokens.create(
                    connection, site.secrets["anna"], name="csm-anna", role=Role.STAFF, account_external_id=None,
                    now_s=fleets.NOON,
                )  # fmt: skip
            yield site


@contextlib.asynccontextmanager
async def window(browser, site, who="anna", width=1280, locale="en-US", **more: Any):
    context = await browser.new_context(viewport={"width": width, "height": 844}, locale=locale, **more)
    context.set_default_timeout(WAIT_MS)
    made = Window(site, await context.new_page())
    await made.go("/sign-in")
    await made.page.click("#by-token summary")
    await made.page.fill("#token", site.secrets[who])
    await made.page.press("#token", "Enter")
    await made.page.wait_for_url(lambda url: "sign-in" not in url)
    yield made
    await context.close()


@pytest.mark.parametrize(("locale", "width"), [("en-US", 1280), ("zh-CN", 390)])
async def test_pages_fit_the_window_ask_no_other_host_and_complain_of_nothing(site, browser, locale, width):
    async with window(browser, site, width=width, locale=locale) as at:
        for path in PAGES:
            await at.go(path)
            beyond = await at.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, f"{path} is {beyond} px too wide"
            told = await at.page.inner_text("body")
            assert not re.search(r"[{}]|undefined|Markup\(", told), path
            await at.keep(f"cockpit-{locale}-{width}-{path.strip('/').replace('/', '-') or 'today'}")
        assert at.hosts == {"127.0.0.1"}
        assert at.complaints == []


async def test_a_call_leaves_by_a_key_and_comes_back_to_its_place_with_the_focus_on_undo(site, browser):
    async with window(browser, site) as at:
        page = at.page
        names = await page.locator(".call .who a").all_inner_texts()
        assert len(names) > 1
        head = await page.inner_text("#calls-head")
        await page.keyboard.press("j")
        await page.keyboard.press("d")
        await page.keyboard.press("Enter")
        await expect(page.locator("#calls-head")).not_to_have_text(head)
        await expect(page.locator(".call")).to_have_count(len(names))
        await expect(page.locator(".toast button")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("#calls-head")).to_have_text(head)
        await page.locator(".call [data-key=d]:not([popovertarget])").first.press("Enter")
        await expect(page.locator(".call")).to_have_count(len(names) - 1)
        await expect(page.locator(".toast button")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator(".call")).to_have_count(len(names))
        assert await page.locator(".call .who a").all_inner_texts() == names


async def test_a_touch_is_logged_in_the_row_with_its_follow_up_and_taken_back(site, browser):
    async with window(browser, site) as at:
        page = at.page
        calls = await page.locator(".call").count()
        await page.keyboard.press("j")
        await page.keyboard.press("l")
        await page.fill("dialog [name=summary]", "They want a second map")
        await page.fill("dialog [name=follow_up]", "Send the map")
        await page.click("dialog .btn.main")
        await expect(page.locator("dialog .complaint")).to_contain_text("The follow-up has no day.")
        assert await page.input_value("dialog [name=summary]") == "They want a second map"
        await page.fill("dialog [name=follow_up_day]", fleets.iso(4))
        await page.click("dialog .btn.main")
        await expect(page.locator("dialog")).to_have_count(0)
        await expect(page.locator(".toast")).to_contain_text("Touch logged")
        await expect(page.locator("#calls-list")).to_contain_text("Send the map")
        await page.click(".toast button")
        await expect(page.locator("#calls-list")).not_to_contain_text("Send the map")
        assert await page.locator(".call").count() == calls


async def test_without_script_a_touch_is_logged_and_a_call_is_done_and_undone(site, browser):
    async with window(browser, site, width=390, java_script_enabled=False) as at:
        page = at.page
        calls = await page.locator(".call").count()
        await page.click(".call [data-key=d]:not([popovertarget]) >> nth=0")
        await expect(page.locator(".toast")).to_contain_text("Done")
        assert await page.locator(".call").count() == calls - 1
        await page.click(".toast button")
        await expect(page.locator(".call")).to_have_count(calls)
        await page.click("[data-key=l] >> nth=0")
        await page.fill("[name=summary]", "Spoke at the door")
        await page.fill("[name=follow_up]", "Call again")
        await page.click(".panel .btn.main")
        assert "The follow-up has no day." in await page.inner_text(".complaint")
        assert await page.input_value("[name=summary]") == "Spoke at the door"
        await page.fill("[name=follow_up]", "")
        await page.click(".panel .btn.main")
        await expect(page.locator(".toast")).to_contain_text("Touch logged")
        await page.click(".toast button")
        await expect(page.locator(".toast")).to_contain_text("Taken back")


async def test_single_letters_act_outside_fields_only_and_can_be_switched_off(site, browser):
    async with window(browser, site) as at:
        page = at.page
        await page.keyboard.press("g")
        await page.keyboard.press("f")
        await page.wait_for_url("**/fleet")
        await at.go("/accounts/ACME/touch")
        await page.focus("#summary")
        await page.keyboard.type("gt")
        assert await page.input_value("#summary") == "gt"
        assert page.url.endswith("/touch")
        await at.go("/?keys=off")
        await page.keyboard.press("g")
        await page.keyboard.press("f")
        await page.keyboard.press("j")
        assert "/fleet" not in page.url
        assert await page.evaluate("document.activeElement === document.body")


async def test_the_palette_finds_accounts_robots_and_contacts_from_any_page(site, browser):
    async with window(browser, site) as at:
        page = at.page
        await page.keyboard.press("Control+k")
        await page.fill("dialog.palette input", "acme")
        await expect(page.locator("dialog.palette .found a").first).to_contain_text("Acme Museum")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/accounts/ACME")
        await page.keyboard.press("/")
        await page.fill("dialog.palette input", "hall-7")
        await expect(page.locator("dialog.palette .found a[href='/robots/hall-7']")).to_be_visible()
        await page.fill("dialog.palette input", "%_")
        await expect(page.locator("dialog.palette .found")).to_contain_text("Nothing that you may open is called that.")
        assert [one for one in at.complaints if "error" in one] == []


async def test_the_tour_is_walked_by_keyboard_and_covers_nothing(site, browser):
    async with window(browser, site) as at:
        await at.go("/?tour=1")
        for step in ("2 of 6", "3 of 6"):
            await at.page.focus("#tour [rel=next]")
            await at.page.keyboard.press("Enter")
            await expect(at.page.locator("#tour")).to_contain_text(step)
            assert await at.page.evaluate("document.activeElement.id") in {"tour", ""}, "where the next step is read"
            await at.page.keyboard.press("Tab")
            assert await at.page.evaluate("document.activeElement.closest('#tour') !== null")
        await at.page.click("[data-key=l] >> nth=0")
        await expect(at.page.locator("dialog[open]")).to_be_visible()
        await at.page.keyboard.press("Escape")
        await at.page.click("#tour >> text=End the tour")
        await expect(at.page.locator("#tour")).to_have_count(0)
        assert at.complaints == []


async def test_the_theme_is_chosen_and_remembered(site, browser):
    async with window(browser, site, color_scheme="light") as at:
        await at.go("/?theme=dark")
        await at.go("/accounts/ACME")
        assert await at.page.get_attribute("html", "data-theme") == "dark"
        ground = await at.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(15, 21, 23)"


async def test_a_reader_sees_the_calls_and_no_way_to_act(site, browser):
    async with window(browser, site, who="reader") as at:
        assert await at.page.locator(".call").count() > 0
        assert await at.page.locator(".call form, .call [data-key=l]").count() == 0


@NEEDS_AXE
@pytest.mark.parametrize(
    ("locale", "width", "scheme"),
    [("en-US", 1280, "light"), ("zh-CN", 390, "dark"), ("en-US", 390, "light"), ("zh-CN", 1280, "dark")],
)
async def test_no_page_has_an_accessibility_fault(site, browser, axe, locale, width, scheme):
    async with window(browser, site, width=width, locale=locale, color_scheme=scheme, bypass_csp=True) as at:
        for path in PAGES:
            await at.go(path)
            await at.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert await accessibility_faults(at.page, axe) == [], path
        await at.go("/")
        await at.page.click("[data-key=l] >> nth=0")
        await at.page.wait_for_selector("dialog[open]")
        assert await accessibility_faults(at.page, axe) == []
