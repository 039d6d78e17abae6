"""The tour of Today: on a person's first visit, in whatever browser, until it is put away; without script."""

import re

import pytest

from collector.access.caller import Role
from collector.operations import people, sign_in
from collector.operations.people import AddPerson
from collector.operations.sign_in import UseLink
from tests import fleets

FORM = {"allow_redirects": False}
GOOD = "four words are good"
TOUR = re.compile(r'<section class="panel" id="tour".*?</section>', re.DOTALL)


@pytest.fixture
async def site(store):
    fleets.story(store)
    async with fleets.site(store) as site:
        yield site


async def enter(site, mail, *roles):
    """In a new browser; somebody who was not there yet is invited first."""
    site.client.cookie_jar.clear()
    if roles:
        made = people.add_person(site.parts.context, AddPerson(mail=mail, name="Wei", lang="en", roles=roles))
        sign_in.use_link(site.parts.context, UseLink(secret=made.invitation.link.rpartition("/")[2], password=GOOD))
    async with site.client.post(f"{site.url}/sign-in", data={"mail": mail, "password": GOOD}, **FORM) as answer:
        assert answer.status == 303


async def tour(site, path="/"):
    """The panel's text as HTML; "": there is none."""
    async with site.client.get(f"{site.url}{path}") as answer:
        assert answer.status == 200, path
        found = TOUR.search(await answer.text())
        return "" if found is None else found[0]


async def put_away(site):
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', await tour(site))[1]
    async with site.client.post(f"{site.url}/me/tour/end", data={"csrf": token}, **FORM) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")


async def walked(site, path="/"):
    """Titles of the steps, each by the link Next of the one before."""
    titles = []
    while path:
        said = await tour(site, path)
        titles.append(re.search(r'<h2 id="tour-h">([^<]+)', said)[1])
        onward = re.search(r'rel="next" href="([^"#]+)#tour"', said)
        path = onward and onward[1].replace("&amp;", "&")
    return titles


async def test_a_person_walks_through_the_tour_and_puts_it_away_for_every_browser(site):
    await enter(site, "li@example.com", Role.CSM)
    assert await walked(site) == [
        "Whom to call, the weightiest first", "Why it is there", "What you did about it", "From anywhere to anything",
        "The whole portfolio", "The robots",
    ]  # fmt: skip
    assert "1 of 6" in await tour(site)
    await enter(site, "li@example.com")
    assert await tour(site), "it was only looked at: it waits in another browser too"
    await put_away(site)
    assert await tour(site) == ""
    await enter(site, "li@example.com")
    assert await tour(site) == "", "nor in another browser"
    await enter(site, "wang@example.com", Role.CSM)
    assert await tour(site), "the control: of another person it waits"


async def test_it_is_opened_again_from_ones_own_page_and_is_then_put_away_by_a_link(site):
    await enter(site, "li@example.com", Role.CSM)
    await put_away(site)
    async with site.client.get(f"{site.url}/me") as answer:
        assert '<a href="/?tour=1#tour">' in await answer.text()
    again = await tour(site, "/?tour=1")
    assert "Whom to call" in again
    assert "<form" not in again
    away = re.findall(r'href="([^"]+)"', again)[-1]
    assert await tour(site, away) == ""


async def test_it_shows_what_the_role_may_and_is_in_chinese_too(site):
    await enter(site, "viewer@example.com", Role.VIEWER)
    titles = await walked(site)
    assert "What you did about it" not in titles
    assert await walked(site, "/?lang=zh") == [
        "该联系谁，最要紧的在前",
        "为什么列在这里",
        "随时随地查找",
        "全部客户",
        "机器人",
    ]


@pytest.mark.parametrize("step", ["0", "99", "x", "-1", "²", "1" * 400])
async def test_a_step_that_there_is_not_is_the_nearest(site, step):
    await enter(site, "li@example.com", Role.CSM)
    assert "The robots" in await tour(site, "/?tour=99")
    assert await tour(site, f"/?tour={step}")


async def test_of_a_token_it_never_waits(site):
    async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["staff"]}, **FORM) as answer:
        assert answer.status == 303
    assert await tour(site) == ""
    assert await tour(site, "/?tour=2"), "the control: it is there for who asks"
