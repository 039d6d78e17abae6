"""What the fleet benches share: a broker as it is shipped, a real `collector serve`, and the size of the bench.

`FLEETWARD_BENCH_SCALE=0.1` makes the fleets of these benches a tenth: to look at a bench, not to report it.
"""

import http.client
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import Absent
from tests.brokers import BINARY, Mosquitto, free_port

SCALE = float(os.environ.get("FLEETWARD_BENCH_SCALE", "1"))
START_S = 30.0
# deploy/mosquitto/fleetward.conf, without its identities: they are paid for once per connection
SHIPPED = ("max_inflight_messages 2000", "max_queued_messages 100000", "max_queued_bytes 268435456")


def scaled(count: int, least: int = 1) -> int:
    return max(least, round(count * SCALE))


@contextmanager
def place() -> Iterator[Path]:
    """A folder for one bench. Raises Absent without Mosquitto."""
    if not Path(BINARY).exists():
        raise Absent("mosquitto is not installed: apt-get install mosquitto")
    with tempfile.TemporaryDirectory(prefix="fleetward-bench-") as folder:
        yield Path(folder)


@contextmanager
def broker(folder: Path) -> Iterator[Mosquitto]:
    """Killed at the end, also after a restart within the block."""
    running = Mosquitto(folder / "broker", lines=SHIPPED).start()
    try:
        yield running
    finally:
        running.kill()


def allow_connections(count: int) -> None:
    """Open files for so many connections, here and in processes started from here. Raises Absent."""
    wanted = count + 500
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise Absent(f"{wanted} open files are needed and {hard} allowed: ulimit -Hn {wanted}")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


@dataclass
class Served:
    """A running `collector serve`."""

    process: "subprocess.Popen[bytes]"
    port: int
    store: str
    log: Path

    @property
    def file(self) -> Path:
        return Path(self.store.removeprefix("sqlite:///"))

    def get(self, path: str, token: str = "") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def metrics(self) -> dict[str, float]:
        """Of /metrics, the collector's own, without their prefix; labels stay in the name."""
        lines = self.get("/metrics")[1].decode().splitlines()
        pairs = (line.rpartition(" ") for line in lines if line.startswith("fleetward_collector_"))
        return {name.removeprefix("fleetward_collector_"): float(value) for name, _, value in pairs}

    def memory_mb(self) -> tuple[float, float]:
        """Resident now, and its highest."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        kib = {line.split(":")[0]: int(line.split()[1]) for line in status.splitlines() if line.startswith("Vm")}
        return kib["VmRSS"] * 1024 / 1e6, kib["VmHWM"] * 1024 / 1e6

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def healthy(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False


@contextmanager
def served(folder: Path, mqtt: str) -> Iterator[Served]:
    """A collector on SQLite that is connected to the broker; killed when it does not stop."""
    port, store, log = free_port(), f"sqlite:///{folder}/fleet.db", folder / "collector.log"
    command = [
        *(sys.executable, "-m", "collector", "serve", "--store", store),
        *("--mqtt", mqtt, "--listen", f"127.0.0.1:{port}"),
    ]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("COLLECTOR_")}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=clean)
    running = Served(process, port, store, log)
    try:
        deadline_s = time.monotonic() + START_S
        while not running.healthy():
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"the collector did not start: {log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def admin_token(folder: Path) -> str:
    """For the collector that will serve in this folder; to be made before it starts."""
    command = [sys.executable, "-m", "collector", "token", "create", "--role", "admin", "--name", "bench"]
    done = subprocess.run(
        [*command, "--store", f"sqlite:///{folder}/fleet.db"], capture_output=True, text=True, check=True
    )
    return next(word for word in done.stdout.split() if word.startswith("fw_"))


def verified(store: str, truth: Path, settle_s: int = 30) -> tuple[bool, str]:
    """What `collector verify` says: equal or not, and its last line."""
    command = [sys.executable, "-m", "collector", "verify", "--truth", str(truth), "--store", store]
    done = subprocess.run(
        [*command, "--settle", str(settle_s)], capture_output=True, text=True, check=False, timeout=settle_s + 120
    )
    said = (done.stdout.strip() or done.stderr.strip()).splitlines()
    return done.returncode == 0, said[-1] if said else ""


@contextmanager
def speaking(*command: str) -> Iterator["subprocess.Popen[str]"]:
    """A process of `python -m` with lines on stdin and stdout; killed at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def tell(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(word + "\n")
    process.stdin.flush()


def heard(process: "subprocess.Popen[str]") -> Any:
    """The next line of such a process, which is JSON."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args} ended with code {process.wait()}")
    return json.loads(line)


def quantile(values: list[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
