"""Fleets of any size at one collector: each robot's day is begun, then uploads come in random order.

    python -m tests.bench.growth_load PORT ROBOTS UPLOADS

First the retained presence of each robot and one merged window of six hours, so that rows have the size they have in
the middle of a day. Then so many uploads of three windows, at most IN_FLIGHT unacked. Prints JSON when each part is
made and when it is acked; every part waits for a line on stdin before it is sent.
"""

import json
import random
import sys
import threading
import time
from collections.abc import Iterator

from protocol import codec, records, topics
from tests.bench import loadgen

IN_FLIGHT = 4_000
WINDOWS = 3
BEGUN_S = 6 * 3600
CHUNK = 100


def midnight() -> int:
    return int(time.time()) // 86_400 * 86_400 - 86_400


def presence(robot: int, at_s: int) -> bytes:
    name = f"growth-{robot:06d}"
    said = records.presence(robot=name, epoch=f"{robot:016x}", session=at_s, state="online", at=at_s, agent="0.1.0")
    return loadgen.frame(0x31, loadgen.text(topics.presence(name)) + codec.encode(said))


def batch(robot: int, packet: int, windows: list[tuple[int, int, int]], day_s: int) -> bytes:
    """A PUBLISH of (seq, seconds after midnight, span) windows."""
    name = f"growth-{robot:06d}"
    rows = []
    for seq, from_s, span_s in windows:
        counts = {key: (seq * 7 + i * 13 + robot) % 97 + 1 for i, key in enumerate(loadgen.COUNTS)}
        window = records.window(boot=1, mono=from_s, at=day_s + from_s, span=span_s, counts=counts)
        rows.append(records.numbered(seq, window))
    envelope = records.envelope(
        robot=name, epoch=f"{robot:016x}", first=rows[0]["seq"], last=rows[-1]["seq"], held=1, records=rows
    )
    payload = codec.compress(codec.encode(envelope))
    packet_id = packet % 65_535 + 1
    return loadgen.frame(0x32, loadgen.text(topics.up(name)) + packet_id.to_bytes(2, "big") + payload)


def begun(robots: int, day_s: int) -> list[bytes]:
    return [batch(robot, robot, [(1, 0, BEGUN_S)], day_s) for robot in range(robots)]


def uploads(robots: int, count: int, day_s: int) -> list[bytes]:
    """Each robot in its turn, the turns in an order that has nothing to do with names or rows."""
    order = list(range(robots))
    random.Random(1).shuffle(order)
    packets = []
    for n in range(count):
        first = 2 + n // robots * WINDOWS
        windows = [(seq, BEGUN_S + (seq - 2) * 300, 300) for seq in range(first, first + WINDOWS)]
        packets.append(batch(order[n % robots], n, windows, day_s))
    return packets


def follow(acks: Iterator[tuple[int, memoryview]], window: loadgen.Window) -> None:
    """A robot's first batch ends with seq 1, each further one three beyond."""
    marks: dict[bytes, int] = {}
    total = 0
    for kind, rest in acks:
        if kind & 0xF0 != 0x30:
            continue
        size = rest[0] << 8 | rest[1]
        mark = json.loads(bytes(rest[2 + size :])).get("mark", 0)
        done = 1 + (mark - 1) // WINDOWS if mark else 0
        topic = bytes(rest[2 : 2 + size])
        total += max(0, done - marks.get(topic, 0))
        marks[topic] = max(done, marks.get(topic, 0))
        window.done(total)


def main(port: int, robots: int, count: int) -> None:
    day_s = midnight()
    window = loadgen.Window(IN_FLIGHT)
    listener = loadgen.connect(port, "listen-growth")
    loadgen.subscribe(listener, "fw/1/ack/+", 0)
    threading.Thread(target=follow, args=(loadgen.frames(listener), window), daemon=True).start()
    sender = loadgen.connect(port, "publish-growth")
    threading.Thread(target=loadgen.discard, args=(sender,), daemon=True).start()
    for first in range(0, robots, 1_000):
        some = range(first, min(first + 1_000, robots))
        sender.sendall(b"".join(presence(robot, day_s) for robot in some))
    for packets in (begun(robots, day_s), uploads(robots, count, day_s)):
        print(json.dumps({"prepared": len(packets)}), flush=True)
        sys.stdin.readline()
        began_s = time.monotonic()
        for i in range(0, len(packets), CHUNK):
            window.take(len(packets[i : i + CHUNK]))
            sender.sendall(b"".join(packets[i : i + CHUNK]))
        with window.changed:
            window.changed.wait_for(lambda: window.came == window.sent, timeout=120)
        print(json.dumps({"acked": window.came, "sent": window.sent, "took_s": time.monotonic() - began_s}), flush=True)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
