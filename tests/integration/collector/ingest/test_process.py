"""The whole process: it starts on a real broker, commits, stops cleanly within five seconds, and says what is wrong."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
import time

import orjson

from collector.store.engine import open_reader
from protocol import topics
from tests.batches import payload, totals, window
from tests.brokers import free_port
from tests.integration.collector.ingest.test_broker import robot
from tests.waiting import DEADLINE_S, limit_s


@contextlib.contextmanager
def serving(*flags):
    command = [sys.executable, "-m", "collector", "serve", "--log-form", "json", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


async def test_a_stop_in_the_middle_commits_what_came_and_ends_within_five_seconds(mosquitto, store_url):
    now_s = int(time.time())
    with serving("--store", store_url, "--mqtt", mosquitto.url, "--listen", f"127.0.0.1:{free_port()}") as process:
        assert "Pages and API" in await asyncio.to_thread(process.stdout.readline)
        async with asyncio.timeout(DEADLINE_S):
            while "broker_connected" not in await asyncio.to_thread(process.stderr.readline):
                pass
        async with robot(mosquitto.url) as (client, acks):
            for seq in range(1, 51):
                client.publish(topics.up("r1"), payload("r1", [window(seq, {"faces": 1}, at=now_s, mono=seq)]), qos=1)
            first = orjson.loads((await asyncio.wait_for(acks.get(), DEADLINE_S))[1])
            limit, began_s = await asyncio.to_thread(limit_s, 5), time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, DEADLINE_S) == 0
            assert time.monotonic() - began_s < limit
            marks = [first["mark"]]
            while not acks.empty():
                marks.append(orjson.loads(acks.get_nowait()[1])["mark"])
    reader = open_reader(store_url)
    assert sum(totals(reader).values()) >= max(marks), "what was acked is stored"
    reader.close()


def test_an_address_that_is_taken_is_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with serving("--store", f"sqlite:///{tmp_path}/f.db", "--listen", listen) as process:
            _, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 2
    assert f"collector: listen {listen}: " in errors
    assert "Traceback" not in errors
