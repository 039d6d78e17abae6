"""Two hosts on this machine with bad weather between them: network namespaces joined by a seeded relay.

    namespace `robots`  192.0.2.1 ── tun ── relay ── tun ── 192.0.2.2  namespace `centre`

The relay loses, delays, duplicates, reorders (delay with jitter) and cuts. It needs root, /dev/net/tun and iproute2.
The addresses are documentation addresses (RFC 5737) and exist only inside the namespaces.

`python -m tests.faults.network ROBOTS_NS CENTRE_NS SEED` is the relay itself; it reads one JSON object of
`Weather` per line.
"""

import contextlib
import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROBOTS_ADDRESS, CENTRE_ADDRESS = "192.0.2.1", "192.0.2.2"
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_PACKET_MAX_BYTES = 2048


@dataclass(frozen=True, slots=True)
class Weather:
    """What happens to each packet. Shares are 0..1; `cut` loses everything."""

    loss: float = 0.0
    duplicate: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    cut: bool = False


def possible() -> str | None:
    """None when namespaces and TUN work here, else what is missing."""
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    if not Path("/dev/net/tun").exists() or shutil.which("ip") is None:
        return "needs /dev/net/tun and iproute2 (apt-get install iproute2 nftables)"
    return None


class Network:
    """Both namespaces and the relay between them."""

    def __init__(self, seed: int) -> None:
        tag = f"{os.getpid()}-{seed}"
        self.robots, self.centre = f"fwr{tag}", f"fwc{tag}"
        for name in (self.robots, self.centre):
            _run("ip", "netns", "add", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
        argv = [sys.executable, "-m", "tests.faults.network", self.robots, self.centre, str(seed)]
        self._relay = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._relay.stdout is not None
        if self._relay.stdout.readline().strip() != "ready":
            raise RuntimeError("the relay did not start")
        for name, address, peer in (
            (self.robots, ROBOTS_ADDRESS, CENTRE_ADDRESS),
            (self.centre, CENTRE_ADDRESS, ROBOTS_ADDRESS),
        ):
            _run("ip", "-n", name, "addr", "add", address, "peer", peer, "dev", "fw0")
            _run("ip", "-n", name, "link", "set", "fw0", "up", "mtu", "1400")

    def weather(self, weather: Weather) -> None:
        """From the next packet on."""
        assert self._relay.stdin is not None
        self._relay.stdin.write(json.dumps(asdict(weather)) + "\n")
        self._relay.stdin.flush()

    def inside(self, namespace: str, argv: list[str]) -> list[str]:
        """The command line that runs `argv` in a namespace."""
        return ["ip", "netns", "exec", namespace, *argv]

    def close(self) -> None:
        self._relay.kill()
        self._relay.communicate()
        for name in (self.robots, self.centre):
            _run("ip", "netns", "del", name)


@contextlib.contextmanager
def network(seed: int) -> Iterator[Network]:
    """A network for the length of a test."""
    made = Network(seed)
    try:
        yield made
    finally:
        made.close()


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)


def _tun(namespace: str) -> int:
    """A TUN device `fw0` made inside a namespace; the descriptor works from anywhere."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/run/netns/{namespace}").open() as place:
        if libc.setns(place.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH", b"fw0", _IFF_TUN | _IFF_NO_PI))
    return tun


def _delays(weather: Weather, dice: random.Random) -> list[float]:
    """Seconds after which each copy of a packet arrives; empty when it is lost."""
    if weather.cut or dice.random() < weather.loss:
        return []
    copies = 2 if dice.random() < weather.duplicate else 1
    low, high = weather.delay_ms - weather.jitter_ms, weather.delay_ms + weather.jitter_ms
    return [max(0.0, dice.uniform(low, high)) / 1000 for _ in range(copies)]


def relay(robots: str, centre: str, seed: int) -> None:
    """Forward packets both ways until standard input closes."""
    dice, weather = random.Random(seed), Weather()
    ends = {(a := _tun(robots)): _tun(centre)}
    ends[ends[a]] = a
    flying: list[tuple[float, int, int, bytes]] = []
    number = 0
    print("ready", flush=True)
    while True:
        wait = max(0.0, flying[0][0] - time.monotonic()) if flying else None
        ready, _, _ = select.select([*ends, 0], [], [], wait)
        if 0 in ready:
            line = os.read(0, 65_536).decode().strip()
            if not line:
                return
            weather = Weather(**json.loads(line.splitlines()[-1]))
        for end in ready:
            if end == 0:
                continue
            with contextlib.suppress(BlockingIOError):
                while packet := os.read(end, _PACKET_MAX_BYTES):
                    for delay in _delays(weather, dice):
                        number += 1
                        heapq.heappush(flying, (time.monotonic() + delay, number, ends[end], packet))
        while flying and flying[0][0] <= time.monotonic():
            _, _, target, packet = heapq.heappop(flying)
            with contextlib.suppress(OSError):  # the interface is not up yet: a lost packet like any other
                os.write(target, packet)


if __name__ == "__main__":
    relay(sys.argv[1], sys.argv[2], int(sys.argv[3]))
