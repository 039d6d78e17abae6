"""A page in Chinese is in Chinese: Latin letters are names, ids, units and what is marked as another language.

Days are written as that language writes them: an ISO day in a sentence is a day that nobody presented.
"""

import re

import orjson
import pytest
from sqlalchemy import insert

from collector.access import audit
from collector.access.audit import TOLD
from collector.access.caller import THE_CLOCK, Role
from collector.config import Settings
from collector.language import acts
from collector.store.tables.health import incident
from collector.web.api import ledger as api_ledger
from collector.web.api import openapi
from tests import fleets, page_words, portfolios
from tests.fleets import TODAY
from tests.package_repositories import Installation

PAGES = (
    "/", "/?whose=all", "/accounts", "/accounts?csm=csm-anna", "/accounts/ACME", "/accounts/EURO", "/accounts/NEW",
    "/accounts/ACME/brief", "/accounts/ACME/touch", "/accounts/ACME/handover", "/portfolio/rates",
    "/portfolio/rates/grr", "/portfolio/capacity", "/portfolio/rules", "/portfolio/backtest",
    "/portfolio/policy", "/fleet", "/fleet/faults",
    "/fleet/faults?by=model", "/robots", "/skills", "/skills/rollouts", "/skills/rollouts/plan", "/parked",
    "/search?q=a", "/me", "/admin/people",
    "/admin/people/1", "/admin/tokens", "/admin/sessions", "/admin/imports", "/admin/audit",
    "/admin/notices", "/nothing",
    "/robots/hall-7", "/robots/ktv-2", "/skills/rollouts/1", "/skills/catalogue", "/skills/catalogue/guide",
    "/skills/licences", "/skills/review", "/bills", "/bills/1", "/bills/1/lines/0", "/skills/review/1",
    "/portal?account=ACME", "/portal/use?account=ACME",
    "/portal/plan?account=ACME", "/portal/help?account=ACME",
    "/portal/bills?account=ACME", "/portal/skills?account=ACME", "/portal/skills/guide?account=ACME",
    "/portal/bills/1?account=ACME", "/accounts/ACME/licences",
    "/accounts/NOBODY", "/robots?state=nowhere", "/sign-in",
)  # fmt: skip
# Brand, units and abbreviations that Chinese writes so, and the command that a help names.
TAKEN = {
    "Fleetward", "English", "ARR", "GRR", "NRR", "NPS", "CSAT", "CSM", "QBR", "KTV", "CSV", "XLSX", "API", "ROM",
    "JSON", "PDF", "Webhook", "App", "Ctrl", "min", "collector", "token", "create", "GBP",
}  # fmt: skip
# Names and ids of the story, and what its people wrote.
NAMES = (
    "Acme Museum", "Beta KTV", "New Hall", "Euro Expo", "North Robots", "Li Wei", "li.wei@example.com", "Anna", "Ben",
    "ACME", "BETA", "EURO", "NEW", "csm-anna", "csm-ben", "csm-1", "hall-7", "ktv-2", "park-1", "old-9", "greetbot",
    "luckibot", "Director's office", "Train the new shift.", "East", "north", "admin", "hall", "contract-1", "acme-2",
    "UTC", "Red, large first", "Does not find its charger", "NOBODY", "nowhere",
    "not localised", "lost", "tours", "fee", "lift",
)  # fmt: skip


HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
async def site(store, tmp_path):
    fleets.one_of_everything(store)
    portfolios.fill(store)
    fleets.scored(store)
    portfolios.calls(store)
    every_word_of_the_audit_log(store)
    one_incident(store)
    Installation(tmp_path / "repository", now_s=fleets.NOON).found()
    async with fleets.site(store, skills_folder=str(tmp_path / "repository")) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["admin"]}) as answer:
            assert answer.status == 200
        yield site


def one_incident(store):
    """Falls at several accounts whose cause is a skill."""
    detail = {
        "of": "usage", "family": "", "since_day": TODAY - 2, "seen_day": TODAY - 1, "accounts": ["ACME", "BETA"],
        "sharing": 2, "others_share": 0.1,
    }  # fmt: skip
    values = {
        "cause": "skill",
        "value": "guide",
        "opened_day": TODAY - 1,
        "closed_day": None,
        "arrived_at": fleets.NOON,
    }
    with store.write() as connection:
        connection.execute(insert(incident).values(**values, detail=orjson.dumps(detail).decode()))


ABOUT = {
    "approve": True, "basis": "arrived", "do": "put", "kind": "contact", "language": "zh", "origin": "trial",
    "outcome": "resolved", "purpose": "password", "role": "csm", "roles": ["csm", "admin"], "state": "withdrawn",
    "table": "touches",
}  # fmt: skip


def every_word_of_the_audit_log(store):
    """Every act once, about everything that is written down."""
    about = dict.fromkeys(TOLD, TODAY) | ABOUT
    with store.write() as connection:
        for act in acts.ACTS:
            audit.note(connection, THE_CLOCK, act, about, fleets.NOON)


NOT_THERE = {"/nothing", "/accounts/NOBODY", "/robots?state=nowhere"}


async def read(site, path, language="zh-CN"):
    async with site.client.get(site.url + path, headers={"Accept-Language": language}) as answer:
        assert (answer.status in {400, 404}) is (path in NOT_THERE), (path, answer.status)
        assert answer.status < 500, path
        return await answer.text()


def written_by_people():
    """What the facts of the examples say of themselves."""
    facts = openapi.examples()[api_ledger.FACTS].values()
    said = [value for fact in facts for value in fact.values() if isinstance(value, str)]
    return said + [choice for value in said for choice in value.split("|")]  # of a field of one's own


async def test_no_page_in_chinese_has_an_english_word_or_an_iso_day(site):
    names, found = [*NAMES, *written_by_people(), *Role], {}
    for path in PAGES:
        text = await read(site, path)
        assert 'lang="zh' in text, path
        left = (page_words.latin_words(text, names) - TAKEN) | set(page_words.iso_days(text))
        found |= {path: left} if left else {}
    assert found == {}, str(found)


async def test_the_walk_finds_what_it_looks_for(site):
    found = page_words.latin_words(await read(site, "/accounts/ACME", "en-US"), NAMES)
    assert {"Health", "Robots", "Contract"} <= found, "the control: the same page in English is full of words"


async def test_what_a_setting_is_for_is_said_in_chinese_beside_the_values_that_people_type(site):
    effects = [re.findall(r'data-l="[^"]+">([^<]*)</td></tr>', await read(site, "/admin/settings", language))
               for language in ("zh-CN", "en-US")]  # fmt: skip
    in_chinese, in_english = [{one for one in each if HAN.search(one)} for each in effects]
    assert (len(effects[0]), in_chinese, in_english) == (len(Settings.model_fields), set(effects[0]), set())


async def test_a_skill_is_called_by_its_name_in_the_readers_language(site):
    for path in (
        "/fleet",
        "/",
        "/robots/hall-7",
        "/skills/rollouts/1",
        "/bills/1",
        "/skills/licences",
        "/accounts/ACME",
    ):
        found = [await read(site, path, language) for language in ("zh-CN", "en-US")]
        assert ("导览" in found[0], "导览" in found[1]) == (True, False), path
