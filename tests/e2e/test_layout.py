"""Where things stand on a page, in a real browser: what no text of a page tells."""

import pytest

from tests.e2e.browsing import MARKS
from tests.e2e.test_cockpit import site, window  # noqa: F401 - a fixture

pytestmark = MARKS


async def box(page, selector):
    found = await page.locator(selector).first.bounding_box()
    assert found is not None, selector
    return found


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_on_a_phone_no_choice_is_broken_and_acts_stand_in_one_row(site, browser, locale):  # noqa: F811 - the fixture
    async with window(browser, site, width=390, locale=locale) as at:
        await at.go("/gallery")
        heights = await at.page.locator(".seg > *").evaluate_all("all => all.map((one) => one.offsetHeight)")
        assert len(heights) > 4
        assert max(heights) <= 44
        assert await at.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        await at.go("/accounts/ACME")
        acts = await at.page.locator(".title > .acts > .btn:visible").evaluate_all(
            "all => all.map((one) => one.offsetTop)"
        )
        assert len(set(acts)) == 1


async def test_on_a_laptop_the_timeline_fills_the_wide_column_and_no_half_page_stays_empty(site, browser):  # noqa: F811 - the fixture
    async with window(browser, site, width=1280) as at:
        await at.go("/accounts/ACME")
        health, time, todo = [await box(at.page, one) for one in ("#health", "#time", "#todo")]
        assert time["x"] == health["x"]
        assert todo["x"] > health["x"] + health["width"]
        main, side = await box(at.page, ".main-col"), await box(at.page, ".side")
        ends = time["y"] + time["height"], side["y"] + side["height"]
        assert time["y"] >= main["y"] + main["height"]
        assert abs(ends[0] - ends[1]) < 1200


async def test_the_list_of_robots_has_its_views_and_filter_in_its_panel(site, browser):  # noqa: F811 - the fixture
    async with window(browser, site, width=1280) as at:
        await at.go("/robots")
        for part in (".views", "form.filters", "table.robots"):
            assert await at.page.locator(f"section.panel > {part}, section.panel > .scroll > {part}").count() == 1, part
        assert "Acme Museum" in await at.page.locator("tr[data-row=hall-7] .sub").first.inner_text()


async def test_words_with_an_apostrophe_are_not_torn_apart_by_a_chinese_face(site, browser):  # noqa: F811 - the fixture
    async with window(browser, site, width=1280) as at:
        await at.go("/gallery")
        wide = "(one, text) => { one.textContent = text.repeat(20); return one.getBoundingClientRect().width / 20; }"
        await at.page.evaluate("document.querySelector('h1').innerHTML = '<span></span>'")
        plain, told = [await at.page.locator("h1 span").evaluate(wide, text) for text in ("as ", "a’s ")]
        assert told - plain < 10  # 20 px is the size of the heading


async def test_a_file_is_dropped_on_the_account_s_page(site, browser):  # noqa: F811 - the fixture
    async with window(browser, site, who="admin", width=1280) as at:
        await at.go("/accounts/ACME")
        drop = """zone => {
          const held = new DataTransfer();
          held.items.add(new File(["plan"], "plan.txt", { type: "text/plain" }));
          zone.dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true }));
        }"""
        await at.page.locator("#attachments [data-drop]").evaluate(drop)
        assert await at.page.locator("#attachments output").inner_text() == "plan.txt · 4 byte"
        await at.page.click("#attachments .btn:has-text('Attach')")
        await at.page.wait_for_url("**/accounts/ACME?**")
        assert await at.page.locator("#attachments a[download]").first.inner_text() == "plan.txt"
