"""A reader of the pages without script: signs in, reads, sends a page's form, takes back what a toast offers."""

import html
import re

from yarl import URL

from tests.fleets import Site

TOAST = re.compile(r'<div class="toast">.*?</form>', re.DOTALL)


async def sign_in(site: Site, role: str) -> None:
    """Who may open nothing is answered 403, and is signed in."""
    site.client.cookie_jar.clear()
    async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets[role]}) as answer:
        assert answer.status in {200, 403}


async def page(site: Site, path: str) -> str:
    async with site.client.get(site.url + path) as answer:
        assert answer.status == 200, (path, answer.status)
        return html.unescape(await answer.text())


async def act(site: Site, path: str, form_on: str, **fields: str) -> tuple[int, str, URL]:
    """The status, the page and the address that a form leads to. `form_on`: a page with this session's token."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', await page(site, form_on))
    assert found is not None
    async with site.client.post(site.url + path, data={"csrf": found[1], **fields}) as answer:
        return answer.status, html.unescape(await answer.text()), answer.url


def undo_of(text: str) -> tuple[str, dict[str, str]]:
    """The address and the fields of the toast's undo, without the token, which is of the session that did it."""
    found = TOAST.search(text)
    assert found is not None
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', found[0]))
    fields.pop("csrf")
    address = re.search(r'action="([^"]+)"', found[0])
    assert address is not None
    return address[1], fields
