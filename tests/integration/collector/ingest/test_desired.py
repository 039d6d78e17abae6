"""What robots shall do is sent again after each connection, also when the store is away at that moment."""

import asyncio

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from collector.ingest import desired
from collector.ingest.desired import Republish
from collector.store.tables.fleet import desired as wishes
from collector.store.tables.fleet import robot
from tests.waiting import until_async


@pytest.fixture
def wished(store):
    with store.write() as connection:
        (robot_id,) = connection.execute(
            robot.insert().values(name="r1", timezone="UTC", first_seen_at=1)
        ).inserted_primary_key
        connection.execute(wishes.insert().values(robot_id=robot_id, revision=1, document="{}", at=1))
    return store


def failing(monkeypatch, *errors):
    """The store answers with these first."""
    left, rows = list(errors), desired._rows

    def some(connection, behind):
        if left:
            raise left.pop(0)
        return rows(connection, behind)

    monkeypatch.setattr(desired, "_rows", some)
    monkeypatch.setattr(desired, "RETRY_FIRST_S", 0.001)


AWAY = OperationalError("", {}, psycopg.OperationalError("gone"))


async def test_a_store_that_is_away_when_mqtt_connects_delays_what_robots_shall_do(wished, monkeypatch, caplog):
    sent = []
    failing(monkeypatch, AWAY, AWAY, KeyError("a bug"))
    again = Republish(wished, lambda topic, document: bool(sent.append((topic, document))) or True)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(again.run())
        again.soon()
        await until_async(lambda: sent)
        task.cancel()
    assert [document for _, document in sent] == [b"{}"]
    assert [record.action for record in caplog.records] == ["republish_waits"], "once"


async def test_the_failure_itself_would_end_every_task(wished, monkeypatch):
    """The control: unguarded, the same failure leaves the task."""
    failing(monkeypatch, AWAY)
    with pytest.raises(OperationalError):
        await Republish(wished, lambda *_: True).once()
