"""One browser for the tests of a file, and one collector that has been told the demo's portfolio."""

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from tests.e2e.browsing import AXE, CHROMIUM
from tests.e2e.told import told


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--headless=new", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


@pytest.fixture
def axe():
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def told_site(tmp_path_factory):
    with told(tmp_path_factory.mktemp("stories")) as site:
        yield site
