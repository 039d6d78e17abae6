"""The pages in a real browser: sign in, list, one robot, both languages, phone width; no request leaves the host."""

import contextlib
import re
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from collector.store.engine import open_store
from tests import fleets
from tests.e2e.browsing import MARKS, NEEDS_AXE, accessibility_faults, keep
from tests.waiting import DEADLINE_S

expect.set_options(timeout=DEADLINE_S * 1000)

pytestmark = MARKS
PAGES = (
    "/",
    "/robots",
    "/robots/hall-7",
    "/robots/ktv-2",
    "/robots/park-1",
    "/accounts",
    "/parked",
    "/parked/1",
    "/api/docs",
    "/me",
    "/admin/people",
    "/admin/imports",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    with contextlib.closing(open_store(f"sqlite:///{folder}/fleet.db")) as store:
        fleets.story(store)
        async with fleets.site(store) as site:
            yield site


class Visit:
    """A browser window that notes every request and every complaint of the browser."""

    def __init__(self, site: fleets.Site) -> None:
        self.site = site
        self.hosts: set[str] = set()
        self.complaints: list[str] = []

    async def open(
        self, browser: Browser, width: int = 1280, locale: str = "en-US", **more: Any
    ) -> tuple[BrowserContext, Page]:
        context = await browser.new_context(viewport={"width": width, "height": 844}, locale=locale, **more)
        context.set_default_timeout(DEADLINE_S * 1000)
        page = await context.new_page()
        page.on("request", lambda request: self.hosts.add(re.split(r"[/:]", request.url)[3]))
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return context, page

    async def sign_in(self, page: Page, role: str = "admin") -> None:
        await page.goto(f"{self.site.url}/")
        assert page.url.endswith("/sign-in")
        await page.click("#by-token summary")
        await page.fill("#token", self.site.secrets[role])
        await page.press("#token", "Enter")
        await page.goto(f"{self.site.url}/robots")
        await page.wait_for_selector("#live")


@pytest.mark.parametrize(("locale", "width"), [("en-US", 1280), ("zh-CN", 390)])
async def test_every_page_fits_the_window_and_asks_no_other_host(site, browser, locale, width):
    visit = Visit(site)
    _, page = await visit.open(browser, width, locale)
    await visit.sign_in(page)
    for path in PAGES:
        answer = await page.goto(site.url + path)
        assert answer is not None
        assert answer.status == 200, path
        beyond = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert beyond <= 0, f"{path} is {beyond} px too wide"
        await keep(page, f"{locale}-{width}-{path.strip('/').replace('/', '-') or 'robots'}")
    assert visit.hosts == {"127.0.0.1"}
    assert visit.complaints == []
    await page.goto(f"{site.url}/api/docs")
    heading = await page.inner_text("h1")
    assert heading == ("接口文档" if locale == "zh-CN" else "The API, route by route")


async def test_counts_are_seen_arriving_without_reloading(site, browser):
    visit = Visit(site)
    _, page = await visit.open(browser)
    await visit.sign_in(page)
    shown = page.locator('[data-live="hall-7-foot_traffic"]')
    assert await shown.inner_text() == "480"
    later = fleets.Writer("hall-7", rows=[{}] * 98)
    later.counts(fleets.NOON, 1, foot_traffic=33)
    later.rows = later.rows[98:]
    later.send(site.store, fleets.NOON)
    await expect(shown).to_have_text("513", timeout=DEADLINE_S * 1000)
    assert "new" in (await shown.get_attribute("class") or "")


async def test_the_three_states_of_a_counter_look_different(site, browser):
    visit = Visit(site)
    _, page = await visit.open(browser)
    await visit.sign_in(page)
    assert await page.inner_text('[data-live="park-1-foot_traffic"]') == "not supported"
    assert await page.inner_text('[data-live="park-1-interaction"]') == "0"
    assert await page.inner_text('[data-live="ktv-2-interaction"]') == "–"


async def test_on_a_phone_every_cell_of_a_robots_tables_is_on_the_screen(site, browser):
    visit = Visit(site)
    _, page = await visit.open(browser, 390, "zh-CN")
    await visit.sign_in(page)
    await page.goto(f"{site.url}/robots/ktv-2")
    cells = page.locator("table.rows td")
    assert await cells.count() > 20
    boxes = [await cell.bounding_box() for cell in await cells.all()]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    told = await page.inner_text("main")
    assert "启动" in told
    assert "{" not in told


MEASURE = """() => ({
  form: document.querySelector("form.form").getBoundingClientRect().width,
  field: document.querySelector("form.form input[name=name]").getBoundingClientRect().width,
  button: document.querySelector("form.form > .btn").getBoundingClientRect().width,
})"""
LINES = """() => [...document.querySelectorAll("table.t tbody tr")].map((row) => [...row.cells].map((cell) => {
  const text = document.createTreeWalker(cell.querySelector(".btn") ?? cell, NodeFilter.SHOW_TEXT).nextNode();
  const words = document.createRange();
  words.selectNodeContents(text);
  return words.getBoundingClientRect().bottom;
}))"""


async def test_a_form_has_a_readable_measure_and_on_a_phone_the_whole_width(site, browser):
    visit = Visit(site)
    _, page = await visit.open(browser)
    await visit.sign_in(page)
    await page.goto(f"{site.url}/admin/people")
    wide = await page.evaluate(MEASURE)
    assert wide["form"] == wide["field"] == 640
    assert wide["button"] < 160
    await page.set_viewport_size({"width": 390, "height": 844})
    phone = await page.evaluate(MEASURE)
    assert 330 < phone["field"] == phone["button"] < 390


async def test_the_act_of_a_row_stands_on_the_line_of_its_words(site, browser):
    visit = Visit(site)
    _, page = await visit.open(browser)
    await visit.sign_in(page)
    await page.goto(f"{site.url}/admin/sessions")
    rows = await page.evaluate(LINES)
    assert rows
    assert all(max(row) - min(row) < 2 for row in rows), rows


DRAG = """([type, where, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "sites.csv", { type: "text/csv" }));
  data.items.add(new File(["x"], "second.csv", { type: "text/csv" }));
  const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
  document.querySelector(where).dispatchEvent(event);
  return event.defaultPrevented;
}"""


async def test_a_file_is_dropped_on_its_field_or_chosen_and_its_name_and_size_are_said(site, browser):
    visit = Visit(site)
    _, page = await visit.open(browser)
    await visit.sign_in(page)
    await page.goto(f"{site.url}/admin/imports")
    said, zone = page.locator("output[for=file]"), page.locator("[data-drop]")
    await expect(page.get_by_text("Or drop it here.")).to_be_visible()
    assert await page.evaluate(DRAG, ["dragover", "#file-help", 9])
    await expect(zone).to_have_attribute("data-drop", "over")
    assert await page.evaluate(DRAG, ["drop", "h1", 9]), "what misses the field does not replace the page"
    await expect(zone).to_have_attribute("data-drop", "ready")
    assert await said.inner_text() == ""
    await page.evaluate(DRAG, ["drop", "#file-help", 12_300])
    await expect(said).to_have_text("sites.csv · 12 kB")
    assert await page.evaluate("[...document.getElementById('file').files].map((one) => one.name)") == ["sites.csv"]
    assert await page.evaluate("document.activeElement.id") == "file"
    described = await page.get_attribute("#file", "aria-describedby")
    assert await said.get_attribute("id") in (described or "").split()
    await page.evaluate(DRAG, ["drop", "#file", 1_250_000])
    await expect(said).to_have_text(re.compile("^sites.csv · 1.3 MB · The file is too large"))
    await page.set_input_files("#file", {"name": "其他.csv", "mimeType": "text/csv", "buffer": b"123"})
    await expect(said).to_have_text("其他.csv · 3 byte")
    await page.press("#file", "Tab")
    assert await page.evaluate("document.activeElement.name") == "partial", "nothing more is passed by the keyboard"
    assert visit.complaints == []


async def test_without_script_a_file_is_chosen_and_previewed(site, browser):
    visit = Visit(site)
    _, page = await visit.open(browser, java_script_enabled=False)
    await page.goto(f"{site.url}/sign-in")
    await page.click("#by-token summary")
    await page.fill("#token", site.secrets["admin"])
    await page.press("#token", "Enter")
    await page.goto(f"{site.url}/admin/imports")
    await expect(page.get_by_text("Or drop it here.")).to_be_hidden()
    await page.select_option("#table", label="Sites")
    await page.set_input_files(
        "#file", {"name": "sites.csv", "mimeType": "text/csv", "buffer": b"account,id\nACME,s-1\n"}
    )
    await page.click("button[name=preview]")
    await expect(page.get_by_text("sites.csv is kept")).to_be_visible()


async def test_the_language_is_switched_and_remembered(site, browser):
    visit = Visit(site)
    _, page = await visit.open(browser)
    await visit.sign_in(page)
    await page.click('a[hreflang="zh"]')
    await page.goto(f"{site.url}/robots/ktv-2")
    assert await page.get_attribute("html", "lang") == "zh-CN"
    assert "断电或崩溃" in await page.inner_text("main")


async def test_a_customer_sees_its_own_robots_and_no_inside_pages(site, browser):
    visit = Visit(site)
    _, page = await visit.open(browser)
    await visit.sign_in(page, "customer")
    names = await page.locator("tbody th a[href^='/robots/']").all_inner_texts()
    assert names == ["ktv-2", "park-1"]
    assert await page.locator("nav a[href='/parked']").count() == 0
    for path, status in (("/robots/hall-7", 404), ("/parked", 403)):
        answer = await page.goto(site.url + path)
        assert answer is not None
        assert answer.status == status


async def test_signing_out_ends_the_session(site, browser):
    visit = Visit(site)
    _, page = await visit.open(browser)
    await visit.sign_in(page)
    await page.click("[popovertarget=person]")
    await page.click(".sign-out")
    await page.wait_for_selector("#password")
    await page.goto(f"{site.url}/robots/hall-7")
    assert page.url.endswith("/sign-in?next=/robots/hall-7")


async def test_a_token_in_the_address_fragment_fills_in_the_form_and_leaves_the_address(site, browser):
    visit = Visit(site)
    _, page = await visit.open(browser)
    await page.goto(f"{site.url}/sign-in#token=abc")
    assert await page.input_value("#token") == "abc"
    assert page.url.endswith("/sign-in")


@NEEDS_AXE
@pytest.mark.parametrize(("locale", "width", "scheme"), [("en-US", 1280, "light"), ("zh-CN", 390, "dark")])
async def test_no_page_has_an_accessibility_fault(site, browser, axe, locale, width, scheme):
    visit = Visit(site)
    _, page = await visit.open(browser, width, locale, color_scheme=scheme, bypass_csp=True)
    await visit.sign_in(page)
    for path in PAGES:
        await page.goto(site.url + path)
        assert await accessibility_faults(page, axe) == [], path
