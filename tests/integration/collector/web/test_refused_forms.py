"""What a page refuses is refused in the reader's language, and the page of the refusal can be left by its own links."""

import re
from html import unescape

import pytest
from aiohttp import web

from collector.web.pages import pages
from tests import fleets, page_words, portfolios
from tests.package_repositories import Installation

ENDS_THE_SESSION = {"/sign-out", "/me/sessions/end-all", "/sign-in"}
TAKEN = {"Fleetward", "English", "API", "CSV", "XLSX", "JSON", "App", "Ctrl", "ARR", "CSM", "TOML", "KTV", "ROM", "UTC"}
NAMES = (
    "Acme Museum", "Beta KTV", "New Hall", "Euro Expo", "North Robots", "ACME", "BETA", "admin", "hall", "nonsense",
    "Li Wei", "li.wei@example.com", "Anna", "Ben", "csm-anna", "csm-ben",
)  # fmt: skip


def posted():
    app = web.Application()
    pages.add_to(app)
    found = {route.resource.canonical for route in app.router.routes() if route.method == "POST" and route.resource}
    return sorted(found - ENDS_THE_SESSION)


PLACES = {"account": "ACME", "person": "987", "robot": "nonsense", "bill": "987", "secret": "nonsense"}


def address_of(canonical):
    return re.sub(r"\{(\w+)[^}]*\}", lambda m: PLACES.get(m[1], "987"), canonical)


@pytest.fixture
async def site(store, tmp_path):
    fleets.one_of_everything(store)
    portfolios.fill(store)
    Installation(tmp_path / "repository", now_s=fleets.NOON).found()
    async with fleets.site(store, skills_folder=str(tmp_path / "repository")) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["admin"]}) as answer:
            assert answer.status == 200
        yield site


async def read(site, path, language="zh-CN"):
    async with site.client.get(site.url + path, headers={"Accept-Language": language}) as answer:
        return answer.status, await answer.text()


async def send(site, path, fields, language="zh-CN", **headers):
    """A form of our own with these fields; an answer that leads elsewhere is not followed."""
    csrf = re.search(r'name="csrf" value="([^"]+)"', (await read(site, "/me"))[1])[1]
    given = {"Accept-Language": language, **headers}
    async with site.client.post(
        site.url + path, data={"csrf": csrf, **fields}, headers=given, allow_redirects=False
    ) as answer:
        return answer.status, await answer.text()


def links_of_languages(html):
    return [unescape(href) for href in re.findall(r'href="([^"]*lang=en[^"]*)"', html)]


IMPOSSIBLE = {
    "nothing": {},
    "nonsense": dict.fromkeys(
        ("account", "robot", "skill", "cta", "ctas", "promise", "touch", "kind", "key", "name", "mail", "csm", "why",
         "package", "text", "tag", "field", "value", "mention", "bill", "view", "channel", "answered", "day", "token"),
        "nonsense",
    ),
}  # fmt: skip


@pytest.mark.parametrize("sent", IMPOSSIBLE)
async def test_every_form_that_is_refused_is_refused_in_chinese_and_its_links_lead_somewhere(site, sent):
    found, refused = {}, 0
    for canonical in posted():
        path = address_of(canonical)
        for headers in ({}, {"HX-Request": "true"}):
            status, text = await send(site, path, IMPOSSIBLE[sent], **headers)
            if status < 400:
                continue
            refused += 1
            assert status < 500, (path, text)
            left = page_words.latin_words(text, NAMES) - TAKEN
            for href in links_of_languages(text):
                if (answer := (await read(site, href))[0]) not in {200, 404}:  # 987 is nobody
                    left.add(f"{href}: {answer}")
                site.client.cookie_jar.clear(lambda cookie: cookie.key == "language")
            if left:
                found[path] = left
    assert refused > 40, "the walk has lost the forms"
    assert found == {}, str(found)


TOUCH = {"account": "ACME", "channel": "phone", "answered": "no", "back": "/accounts/ACME", "summary": "nonsense"}


async def test_a_touch_that_is_refused_without_script_says_reason_and_remedy_as_sentences(site):
    sent = TOUCH | {"contact": "nobody", "answered": "yes"}
    status, zh = await send(site, "/acts/touches", sent)
    assert status == 422
    notice = re.search(r'<div class="complaint".*?</div></div>', zh, re.DOTALL)[0]
    assert notice.count("。") >= 2, notice
    _, en = await send(site, "/acts/touches", sent, "en")
    notice = page_words.text_of(re.search(r'<div class="complaint".*?</div></div>', en, re.DOTALL)[0])
    assert len(re.findall(r"[.](?=\s|$)", notice)) >= 2, notice
    (href,) = links_of_languages(zh)
    assert href.startswith("/accounts/ACME/touch?")
    status, again = await read(site, href)
    assert status == 200
    assert "nonsense" in again, "what was typed is there in the other language too"


async def test_what_has_chinese_words_is_not_said_in_english_beside_them(site):
    status, text = await send(site, "/acts/calls/done", {})
    assert status == 400
    assert "表单没有指定待办。" in text
    assert "请使用页面上的表单提交。" in text
    assert "程序提示" not in text
    status, text = await send(site, "/acts/calls/snooze", {"cta": "1", "until": "nonsense"})
    assert status == 400
    assert re.search("nonsense.{1,6} 不是日期。", text)
    assert "程序提示" not in text


async def test_a_conflict_says_load_again_only_where_that_helps(site):
    spoken = {"mail": "ann@example.com", "name": "Ann", "roles": "admin", "lang": "en"}
    assert (await send(site, "/admin/people", spoken, "en"))[0] == 200
    status, text = await send(site, "/acts/handovers", {"account": "ACME", "csm": "csm-anna", "name": "x"}, "en")
    if status == 303:
        status, text = await send(site, "/acts/handovers", {"account": "ACME", "csm": "csm-anna", "name": "x"}, "en")
    assert status == 409
    assert "looks after it already." in text
    assert "Choose somebody else." in text
    assert "Load the page again" not in text
