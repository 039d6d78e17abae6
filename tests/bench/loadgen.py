"""A load of pre-encoded batches, and the trivial subscriber it is compared with. Runs as its own process.

    python -m tests.bench.loadgen publish PORT ROBOTS ROUNDS WINDOWS IN_FLIGHT   until all is acked by a collector
    python -m tests.bench.loadgen raw PORT ROBOTS ROUNDS WINDOWS IN_FLIGHT       until a subscriber here has it all
    python -m tests.bench.loadgen paced PORT ROBOTS ROUNDS WINDOWS RATE          so many batches a second, each timed

Plain sockets and frames made beforehand: on two cores the publisher must not be what is measured. Each line of
output is JSON; the program waits for a line on stdin before it sends.
"""

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator

from protocol import codec, records, topics
from protocol.counters import COUNTERS

COUNTS = [key for key, counter in COUNTERS.items() if counter.group != "agent"][:20]  # a busy robot's five minutes


def frame(kind: int, rest: bytes) -> bytes:
    size, length = len(rest), bytearray()
    while size >> 7:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes((kind, *length)) + rest


def text(value: str) -> bytes:
    return len(value).to_bytes(2, "big") + value.encode()


def connect(port: int, name: str) -> socket.socket:
    """MQTT 3.1.1, clean session, no keepalive."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(frame(0x10, text("MQTT") + b"\x04\x02\x00\x00" + text(name)))
    assert sock.recv(4)[3] == 0, "the broker refused the connection"
    return sock


def subscribe(sock: socket.socket, filter_: str, qos: int) -> None:
    sock.sendall(frame(0x82, b"\x00\x01" + text(filter_) + bytes([qos])))
    sock.recv(5)


def frames(sock: socket.socket) -> Iterator[tuple[int, memoryview]]:
    """Packets as they come: (first byte, the rest)."""
    buffer = bytearray()
    while data := sock.recv(262_144):
        buffer += data
        view, at = memoryview(bytes(buffer)), 0
        while len(view) - at >= 2:
            size = shift = 0
            i = at + 1
            while i < len(view):
                size |= (view[i] & 0x7F) << shift
                shift += 7
                i += 1
                if not view[i - 1] & 0x80:
                    break
            else:
                break
            if len(view) - i < size:
                break
            yield view[at], view[i : i + size]
            at = i + size
        del buffer[:at]


def batches(robots: int, rounds: int, windows: int) -> list[list[bytes]]:
    """PUBLISH packets (QoS 1) by round: in each, every robot sends its next batch of so many windows."""
    today = int(time.time()) // 86_400 * 86_400 - 86_400
    by_round: list[list[bytes]] = []
    for r in range(rounds):
        packets = []
        for robot in range(robots):
            name = f"bench-{robot:05d}"
            first = r * windows + 1
            rows = [
                records.numbered(
                    seq,
                    records.window(
                        boot=1, mono=seq * 300, at=today + seq * 300 % 86_400, span=300,
                        counts={key: (seq * 7 + i * 13 + robot) % 97 + 1 for i, key in enumerate(COUNTS)},
                    ),
                )
                for seq in range(first, first + windows)
            ]  # fmt: skip
            envelope = records.envelope(
                robot=name, epoch=f"{robot:016x}", first=first, last=first + windows - 1, held=1, records=rows
            )
            payload = codec.compress(codec.encode(envelope))
            packet_id = (r * robots + robot) % 65_535 + 1
            packets.append(frame(0x32, text(topics.up(name)) + packet_id.to_bytes(2, "big") + payload))
        by_round.append(packets)
    return by_round


class Window:
    """How much may be under way: `done` frees it, `take` waits for it."""

    def __init__(self, size: int) -> None:
        self.size, self.sent, self.came = size, 0, 0
        self.changed = threading.Condition()

    def take(self, count: int) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.sent + count - self.came <= self.size)
            self.sent += count

    def done(self, came: int) -> None:
        with self.changed:
            self.came = came
            self.changed.notify_all()


def discard(sock: socket.socket) -> None:
    """PUBACKs to the publisher say nothing that counts."""
    while sock.recv(65_536):
        pass


def acked(sock: socket.socket, windows: int, window: Window) -> None:
    """Follow the collector's acks: a batch is done when its robot's mark has reached it."""
    marks: dict[bytes, int] = {}
    total = 0
    for kind, rest in frames(sock):
        if kind & 0xF0 != 0x30:
            continue
        size = rest[0] << 8 | rest[1]
        ack = json.loads(bytes(rest[2 + size :]))
        topic = bytes(rest[2 : 2 + size])
        mark = ack.get("mark", 0) // windows
        if mark > marks.get(topic, 0):
            total += mark - marks.get(topic, 0)
            marks[topic] = mark
            window.done(total)


def paced(sender: socket.socket, listener: socket.socket, by_round: list[list[bytes]], windows: int, rate: int) -> None:
    """Send one batch after the other at a steady rate; print the quantiles of sent-to-acked."""
    sent: dict[tuple[bytes, int], float] = {}
    latencies: list[float] = []
    everything = threading.Event()
    expected = sum(len(packets) for packets in by_round)

    def follow() -> None:
        marks: dict[bytes, int] = {}
        for kind, rest in frames(listener):
            now_s = time.monotonic()
            size = rest[0] << 8 | rest[1]
            topic, mark = bytes(rest[2 : 2 + size]), json.loads(bytes(rest[2 + size :])).get("mark", 0) // windows
            if kind & 0xF0 == 0x30:
                latencies.extend(now_s - sent[topic, r] for r in range(marks.get(topic, 0), mark))
                marks[topic] = max(mark, marks.get(topic, 0))
            if len(latencies) == expected:
                everything.set()

    threading.Thread(target=follow, daemon=True).start()
    names = [topics.ack(f"bench-{robot:05d}").encode() for robot in range(len(by_round[0]))]
    begin_s = time.monotonic()
    for r, packets in enumerate(by_round):
        for robot, packet in enumerate(packets):
            wait_s = begin_s + (r * len(packets) + robot) / rate - time.monotonic()
            if wait_s > 0:
                time.sleep(wait_s)
            sent[names[robot], r] = time.monotonic()
            sender.sendall(packet)
    everything.wait(60)
    ordered = sorted(latencies)
    quantiles = {f"p{q}": ordered[min(len(ordered) - 1, len(ordered) * q // 100)] for q in (50, 99)}
    print(json.dumps({"batches": len(latencies), "seconds": time.monotonic() - begin_s, **quantiles}), flush=True)


def received(sock: socket.socket, window: Window) -> None:
    """The trivial subscriber: acknowledge each message to the broker, look at nothing."""
    total, answers = 0, bytearray()
    for kind, rest in frames(sock):
        if kind & 0xF0 == 0x30:
            size = rest[0] << 8 | rest[1]
            answers += b"\x40\x02" + rest[2 + size : 4 + size]
            total += 1
            if len(answers) >= 800 or total == window.sent:
                sock.sendall(answers)
                answers.clear()
                window.done(total)


def main(mode: str, port: int, robots: int, rounds: int, windows: int, in_flight: int) -> None:
    by_round = batches(robots, rounds, windows)
    window = Window(in_flight)
    listener = connect(port, f"listen-{mode}")
    if mode == "raw":
        subscribe(listener, topics.ALL_UP, 1)
        threading.Thread(target=received, args=(listener, window), daemon=True).start()
    else:
        subscribe(listener, topics.ack("+"), 0)
        if mode == "publish":
            threading.Thread(target=acked, args=(listener, windows, window), daemon=True).start()
    sender = connect(port, f"publish-{mode}")
    threading.Thread(target=discard, args=(sender,), daemon=True).start()
    size = sum(len(p) for p in by_round[0]) / robots
    print(json.dumps({"prepared": robots * rounds, "frame_bytes": size}), flush=True)
    sys.stdin.readline()
    if mode == "paced":
        paced(sender, listener, by_round, windows, in_flight)
        return
    began_s = time.monotonic()
    for packets in by_round:
        for i in range(0, robots, 100):
            some = packets[i : i + 100]
            window.take(len(some))
            sender.sendall(b"".join(some))
    with window.changed:
        window.changed.wait_for(lambda: window.came >= robots * rounds, timeout=300)
    print(json.dumps({"seconds": time.monotonic() - began_s, "batches": window.came}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:7]))
