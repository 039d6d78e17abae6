"""One's own page and the administrator's pages: what they show, what they do, without script and in both languages."""

import re

import aiohttp
import pyotp
import pytest
from sqlalchemy import insert

from collector.access.caller import Role
from collector.language import pages
from collector.operations import people, sign_in
from collector.operations.people import AddPerson
from collector.operations.sign_in import UseLink
from collector.store.tables.fleet import api_token, web_session
from tests import fleets

FORM = {"allow_redirects": False}
GOOD = "four words are good"
ADMIN = [
    "/admin/people", "/admin/people/{person}", "/admin/tokens", "/admin/sessions", "/admin/audit", "/admin/settings",
    "/admin/imports", "/admin/notices", "/me",
]  # fmt: skip


@pytest.fixture
async def site(store, clock):
    fleets.story(store)
    async with fleets.site(store, clock=clock) as site:
        await enter(site, invited(site, "boss@example.com", Role.ADMIN))
        yield site


def invited(site, mail, *roles, **more):
    """Somebody with a password."""
    made = people.add_person(site.parts.context, AddPerson(mail=mail, name="Wei", lang="en", roles=roles, **more))
    link = made.invitation.link.rpartition("/")[2]
    return sign_in.use_link(site.parts.context, UseLink(secret=link, password=GOOD)) and mail


async def enter(site, mail):
    site.client.cookie_jar.clear()
    form = {"mail": mail, "password": GOOD}
    async with site.client.post(f"{site.url}/sign-in", data=form, **FORM) as answer:
        assert answer.status == 303


async def seen(site, path, **headers):
    async with site.client.get(f"{site.url}{path}", headers=headers, **FORM) as answer:
        return answer.status, await answer.text()


async def post(site, path, page="/me", csrf=None, **form):
    _, text = await seen(site, page)
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', text)[1] if csrf is None else csrf
    async with site.client.post(f"{site.url}{path}", data={"csrf": token, **form}, **FORM) as answer:
        return answer.status, await answer.text()


async def test_every_page_is_there_for_an_administrator_in_both_languages_and_for_nobody_else(site):
    for path in ADMIN:
        for language in ("en", "zh"):
            status, text = await seen(site, path.format(person=1), **{"Accept-Language": language})
            assert status == 200, (path, text[:300])
            assert "{" not in re.sub(r"<meta[^>]*>|hx-headers='[^']*'", "", text), path
    await enter(site, invited(site, "li@example.com", Role.CSM))
    assert [(await seen(site, path.format(person=1)))[0] for path in ADMIN] == [403] * 8 + [200]


async def test_an_administrator_gives_a_customers_admin_access_and_takes_it_away(site):
    form = {
        "mail": "w@museum.example",
        "name": "Wang",
        "lang": "zh",
        "roles": "customer_admin",
        "accounts": "BETA, ACME",
    }
    status, text = await post(site, "/admin/people", **form)
    assert status == 200
    link = re.search(r"<code>(http[^<]+/link/[^<]+)</code>", text)[1]
    person = next(
        one for one in people.list_people(admin_of(site), people.ListPeople(limit=9)).items if one.name == "Wang"
    )
    assert (person.roles, person.accounts, person.state) == ([Role.CUSTOMER_ADMIN], ["ACME", "BETA"], "invited")
    path = f"/admin/people/{person.id}"
    assert (await post(site, path, name="Wang", lang="zh", roles="customer_admin", accounts="BETA", csm=""))[0] == 303
    assert people.one_person(admin_of(site), person.id).accounts == ["BETA"]
    assert "/link/" in (await post(site, f"{path}/link"))[1]
    assert (await post(site, f"{path}/disable"))[0] == 303
    status, _ = await seen(site, f"/link/{link.rpartition('/')[2]}")
    assert status == 404
    _, log = await seen(site, "/admin/audit")
    assert [act for act in ("add_person", "change_person", "link_person", "disable_person") if act not in log] == []


def admin_of(site):
    from collector.access.caller import COMMAND_LINE  # noqa: PLC0415 - of this alone

    return site.parts.context.seen_by(COMMAND_LINE)


@pytest.mark.parametrize("path", ["/me/password", "/admin/people", "/admin/people/1/disable", "/me/tokens"])
async def test_no_form_is_taken_without_its_csrf_token(site, path):
    assert (await post(site, path, csrf="0" * 64))[0] == 403
    assert people.one_person(admin_of(site), 1).state == "active"


async def test_a_person_sets_a_second_factor_up_keeps_the_codes_and_takes_it_away(site, clock):
    status, text = await post(site, "/me/second-factor", password=GOOD)
    assert (status, "<svg" in text) == (200, True)
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", text)[1]
    assert pyotp.TOTP(secret).provisioning_uri(name="boss@example.com", issuer_name="Fleetward") in text.replace(
        "&amp;", "&"
    )
    given = {"secret": secret, "address": "otpauth://totp/x"}
    wrong = await post(site, "/me/second-factor/confirm", code="000000", **given)
    assert (wrong[0], secret in wrong[1]) == (200, True), "one may try again"
    status, text = await post(site, "/me/second-factor/confirm", code=pyotp.TOTP(secret).at(clock.now), **given)
    codes = re.findall(r"<code>([a-z2-7-]{19})</code>", text)
    assert (status, len(codes)) == (200, 10)
    assert (await seen(site, "/me"))[0] == 200, "this browser stays"
    status, text = await post(site, "/me/recovery-codes", password=GOOD)
    assert len(set(re.findall(r"<code>([a-z2-7-]{19})</code>", text)) - set(codes)) == 10
    assert (await post(site, "/me/second-factor/remove", password="wrong"))[0] == 403
    assert people.one_person(admin_of(site), 1).second_factor is True
    assert (await post(site, "/me/second-factor/remove", password=GOOD))[0] == 303
    assert people.one_person(admin_of(site), 1).second_factor is False


async def test_an_open_browser_is_not_enough_to_guess_the_password(site):
    statuses = [
        (await post(site, "/me/password", password="wrong", new=GOOD + "!", again=GOOD + "!"))[0] for _ in range(6)
    ]
    assert statuses == [403] * 5 + [429]


async def test_a_new_password_ends_the_other_browsers_and_not_this_one(site):
    other = {cookie.key: cookie.value for cookie in site.client.cookie_jar}["fleetward"]
    await enter(site, "boss@example.com")
    assert (await post(site, "/me/password", password=GOOD, new=GOOD + "!", again=GOOD + "?"))[0] == 422
    assert (await post(site, "/me/password", password=GOOD, new=GOOD + "!", again=GOOD + "!"))[0] == 303
    assert (await seen(site, "/me"))[0] == 200
    site.client.cookie_jar.clear()
    assert (await seen(site, "/me", Cookie=f"fleetward={other}"))[0] == 303


async def test_a_person_makes_a_token_sees_it_once_and_revokes_it(site):
    await enter(site, invited(site, "li@example.com", Role.CSM))
    status, text = await post(site, "/me/tokens", name="Excel", role="viewer")
    secret = re.search(r"<code>(fw_[^<]+)</code>", text)[1]
    assert status == 200
    _, text = await seen(site, "/me")
    assert ("Excel" in text, secret in text) == (True, False)
    assert 'value="admin"' not in text, "a role above one's own is not offered"
    assert (await post(site, "/me/tokens", name="More", role="admin"))[0] == 403
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await seen(site, "/api/v1/robots", **headers))[0] == 200
    number = re.search(r'name="token" value="(\d+)"', text)[1]
    assert (await post(site, "/me/tokens/revoke", token=number))[0] == 303
    assert (await seen(site, "/api/v1/robots", **headers))[0] == 401


async def test_an_administrator_ends_a_session_from_the_list(site):
    boss = {cookie.key: cookie.value for cookie in site.client.cookie_jar}["fleetward"]
    await enter(site, invited(site, "li@example.com", Role.CSM))
    mine = {cookie.key: cookie.value for cookie in site.client.cookie_jar}["fleetward"]
    site.client.cookie_jar.clear()
    site.client.cookie_jar.update_cookies({"fleetward": boss})
    _, text = await seen(site, "/admin/people/2")
    number = re.search(r'name="session" value="(\d+)"', text)[1]
    assert (await post(site, "/me/sessions/end", session=number, **{"from": "admin"}))[0] == 303
    site.client.cookie_jar.clear()
    assert (await seen(site, "/me", Cookie=f"fleetward={mine}"))[0] == 303


def crowd(site, number):
    """So many sessions and tokens of another person, all newer than what there is."""
    other, now_s = people.add_person(
        site.parts.context, AddPerson(mail="z@example.com", name="Zhou", lang="en", roles=[Role.CSM])
    ).person.id, site.parts.context.now_s()  # fmt: skip
    with site.store.write() as connection:
        connection.execute(insert(web_session), [
            {"person_id": other, "hash": f"s{n}", "address": "192.0.2.7", "created_at": now_s, "expires_at": now_s + 99}
            for n in range(number)
        ])  # fmt: skip
        connection.execute(insert(api_token), [
            {"person_id": other, "hash": f"t{n}", "name": f"crowd-{n}", "role": "staff", "scope": "all",
             "created_at": now_s}
            for n in range(number)
        ])  # fmt: skip
    return other


async def test_lists_of_a_thousand_are_paged_and_hide_nobodys_own(site):
    await post(site, "/me/tokens", name="own-token", role="reader")
    other = crowd(site, 1001)
    _, text = await seen(site, "/me")
    assert "this browser" in text
    assert "own-token" in text
    for path, row in (("/admin/sessions", "192.0.2.7"), ("/admin/tokens", "crowd-")):
        _, first = await seen(site, path)
        assert first.count(f">{row}") == 50
        older = re.search(rf'href="({path}[?]cursor=[^"]+)">Older', first)[1]
        _, second = await seen(site, older)
        assert second.count(f">{row}") == 50
        ids = [
            [int(one) for one in re.findall(r'name="(?:session|token)" value="(\d+)"', text)]
            for text in (first, second)
        ]
        assert min(ids[0]) > max(ids[1])
        assert "Newest" in second
    _, text = await seen(site, f"/admin/people/{other}")
    assert text.count(">192.0.2.7") == 50
    older = re.search(r'href="(/admin/people/\d+[?]sessions=[^"]+)#sessions">Older', text)[1]
    assert (await seen(site, older))[1].count(">192.0.2.7") == 50
    assert (await seen(site, "/me?sessions=x"))[0] == 400


async def test_settings_show_what_was_stated_and_no_secret(site):
    _, text = await seen(site, "/admin/settings")
    assert str(site.store.url.database) not in text
    assert "set, not shown" in text


async def test_a_form_of_a_person_keeps_what_was_typed_and_says_in_words_what_is_wrong(site):
    given = {"name": "Wang Fang", "mail": "wang@museum.example", "lang": "zh", "roles": "customer_admin"}
    status, text = await post(site, "/admin/people", **given)
    assert (status, "This role sees some accounts only" in text) == (422, True)
    assert ('value="Wang Fang"' in text, 'value="wang@museum.example"' in text) == (True, True)
    assert re.search(r'value="customer_admin" checked', text)
    status, text = await post(site, "/admin/people", **given, **{"accounts-1": "Nowhere Hall"})
    assert (status, "No account is called “Nowhere Hall”" in text) == (422, True)
    status, text = await post(site, "/admin/people", **given, **{"accounts-1": "acme museum"})
    assert (status, "Acme Museum" in text) == (200, True), "an account is called by its name"
    status, text = await post(site, "/admin/people", **given | {"accounts-1": "ACME"})
    assert (status, "Somebody has this mail address" in text) == (422, True)
    assert 'value="Acme Museum"' in (await seen(site, "/admin/people/2"))[1]
    status, text = await seen(site, "/admin/people/99")
    assert (status, "There is nothing here by that name." in text) == (404, True)
    assert '<a href="/admin/people">List them.</a>' in text
    assert "collector people" not in text, "a command is for a terminal"
    assert "/api/v1" not in text, "a route is for a program"


async def test_the_way_on_is_in_the_language_of_the_reader(site):
    await seen(site, "/me?lang=zh")
    _, text = await seen(site, "/admin/people/99")
    assert '<a href="/admin/people">请查看列表。</a>' in text
    assert "List them" not in text


TABLE = b"Number,Called,Colour\nHALL,Great Hall,red\nKTV,Star,blue\n"


async def send(site, file=None, **fields):
    _, text = await seen(site, "/admin/imports")
    data = aiohttp.FormData({"csrf": re.search(r'name="csrf" value="([0-9a-f]+)"', text)[1], **fields})
    if file is not None:
        data.add_field("file", file, filename="accounts.csv", content_type="text/csv")
    async with site.client.post(f"{site.url}/admin/imports", data=data, **FORM) as answer:
        return answer.status, await answer.text()


async def test_a_table_is_chosen_matched_previewed_brought_in_and_taken_back(site):
    await enter(site, invited(site, "fin@example.com", Role.FINANCE))
    status, text = await send(site, TABLE, table="accounts", preview="1")
    assert (status, "Nothing was imported." in text) == (422, True), "its columns are called otherwise"
    matched = {"match:Number": "id", "match:Called": "name", "match:Colour": ""}
    status, text = await send(site, TABLE, table="accounts", preview="1", **matched)
    assert (status, "nothing is written yet" in text, "Great Hall" in text) == (200, True, True)
    assert "HALL" not in str(await site.get("/accounts")), "the control: a preview writes nothing"
    kept = {name: hidden(text, name) for name in ("content", "name")}
    status, text = await send(site, table="accounts", **{"import": "1"}, **kept, **matched)
    assert (status, "Imported." in text) == (200, True)
    assert "Great Hall" in str(await site.get("/accounts"))
    status, text = await send(site, TABLE, table="accounts", preview="1")
    assert status == 200, "this browser knows how the columns were matched"
    number = re.search(r"/admin/imports/(\d+)/undo", (await seen(site, "/admin/imports"))[1])[1]
    assert (await post(site, f"/admin/imports/{number}/undo"))[0] == 303
    assert "Great Hall" not in str(await site.get("/accounts"))


OTHER = b"Kundennummer,Bezeichnung\nOST,East Hall\n"


async def test_a_matching_that_is_kept_shuts_no_file_with_other_headings_out(site):
    await enter(site, invited(site, "fin@example.com", Role.FINANCE))
    matched = {"match:Number": "id", "match:Called": "name", "match:Colour": ""}
    assert (await send(site, TABLE, table="accounts", **{"import": "1"}, **matched))[0] == 200
    status, text = await send(site, b"id,name\nEAST,East Hall\n", table="accounts", preview="1")
    assert (status, "they were matched anew" in text, "East Hall" in text) == (200, True, True)
    status, text = await send(site, OTHER, table="accounts", preview="1")
    assert (status, "they were matched anew" in text) == (422, True)
    assert 'name="match:Kundennummer"' in text, "what no heading says by itself can be matched by hand"
    status, text = await send(site, OTHER, table="accounts", preview="1", **matched)
    assert "the file has no heading" not in text, "a form that matched the file before says nothing about this one"
    mine = {"match:Kundennummer": "id", "match:Bezeichnung": "name"}
    assert (await send(site, OTHER, table="accounts", **{"import": "1"}, **mine))[0] == 200
    status, text = await send(site, OTHER, table="accounts", preview="1")
    assert (status, "matched anew" in text) == (200, False), "the control: it is kept, and fits"


async def test_a_bad_table_is_refused_with_its_rows_and_no_file_is_said(site):
    status, text = await send(site, b"id,name\n,x\nB,\n", table="accounts", **{"import": "1"})
    assert (status, "Nothing was imported." in text) == (422, True)
    assert re.search(r"<li>[^<]*row 3[^<]*</li>", text)
    assert "Choose a file." in (await send(site, table="accounts", preview="1"))[1]
    assert (await send(site, TABLE, table="none", preview="1"))[0] == 422
    assert (await send(site, table="accounts", preview="1", content="%%%"))[0] == 422


async def test_who_may_not_import_neither_sees_nor_sends_a_table(site):
    await enter(site, invited(site, "li@example.com", Role.CSM))
    assert (await seen(site, "/admin/imports"))[0] == 403
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', (await seen(site, "/me"))[1])[1]
    data = aiohttp.FormData({"csrf": csrf, "table": "accounts", "import": "1"})
    data.add_field("file", b"id,name\nHALL,Great Hall\n", filename="a.csv")
    async with site.client.post(f"{site.url}/admin/imports", data=data, **FORM) as answer:
        assert answer.status == 403


def hidden(text, name):
    return re.search(rf'name="{name}" value="([^"]*)"', text)[1]


async def test_a_person_chooses_the_language_in_which_pages_open_in_a_new_browser(site):
    mail = invited(site, "li@example.com", Role.CSM)
    await enter(site, mail)
    assert (await post(site, "/me/language", lang="zh"))[0] == 303
    await enter(site, mail)  # of a browser in which nobody chose
    assert "登录时" in (await seen(site, "/me"))[1]
    async with site.client.get(f"{site.url}/me?lang=en", **FORM):
        pass
    async with site.client.post(f"{site.url}/sign-in", data={"mail": mail, "password": GOOD}, **FORM):
        pass
    assert "登录时" not in (await seen(site, "/me"))[1], "what was chosen in this browser goes before"
    assert (await post(site, "/me/language", lang="xx"))[0] == 422


async def test_a_refused_token_form_keeps_what_was_typed_and_says_why(site):
    for wrong in ({"expires_days": "30 days"}, {"expires_days": "-1"}, {"expires_days": "1000000"}, {"role": "king"}):
        status, text = await post(
            site, "/me/tokens", **{"name": "Excel", "role": "viewer", "expires_days": "30"} | wrong
        )
        assert status == 422, (wrong, text)
        assert "Excel" not in {one["name"] for one in (await site.get("/tokens", "admin"))[1]["items"]}, wrong
    status, text = await post(site, "/me/tokens", name="Excel", role="viewer", account="NOBODY", expires_days="30")
    assert status == 422
    for kept in ('value="Excel"', 'value="NOBODY"', 'value="30"', 'value="viewer" selected'):
        assert kept in text, kept
    _, again = await seen(site, "/me")
    assert 'value="NOBODY"' not in again, "the control: a fresh form is empty"


async def test_the_own_session_is_marked_and_moments_are_of_the_readers_zone(site):
    first = {cookie.key: cookie.value for cookie in site.client.cookie_jar}["fleetward"]
    await enter(site, "boss@example.com")
    for path in ("/me", "/admin/sessions"):
        _, text = await seen(site, path)
        assert text.count("this browser") == 1, path
    own = {cookie.key: cookie.value for cookie in site.client.cookie_jar}["fleetward"]
    assert own != first
    for zone, hour, named in (("Asia/Shanghai", "20:00", "Asia/Shanghai"), ("Mars/Olympus", "12:00", "UTC")):
        site.client.cookie_jar.clear()
        cookie = f"fleetward={own}; zone={zone}"
        _, text = await seen(site, "/admin/sessions", Cookie=cookie)
        assert (hour in text, f"Times are of {named}" in text) == (True, True), zone


async def test_the_audit_log_speaks_in_words_in_both_languages(site):
    await post(site, "/me/language", lang="zh")
    _, english = await seen(site, "/admin/audit", **{"Accept-Language": "en"})
    assert "changed the own language" in english
    assert "change_language</" not in english
    await seen(site, "/admin/audit?lang=zh")  # the choice is kept, and the page comes back without it
    _, chinese = await seen(site, "/admin/audit")
    assert "修改了自己的语言" in chinese


@pytest.mark.parametrize(("language", "says"), [("en", "The password is not right."), ("zh", "密码不正确。")])
async def test_a_wrong_password_is_no_matter_of_ones_role(site, language, says):
    await seen(site, f"/me?lang={language}")
    for path in ("/me/password", "/me/second-factor", "/me/second-factor/remove", "/me/recovery-codes"):
        status, text = await post(site, path, password="wrong", new=GOOD + "!", again=GOOD + "!")
        head = re.search(r"<h1[^>]*>(.*?)</h1>", text)[1].strip()
        assert (status, head) == (403, says), path
        assert pages.Words(language)("problem_403") not in text
