"""The collector's store is replaced under a robot that stays connected: real agent, real broker, real collector."""

import contextlib
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

from collector.calendar import days
from collector.fleet import ahead
from collector.store.engine import open_reader
from collector.store.tables import fleet as t
from tests.batches import rows_of, totals
from tests.brokers import free_port
from tests.integration.edge_agent.test_app import Agent
from tests.waiting import DEADLINE_S, until


def another_day(now):
    """A zone where it is another day than in UTC now: at 03:00 in Shanghai, or whatever the hour offers."""
    return "Pacific/Kiritimati" if now.hour >= 10 else "Pacific/Pago_Pago"


@contextlib.contextmanager
def serving(store, broker):
    listen = f"127.0.0.1:{free_port()}"
    words = ["serve", "--store", store, "--mqtt", broker, "--listen", listen]
    with subprocess.Popen([sys.executable, "-m", "collector", *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert "Pages and API" in process.stdout.readline()
            yield process
            process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE_S)
        finally:
            process.kill()


def counted(store):
    reader = open_reader(store)
    try:
        return {day: n for (_, day, counter), n in totals(reader).items() if counter == "dance"}
    finally:
        reader.close()


def test_a_new_store_books_the_robots_days_without_a_restart_of_the_agent(tmp_path, mosquitto):
    zone = another_day(datetime.now(UTC))
    first, second = (f"sqlite:///{tmp_path}/{name}.db" for name in ("first", "second"))
    agent = Agent(tmp_path, mosquitto.url).start(EDGE_AGENT_TIMEZONE=zone)
    try:
        with serving(first, mosquitto.url):
            agent.count("dance", 3)
            until(lambda: sum(counted(first).values()) == 3)
        with serving(second, mosquitto.url):
            agent.count("dance", 4)
            until(lambda: sum(counted(second).values()) >= 4)
            reader = open_reader(second)
            until(lambda: rows_of(reader, t.robot)[0]["about"])
        now_s = time.time()
        near = {days.iso(days.of(int(at_s), zone)) for at_s in (now_s, now_s - 600)}
        assert {days.iso(day) for day in counted(second)} <= near, "never the day of UTC"
        assert {row["counter"] for row in rows_of(reader, t.counter_support)} >= {"observed_s"}
        with reader.read() as connection:
            assert ahead.read(connection).robots == 1
        assert [alarm["kind"] for alarm in rows_of(reader, t.alarm)] == []
        reader.close()
    finally:
        agent.kill()
