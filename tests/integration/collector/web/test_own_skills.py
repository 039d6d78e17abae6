"""A customer's skills in the portal: its own, what would happen, done and undone; nothing of another account."""

import html
import json
import re

import pytest
from sqlalchemy import select

from collector.access.caller import Role
from collector.operations import desired, entitlements
from collector.store.tables.people import audit
from collector.values.refusal import Refused
from protocol.messages import DesiredSkill
from tests import fleets, page_words, skill_shops
from tests.fleets import TODAY

LIFT = "/portal/skills/lift"


@pytest.fixture
async def site(store, tmp_path):
    skill_shops.five_robots(store)
    release = skill_shops.sold(store, tmp_path)
    async with fleets.site(store, **skill_shops.settings_of(tmp_path)) as site:
        site.release = release
        yield site


async def enter(site, role=Role.CUSTOMER_ADMIN):
    site.client.cookie_jar.clear()
    async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets[role]}) as answer:
        assert answer.status == 200


async def seen(site, path, language="en-US"):
    async with site.client.get(site.url + path, headers={"Accept-Language": language}) as answer:
        return answer.status, await answer.text()


async def send(site, **fields):
    """The form of the dry run, without script."""
    _, text = await seen(site, f"{LIFT}/try?do={fields['do']}&all=1")
    csrf = re.search(r'name="csrf" value="([^"]+)"', text)[1]
    robots = [("robot", name) for name in fields.pop("robots", ())] or [("all", "1")]
    form = [("csrf", csrf), *({"account": "BETA", "skill": "lift"} | fields).items(), *robots]
    async with site.client.post(f"{site.url}/acts/skills", data=form, headers={"Accept-Language": "en"}) as answer:
        return answer.status, str(answer.url.relative()), await answer.text()


def fields_of(text):
    """Of the toast's form."""
    toast = re.search(r'<div class="toast">.*?</div>', text, re.DOTALL)[0]
    return {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', toast)}


async def take_back(site, text):
    async with site.client.post(f"{site.url}/acts/skills/take-back", data=fields_of(text)) as answer:
        assert answer.status == 200
        return await answer.text()


def said_of(text, robot):
    """What the page says of one robot."""
    rows = [row for row in re.findall(r"<li>(.*?)</li>", text, re.DOTALL) if f'value="{robot}"' in row]
    assert len(rows) == 1, robot
    return page_words.text_of(rows[0]).replace("\n", " ")


async def test_an_admin_sees_what_is_offered_what_it_costs_and_what_is_its_own(site):
    await enter(site)
    _, text = await seen(site, "/portal/skills")
    said = page_words.text_of(text)
    assert "1 of 1 skill is yours." in said
    assert "€20 a robot and month, 14 days to try it" in said
    assert "on none of your robots" in said
    _, other = await seen(site, "/portal/skills?scene=hotel")
    assert "No skill is made for this scene" in other
    _, text = await seen(site, LIFT)
    assert "It would get it at its next safe moment" in said_of(text, "ktv-3")
    assert "It would get it when it is connected again" in said_of(text, "park-1")
    assert "it is not made for this model Ask your contact for a version for this model." in said_of(text, "ktv-2")


async def test_put_on_five_robots_the_page_says_why_two_do_not_get_it(site):
    await enter(site)
    _, text = await seen(site, f"{LIFT}/try?do=put&" + "&".join(f"robot={name}" for name in skill_shops.ROBOTS))
    assert "4 of 5 robots get it." in text
    assert "Put it on 4 robots" in text
    assert "Only the robot knows: free space, the version of its core, what its body can do." in text
    assert site.published == [], "nothing was done"
    status, _, text = await send(site, do="put", robots=skill_shops.ROBOTS)
    assert status == 200
    assert "Sent to 4 of 5 robots." in text
    assert sorted(robot for robot, _ in site.published) == ["ktv-3", "ktv-4", "ktv-5", "park-1"]
    skill_shops.says(site.store, "ktv-3", "lift", site.release.sha256, "active")
    skill_shops.says(site.store, "ktv-4", "lift", site.release.sha256, "desired", "no_room: 3 MB are free")
    _, text = await seen(site, LIFT)
    assert "runs on 1 of 5 robots, 3 not there yet" in text
    assert "runs" in said_of(text, "ktv-3")
    assert "there is not enough room on the robot Take a skill off this robot" in said_of(text, "ktv-4")
    assert "cannot get it" in said_of(text, "ktv-2")


async def test_an_act_is_in_the_audit_log_and_its_undo_takes_it_back(site):
    await enter(site)
    _, _, text = await send(site, do="put", robots=("ktv-3",))
    assert "Taken back: 1 robot is as before." in await take_back(site, text)
    _, text = await seen(site, LIFT)
    assert "on none of your robots" in text
    with site.store.read() as connection:
        rows = connection.execute(select(audit.c.who, audit.c.act).order_by(audit.c.id)).all()
    assert [row.act for row in rows if row.who == "customer_admin"][-2:] == ["publish_skill", "take_back_publishing"]


async def test_a_form_without_its_token_or_without_a_robot_does_nothing(site):
    await enter(site)
    form = {"account": "BETA", "skill": "lift", "do": "put", "all": "1"}
    async with site.client.post(f"{site.url}/acts/skills", data=form) as answer:
        assert answer.status == 403
    status, text = await seen(site, f"{LIFT}/try?do=put")
    assert status == 422
    assert "No robot was ticked" in text
    assert site.published == []


async def test_robots_accounts_and_skills_of_others_are_not_there(site):
    await enter(site)
    for path in (
        f"{LIFT}/try?do=put&robot=hall-7",
        f"{LIFT}?account=ACME",
        "/portal/skills/none",
        "/portal/skills/none/try?all=1",
    ):
        status, text = await seen(site, path)
        assert status == 404, path
        assert "Acme" not in text
    status, _, _ = await send(site, do="put", robots=("hall-7",))
    assert status == 404
    status, _, _ = await send(site, do="put", account="ACME")
    assert status == 404
    assert site.published == []


async def test_who_may_only_look_has_no_button_and_colleagues_see_the_customers_page(site):
    await enter(site, Role.CUSTOMER)
    _, text = await seen(site, LIFT)
    assert 'name="robot"' not in text
    assert "a person with the role customer admin may change it" in text
    assert (await seen(site, f"{LIFT}/try?do=put&all=1"))[0] == 403
    await enter(site, Role.CSM)
    status, text = await seen(site, f"{LIFT}?account=BETA")
    assert status == 200
    assert "You see what the customer sees" in text


async def test_the_pages_are_in_chinese_where_they_are_read_in_chinese(site):
    await enter(site)
    await send(site, do="put", robots=skill_shops.ROBOTS)
    skill_shops.says(site.store, "ktv-4", "lift", site.release.sha256, "desired", "no_room: 3 MB are free")
    names = [*skill_shops.ROBOTS, "Beta KTV", "KTV", "Fleetward", "English", "customer_admin", "BETA"]
    for path in ("/portal/skills", LIFT, f"{LIFT}/try?do=remove&all=1", f"{LIFT}/try?do=put&all=1"):
        _, text = await seen(site, path, "zh-CN")
        assert page_words.latin_words(text, names) - {"API", "Ctrl"} == set(), path
        assert page_words.iso_days(text) == [], path
    assert page_words.latin_words((await seen(site, LIFT))[1], names), "the control"


async def test_taking_off_is_taken_back_with_the_settings_and_only_offered_where_it_succeeds(site):
    await enter(site)
    digest = site.release.sha256
    entry = DesiredSkill(skill="lift", version=site.release.version, digest=digest, settings={"floor": 7})
    wish = desired.WishFor(robot="ktv-3", skills=[entry], settings={"volume": 3})
    assert not isinstance(desired.put_desired(site.parts.context, wish), Refused)
    _, address, text = await send(site, do="remove", robots=("ktv-3",))
    await take_back(site, text)
    document = json.loads(site.published[-1][1])
    assert [(one["digest"], one["settings"]) for one in document["skills"]] == [(digest, {"floor": 7})]
    assert document["settings"] == {"volume": 3}
    _, text = await seen(site, address)
    assert 'class="toast"' in text
    assert "/acts/skills/take-back" not in text, "it was taken back already"
    _, address, text = await send(site, do="remove", robots=("ktv-3",))
    assert "/acts/skills/take-back" in text, "the control"
    ended = entitlements.EndEntitlement(entitlement=1, last_day=TODAY - 1, why="over")
    assert not isinstance(entitlements.end_entitlement(site.parts.context, ended), Refused)
    _, after = await seen(site, address)
    assert 'class="toast"' in after
    assert "/acts/skills/take-back" not in after, "the account may not have it any more"
    undo = fields_of(text)
    async with site.client.post(f"{site.url}/acts/skills/take-back", data=undo) as answer:
        assert answer.status == 409
        assert "not_entitled" in await answer.text()


async def test_who_confirms_a_dry_run_that_says_something_else_by_now_is_told_what(site):
    await enter(site)
    _, text = await seen(site, f"{LIFT}/try?do=put&robot=ktv-3&robot=ktv-4")
    confirmed = re.search(r'name="seen" value="([^"]+)"', text)[1]
    await send(site, do="put", robots=("ktv-4",))
    told = len(site.published)
    status, _, text = await send(site, do="put", robots=("ktv-3", "ktv-4"), seen=confirmed)
    assert status == 409
    assert "2 robots were to change, now 1 (ktv-4 unchanged)" in text
    assert len(site.published) == told, "nothing was changed"
    _, text = await seen(site, f"{LIFT}/try?do=put&robot=ktv-3&robot=ktv-4")
    fresh = re.search(r'name="seen" value="([^"]+)"', text)[1]
    assert (await send(site, do="put", robots=("ktv-3", "ktv-4"), seen=fresh))[0] == 200, "the control"


async def test_the_form_of_a_dry_run_carries_the_version_and_the_robots_that_it_showed(site):
    await enter(site)
    _, text = await seen(site, f"{LIFT}/try?do=put&all=1")
    assert f'name="version" value="{site.release.version}"' in text
    assert re.findall(r'name="robot" value="([^"]+)"', text) == sorted(skill_shops.ROBOTS)
    assert 'name="all"' not in text
