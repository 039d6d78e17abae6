"""What a broker truly does (docs/adr/0003-embedded-broker.md): `python -m tests.bench.broker_probe PORT [--pid PID]`.

The same load for any broker on 127.0.0.1, MQTT 3.1.1, users `collector` (password c) and r0000 … (password p):
messages through, a slow subscriber, retained, wills, foreign topics, shared subscriptions, sizes, connections.
`--passwords FILE` writes those users for `fleet-sim broker` and ends.
"""

import argparse
import asyncio
import contextlib
import logging
import time
from pathlib import Path
from typing import Any

from gmqtt import Client, Message, Subscription
from gmqtt.mqtt.handler import MQTTConnectError

from protocol import topics

LOAD = 20_000
SLOW_LOAD = 40_000
ROBOTS = 40
CONNECTS = 1_000
BODY = b"\x28" * 300


class Probe(Client):
    """A client that counts what it hears and never reconnects by itself."""

    def __init__(self, name: str, will: Message | None = None) -> None:
        super().__init__(name, clean_session=True, will_message=will)
        self.name, self.count, self.heard = name, 0, []
        self.set_config({"reconnect_retries": -2})
        self.on_message = self._take

    def _take(self, _client: Any, topic: str, payload: bytes, _qos: int, _properties: Any) -> int:
        self.count += 1
        if len(self.heard) < 50:
            self.heard.append((topic, bytes(payload[:12])))
        return 0

    @property
    def unconfirmed(self) -> int:
        return len(self._persistent_storage.get_all())

    def listen(self, *filters: str) -> None:
        self.subscribe([Subscription(filter_, 1) for filter_ in filters])


async def connected(port: int, name: str, user: str, password: str, will: Message | None = None) -> Probe:
    client = Probe(name, will)
    if user:
        client.set_auth_credentials(user, password)
    await asyncio.wait_for(client.connect("127.0.0.1", port, version=4, keepalive=600), 10)
    return client


async def collector(port: int, number: int) -> Probe:
    return await connected(port, f"collector-{number}", "collector", "c")


async def robot(port: int, number: int) -> Probe:
    name = f"r{number:04d}"
    return await connected(port, name, name, "p", Message(topics.presence(name), b"gone", qos=1, retain=True))


async def quiet(client: Probe, pause_s: float = 1.0) -> int:
    before = -1
    while before != client.count:
        before = client.count
        await asyncio.sleep(pause_s)
    return before


async def load(robots: list[Probe], messages: int, window: int) -> float:
    """Publishes at QoS 1 with at most `window` unconfirmed per robot; seconds until all are confirmed."""
    began_s, sent = time.monotonic(), 0
    while sent < messages and time.monotonic() - began_s < 60:
        for client in robots:
            if client.unconfirmed < window:
                client.publish(topics.up(client.name), BODY, qos=1)
                sent += 1
        await asyncio.sleep(0)
    for client in robots:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(client._persistent_storage.wait_empty(), max(0.1, began_s + 60 - time.monotonic()))
    return time.monotonic() - began_s


def resident_kb(pid: int | None) -> int:
    if pid is None:
        return 0
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


async def throughput(port: int, pid: int | None) -> None:
    taker, robots = await collector(port, 1), [await robot(port, n) for n in range(ROBOTS)]
    taker.listen(topics.ALL_UP)
    await asyncio.sleep(0.3)
    took_s = await load(robots, LOAD, 20)
    print(f"through: {LOAD} confirmed in {took_s:.2f} s = {LOAD / took_s:.0f}/s; delivered {await quiet(taker)}")
    late = await collector(port, 2)
    robots[0].publish(topics.presence("r0000"), b"online", qos=1, retain=True)
    await asyncio.sleep(0.3)
    late.listen(topics.ALL_PRESENCE)
    await asyncio.sleep(0.5)
    print("retained:", late.heard)
    robots[1]._connection._transport.abort()
    await asyncio.sleep(1)
    print("will:", late.heard[-1:])
    before = taker.count
    robots[2].publish(topics.up("r0003"), b"foreign", qos=1)
    robots[4].listen("#", topics.ack("r0005"))
    await asyncio.sleep(0.3)
    taker.publish(topics.ack("r0005"), b"secret", qos=0)
    await asyncio.sleep(0.5)
    print("foreign publish delivered:", taker.count - before, "· foreign subscription heard:", len(robots[4].heard))
    for size in (10_000, 25_000, 120_000):
        before = taker.count
        if robots[7].is_connected:
            robots[7].publish(topics.up("r0007"), b"x" * size, qos=1)
        await asyncio.sleep(0.8)
        state = "kept" if robots[7].is_connected else "cut"
        print(f"payload of {size}: delivered {taker.count - before}, connection {state}")
    print(f"memory {resident_kb(pid)} kB")


async def rights_and_sharing(port: int) -> None:
    for what, name, user, password in (
        ("wrong password", "r0100", "r0100", "wrong"),
        ("nobody", "anon", "", ""),
        ("another's client id", "r0102", "r0101", "p"),
    ):
        try:
            await connected(port, name, user, password)
            print(f"{what}: let in")
        except (MQTTConnectError, TimeoutError, OSError) as error:
            print(f"{what}: refused ({type(error).__name__})")
    one, two, sender = await collector(port, 3), await collector(port, 4), await robot(port, 103)
    for member in (one, two):
        member.listen(topics.shared(topics.ALL_UP))
    await asyncio.sleep(0.3)
    await load([sender], 20, 20)
    await quiet(one)
    print(f"shared subscription: {one.count} + {two.count} of 20 delivered")


async def slow_subscriber(port: int, pid: int | None) -> None:
    taker, sender = await collector(port, 5), await robot(port, 104)
    taker.listen(topics.ALL_UP)
    await asyncio.sleep(0.3)
    taker._connection._transport.pause_reading()
    await load([sender], SLOW_LOAD, 100)
    taker._connection._transport.resume_reading()
    lost = SLOW_LOAD - sender.unconfirmed - await quiet(taker, 2)
    print(f"slow subscriber: {lost} of {SLOW_LOAD} confirmed messages lost; memory {resident_kb(pid)} kB")


async def connections(port: int, pid: int | None) -> None:
    before, began_s = resident_kb(pid), time.monotonic()
    kept: list[Probe] = []
    for first in range(1000, 1000 + CONNECTS, 50):
        kept += await asyncio.gather(*(robot(port, n) for n in range(first, first + 50)))
    took_s = time.monotonic() - began_s
    print(f"connections: {len(kept) / took_s:.0f}/s, {(resident_kb(pid) - before) / len(kept):.1f} kB each")


async def probe(port: int, pid: int | None) -> None:
    for part in (throughput(port, pid), rights_and_sharing(port), connections(port, pid), slow_subscriber(port, pid)):
        await part


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("port", type=int, nargs="?")
    options.add_argument("--pid", type=int)
    options.add_argument("--passwords", type=Path)
    given = options.parse_args()
    if given.passwords:
        lines = ["collector:c", *(f"r{n:04d}:p" for n in range(1000 + CONNECTS))]
        given.passwords.write_text("\n".join(lines) + "\n")
        return
    logging.disable(logging.CRITICAL)
    asyncio.run(probe(given.port, given.pid))


if __name__ == "__main__":
    main()
