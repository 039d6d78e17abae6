"""Where people narrow a list to an account they type its name; its number does, too."""

import pytest

from tests import fleets, portfolios
from tests.page_acts import page, sign_in


@pytest.fixture
async def site(store):
    fleets.story(store)
    portfolios.fill(store)
    async with fleets.site(store) as site:
        await sign_in(site, "admin")
        yield site


@pytest.mark.parametrize("typed", ["ACME", "acme museum", "acme mus"])
async def test_bills_and_licences_are_narrowed_by_a_name_as_by_a_number(site, typed):
    for address in ("/bills?view=drafts", "/skills/licences?when=all"):
        text = await page(site, f"{address}&account={typed.replace(' ', '+')}")
        assert 'value="ACME"' in text, address
