"""The skill store's cockpit without a browser: what each page says, who sees which, its acts and their undo."""

import io
import re
from html import unescape

import pytest
from openpyxl import load_workbook

from collector.access.caller import Role
from collector.operations import licences, skill_sheet
from collector.operations.catalogue import BrowseCatalogue, browse_catalogue
from collector.skillstore.catalogue.prices import PaidHow
from tests import fleets, page_words, portfolios, skill_desks, skill_shops
from tests.fleets import iso

LIFT, BETA = "/skills/catalogue/lift", "/accounts/BETA/licences"
NAMES = (
    "Beta KTV", "Acme Museum", "BETA", "ACME", "Li Wei", "Zhao Min", "lift", "bow", "acme", "Fleetward", "English",
    "ktv-3", "ktv-4", "ktv-5", "hall-7", "park-1", "greetbot", "admin", "Bo", "Ana", "rides", "ride",
    "line 13", "skill.py", "ssl", "opk_skills.runtime",
    "Hears what guests say in the lift.",
)  # fmt: skip
TAKEN = {"ARR", "KTV", "CSV", "XLSX", "API", "Ctrl"}


@pytest.fixture
async def site(store, tmp_path):
    desk = skill_desks.desk(store, tmp_path)
    portfolios.fill(store)
    fleets.scored(store)
    async with fleets.site(store, **skill_shops.settings_of(tmp_path)) as site:
        site.desk = desk
        for name, role in (
            ("Bo", Role.PUBLISHER), ("Ana", Role.SKILL_REVIEWER), ("Li", Role.SKILL_REVIEWER), ("Both", Role.ADMIN)
        ):  # fmt: skip
            site.secrets[name] = skill_desks.token_of(store, desk.people[name], name, role)
        yield site


async def enter(site, who):
    site.client.cookie_jar.clear()
    async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets[who]}) as answer:
        assert answer.status == 200


async def seen(site, path, language="en"):
    async with site.client.get(site.url + path, headers={"Accept-Language": language}) as answer:
        return answer.status, await answer.text()


async def said(site, path):
    status, text = await seen(site, path)
    assert status == 200, path
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text.partition('<main id="main"')[2])))


async def send(site, page, act, **fields):
    """A form of a page, sent without script; where it leads."""
    _, text = await seen(site, page)
    csrf = re.search(r'name="csrf" value="([^"]+)"', text)[1]
    form = {"csrf": csrf, **fields}
    async with site.client.post(site.url + act, data=form, headers={"Accept-Language": "en"}) as answer:
        return answer.status, str(answer.url.relative()), await answer.text()


def undo_in(text):
    """The fields of the toast's form."""
    toast = re.search(r'<div class="toast">.*?</div>', text, re.DOTALL)[0]
    action = re.search(r'action="([^"]+)"', toast)[1]
    return action, dict(re.findall(r'name="(\w+)" value="([^"]*)"', toast))


def pages(site):
    return (
        "/skills/catalogue", "/skills/catalogue?cost=free", LIFT, "/skills/catalogue/bow", "/skills/licences",
        "/skills/licences?when=ended", BETA, "/skills/held-back", "/skills/held-back?held=silent", "/skills/review",
        "/skills/review?state=refused", f"/skills/review/{site.desk.waits}", f"/skills/review/{site.desk.refused}",
    )  # fmt: skip


async def test_the_catalogue_is_filtered_by_scene_industry_price_and_state(site):
    await enter(site, "viewer")
    text = await said(site, "/skills/catalogue")
    assert "1 skill is offered; 1 more is withdrawn, recalled or a draft." in text
    assert "€20 a robot and month, €0.02 for each: Lift: ride, 14 days to try it" in text
    assert "nobody has set a price" in text
    for query, shown in (
        ("cost=use", {"lift"}), ("cost=fixed", {"lift"}), ("cost=unpriced", {"bow"}), ("cost=free", set()),
        ("cost=one_off", set()), ("state=withdrawn", {"bow"}),
        ("industry=museum", {"lift"}), ("scene=ktv&q=bow", {"bow"}),
        ("cost=none&state=nowhere", {"lift", "bow"}),
    ):  # fmt: skip
        _, found = await seen(site, f"/skills/catalogue?{query}")
        assert set(re.findall(r'class="to" href="/skills/catalogue/(\w+)"', found)) == shown, query
    assert "No skill is like that" in await said(site, "/skills/catalogue?cost=free")
    asked = browse_catalogue(site.desk.inside, BrowseCatalogue(cost=PaidHow.USE))
    assert [one.skill for one in asked] == ["lift"]


async def test_a_skills_page_says_versions_prices_reach_and_who_has_it(site):
    await enter(site, "finance")
    text = await said(site, LIFT)
    assert "It is on 3 robots at 1 account, and runs on 1." in text
    assert "drives through the site" in text
    assert "04.3010.0000 on 3 robots" in text
    assert text.index("05.1000.0000") < text.index("04.3010.0000"), "the newest first"
    sheet = skill_sheet.skill_sheet(site.desk.inside, skill_sheet.SkillSheetOf(skill="lift"))
    assert [(one.from_day, one.holds_today) for one in sheet.prices] == [(iso(40), False), (iso(0), True)]
    assert (sheet.holders.accounts, sheet.holders.robots, sheet.holders.active) == (1, 3, 1)
    assert sheet.reach.permissions == ["go_to", "speak"]
    assert (await seen(site, "/skills/catalogue/none"))[0] == 404


async def test_a_curator_withdraws_it_with_undo_sets_a_price_and_its_industries(site):
    await enter(site, "finance")
    _, _, text = await send(site, LIFT, "/acts/catalogue/state", skill="lift", state="withdrawn", was="published")
    assert "Withdrawn: it is offered no more." in text
    action, fields = undo_in(text)
    async with site.client.post(site.url + action, data=fields, headers={"Accept-Language": "en"}) as answer:
        assert "It is offered again." in await answer.text()
    price = {
        "skill": "lift",
        "from_day": iso(60),
        "currency": "eur",
        "robot": "25",
        "use": "0.05",
        "counter": "lift.ride",
    }
    _, where, text = await send(site, LIFT, "/acts/catalogue/price", **price)
    assert where.startswith(f"{LIFT}?told=")
    assert "€25 a robot and month, €0.05 for each: Lift: ride" in page_words.text_of(text)
    assert (await send(site, LIFT, "/acts/catalogue/price", **price))[0] == 409, "a day has one price"
    for wrong in ({"robot": "much"}, {"from_day": "soon"}, {"currency": ""}):
        assert (await send(site, LIFT, "/acts/catalogue/price", **price | wrong))[0] == 422, wrong
    _, _, text = await send(
        site, LIFT, "/acts/catalogue/industries", skill="lift", industries="hotel， restaurant", was="hotel, museum"
    )  # fmt: skip
    assert 'value="hotel, restaurant"' in text
    action, fields = undo_in(text)
    assert fields["industries"] == "hotel, museum"
    await enter(site, "viewer")
    assert "/acts/catalogue" not in (await seen(site, LIFT))[1], "who may not act has no form"
    assert (await send(site, LIFT, "/acts/catalogue/state", skill="lift", state="withdrawn", was="published"))[0] == 403


async def test_licences_say_who_may_have_what_and_what_is_used(site):
    await enter(site, "csm")
    text = await said(site, "/skills/licences")
    assert "2 entitlements" in text
    assert "Beta KTV Lift to try" in text
    assert "more than sold" not in text, "the trial is for all robots"
    assert "Acme Museum" in await said(site, "/skills/licences?when=ended")
    assert "Acme Museum" in await said(site, "/skills/licences?when=coming")
    assert "Acme Museum" not in await said(site, "/skills/licences?when=all&account=BETA")
    assert (await seen(site, "/skills/licences?account=NOBODY"))[0] == 404
    found = licences.list_entitlements(site.desk.inside, licences.ListEntitlements(when="ending"))
    assert [(one.entitlement.to_day, one.robots, one.allowed, one.seats) for one in found.items] == [
        (iso(11), 3, None, 2)
    ]
    text = await said(site, BETA)
    assert "It may have 1 skill today; 3 robots were told so." in text
    told = licences.licences_of_account(site.desk.inside, licences.LicencesOf(account="BETA")).items
    assert [(one.robot, one.is_licensed, one.has_answered) for one in told] == [
        ("ktv-3", True, True), ("ktv-4", True, True), ("ktv-5", True, False)
    ]  # fmt: skip
    assert "Licences, seats and robots" in await said(site, "/accounts/BETA")


async def test_an_account_is_given_a_skill_and_a_seat_and_both_are_taken_back(site):
    await enter(site, "csm")
    trial = {"account": "ACME", "skill": "lift", "origin": "trial", "from_day": iso(0), "to_day": iso(13)}
    page = "/accounts/ACME/licences"
    _, _, text = await send(site, page, "/acts/entitlements", **trial)
    assert "Lift: it may have it from" in text
    action, fields = undo_in(text)
    async with site.client.post(site.url + action, data=fields, headers={"Accept-Language": "en"}) as answer:
        assert "It may have no skill today." in await answer.text()
    assert (await send(site, page, "/acts/entitlements", **trial | {"to_day": ""}))[0] == 400, "a trial ends"
    _, _, text = await send(site, BETA, "/acts/seats", account="BETA", skill="lift", holder="Sun Hao", from_day=iso(0))
    assert "Sun Hao has a seat from" in text
    action, fields = undo_in(text)
    async with site.client.post(site.url + action, data=fields, headers={"Accept-Language": "en"}) as answer:
        assert "Taken back: it never held." in await answer.text()
    found = licences.list_entitlements(site.desk.inside, licences.ListEntitlements(account="BETA"))
    granted = next(one.entitlement.id for one in found.items if one.entitlement.origin.value == "granted")
    ends = {"account": "BETA", "entitlement": str(granted), "last_day": iso(3)}
    assert (await send(site, BETA, "/acts/entitlements/end", **ends, why=""))[0] == 422, "a reason is asked for"
    _, _, text = await send(site, BETA, "/acts/entitlements/end", **ends, why="the hall closes")
    assert "the hall closes" in text
    assert site.published, "robots are told another licence"


async def test_held_back_robots_say_why_and_what_to_do_and_are_taken_out_as_a_file(site):
    await enter(site, "head_of_cs")
    text = await said(site, "/skills/held-back")
    assert "3 robots are not on the newest version of a skill, at 1 account." in text
    assert "nobody wished the newest version for it" in text
    assert "No robot is held back" in await said(site, "/skills/held-back?held=cannot")
    _, csv = await seen(site, "/skills/held-back.csv?held=will_not&skill=lift")
    assert [line.split(",")[0] for line in csv.splitlines()[1:]] == ["ktv-3", "ktv-4", "ktv-5"]
    async with site.client.get(f"{site.url}/skills/held-back.xlsx", headers={"Accept-Language": "zh"}) as answer:
        rows = list(load_workbook(io.BytesIO(await answer.read()))["held_back"].iter_rows(values_only=True))
    assert (len(rows), rows[1][8]) == (4, "不升级") or rows[1][8] != "will not", "in the reader's language"
    await enter(site, "fleet_engineer")
    assert (await seen(site, "/skills/held-back"))[0] == 403, "ARR is not for engineers"
    assert "/skills/held-back" not in (await seen(site, "/skills/catalogue"))[1]


async def test_two_people_approve_and_who_submitted_it_is_told_why_not(site):
    sheet = f"/skills/review/{site.desk.waits}"
    await enter(site, "Bo")
    text = await said(site, sheet)
    assert "You submitted it: somebody else reviews it." in text
    assert "/acts/submissions/approve" not in (await seen(site, sheet))[1]
    assert (await send(site, sheet, "/acts/submissions/approve", submission=str(site.desk.waits)))[0] == 403
    await enter(site, "admin")
    assert "a token is no person" in await said(site, sheet)
    await enter(site, "Ana")
    text = await said(site, sheet)
    assert "It may do more than the last published version, so two people approve it; so far 0 of 2 approvals." in text
    assert "It may now also: listens to guests" in text
    _, _, text = await send(
        site, sheet, "/acts/submissions/approve", submission=str(site.desk.waits), reason="heard it"
    )
    assert "You have approved it: another person reviews it." in text
    assert "1 of 2 approvals" in text
    await enter(site, "Li")
    no = {"submission": str(site.desk.waits)}
    assert (await send(site, sheet, "/acts/submissions/refuse", **no, reason=" "))[0] == 422
    _, _, text = await send(site, sheet, "/acts/submissions/refuse", **no, reason="it needs no microphone")
    assert "Nothing is left to do: it is refused." in text
    assert "it needs no microphone" in text
    assert "Nothing is submitted" in await said(site, "/skills/review")
    text = await said(site, f"/skills/review/{site.desk.refused}")
    assert "ssl" in text


async def test_a_publisher_begins_at_what_it_submitted_and_takes_it_back(site):
    await enter(site, "Bo")
    async with site.client.get(f"{site.url}/", headers={"Accept-Language": "en"}) as answer:
        assert answer.url.path == "/skills/review"
    sheet, one = f"/skills/review/{site.desk.waits}", str(site.desk.waits)
    _, _, text = await send(site, sheet, "/acts/submissions/take-back", submission=one)
    assert "It is taken back." in text
    await enter(site, "publisher")
    assert (await seen(site, sheet))[0] == 404, "another publisher's token sees nothing of it"


async def test_search_and_palette_lead_to_the_catalogue_by_right(site):
    await enter(site, "viewer")
    _, text = await seen(site, "/search?q=乘梯")
    assert 'href="/skills/catalogue/lift"' in text, "by its Chinese name"
    assert 'href="/skills/held-back"' in (await seen(site, "/search?q=held"))[1]
    await enter(site, "skill_reviewer")
    _, text = await seen(site, "/search?q=e")
    assert 'href="/skills/review"' in text
    assert 'href="/skills/held-back"' not in text
    await enter(site, "customer_admin")
    assert "/skills/catalogue" not in (await seen(site, "/search?q=lift"))[1]


async def test_without_a_repository_the_pages_teach(store):
    fleets.story(store)
    async with fleets.site(store) as site:
        await enter(site, "admin")
        assert "This collector has no repository of packages" in await said(site, "/skills/held-back")
        assert "No skill is in the catalogue" in await said(site, "/skills/catalogue")
        assert "No entitlement is like that" in await said(site, "/skills/licences")
        assert "Nothing is submitted" in await said(site, "/skills/review")


async def test_the_pages_are_in_chinese_where_they_are_read_in_chinese(site):
    for who in ("admin", "Ana", "Bo"):
        await enter(site, who)
        for path in pages(site):
            status, text = await seen(site, path, "zh-CN")
            if status == 200:
                assert page_words.latin_words(text, NAMES) - TAKEN == set(), (who, path)
                assert page_words.iso_days(text) == [], path
    await enter(site, "admin")
    assert page_words.latin_words((await seen(site, LIFT))[1], NAMES), "the control"
