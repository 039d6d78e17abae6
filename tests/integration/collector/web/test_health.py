"""/healthz and the metrics say when the store takes nothing, why, and when it takes again."""

import asyncio
import contextlib
import shutil
import subprocess
import threading

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from collector.ingest.loop import Ingest
from collector.ingest.transaction import Groups
from collector.operations import process
from collector.store.engine import open_store
from collector.store.watch import StoreWatch
from collector.values.refusal import Refused
from tests import fleets
from tests.clocks import Clock
from tests.databases import own_postgresql, postgresql_programs
from tests.groups import groups_of
from tests.waiting import DEADLINE_S


@contextlib.asynccontextmanager
async def watched(url):
    """A site with a watch; `check` does what the job does, later and later."""
    watch, clock = StoreWatch(), Clock(float(fleets.NOON))
    with contextlib.closing(open_store(url)) as store:
        async with fleets.site(store, clock=clock, watch=watch) as site:

            def check():
                clock.now += 61
                return process.probe_store(site.parts.context, None)

            yield site, watch, check


async def health(site):
    async with site.client.get(f"{site.url}/healthz") as answer:
        return answer.status, (await answer.json())["store"]


async def takes(site):
    async with site.client.get(f"{site.url}/metrics") as answer:
        (line,) = [
            each for each in (await answer.text()).splitlines() if each.startswith("fleetward_collector_store_t")
        ]
    return float(line.split()[1])


@pytest.fixture
def small_disk(tmp_path):
    """8 MB of tmpfs."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(place)], capture_output=True, check=False
    ).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


async def test_a_full_disk_is_no_health_until_there_is_room(small_disk):
    async with watched(f"sqlite:///{small_disk}/fleet.db") as (site, _, check):
        check()
        assert (await health(site), await takes(site)) == ((200, "ok"), 1.0)
        fill(small_disk / "other")
        for _ in range(20):  # the log has some room of its own
            check()
        status, said = await health(site)
        assert (status, said["reason"]) == (503, "the disk of the store is full")
        assert "make room" in said["remedy"]
        assert said["since"].startswith("20")
        assert await takes(site) == 0.0
        status, _ = await site.get("/robots")
        assert status == 200, "the control: who only reads sees nothing of it"
        (small_disk / "other").unlink()
        check()
        assert (await health(site), await takes(site)) == ((200, "ok"), 1.0)


def fill(file):
    with contextlib.suppress(OSError), file.open("ab", buffering=0) as opened:
        while opened.write(bytes(4096)):
            pass


async def test_a_store_that_may_not_be_written_is_no_health(tmp_path):
    async with watched(f"sqlite:///{tmp_path}/fleet.db") as (site, _, check):
        written_by = site.store.writer.raw_connection().driver_connection
        written_by.execute("PRAGMA query_only = ON")
        check()
        status, said = await health(site)
        assert (status, said["reason"]) == (503, "the store's file may not be written")
        written_by.execute("PRAGMA query_only = OFF")
        check()
        assert await health(site) == (200, "ok")


@pytest.mark.skipif(postgresql_programs() is None, reason="no PostgreSQL here")
async def test_a_postgresql_that_is_away_or_read_only_is_no_health():
    with own_postgresql() as server:
        async with watched(server.url) as (site, _, check):
            check()
            assert await health(site) == (200, "ok")
            server.stop()
            status, said = await health(site)
            assert (status, said["reason"]) == (503, "the store does not answer")
            check()
            assert await takes(site) == 0.0
            status, refused = await site.get("/robots")
            assert (status, refused["error"]["code"]) == (503, "unavailable")
            server.set("default_transaction_read_only", "on")
            server.start()
            check()
            status, said = await health(site)
            assert (status, said["reason"].partition(":")[0]) == (503, "PostgreSQL takes no changes")
            server.stop()
            server.set("default_transaction_read_only", "off")
            server.start()
            check()
            assert (await health(site), await takes(site)) == ((200, "ok"), 1.0)


async def test_what_ingest_finds_is_known_without_a_check(tmp_path, monkeypatch):
    async with watched(f"sqlite:///{tmp_path}/fleet.db") as (site, watch, _):
        groups = groups_of(site.store)
        ingest = Ingest(groups, lambda *_: None, watch=watch)
        failures = [OperationalError("", {}, psycopg.errors.DiskFull())]
        commit, seen = Groups.commit, []

        def failing(self, *arguments):
            if failures:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(site.store, "write", lambda: (_ for _ in ()).throw(failures.pop()))
                    return commit(self, *arguments)
            seen.append(watch.state)
            return commit(self, *arguments)

        monkeypatch.setattr(Groups, "commit", failing)
        await ingest._commit({}, frozenset())
        assert (seen[0].takes, seen[0].reason) == (False, "the disk of PostgreSQL is full")
        assert watch.state.takes


async def test_a_quiet_collector_checks_once_a_minute_and_a_busy_one_not_at_all(tmp_path, monkeypatch):
    async with watched(f"sqlite:///{tmp_path}/fleet.db") as (site, watch, check):
        commits, write = [], site.store.write

        def counted():
            commits.append(1)
            return write()

        monkeypatch.setattr(site.store, "write", counted)
        check()
        assert len(commits) == 1
        watch.took(fleets.NOON + 61 + 31)  # ingest has committed
        check()
        assert len(commits) == 1
        check()
        assert len(commits) == 2


def test_the_disk_that_fills_here_is_not_the_machines(small_disk):
    """The control of the fixture."""
    assert shutil.disk_usage(small_disk).total <= 8 * 1024 * 1024


AGE = "fleetward_collector_store_figures_age_seconds"


def gauges(text):
    """Name -> value of every sample without labels."""
    lines = [line.split() for line in text.splitlines() if not line.startswith("#") and "{" not in line]
    return {name: float(value) for name, value in lines if name.startswith("fleetward_collector_")}


async def scraped(site):
    async with site.client.get(f"{site.url}/metrics") as answer:
        return gauges(await answer.text())


async def test_a_scrape_asks_no_store_and_says_how_old_its_figures_are(tmp_path):
    """A store that hangs: whoever takes a connection waits for ever, and says so."""
    async with watched(f"sqlite:///{tmp_path}/fleet.db") as (site, _, _):
        assert "fleetward_collector_closing_failures" not in await scraped(site), "not asked yet: unknown is not zero"
        assert process.ask_store(site.parts.context, None) == process.StoreAnswer(None, 0)
        asked, goes_on = [], threading.Event()

        def hangs():
            asked.append(1)
            assert goes_on.wait(DEADLINE_S)
            raise OperationalError("", {}, psycopg.OperationalError("away"))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(site.store, "read", hangs)
            patch.setattr(site.parts.context.store, "write", hangs)
            site.parts.context.clock.now += 90
            async with asyncio.timeout(DEADLINE_S / 2):
                found = await scraped(site)
            assert asked == []
            assert found[AGE] == 90
            assert {"fleetward_collector_robots_ahead", "fleetward_collector_closing_failures"} <= set(found)
            assert {"fleetward_collector_waiting", "fleetward_collector_store_takes"} <= set(found)
            goes_on.set()
            assert isinstance(await asyncio.to_thread(process.ask_store, site.parts.context, None), Refused)
            assert asked == [1], "the control: a round does ask"
            assert (await scraped(site))[AGE] == 90, "the last answer stands"
        process.ask_store(site.parts.context, None)
        assert (await scraped(site))[AGE] == 0


async def test_a_scrape_says_how_many_accounts_calls_and_deliveries_there_are(store):
    fleets.story(store)
    fleets.one_cta(store)
    async with fleets.site(store) as site:
        process.ask_store(site.parts.context, None)
        async with site.client.get(f"{site.url}/metrics") as answer:
            before = await answer.text()
        assert 'fleetward_collector_accounts{band="unscored"} 2.0' in before
        assert "closing_age_seconds" not in before, "no day was closed: unknown is not zero"
        fleets.scored(store)
        process.ask_store(site.parts.context, None)
        async with site.client.get(f"{site.url}/metrics") as answer:
            after = await answer.text()
    assert 'fleetward_collector_accounts{band="unscored"} 0.0' in after
    scored = [line for line in after.splitlines() if line.startswith("fleetward_collector_accounts{")]
    assert sum(float(line.split()[1]) for line in scored) == 2
    assert 'fleetward_collector_open_calls{state="open"}' in after
    assert "fleetward_collector_closing_age_seconds 0.0" in after
