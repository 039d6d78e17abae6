"""Debian's chromium, and windows of it that note what they ask and what they complain of."""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import ConsoleMessage, Page

from tests import fleets

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MARKS = [
    pytest.mark.skipif(CHROMIUM is None, reason="no browser: apt-get install chromium"),
    pytest.mark.asyncio(loop_scope="module"),
]
AXE = Path(os.environ.get("AXE_CORE", "node_modules/axe-core/axe.min.js"))
NEEDS_AXE = pytest.mark.skipif(
    not AXE.is_file(), reason="no axe-core: npm install axe-core, or AXE_CORE=path/to/axe.min.js"
)
SHOTS = os.environ.get("FLEETWARD_SHOTS")  # a folder to keep screenshots in, to be looked at


class Window:
    """A browser window that notes every host it asks and every complaint."""

    def __init__(self, site: fleets.Site, page: Page) -> None:
        self.site, self.page = site, page
        self.hosts: set[str | None] = set()
        self.complaints: list[str] = []
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))
        page.on("console", self._told)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _told(self, message: ConsoleMessage) -> None:
        """What the browser tells for information (that it moved no focus) is no complaint."""
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    async def go(self, path: str) -> None:
        answer = await self.page.goto(self.site.url + path)
        assert answer is not None
        assert answer.status == 200, path

    async def keep(self, name: str) -> None:
        await keep(self.page, name)


async def keep(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def accessibility_faults(page: Page, axe: str) -> list[list[str]]:
    """What axe-core finds wrong at any level: the rule's id and the first element."""
    # What is right is not asked for: the browser would describe thousands of elements.
    run = 'axe.run(document, {resultTypes: ["violations"]})'
    told = "({violations}) => violations.map((one) => [one.id, one.nodes[0].html])"
    found: list[list[str]] = await page.evaluate(f"{axe}; {run}.then({told})")
    return found
