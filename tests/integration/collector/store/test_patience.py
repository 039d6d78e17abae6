"""A start waits for a PostgreSQL that is not there yet, and not for one that will never let it in."""

import asyncio
from itertools import pairwise

import pytest

from collector import app, config
from collector.errors import StoreAway, StoreError
from collector.store import patience
from collector.store.engine import open_store
from tests.databases import own_postgresql, postgresql_programs
from tests.waiting import until_async

pytestmark = pytest.mark.skipif(postgresql_programs() is None, reason="no PostgreSQL here")


def actions(caplog):
    return [record.action for record in caplog.records if hasattr(record, "action")]


async def opened(url, wait_s):
    async def there():
        return open_store(url)

    return await patience.until_there(there, wait_s)


@pytest.fixture(scope="module")
def server():
    with own_postgresql() as server:
        yield server


async def test_a_start_goes_on_when_the_database_comes(server, caplog):
    caplog.set_level("INFO")
    server.stop()
    waiting = asyncio.create_task(opened(server.url, 300))
    await until_async(lambda: "store_away" in actions(caplog))
    await asyncio.to_thread(server.start)
    (await waiting).close()
    assert actions(caplog)[0] == "store_away"
    assert actions(caplog)[-1] == "store_there"


def test_without_patience_it_ends_at_once_in_one_line(server, caplog):
    """The control: it is the waiting that lets it start."""
    server.stop()
    try:
        settings = config.load({"store": server.url, "store_wait_s": 0})
        with pytest.raises(StoreAway, match=r"No such file|Connection refused") as caught:
            asyncio.run(app.serve(settings))
        assert "\n" not in str(caught.value)
        assert actions(caplog) == []
    finally:
        server.start()


async def test_it_says_every_half_minute_that_it_waits_and_ends_at_its_limit(monkeypatch, caplog):
    now, slept = [0.0], []

    async def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    async def away():
        raise StoreAway("refused")

    monkeypatch.setattr(patience.asyncio, "sleep", sleep)
    with pytest.raises(StoreAway, match=r"refused; waited for 100 s \(store_wait_s\)"):
        await patience.until_there(away, 100, lambda: now[0])
    assert set(actions(caplog)) == {"store_away"}
    told = [100 - one.left_s for one in caplog.records]
    assert told[0] == 0
    gaps = [later - before for before, later in pairwise([*told, now[0]])]
    assert all(29 < gap < 36 for gap in gaps[:-1]), gaps  # a wait between tries is five seconds at most
    assert gaps[-1] < 36
    assert 100 <= now[0] <= 105
    assert max(slept) <= patience.MOST_S


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("/postgres?", "/nowhere?"), 'database "nowhere" does not exist'),
        (("postgres@", "nobody@"), 'role "nobody" does not exist'),
    ],
)
async def test_a_start_does_not_wait_for_what_is_wrong(server, caplog, change, says):
    with pytest.raises(StoreError, match=says) as caught:
        await opened(server.url.replace(*change), 300)
    assert not isinstance(caught.value, StoreAway)
    assert "\n" not in str(caught.value)
    assert actions(caplog) == []
