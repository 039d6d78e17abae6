"""A whole system as processes that can be killed: broker, collectors, agents, a simulated fleet, and the truth.

    with field(tmp_path) as it:
        it.start()
        it.count(200)                 # skills on each robot count through the agent's socket
        it.kill("agent-0", "broker")  # SIGKILL; `start` again whenever
        it.settle()                   # flush, upload, and compare the collector with the truth

Every agent is the real `edge-agent run` with a one-second window; what skills count is cumulative per process,
so it is exactly known. The robots' time zone is chosen such that no test runs across midnight.
"""

import contextlib
import csv
import datetime as dt
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as given
from pathlib import Path

from edge_agent.client import Counts
from tests.brokers import Mosquitto, free_port
from tests.waiting import DEADLINE_S, until

BIN = Path(sys.executable).parent
COUNTERS = ("foot_traffic", "solicitation", "wake_up", "interaction", "guided_tour", "dialog_turn")
SETTLE_S = 180.0  # ends as soon as the numbers are equal


def noon_zone(now: dt.datetime) -> str:
    """An IANA zone where it is about noon now, so that a day is one day for the length of a test."""
    behind = (now.hour - 12) % 24
    behind = behind - 24 if behind > 12 else behind
    return "Etc/GMT" if behind == 0 else f"Etc/GMT{behind:+d}"  # Etc/GMT+5 lies five hours behind UTC


@dataclass
class Field:
    """Processes by name: `broker`, `collector-<n>`, `agent-<n>`, `fleet`."""

    folder: Path
    agents: int = 1
    collectors: int = 1
    store: str = ""
    wrap: Callable[[str, list[str]], list[str]] = lambda _name, argv: argv
    environment_of: Callable[[str], dict[str, str]] = lambda _name: {}
    broker: Mosquitto = given(init=False)
    processes: dict[str, "subprocess.Popen[bytes]"] = given(default_factory=dict)
    counts: list[Counts] = given(default_factory=list)
    truth: Counter[tuple[str, str]] = given(default_factory=Counter)

    def __post_init__(self) -> None:
        self.broker = Mosquitto(self.folder / "broker", persistence=False)
        self.store = self.store or f"sqlite:///{self.folder / 'collector.db'}"
        self.zone = noon_zone(dt.datetime.now(dt.UTC))
        self.ports = [free_port() for _ in range(self.collectors)]

    @property
    def names(self) -> list[str]:
        return [
            "broker",
            *(f"collector-{n}" for n in range(self.collectors)),
            *(f"agent-{n}" for n in range(self.agents)),
        ]

    def robot(self, number: int) -> str:
        return f"field-{number}"

    def socket(self, number: int) -> Path:
        return self.folder / f"agent-{number}" / "count.sock"

    def start(self, *names: str) -> None:
        """Start what is named and not running; everything when nothing is named."""
        for name in names or self.names:
            if name == "broker":
                if self.broker.process is None:
                    self.broker.start()
            elif name not in self.processes:
                self.processes[name] = self._spawn(name)
        if not self.counts:
            self.counts = [Counts(self.socket(n), flush_s=0.1) for n in range(self.agents)]

    def kill(self, *names: str, how: signal.Signals = signal.SIGKILL) -> None:
        for name in names:
            if name == "broker":
                self.broker.kill()
                continue
            process = self.processes.pop(name, None)
            if process is not None:
                process.send_signal(how)
                process.wait(timeout=DEADLINE_S)

    def freeze(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGCONT)

    def reported_lost(self) -> int:
        """Records that robots have declared lost, as the collector's store has it (SQLite); 0 before it has tables."""
        with contextlib.closing(sqlite3.connect(self.store.removeprefix("sqlite:///"))) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'gap'").fetchall():
                return 0
            (records,) = connection.execute("SELECT coalesce(sum(records), 0) FROM gap WHERE cause = 'lost'").fetchone()
        return int(records)

    def count(self, times: int, dice: random.Random) -> None:
        """Skills on random robots count."""
        for _ in range(times):
            number, counter, n = dice.randrange(self.agents), dice.choice(COUNTERS), dice.randint(1, 5)
            self.counts[number].add(counter, n)
            self.truth[(self.robot(number), counter)] += n

    def write_truth(self) -> Path:
        path = self.folder / "truth.csv"
        day = dt.datetime.now(dt.UTC) + dt.timedelta(hours=self._offset_h())
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("robot", "day", "counter", "value"))
            for (robot, counter), value in sorted(self.truth.items()):
                rows.writerow((robot, day.date().isoformat(), counter, value))
        return path

    def settle(self, seconds: float = SETTLE_S, truth: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """Everything runs, skills say the rest durably, then `collector verify` until equal or the deadline."""
        self.start()
        for number, counts in enumerate(self.counts):
            assert counts.close(DEADLINE_S), f"agent-{number} did not take the rest: {self.log(f'agent-{number}')}"
        if self.store.startswith("sqlite"):  # a collector that was killed while it made its store makes it now
            until(self._has_schema, lambda: self.log("collector-0"))
        return self.verify(truth or self.write_truth(), seconds)

    def _has_schema(self) -> bool:
        """Whether the SQLite store has its tables: they are made in one transaction, after the file."""
        path = Path(self.store.removeprefix("sqlite:///"))
        if not path.exists():
            return False
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchall())

    def verify(self, truth: Path, settle_s: float) -> "subprocess.CompletedProcess[str]":
        argv = [str(BIN / "collector"), "verify", "--truth", str(truth), "--store", self.store]
        argv += ["--settle", f"{settle_s:.0f}"]
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=settle_s + DEADLINE_S)

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def close(self) -> None:
        for counts in self.counts:
            counts.close(0.0)
        self.kill(*list(self.processes), how=signal.SIGKILL)
        self.broker.kill()

    def _offset_h(self) -> int:
        return -int(self.zone.removeprefix("Etc/GMT") or 0)

    def _spawn(self, name: str) -> "subprocess.Popen[bytes]":
        kind, _, number = name.partition("-")
        argv = self.wrap(
            name, self._collector(int(number)) if kind == "collector" else [str(BIN / "edge-agent"), "run"]
        )
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("EDGE_AGENT_", "COLLECTOR_"))}
        env = clean | (self._agent_environment(int(number)) if kind == "agent" else {}) | self.environment_of(name)
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(argv, env=env, stdout=log, stderr=log)

    def _collector(self, number: int) -> list[str]:
        part = ["--part", f"{number}/{self.collectors}"] if self.collectors > 1 else []
        return [
            *(str(BIN / "collector"), "serve", "--store", self.store),
            *(
                "--mqtt",
                self.broker.url + (f"?ca={self.broker.tls.ca}" if self.broker.tls else ""),
                "--listen",
                f"127.0.0.1:{self.ports[number]}",
                *part,
            ),
        ]

    def _agent_environment(self, number: int) -> dict[str, str]:
        folder = self.folder / f"agent-{number}"
        folder.mkdir(exist_ok=True)
        return {
            "EDGE_AGENT_ROBOT": self.robot(number),
            "EDGE_AGENT_STATE_DIR": str(folder),
            "EDGE_AGENT_RUNTIME_DIR": str(folder),
            "EDGE_AGENT_MQTT_URL": self.broker.url,
            "EDGE_AGENT_SOURCES": "local",
            "EDGE_AGENT_SAMPLE_S": "1",
            "EDGE_AGENT_WINDOW_S": "1",
            "EDGE_AGENT_UPLOAD_S": "1",
            "EDGE_AGENT_TIMEZONE": self.zone,
        }


@contextlib.contextmanager
def field(folder: Path, **options: object) -> Iterator[Field]:
    """A field for the length of a test; nothing of it survives."""
    made = Field(folder, **options)  # type: ignore[arg-type]  # the dataclass checks the names
    try:
        yield made
    finally:
        made.close()


def missing(*programs: str) -> str | None:
    """The first program that is not here, with the package that brings it."""
    packages: dict[str, Sequence[str]] = {
        "mosquitto": ("mosquitto",),
        "strace": ("strace",),
        "faketime": ("faketime",),
        "ip": ("iproute2",),
    }
    for program in programs:
        if shutil.which(program) is None and not Path("/usr/sbin", program).exists():
            return f"no {program} here: apt-get install {' '.join(packages.get(program, (program,)))}"
    return None
