"""A walk over all doors in a language that only catalogues have. Runs in a copy of the code: `spoken` makes it.

Each message of the made-up catalogues is its English in angle brackets: a word outside them was said by no catalogue.
The language is Greek, because Babel writes its days and numbers without a Latin or a Chinese letter.
"""

import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from click.testing import CliRunner

from collector.__main__ import main_group
from collector.access.caller import Role
from collector.notifications import notice_texts
from collector.store.engine import Store, open_store
from collector.success import ctas
from edge_agent.status import page_text
from edge_agent.status.page_text import PageOf
from tests import ROOT, fleets, messages, page_words, portfolios
from tests.integration.collector.web.test_chinese_pages import NAMES, TAKEN, written_by_people
from tests.policies import PLAYBOOKS
from tests.unit.edge_agent.status.test_status import status

LANGUAGE = "el"
PAGES = (
    "/", "/accounts", "/accounts/ACME", "/accounts/ACME/brief", "/accounts/ACME/touch", "/portfolio/rates",
    "/portfolio/capacity", "/portfolio/rules", "/portfolio/policy", "/fleet", "/fleet/faults", "/robots",
    "/robots/hall-7", "/skills", "/parked", "/me", "/admin/people", "/admin/tokens", "/admin/sessions",
    "/admin/imports", "/admin/notices", "/nothing", "/sign-in",
)  # fmt: skip
COMMANDS: Mapping[str, Sequence[str]] = {
    "calls list": (), "calls of": ("ACME",), "cta brief": ("ACME",), "cta list": (), "cta plans": ("ACME",),
    "cta precision": (), "cta show": ("1",), "cta suggestions": ("ACME",), "cta tasks": ("1",), "explain": ("ACME",),
    "fleet faults": (), "fleet robots": (), "portfolio list": (), "rates": (), "segments": (), "today": (),
}  # fmt: skip
"""Commands that show something in the language that is asked for, with their arguments."""
_BRACKETS = re.compile(r"‹[^‹›]*›")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")


def spoken(into: Path) -> Path:
    """A copy of the code in `into`, with catalogues of the language for each part that speaks."""
    for package in ("collector", "edge_agent", "opk_skills", "protocol", "tests"):
        shutil.copytree(ROOT / package, into / package, ignore=shutil.ignore_patterns("__pycache__", "bench", "soak"))
    for domain in messages.DOMAINS:
        catalogue = messages.needed(domain, LANGUAGE)
        catalogue.locale = LANGUAGE
        for one in catalogue:
            if one.context == "language tag of HTML":
                one.string = LANGUAGE
            elif one.id:
                one.string = f"‹{one.id}›" if isinstance(one.id, str) else tuple(f"‹{form}›" for form in one.id)
        folder = into / domain.locales.relative_to(ROOT) / LANGUAGE / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / f"{domain.name}.po").write_bytes(messages.written(catalogue))
        (folder / f"{domain.name}.mo").write_bytes(messages.compiled(catalogue))
    return into


def unbracketed(text: str) -> str:
    """What no catalogue said."""
    while text != (text := _BRACKETS.sub(" ", text)):
        pass
    return text


def chinese(text: str) -> list[str]:
    return _HAN.findall(text)


def leaks() -> dict[str, list[str]]:
    """What is said outside the catalogues, by door: words of pages and commands, Chinese, and messages left English."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/fleet.db")
        fleets.one_of_everything(store)
        portfolios.fill(store)
        fleets.scored(store)
        portfolios.calls(store)
        found = asyncio.run(_pages(store)) | _notices(store)
        store.close()
        found |= _commands(f"sqlite:///{folder}/fleet.db")
    return {door: left for door, left in (found | _robot()).items() if left}


async def _pages(store: Store) -> dict[str, list[str]]:
    names = [*NAMES, *written_by_people(), *Role]
    found = {}
    async with fleets.site(store) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["admin"]}) as answer:
            assert answer.status == 200
        for path in PAGES:
            async with site.client.get(site.url + path, headers={"Accept-Language": LANGUAGE}) as answer:
                html = await answer.text()
            assert f'lang="{LANGUAGE}"' in html, path
            assert "‹" in html, path
            text = unbracketed(page_words.text_of(html))
            found[path] = sorted(page_words.latin_words(f"<p>{escape(text)}</p>", names) - TAKEN) + chinese(text)
    return found


def _commands(url: str) -> dict[str, list[str]]:
    found = {}
    for name, given in COMMANDS.items():
        done = CliRunner().invoke(main_group, [*name.split(), *given, "--store", url, "--lang", LANGUAGE])
        assert done.exit_code == 0, (name, done.output, done.exception)
        found[name] = chinese(done.output) + ([] if "‹" in done.output else [done.output])
    return found


def _notices(store: Store) -> dict[str, list[str]]:
    with store.read() as connection:
        calls = ctas.page(connection, ctas.CtaFilter(), PLAYBOOKS, limit=10).items
    said = [*notice_texts.of_waiting(calls, LANGUAGE), *notice_texts.of_test(LANGUAGE)]
    said += [text for one in calls for text in notice_texts.of_cta(one, one.title, LANGUAGE)]
    left = unbracketed("\n".join(said))
    return {"notices": chinese(left) + sorted(page_words.latin_words(escape(left), [*NAMES, "promise-1"]))}


def _robot() -> dict[str, list[str]]:
    html = page_text.render(PageOf(status()), LANGUAGE)
    left = unbracketed(page_words.text_of(html))
    said = {"lobby", "lidar", "front", "system", "ros2", "nobody listens", "mqtt", "own.thing"}
    return {"robot": chinese(left) + sorted(page_words.latin_words(escape(left), said))}


if __name__ == "__main__":
    print(json.dumps(leaks()))
