"""Six jobs of the skill store, done by whoever sees only the pages: on a desktop in English, on a phone in Chinese.

Each begins on the first page of its person and ends with what the person wanted to know or to have done; none waits for
time. What a page says is looked for in the language of the browser.
"""

import contextlib
import re
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from collector.fleet.scope import account_id_of
from collector.ingest.decode import decode
from collector.language.catalogue import gettext
from collector.store.engine import open_store
from protocol import codec, topics
from protocol.skill_proof import proof
from tests import billed, fleets, skill_desks, skill_shops
from tests.batches import commit
from tests.billed import CLOSES
from tests.e2e.browsing import MARKS
from tests.e2e.test_fleet_pages import window
from tests.fleets import NOON, TODAY
from tests.waiting import DEADLINE_S

expect.set_options(timeout=DEADLINE_S * 1000)
pytestmark = [*MARKS, pytest.mark.parametrize(("locale", "width"), [("en-GB", 1280), ("zh-CN", 390)])]


def said(locale, text, **slots):
    return gettext("zh" if locale.startswith("zh") else "en", text, **slots)


async def the_navigation_to(at, href):
    """On a phone the navigation lies behind its button."""
    link = at.page.locator(f'a[href="{href}"]')
    if not await link.locator("visible=true").count():
        await at.page.locator("nav summary, [popovertarget]").first.click()
    await link.locator("visible=true").first.click()


async def put_on_all(at):
    await at.go("/portal")
    await the_navigation_to(at, "/portal/skills")
    await at.page.locator('main a[href="/portal/skills/lift"]').first.click()
    for name in skill_shops.ROBOTS:
        await at.page.locator(f'input[value="{name}"]').check()
    await at.page.locator('button[name=do][value="put"]').click()
    await expect(at.page.locator("#dry-run li")).to_have_count(len(skill_shops.ROBOTS))
    await at.page.locator('form[action="/acts/skills"] button').click()
    await expect(at.page.locator("#robots li")).to_have_count(len(skill_shops.ROBOTS))


async def test_a_customers_admin_publishes_a_skill_to_five_robots(tmp_path, browser, locale, width):
    async with (
        skill_shops.open_shop(tmp_path, skill_shops.sold) as site,
        window(browser, site, who="customer_admin", locale=locale, width=width) as at,
    ):
        await put_on_all(at)
        assert {name for name, _ in site.published} == {"ktv-3", "ktv-4", "ktv-5", "park-1"}, "one is another model"
        assert at.complaints == []


async def test_a_customers_admin_sees_why_two_robots_did_not_get_it(tmp_path, browser, locale, width):
    async with (
        skill_shops.open_shop(tmp_path, skill_shops.sold) as site,
        window(browser, site, who="customer_admin", locale=locale, width=width) as at,
    ):
        await put_on_all(at)
        skill_shops.says(site.store, "ktv-3", "lift", site.release.sha256, "active")
        skill_shops.says(site.store, "ktv-4", "lift", site.release.sha256, "desired", "no_room: 3 MB are free")
        await at.go("/portal")
        await the_navigation_to(at, "/portal/skills")
        await at.page.locator('main a[href="/portal/skills/lift"]').first.click()
        rows = at.page.locator("#robots li")
        for robot, why in (
            ("ktv-2", "it is not made for this model"), ("ktv-4", "there is not enough room on the robot"),
        ):  # fmt: skip
            await expect(rows.filter(has_text=robot)).to_contain_text(said(locale, why))
        await expect(rows.filter(has_text="ktv-3")).not_to_contain_text(said(locale, "it is not made for this model"))


async def test_a_release_manager_pauses_a_rollout_and_takes_it_back(tmp_path, browser, locale, width):
    async with (
        skill_shops.open_shop(tmp_path, skill_shops.improved) as site,
        window(browser, site, who="release_manager", locale=locale, width=width) as at,
    ):
        asked = {"package": f"lift {site.release.sha256}", "percents": "50, 100", "try": 1}
        await at.go(f"/skills/rollouts/plan?{urlencode(asked)}")
        await at.page.locator('form[action="/acts/rollouts"] button').last.click()
        await at.page.wait_for_url(re.compile("/skills/rollouts/1"))
        await at.go("/skills/rollouts")
        await at.page.locator('main a[href="/skills/rollouts/1"]').first.click()
        await at.page.locator('form[action$="/pause"] button').click()
        await expect(at.page.locator('form[action$="/resume"]').first).to_be_visible()
        await at.page.locator('details:has(form[action$="/take-back"]) summary').click()
        await at.page.locator('form[action$="/take-back"] :is(textarea, input:not([type=hidden]))').fill("群里有投诉")
        await at.page.locator('form[action$="/take-back"] button').click()
        await expect(at.page.locator("main .title")).to_contain_text("群里有投诉")
        await expect(at.page.locator('form[action$="/take-back"]')).to_have_count(0)


async def test_a_reviewer_reviews_a_submission(tmp_path, browser, locale, width):
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
        desk = skill_desks.desk(store, tmp_path)
        async with fleets.site(store, **skill_shops.settings_of(tmp_path)) as site:
            who = skill_desks.Role.SKILL_REVIEWER
            site.secrets["Ana"] = skill_desks.token_of(store, desk.people["Ana"], "Ana", who)
            async with window(browser, site, who="Ana", locale=locale, width=width) as at:
                await at.go("/skills/review")
                await at.page.locator(f'main a[href="/skills/review/{desk.waits}"]').first.click()
                await expect(at.page.locator("#changes")).to_contain_text(said(locale, "listens to guests"))
                await at.page.locator('details:has(form[action="/acts/submissions/approve"]) summary').click()
                await at.page.locator('form[action="/acts/submissions/approve"] button').click()
                await expect(at.page.locator("main")).to_contain_text("Ana")
                await expect(at.page.locator('form[action="/acts/submissions/approve"]')).to_have_count(0)


async def test_finance_opens_a_line_of_a_bill_to_the_robot_and_the_day(tmp_path, browser, locale, width):
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
        fleets.story(store)
        with store.read() as connection:
            beta = account_id_of(connection, "BETA")
        billed.offer(store)
        billed.sell(store, beta)
        billed.count(store, "ktv-2", {TODAY - 15: 7, TODAY - 13: 12})
        billed.close(store)
        of_use = next(one.place for one in billed.bills(store, "BETA")[-1].lines if one.charge == "tours")
        async with (
            fleets.site(store, clock=lambda: CLOSES) as site,
            window(browser, site, who="finance", locale=locale, width=width) as at,
        ):
            await at.go("/bills")
            await at.page.locator("#bills a.to").first.click()
            await at.page.locator(f'#lines a[href$="/lines/{of_use}"]').click()
            await expect(at.page.locator("#days")).to_contain_text("ktv-2")
            assert "12" in await at.page.locator("#days tbody").inner_text()
            await at.page.locator('#days a[href="/robots/ktv-2"]').click()
            await at.page.wait_for_url("**/robots/ktv-2")


def without_it(store, robot):
    """The robot's report after the recall: it has no skill at all."""
    form = {"v": 1, "robot": robot, "revision": 2, "skills": [], "proof": proof([])}
    commit(store, decode(topics.reported(robot), codec.encode(form)), received_s=int(NOON))


async def test_an_engineer_recalls_a_version_and_proves_that_it_is_gone(tmp_path, browser, locale, width):
    async with skill_shops.open_shop(tmp_path, skill_shops.improved) as site:
        with site.store.read() as connection:
            digest = connection.exec_driver_sql("SELECT max(digest) FROM skill_wish WHERE digest <> ''").scalar_one()
        robots = skill_shops.ROBOTS[1:4]
        for name in robots:
            skill_shops.says(site.store, name, "lift", digest, "active")
        async with window(browser, site, who="fleet_engineer", locale=locale, width=width) as at:
            await at.go("/skills/catalogue")
            await at.page.locator('main a[href="/skills/catalogue/lift"]').first.click()
            form = f'form:has(input[value="{digest}"])'
            await at.page.locator(f"details:has({form}) summary").click()
            await at.page.locator(f"{form} button").click()
            rows = at.page.locator("#robots tbody tr")
            await expect(rows).to_have_count(3)
            await expect(rows.locator(".tag.bad")).to_have_count(3)
            for name in robots[:2]:
                without_it(site.store, name)
            await at.page.reload()
            await expect(rows.locator(".tag.good")).to_have_count(2)
            await expect(rows.first).to_contain_text(robots[2])
            without_it(site.store, robots[2])
            await at.page.reload()
            await expect(at.page.locator("main .title .tag.good")).to_be_visible()
            await expect(rows.locator(".tag.good")).to_have_count(3)
            assert await rows.locator("code").count() == 3, "each with its proof"
            assert at.complaints == []
