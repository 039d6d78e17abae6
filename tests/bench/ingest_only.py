"""A collector without its pages, so that the bench measures the path of a batch. Prints its figures when stopped.

python -m tests.bench.ingest_only MQTT_URL STORE_URL PART
"""

import asyncio
import json
import resource
import signal
import sys
import time

import uvloop

from collector import memory
from collector.ingest.broker import Broker
from collector.ingest.broker_url import parse
from collector.ingest.loop import Ingest
from collector.ingest.metrics import IngestFigures
from collector.store.engine import open_store
from tests.groups import groups_of


async def serve(mqtt: str, store_url: str, part: str) -> None:
    store = open_store(store_url)
    figures = IngestFigures()
    i, n = part.split("/")
    broker = Broker(parse(mqtt), figures, part=(int(i), int(n)))
    ingest = Ingest(groups_of(store), broker.settle, figures)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with asyncio.TaskGroup() as tasks:
        ingesting = tasks.create_task(ingest.run())
        connecting = tasks.create_task(
            broker.run(ingest.offer, lambda: ingest.full, lambda: print("ready", flush=True))
        )
        await stop.wait()
        broker.stop_receiving()
        ingest.stop()
        await ingesting
        await broker.close()
        connecting.cancel()
    store.close()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "cpu_s": usage.ru_utime + usage.ru_stime,
                "rss_mb": usage.ru_maxrss / 1024,
                "ack_p99_s": figures.ack_latency_s.quantile(0.99),
                "ack_p50_s": figures.ack_latency_s.quantile(0.5),
                "groups": figures.groups,
                "verdicts": dict(figures.verdicts),
                "windows": figures.windows,
                "commit_mean_s": figures.commit_s.total / max(1, figures.commit_s.count),
                "at": time.time(),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    memory.relax()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(*sys.argv[1:4]))
