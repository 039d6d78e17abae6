"""What a page says was done comes from this collector, for this reader, of this page: a link of others says nothing."""

import re
from pathlib import Path

import pytest
from yarl import URL

import collector.web
from tests import fleets, portfolios
from tests.page_acts import act, page, sign_in

TEMPLATES = Path(collector.web.__file__).parent / "templates"
OF_A_TOAST = {"base.html", "call_changed.html", "calls_changed.html", "gallery.html", "components/frames.html"}
FORGED = (
    "told=eyJub3RlZCI6Im5vdGUifQ%3D%3D.0", "told=x", "told=.", "told=%FF.%FF", "noted=note&name=Call+0900",
    "done=pause",
    "did=priced", "said=Call+0900", "refused=1", "swapped=1", "view=1&viewed=saved", "viewed=deleted&name=Call+0900",
    "mention=1", "act=done&name=Call+0900", "released=1", "cleared=1",
)  # fmt: skip
PAGES = (
    "/", "/accounts", "/accounts/ACME", "/accounts/BETA", "/fleet", "/robots", "/robots/hall-7", "/parked", "/skills",
    "/skills/catalogue", "/skills/rollouts", "/skills/licences", "/skills/review", "/bills", "/me",
    "/portal?account=ACME", "/portal/skills?account=ACME", "/portal/bills?account=ACME",
)  # fmt: skip


@pytest.fixture
async def site(store):
    fleets.story(store)
    portfolios.fill(store)
    fleets.scored(store)
    async with fleets.site(store) as site:
        await sign_in(site, "admin")
        yield site


def said(text):
    """What the page's toasts say."""
    return re.findall(r'<div class="toast"><span>(.*?)</span>', text, re.DOTALL)


async def test_no_page_says_what_a_forged_address_has_it_say(site):
    for path in PAGES:
        for forged in FORGED:
            found = said(await page(site, f"{path}{'&' if '?' in path else '?'}{forged}"))
            assert not found, (path, forged)


async def test_what_was_done_is_said_once_signed_here_and_nowhere_else(site):
    status, text, url = await act(site, "/acts/views/save", "/accounts", list="accounts", said="band=red", name="Reds")
    assert (status, said(text)) == (200, ["View saved: Reds"])
    told = url.query["told"]
    body, _, signature = told.rpartition(".")
    assert said(await page(site, str(url.relative()))) == ["View saved: Reds"], "the control: it is not the act alone"
    for path in ("/robots", "/accounts", "/accounts?band=yellow", "/"):
        assert not said(await page(site, str(URL(path).update_query(told=told)))), path
    for other in (f"{body}x.{signature}", f"{body}.{signature[:-1]}", body, signature):
        assert not said(await page(site, str(url.relative().update_query(told=other)))), other
    await sign_in(site, "staff")
    assert not said(await page(site, str(url.relative()))), "it was told to somebody else"


def test_only_the_frame_of_all_pages_and_the_answers_to_acts_show_a_toast():
    found = {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if re.search(r"toast\(", path.read_text())
    }
    assert found == OF_A_TOAST
