"""What is done from the fleet's pages by a plain form: it needs the page's own token, and leads back to the page."""

import re

import pytest

from tests import fleets

FORM = {"allow_redirects": False}


@pytest.fixture
async def site(store):
    fleets.story(store)
    fleets.one_parked_count(store)
    async with fleets.site(store) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["admin"]}, **FORM) as answer:
            assert answer.status == 303
        yield site


async def post(site, path, **fields):
    async with site.client.post(f"{site.url}{path}", data=fields, **FORM) as answer:
        return answer.status, answer.headers.get("Location", "")


async def test_a_parked_amount_is_released_by_the_pages_own_form_and_by_no_other(site):
    async with site.client.get(f"{site.url}/me") as answer:
        csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', await answer.text())[1]
    wanted = {"parked": "1", "why": "seen"}
    assert (await post(site, "/acts/parked-counts/release", **wanted))[0] == 403
    assert (await post(site, "/acts/parked-counts/release", csrf="0" * len(csrf), **wanted))[0] == 403
    status, back = await post(site, "/acts/parked-counts/refuse", csrf=csrf, **wanted)
    assert (status, "?told=" in back, back.endswith("#parked")) == (303, True, True)
    assert (await post(site, "/acts/parked-counts/release", csrf=csrf, **wanted))[0] == 409, "the control: it was done"
