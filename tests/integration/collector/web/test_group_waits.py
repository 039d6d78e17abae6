"""/healthz while a group of robots' messages waits for the store: one that hangs, and one that refuses it."""

import asyncio
import contextlib
import logging
import threading

import pytest
from sqlalchemy import text

from collector.ingest import loop
from collector.ingest.loop import Ingest
from collector.ingest.queue import Arrival
from collector.operations import process
from collector.store import watch as watching
from collector.store.engine import open_store
from collector.store.watch import StoreWatch
from protocol import topics
from tests import fleets
from tests.batches import payload, totals, window
from tests.clocks import Clock
from tests.databases import fresh_database
from tests.groups import groups_of
from tests.waiting import DEADLINE_S, until_async

NOON = "2026-05-29T12:00:00Z"


@contextlib.asynccontextmanager
async def ingesting(store):
    """A site, ingest beside it as in a collector, and the two clocks that the watch goes by."""
    steady, clock = Clock(1_000.0), Clock(float(fleets.NOON))
    watch = StoreWatch(monotonic=steady)
    async with fleets.site(store, clock=clock, watch=watch) as site, asyncio.TaskGroup() as tasks:
        ingest = Ingest(groups_of(store), lambda *_: None, clock=clock, watch=watch)
        tasks.create_task(ingest.run())
        try:
            yield site, ingest, steady
        finally:
            ingest.stop()


async def health(site):
    async with site.client.get(f"{site.url}/healthz") as answer:
        return answer.status, (await answer.json())["store"]


def send(ingest, robot):
    rows = payload(robot, [window(1, {"faces": 1})])
    ingest.offer(Arrival(topics.up(robot), rows, asyncio.get_running_loop().time()))


@contextlib.contextmanager
def locked(store):
    """Somebody else's transaction holds what a group is written to."""
    if store.dialect == "postgresql":
        with store.writer.begin() as other:
            other.execute(text("LOCK TABLE usage_day IN ACCESS EXCLUSIVE MODE"))
            yield
        return
    held, goes_on = threading.Event(), threading.Event()

    def hold():
        with store.write():
            held.set()
            assert goes_on.wait(DEADLINE_S)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(DEADLINE_S)
    try:
        yield
    finally:
        goes_on.set()
        holder.join()


async def test_a_store_that_hangs_is_no_health_once_a_group_has_waited_for_it(store):
    async with ingesting(store) as (site, ingest, steady):
        steady.now += 3_600
        assert await health(site) == (200, "ok"), "the control: nothing is to be committed"
        with locked(store):
            send(ingest, "r1")
            await until_async(lambda: ingest.watch.holds_group)
            for robot in ("r2", "r3"):
                send(ingest, robot)
            assert ingest.figures.waiting == 2
            steady.now += watching.WAITS_S - 1
            assert await health(site) == (200, "ok"), "the control: a slow disk is none that hangs"
            steady.now += 112
            site.parts.context.clock.now += 141
            status, said = await health(site)
            assert (status, said["since"]) == (503, NOON)
            assert said["reason"] == "the store has taken nothing for 141 s, 3 messages of robots wait"
            assert "lock of another session" in said["remedy"]
        await until_async(lambda: ingest.figures.records == 3)
        steady.now += 3_600
        assert await health(site) == (200, "ok")


async def test_the_log_says_once_that_a_group_hangs(store, monkeypatch, caplog):
    monkeypatch.setattr(loop, "WAITS_S", 0.01)

    def told():
        return [record for record in caplog.records if getattr(record, "action", "") == "store_hangs"]

    with caplog.at_level(logging.WARNING):
        async with ingesting(store) as (_, ingest, _):
            with locked(store):
                send(ingest, "r1")
                await until_async(told)
            await until_async(lambda: ingest.figures.records == 1)
    assert len(told()) == 1


@pytest.mark.parametrize(
    ("state", "reason"),
    [("53100", "the disk of PostgreSQL is full"), ("42501", "the store refuses: InsufficientPrivilege")],
)
async def test_a_group_that_is_refused_stays_so_until_one_is_committed(postgresql_server, state, reason):
    """The check commits its small row to another table all the while."""
    with fresh_database(postgresql_server) as url, contextlib.closing(open_store(url)) as store:
        with store.write() as connection:
            refuse = f"BEGIN RAISE 'no' USING ERRCODE = '{state}'; END"
            connection.execute(
                text(f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS '{_quoted(refuse)}'")
            )
            connection.execute(
                text("CREATE TRIGGER refuse BEFORE INSERT ON usage_day FOR EACH ROW EXECUTE FUNCTION refuse()")
            )
        async with ingesting(store) as (site, ingest, _):
            clock = site.parts.context.clock
            check = lambda: asyncio.to_thread(process.probe_store, site.parts.context, None)  # noqa: E731 - short
            await check()
            assert await health(site) == (200, "ok"), "the control: the check finds nothing"
            send(ingest, "r1")
            await until_async(lambda: ingest.figures.retries)
            for _ in range(3):
                tried = ingest.figures.retries
                clock.now += 61
                await check()
                status, said = await health(site)
                assert (status, said["reason"], said["since"]) == (503, reason, NOON)
                await until_async(lambda tried=tried: ingest.figures.retries > tried)
            with store.write() as connection:
                connection.execute(text("DROP TRIGGER refuse ON usage_day"))
            await until_async(lambda: ingest.figures.records == 1)
            assert await health(site) == (200, "ok")
            assert totals(store)


def _quoted(sql):
    return sql.replace("'", "''")


async def test_the_check_speaks_again_once_no_group_waits(tmp_path):
    """A group that a bug took away is not waited for: what the check finds is the newest that is known."""
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
        watch = StoreWatch()
        async with fleets.site(store, clock=lambda: float(fleets.NOON), watch=watch) as site:
            watch.begins(fleets.NOON, lambda: 1)
            watch.refused(OSError(), fleets.NOON)
            process.probe_store(site.parts.context, None)
            assert not watch.state.takes, "the control: the group still waits"
            watch.left()
            process.probe_store(site.parts.context, None)
            assert watch.state.takes
