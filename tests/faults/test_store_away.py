"""PostgreSQL goes away under a whole collector and comes back: nothing ends, nothing is lost, /healthz says so."""

import asyncio
import contextlib
import json
import os
import signal
import time
import urllib.error
import urllib.request

import orjson
import pytest

from collector import app, config
from collector.store.engine import open_reader
from protocol import topics
from tests.batches import payload, totals, window
from tests.brokers import free_port
from tests.databases import own_postgresql, postgresql_programs
from tests.integration.collector.ingest.test_broker import robot
from tests.waiting import DEADLINE_S, until, until_async

pytestmark = pytest.mark.skipif(postgresql_programs() is None, reason="no PostgreSQL here")


def health(port):
    """The status and the body; 0 while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
    except OSError:
        return 0, {}


async def health_becomes(port, status):
    return await asyncio.to_thread(until, lambda: (found := health(port))[0] == status and found[1])


@contextlib.asynccontextmanager
async def collector(settings):
    """Every task of the process, in this one; stopped as a supervisor stops it."""
    serving = asyncio.create_task(app.serve(settings))
    try:
        yield serving
        assert not serving.done(), serving
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(serving, DEADLINE_S)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.timeout(600)
async def test_a_database_that_is_away_while_mqtt_connects_ends_nothing(mosquitto, caplog):
    caplog.set_level("INFO")

    def count(action):
        return sum(getattr(record, "action", "") == action for record in caplog.records)

    async def comes(action, times=1):
        await until_async(lambda: count(action) == times, lambda: caplog.messages)

    port = free_port()
    with own_postgresql() as server:
        server.stop()
        settings = config.load({"store": server.url, "mqtt": mosquitto.url, "listen": f"127.0.0.1:{port}"})
        async with collector(settings):
            await comes("store_away")
            await asyncio.to_thread(server.start)
            await comes("broker_connected")
            assert (await health_becomes(port, 200))["store"] == "ok"

            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(mosquitto.kill)
            await asyncio.to_thread(mosquitto.start)
            await comes("broker_connected", 2)
            await comes("republish_waits")
            await comes("job_waits")
            async with robot(mosquitto.url) as (client, acks):
                batch = payload("r1", [window(1, {"faces": 1}, at=int(time.time()), mono=1)])
                client.publish(topics.up("r1"), batch, qos=1)
                await comes("store_refuses")
                said = await health_becomes(port, 503)
                assert (said["store"]["reason"], said["mqtt"]) == ("the store does not answer", "connected")
                assert acks.empty(), "nothing is acked that is not stored"
                await asyncio.to_thread(server.start)
                assert orjson.loads((await asyncio.wait_for(acks.get(), DEADLINE_S))[1])["mark"] == 1
            assert (await health_becomes(port, 200))["store"] == "ok"
            await comes("job_goes_on", count("job_waits"))
            assert [count(action) for action in ("republish_waits", "store_refuses", "job_failed")] == [1, 1, 0]
            assert not [record for record in caplog.records if record.exc_info], "said in a line, not in a traceback"
        with contextlib.closing(open_reader(server.url)) as reader:
            assert sum(totals(reader).values()) == 1
