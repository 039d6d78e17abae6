"""Signing in with a company's account, against a provider that really answers (oidc-provider-mock)."""

import contextlib
import re
import time
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pytest
from joserfc.jwk import RSAKey

from collector.access.caller import Role
from collector.operations import people, sign_in
from collector.operations.people import AddPerson
from collector.operations.sign_in import UseLink
from collector.store.engine import open_store
from collector.web.auth import company
from tests import fleets

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning:authlib")  # the provider's own libraries
FORM = {"allow_redirects": False}
GOOD = "four words are good"


@pytest.fixture(scope="module")
def issuer():
    with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
async def site(tmp_path, issuer):
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
        fleets.story(store)
        settings = {"oidc_issuer": issuer, "oidc_client_id": "fleet", "oidc_client_secret": "a secret"}
        async with fleets.site(store, clock=time.time, **settings) as site:
            made = people.add_person(
                site.parts.context, AddPerson(mail="li@example.com", name="Li Wei", lang="en", roles=[Role.CSM])
            )
            link = made.invitation.link.rpartition("/")[2]
            sign_in.use_link(site.parts.context, UseLink(secret=link, password=GOOD))
            yield site


async def by_password(site):
    form = {"mail": "li@example.com", "password": GOOD}
    async with site.client.post(f"{site.url}/sign-in", data=form, **FORM) as answer:
        assert answer.status == 303


async def there(site, path, subject):
    """The way to the company and back, as a browser goes it: the address that the company sends it to."""
    async with site.client.get(f"{site.url}{path}", **FORM) as answer:
        assert answer.status == 303, await answer.text()
        asked = answer.headers["Location"]
    async with site.client.post(asked, data={"sub": subject}, **FORM) as answer:
        back = urlsplit(answer.headers["Location"])
    assert back.path == company.BACK
    return f"{back.path}?{back.query}", parse_qs(urlsplit(asked).query)


async def come(site, path):
    async with site.client.get(f"{site.url}{path}", **FORM) as answer:
        return answer.status, await answer.text()


async def is_in(site):
    async with site.client.get(f"{site.url}/api/v1/me") as answer:
        return answer.status == 200 and (await answer.json())["person"]["mail"]


async def linked(site, subject):
    await by_password(site)
    back, _ = await there(site, "/sign-in/company?link=1", subject)
    assert (await come(site, back))[0] == 200
    site.client.cookie_jar.clear()


async def test_a_linked_company_account_signs_in_and_comes_back_to_the_wanted_page(site):
    await linked(site, "u-1")
    back, asked = await there(site, "/sign-in/company?next=/fleet", "u-1")
    assert (asked["code_challenge_method"], asked["scope"], len(asked["nonce"][0])) == (["S256"], ["openid"], 32)
    status, text = await come(site, back)
    assert status == 200
    assert "u-1" not in text
    assert re.search(r'http-equiv="refresh" content="0; url=/fleet"', text)
    assert await is_in(site) == "li@example.com"


async def test_an_account_that_nobody_linked_signs_nobody_in_whatever_its_mail_is(site):
    back, _ = await there(site, "/sign-in/company", "li@example.com")
    status, text = await come(site, back)
    assert (status, "Nobody has linked" in text) == (401, True)
    assert not await is_in(site)


async def test_linking_needs_somebody_who_is_signed_in_and_one_account_is_one_persons(site):
    async with site.client.get(f"{site.url}/sign-in/company?link=1", **FORM) as answer:
        assert answer.headers["Location"] == "/sign-in"
    await linked(site, "u-1")
    made = people.add_person(
        site.parts.context, AddPerson(mail="w@example.com", name="W", lang="en", roles=[Role.VIEWER])
    )
    link = made.invitation.link.rpartition("/")[2]
    async with site.client.post(f"{site.url}/link/{link}", data={"password": GOOD, "again": GOOD}, **FORM) as answer:
        assert answer.status == 303
    back, _ = await there(site, "/sign-in/company?link=1", "u-1")
    assert (await come(site, back))[0] == 409


async def test_an_answer_that_this_browser_did_not_ask_for_is_refused(site):
    await linked(site, "u-1")
    back, _ = await there(site, "/sign-in/company", "u-1")
    stolen = {cookie.key: cookie.value for cookie in site.client.cookie_jar}[company.COOKIE]
    site.client.cookie_jar.clear()
    assert (await come(site, back))[0] == 401, "another browser"
    other, _ = await there(site, "/sign-in/company", "u-1")
    state = re.search(r"state=([^&]+)", other)[1]
    mixed = re.sub(r"state=[^&]+", f"state={state}", back)
    assert (await come(site, mixed))[0] == 401, "a code of another sign-in: its nonce and verifier are not ours"
    assert (await come(site, f"{other}&iss=https://evil.example"))[0] == 401
    assert not await is_in(site)
    again, _ = await there(site, "/sign-in/company", "u-1")
    assert (await come(site, again))[0] == 200, "the control"
    assert stolen


async def test_a_disabled_person_does_not_come_in_by_the_company(site):
    await linked(site, "u-1")
    person = people.list_people(admin_of(site), people.ListPeople(limit=1)).items[0].id
    people.disable_person(admin_of(site), person)
    back, _ = await there(site, "/sign-in/company", "u-1")
    assert (await come(site, back))[0] == 401
    people.enable_person(admin_of(site), person)
    back, _ = await there(site, "/sign-in/company", "u-1")
    assert (await come(site, back))[0] == 200, "the control"


def admin_of(site):
    return site.parts.context


async def test_keys_that_the_issuer_rotated_are_asked_for_once_a_minute(site):
    await linked(site, "u-1")
    held = site.app[company.COMPANY]
    old = RSAKey.generate_key(2048, {"kid": "old"}).as_dict(private=False)
    held.keys = {"keys": [old]}
    held.keys_asked = -company.ASK_AGAIN_S
    back, _ = await there(site, "/sign-in/company", "u-1")
    assert (await come(site, back))[0] == 200
    held.keys = {"keys": [old]}
    back, _ = await there(site, "/sign-in/company", "u-1")
    assert (await come(site, back))[0] == 401, "the control: a stranger's tokens make nobody ask without end"


async def test_an_issuer_that_is_away_or_another_one_is_said_and_no_error(site, issuer):
    settings = site.parts.context.settings
    held = site.app[company.COMPANY]
    for wrong in ("http://localhost:9", f"{issuer}/"):
        held.about = {}
        object.__setattr__(site.parts.context, "settings", settings.model_copy(update={"oidc_issuer": wrong}))
        status, text = await come(site, "/sign-in/company")
        assert (status, "did not work" in text) == (401, True), wrong
