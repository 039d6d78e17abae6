"""Signing in as a person: password, second factor, one-time links, the way back; and what a stranger cannot do."""

import contextlib
import re

import pyotp
import pytest

from collector.access import people as store_of_people
from collector.access.caller import Role
from collector.operations import people, profile, sign_in
from collector.operations.people import AddPerson, LinkFor
from collector.operations.sign_in import UseLink
from collector.store.engine import open_store
from collector.web.auth import passwords, sessions
from collector.web.pages.sign_in import own_address
from tests import fleets

FORM = {"allow_redirects": False}
MAIL, GOOD = "li@example.com", "four words are good"
STRANGER = {"X-Forwarded-For": "203.0.113.9"}
HERE = {"X-Forwarded-For": "198.51.100.7"}


@pytest.fixture
async def site(tmp_path, clock):
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
        fleets.story(store)
        async with fleets.site(store, clock=clock, trusted_proxies="127.0.0.1") as site:
            yield site


@pytest.fixture
def person(site):
    made = people.add_person(site.parts.context, AddPerson(mail=MAIL, name="Li Wei", lang="zh", roles=[Role.CSM]))
    used = UseLink(secret=secret_of(made.invitation.link), password=GOOD)
    return sign_in.use_link(site.parts.context, used)


def secret_of(link):
    return link.rpartition("/")[2]


def as_person(site, number):
    with site.store.read() as connection:
        return site.parts.context.seen_by(store_of_people.caller_of(connection, number))


async def post(site, path, headers=HERE, **form):
    async with site.client.post(f"{site.url}{path}", data=form, headers=headers, **FORM) as answer:
        return answer, await answer.text()


async def enter(site, mail=MAIL, password=GOOD, headers=HERE, **more):
    answer, text = await post(site, "/sign-in", headers, mail=mail, password=password, **more)
    return answer.status, text, answer


async def is_in(site):
    async with site.client.get(f"{site.url}/api/v1/me") as answer:
        return answer.status == 200


def hidden(text, name):
    return re.search(rf'name="{name}" value="([^"]*)"', text)[1]


@pytest.mark.parametrize("wanted", ["/accounts?limit=5", "/fleet"])
async def test_a_person_signs_in_and_comes_back_to_the_page_that_was_wanted(site, person, wanted):
    async with site.client.get(f"{site.url}{wanted}", **FORM) as answer:
        there = answer.headers["Location"]
    async with site.client.get(f"{site.url}{there}") as answer:
        text = await answer.text()
    status, _, answer = await enter(site, next=hidden(text, "next"))
    assert (status, answer.headers["Location"]) == (303, wanted)
    async with site.client.get(f"{site.url}/api/v1/me") as answer:
        told = await answer.json()
    assert (told["person"]["id"], told["roles"]) == (person, ["csm"])


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "/sign-out", "", "x"],
)
def test_no_way_back_leads_to_another_site(wanted):
    assert own_address(wanted) == "/"
    assert own_address("/accounts/ACME?day=2026-05-01") == "/accounts/ACME?day=2026-05-01", "the control"


@pytest.mark.usefixtures("person")
async def test_what_is_wrong_is_said_the_same_of_a_known_and_an_unknown_address_with_what_follows(site):
    texts = [(await enter(site, mail, "wrong wrong wrong"))[1] for mail in (MAIL, "nobody@example.com")]
    assert len({text.replace(MAIL, "").replace("nobody@example.com", "") for text in texts}) == 1
    assert "E-mail or password is wrong." in texts[0]
    assert "4 more tries, then one a minute." in texts[0]
    assert not await is_in(site)


@pytest.mark.usefixtures("person")
async def test_a_stranger_is_slowed_down_and_locks_the_person_out_neither_here_nor_from_a_known_browser(site):
    statuses = [(await enter(site, password="wrong wrong", headers=STRANGER))[0] for _ in range(6)]
    assert statuses == [401] * 5 + [429], "the control: the stranger waits"
    assert (await enter(site, headers=STRANGER))[0] == 429, "also with the right password: nothing was checked"
    assert (await enter(site))[0] == 303, "another address"
    known = next(cookie.value for cookie in site.client.cookie_jar if cookie.key == passwords.BROWSER_COOKIE)
    for n in range(passwords.PERSON_TRIES + 1):
        site.client.cookie_jar.clear()
        await enter(site, password="wrong wrong", headers={"X-Forwarded-For": f"192.0.2.{n}"})

    async def status(cookie):
        site.client.cookie_jar.clear()
        return (await enter(site, headers=STRANGER | {"Cookie": f"{passwords.BROWSER_COOKIE}={cookie}"}))[0]

    assert await status(known) == 303, "this browser has signed in before"
    assert await status(f"00.{'0' * 64}") == 429
    site.client.cookie_jar.clear()
    assert (await enter(site, headers=HERE))[0] == 429, "the control: guesses from everywhere are counted for a person"


async def test_a_second_factor_is_asked_for_and_each_code_counts_once(site, person, clock):
    mine = as_person(site, person)
    begun = profile.begin_second_factor(mine, profile.PasswordAgain(password=GOOD))
    app = pyotp.TOTP(begun.secret)
    codes = profile.confirm_second_factor(mine, profile.AppCode(code=app.at(clock.now))).codes
    assert len(set(codes)) == 10

    async def second(code):
        status, text, _ = await enter(site)
        assert status == 200
        assert not await is_in(site), "the password alone opens nothing"
        answer, _ = await post(site, "/sign-in/second", step=hidden(text, "step"), code=code, mail=MAIL, next="/fleet")
        return answer.status

    assert await second(app.at(clock.now)) == 401, "it was used to confirm"
    clock.now += 60
    assert await second(app.at(clock.now)) == 303
    assert await is_in(site)
    site.client.cookie_jar.clear()
    assert await second(app.at(clock.now)) == 401, "seen over the shoulder, it is worth nothing"
    assert await second(codes[0].upper().replace("-", " ")) == 303
    site.client.cookie_jar.clear()
    assert await second(codes[0]) == 401
    assert profile.my_profile(as_person(site, person), None).recovery_codes == 9


async def test_the_second_step_rests_on_the_first_and_on_nothing_that_was_made_up(site, person, clock):
    mine = as_person(site, person)
    begun = profile.begin_second_factor(mine, profile.PasswordAgain(password=GOOD))
    app = pyotp.TOTP(begun.secret)
    profile.confirm_second_factor(mine, profile.AppCode(code=app.at(clock.now)))
    clock.now += 60
    step = hidden((await enter(site))[1], "step")

    async def told(given):
        answer, text = await post(site, "/sign-in/second", step=given, code=app.at(clock.now), mail=MAIL)
        return answer.status, "took too long" in text

    number, expires, stamp, _ = step.split(".")
    for bad in ("", "x", "1.2.3", f"{number}.{int(expires) + 99}.{stamp}.{step.rpartition('.')[2]}"):
        assert await told(bad) == (401, True), bad
    clock.now += passwords.SECOND_STEP_S
    assert await told(step) == (401, True)
    step = hidden((await enter(site))[1], "step")
    link = people.link_person(site.parts.context, LinkFor(person=person)).link
    sign_in.use_link(site.parts.context, UseLink(secret=secret_of(link), password=GOOD))
    assert await told(step) == (401, False), "the password was set anew since"
    clock.now += 60
    step = hidden((await enter(site))[1], "step")
    assert await told(step) == (303, False), "the control"


async def test_codes_cannot_be_guessed_by_whoever_has_the_password(site, person, clock):
    mine = as_person(site, person)
    begun = profile.begin_second_factor(mine, profile.PasswordAgain(password=GOOD))
    profile.confirm_second_factor(mine, profile.AppCode(code=pyotp.TOTP(begun.secret).at(clock.now)))
    step = hidden((await enter(site))[1], "step")
    statuses = [(await post(site, "/sign-in/second", step=step, code="000000"))[0].status for _ in range(6)]
    assert statuses == [401] * 5 + [429]


@pytest.mark.usefixtures("person")
async def test_signing_in_gives_a_new_session_and_ends_the_one_that_this_browser_had(site):
    planted = {"Cookie": f"{sessions.COOKIE}=planted"}
    assert (await enter(site, headers=HERE | planted))[0] == 303
    first = {cookie.key: cookie.value for cookie in site.client.cookie_jar}[sessions.COOKIE]
    assert first != "planted"
    assert (await enter(site))[0] == 303
    second = {cookie.key: cookie.value for cookie in site.client.cookie_jar}[sessions.COOKIE]
    site.client.cookie_jar.clear()

    async def opens(cookie):
        headers = {"Cookie": f"{sessions.COOKIE}={cookie}"}
        async with site.client.get(f"{site.url}/api/v1/me", headers=headers) as answer:
            return answer.status == 200

    assert (await opens(first), await opens(second)) == (False, True)


@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_a_foreign_page_signs_nobody_in_and_uses_no_link(site, person, header):
    link = people.link_person(site.parts.context, LinkFor(person=person)).link
    assert (await enter(site, headers=HERE | header))[0] == 403
    form = {"password": GOOD, "again": GOOD}
    assert (await post(site, f"/link/{secret_of(link)}", HERE | header, **form))[0].status == 403
    assert (await post(site, f"/link/{secret_of(link)}", **form))[0].status == 303, "the control: our own page may"
    assert (await enter(site))[0] == 303


async def test_a_link_is_read_by_a_scanner_any_number_of_times_and_used_once_by_its_person(site):
    made = people.add_person(site.parts.context, AddPerson(mail=MAIL, name="Li Wei", lang="en", roles=[Role.CSM]))
    path = f"/link/{secret_of(made.invitation.link)}"
    for _ in range(3):
        async with site.client.get(f"{site.url}{path}") as answer:
            assert answer.status == 200
            assert "Li Wei" in await answer.text()
        async with site.client.head(f"{site.url}{path}") as answer:
            assert answer.status == 200
    short, text = await post(site, path, password="short", again="short")
    assert (short.status, "12 to 256 characters" in text) == (422, True)
    assert (await post(site, path, password=GOOD, again=GOOD + "x"))[0].status == 422
    assert (await post(site, path, password=GOOD, again=GOOD))[0].status == 303
    assert await is_in(site)
    again, text = await post(site, path, password=GOOD, again=GOOD)
    assert (again.status, "is over" in text) == (404, True)


async def test_the_first_admin_comes_in_by_the_first_link(site):
    link = people.first_link(site.parts.context, None).link
    form = {"name": "Boss", "mail": "boss@example.com", "password": GOOD, "again": GOOD}
    bad, text = await post(site, f"/link/{secret_of(link)}", **form | {"mail": "nobody"})
    assert (bad.status, 'value="Boss"' in text) == (422, True), "what was written stays in the form"
    assert (await post(site, f"/link/{secret_of(link)}", **form))[0].status == 303
    async with site.client.get(f"{site.url}/api/v1/people") as answer:
        assert [one["mail"] for one in (await answer.json())["items"]] == ["boss@example.com"]


async def test_disabling_and_new_roles_end_a_browsers_session_at_once(site, person):
    for act in (
        lambda: people.change_person(site.parts.context, people.ChangePerson(person=person, roles=[Role.VIEWER])),
        lambda: people.disable_person(site.parts.context, person),
    ):
        assert (await enter(site))[0] == 303
        assert await is_in(site)
        act()
        assert not await is_in(site)
    assert (await enter(site))[0] == 401


@pytest.mark.usefixtures("person")
async def test_a_session_of_a_person_writes_only_with_its_csrf_token(site):
    await enter(site)
    body = {"json": {"account": "BETA", "title": "Call"}}
    async with site.client.post(f"{site.url}/api/v1/ctas", **body) as answer:
        assert answer.status == 403
    async with site.client.get(f"{site.url}/fleet") as answer:
        csrf = hidden(await answer.text(), "csrf")
    headers = {"X-CSRF-Token": csrf}
    async with site.client.post(f"{site.url}/api/v1/ctas", headers=headers, **body) as answer:
        assert answer.status == 201


async def test_every_text_of_signing_in_is_there_in_chinese_and_works_without_script(site, person):
    headers = HERE | {"Accept-Language": "zh"}
    link = people.link_person(site.parts.context, LinkFor(person=person)).link
    for path in ("/sign-in", f"/link/{secret_of(link)}", "/link/none"):
        async with site.client.get(f"{site.url}{path}", headers=headers) as answer:
            text = await answer.text()
        words = re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>|&[a-z#0-9]+;", " ", text, flags=re.DOTALL)
        english = set(re.findall(r"[A-Za-z]{4,}", words)) - {
            "Fleetward",
            "English",
            "collector",
            "token",
            "create",
            "example",
        }
        assert english - {"Wei", *MAIL.replace("@", ".").split(".")} == set(), path
    _, text, _ = await enter(site, password="wrong wrong", headers=headers)
    assert "4" in text
    assert "wrong." not in text


async def test_two_people_with_the_same_request_key_meet_nothing_of_each_other(site, person):
    made = people.add_person(site.parts.context, AddPerson(mail="w@example.com", name="W", lang="en", roles=[Role.CSM]))
    sign_in.use_link(site.parts.context, UseLink(secret=secret_of(made.invitation.link), password=GOOD))
    assert made.person.id != person
    answers = []
    for mail in (MAIL, "w@example.com", "w@example.com"):
        site.client.cookie_jar.clear()
        await enter(site, mail)
        async with site.client.get(f"{site.url}/fleet") as answer:
            headers = {"X-CSRF-Token": hidden(await answer.text(), "csrf"), "Idempotency-Key": "one"}
        body = {"json": {"account": "BETA", "title": f"Call of {mail}"}, "headers": headers}
        async with site.client.post(f"{site.url}/api/v1/ctas", **body) as answer:
            answers.append((answer.status, answer.headers.get("Idempotent-Replayed"), (await answer.text())))
    assert [status for status, *_ in answers] == [201] * 3
    assert answers[0][2] != answers[1][2]
    assert answers[2] == (201, "true", answers[1][2]), "the control: one's own is remembered"
