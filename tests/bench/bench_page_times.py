"""What pages take on 10,000 accounts and 100,000 robots while 50 of them are asked for in a second (SQLite).

Open loop: moments are drawn beforehand (Poisson), and a time is counted from the moment its page was due, so that a
slow page cannot hide what waits behind it. Accounts and robots differ from one request to the next.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import aiohttp

from collector.store.engine import Store, open_store
from tests.bench import paced, scored_fleet
from tests.bench.bench_score import add_robot_day, closed
from tests.bench.scored_fleet import DAY_S, ROBOTS
from tests.bench.served import Served, admin_token, broker, place, quantile, scaled, served

ACCOUNTS = scaled(10_000)
DAYS = 60
PER_S, FOR_S, ALONE = 50, 20, 20
TARGET_MS = 80


def _pages(turn: int, chance: Random) -> tuple[str, str]:
    account, robot = chance.randrange(ACCOUNTS) + 1, chance.randrange(ACCOUNTS * ROBOTS) + 1
    return (
        ("Today", "/"), ("Account", f"/accounts/A{account}"), ("Portfolio", "/accounts"), ("Fleet", "/fleet"),
        ("Robot", f"/robots/r{robot}"),
    )[turn % 5]  # fmt: skip


def _fill(store: Store, today: int) -> None:
    scored_fleet.fill(store, ACCOUNTS, today, DAYS)
    add_robot_day(store, ACCOUNTS, today)
    now_s = int(time.time())
    robots = range(1, ACCOUNTS * ROBOTS + 1)
    scored_fleet.many(
        store, "presence", ("robot_id", "epoch", "session", "at", "received_at", "state"),
        ((n, "e", 1, now_s, now_s, "offline" if n % 100 == 0 else "online") for n in robots),
    )  # fmt: skip


Took = dict[str, list[float]]


@asynccontextmanager
async def _signed_in(site: Served, token: str) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)  # an address and no name
    async with aiohttp.ClientSession(f"http://127.0.0.1:{site.port}", cookie_jar=jar) as client:
        async with client.post("/sign-in", data={"token": token}) as answer:
            assert answer.status == 200
        yield client


async def _one(client: aiohttp.ClientSession, page: tuple[str, str], due: float, took: Took) -> None:
    """Milliseconds from when it was due."""
    name, path = page
    async with client.get(path) as answer:
        await answer.read()
        assert answer.status == 200, (path, answer.status)
    took.setdefault(name, []).append((time.monotonic() - due) * 1000)


async def _alone(site: Served, token: str) -> Took:
    """One after another; the first of each page, which fills what is kept for a moment, does not count."""
    chance, took = Random(1), Took()
    async with _signed_in(site, token) as client:
        for turn in range(5 * (ALONE + 1)):
            await _one(client, _pages(turn, chance), time.monotonic(), took)
    return {name: times[1:] for name, times in took.items()}


async def _loaded(site: Served, token: str) -> Took:
    chance, took = Random(2), Took()
    async with _signed_in(site, token) as client:
        began, running = time.monotonic(), set()
        for turn, at in enumerate(paced.schedule(PER_S * FOR_S, PER_S)):
            await asyncio.sleep(max(0.0, began + at - time.monotonic()))
            running.add(asyncio.create_task(_one(client, _pages(turn, chance), began + at, took)))
        await asyncio.gather(*running)
    return took


def run() -> list[dict[str, Any]]:
    today = int(time.time()) // DAY_S
    with place() as folder:
        url = f"sqlite:///{folder}/fleet.db"
        store = open_store(url)
        _fill(store, today)
        store.close()
        closed(url, today - 1)
        token = admin_token(folder)
        with broker(folder) as mosquitto, served(folder, mosquitto.url) as site:
            alone = asyncio.run(_alone(site, token))
            cpu_s = site.cpu_s()
            loaded = asyncio.run(_loaded(site, token))
            each_ms = (site.cpu_s() - cpu_s) / (PER_S * FOR_S) * 1000
    of = f"{ACCOUNTS:,} accounts, {ACCOUNTS * ROBOTS:,} robots, SQLite"
    rows: list[dict[str, Any]] = []
    for page, times in loaded.items():
        p95 = quantile(times, 0.95)
        target = {"target": f"≤ {TARGET_MS}", "met": p95 <= TARGET_MS} if ACCOUNTS >= 10_000 else {}
        rows.append({"name": f"page {page}, p95 at {PER_S} pages a second: {of}", "value": p95, "unit": "ms", **target})
        rows.append({"name": f"page {page}, median alone: {of}", "value": quantile(alone[page], 0.5), "unit": "ms"})
    return [*rows, {"name": f"the collector's processor for a page: {of}", "value": each_ms, "unit": "ms"}]
