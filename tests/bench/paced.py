"""Batches at a steady rate, whatever the answers do (open loop), and how long each one's ack took.

    python -m tests.bench.paced PORT ROBOTS ROUNDS PER_S

Moments of sending are drawn beforehand (Poisson: robots do not know of each other). A latency is counted from the
moment a batch was due, so that a slow answer, or a slow publisher, cannot hide what waits behind it. The first round
makes robots known and is not counted. Prints JSON: prepared, and after a line on stdin the latencies.
"""

import json
import sys
import threading
import time
from random import Random

from tests.bench import loadgen

GRACE_S = 30.0


def schedule(count: int, per_s: float, seed: int = 1) -> list[float]:
    """Seconds from the start."""
    rng, at_s, moments = Random(seed), 0.0, []
    for _ in range(count):
        at_s += rng.expovariate(per_s)
        moments.append(at_s)
    return moments


class Acks:
    """When each robot's mark was first heard to reach a number."""

    def __init__(self, port: int, robots: int, rounds: int) -> None:
        self.heard_s = [[0.0] * rounds for _ in range(robots)]
        self.marks = [0] * robots
        self.missing = robots * rounds
        self.complete = threading.Event()
        self.socket = loadgen.connect(port, "listen-paced")
        loadgen.subscribe(self.socket, "fw/1/ack/+", 0)

    def follow(self) -> None:
        for kind, rest in loadgen.frames(self.socket):
            if kind & 0xF0 != 0x30:
                continue
            now_s = time.monotonic()
            size = rest[0] << 8 | rest[1]
            robot = int(bytes(rest[2 : 2 + size]).rpartition(b"-")[2])
            mark = json.loads(bytes(rest[2 + size :])).get("mark", 0)
            for number in range(self.marks[robot], mark):
                self.heard_s[robot][number] = now_s
            self.missing -= max(0, mark - self.marks[robot])
            self.marks[robot] = max(mark, self.marks[robot])
            if self.missing == 0:
                self.complete.set()


def main(port: int, robots: int, rounds: int, per_s: int) -> None:
    packets = [packet for packets in loadgen.batches(robots, rounds, 1) for packet in packets]
    due = schedule(len(packets), per_s)
    acks = Acks(port, robots, rounds)
    threading.Thread(target=acks.follow, daemon=True).start()
    sender = loadgen.connect(port, "publish-paced")
    threading.Thread(target=loadgen.discard, args=(sender,), daemon=True).start()
    print(json.dumps({"prepared": len(packets)}), flush=True)
    sys.stdin.readline()
    began_s, sent, late = time.monotonic(), 0, []
    while sent < len(packets):
        now_s = time.monotonic() - began_s
        until = sent
        while until < len(packets) and due[until] <= now_s:
            late.append(now_s - due[until])
            until += 1
        if until > sent:
            sender.sendall(b"".join(packets[sent:until]))
            sent = until
        else:
            time.sleep(max(0.0, due[sent] - now_s))
    acks.complete.wait(GRACE_S)
    latencies = [
        acks.heard_s[n % robots][n // robots] - began_s - due[n]
        for n in range(robots, len(packets))
        if acks.heard_s[n % robots][n // robots]
    ]
    print(json.dumps({"missing": acks.missing, "latencies_s": latencies, "late_s": late}), flush=True)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:5]))
