"""Change a weight, see who changes band, take the file: what the page says is what the preview of the API says."""

import re

import pytest

from collector.health.policy.file import Policy
from tests import fleets
from tests import portfolio as p
from tests.policies import HEALTH, a_closing
from tests.portfolio import NOON, T

STRICT = "bands.green_from=99.9&coverage.grey_below=0.1"


@pytest.fixture
async def site(store):
    for name in ("ACME", "BETA", "CENTO"):
        p.add_account(store, name, [name.lower()], scene="exhibition_hall", industry="museum")
        p.use(store, name.lower(), range(T - 99, T + 1))
    a_closing(store).run(NOON)
    async with fleets.site(store, clock=lambda: NOON) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["csm"]}) as answer:
            assert answer.status == 200
        yield site


async def page(site, query="", path="/portfolio/policy"):
    async with site.client.get(f"{site.url}{path}?{query}") as answer:
        return answer.status, await answer.text()


async def test_a_form_of_the_policy_in_force_changes_nothing(site):
    status, text = await page(site)
    assert (status, "What would change" in text) == (200, False)
    fields = dict(re.findall(r'name="([a-zB-F0-9A_.]+)" value="([0-9.]+)"', text))
    assert {"measures.B2.weight", "profiles.growth.B", "bands.green_from", "drop.cap"} <= set(fields)
    same = "&".join(f"{key}={value}" for key, value in fields.items())
    assert "What would change" not in (await page(site, same))[1]


async def test_who_changes_band_is_named_as_the_preview_says(site):
    status, text = await page(site, STRICT)
    taken = (await page(site, STRICT, "/portfolio/policy.toml"))[1]
    _, said = await site.ask("POST", "/scores/preview", "admin", json={"policy": taken})
    moved = [one["account"] for one in said["accounts"] if one["band_before"] != one["band_after"]]
    assert moved
    assert (status, text.count("other band")) == (200, len(moved))
    assert all(f'href="/accounts/{account}"' in text for account in moved)
    policy = Policy.load(taken)
    assert (policy.bands.green_from, policy.coverage.grey_below) == (99.9, 0.1)
    assert policy.measures == HEALTH.measures, "nothing else changed"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("measures.B1.weight=much", "write a number"),
        ("profiles.growth.B=36", "they have to sum to 100"),
        ("bands.green_from=10", "A policy cannot have these numbers"),
    ],
)
async def test_what_no_policy_can_have_is_said_in_words_and_what_was_typed_stays(site, query, said):
    status, text = await page(site, query)
    assert (status, said in text, "policy.toml?" in text) == (200, True, False)
    key, _, value = query.partition("=")
    assert re.search(rf'name="{re.escape(key)}" value="{value}"', text)
    assert (await page(site, query, "/portfolio/policy.toml"))[0] == 400
