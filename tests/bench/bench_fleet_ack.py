"""How long a robot waits for its ack while 1,000 windows a second arrive, each a batch of its own.

The hardest form of that rate: robots that upload every 15 minutes send three windows in a batch. The publisher
is an open loop (tests/bench/paced.py); latency is from the moment a batch was due to its ack at the publisher,
through Mosquitto both ways, with a durable commit between.
"""

from typing import Any

from tests.bench.served import broker, heard, place, quantile, scaled, served, speaking, tell

PER_S = 1_000
ROBOTS = 2_000
ROUNDS = 21  # the first is not counted: 40 s are


def run() -> list[dict[str, Any]]:
    with (
        place() as folder,
        broker(folder) as mosquitto,
        served(folder, mosquitto.url) as collector,
        speaking("tests.bench.paced", *map(str, (mosquitto.port, ROBOTS, scaled(ROUNDS, 3), PER_S))) as publisher,
    ):
        heard(publisher)
        tell(publisher, "go")
        result = heard(publisher)
        cpu_s, metrics = collector.cpu_s(), collector.metrics()
    assert result["missing"] == 0, f"{result['missing']} batches were never acked"
    latencies_ms = [1000 * value for value in result["latencies_s"]]
    p99 = quantile(latencies_ms, 0.99)
    late_ms = 1000 * quantile(result["late_s"], 0.99)
    return [
        {"name": f"ack at {PER_S:,} one-window batches/s, p50", "value": quantile(latencies_ms, 0.5), "unit": "ms"},
        {"name": "the same, p99", "value": p99, "unit": "ms", "target": "≤ 250", "met": p99 <= 250},
        {"name": "the same, worst", "value": max(latencies_ms), "unit": "ms"},
        {"name": "publisher behind its own schedule, p99 (in the above)", "value": late_ms, "unit": "ms"},
        {"name": "batches in one commit", "value": metrics["messages_total"] / metrics["groups_total"], "unit": ""},
        {"name": "collector's CPU from its start on", "value": cpu_s, "unit": "s"},
    ]
