"""The demo's portfolio of customers in a real collector: broker, `collector serve`, `fleet-sim stories --check`."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulators.children import Children, answers, free_port
from simulators.collector_api import CollectorApi
from simulators.embedded import COLLECTOR
from simulators.stories.cast import CUSTOMERS
from simulators.stories.robots import robot_name
from tests.waiting import DEADLINE_S

WORD = "stories"  # one password for all: the broker listens on loopback for a minute


@dataclass(frozen=True)
class ToldPortfolio:
    api: CollectorApi
    said: str
    code: int


def python(*words: str) -> list[str]:
    return [sys.executable, "-m", *words]


@contextmanager
def told(folder: Path) -> Iterator[ToldPortfolio]:
    """A collector that has been told the whole portfolio, and what `fleet-sim stories --check` said of it."""
    children, broker, page = Children(folder / "logs"), free_port(), free_port()
    store, passwords = f"sqlite:///{folder / 'fleet.db'}", folder / "passwords"
    names = [COLLECTOR, *(robot_name(customer, n) for customer in CUSTOMERS for n in range(customer.robots))]
    passwords.write_text("".join(f"{name}:{WORD}\n" for name in names))
    try:
        token = _token(store)
        children.start(
            "broker", python("simulators", "broker", "--listen", f"127.0.0.1:{broker}", "--passwords", str(passwords))
        )
        children.wait_for("the broker", lambda: answers(broker), DEADLINE_S)
        serve = python("collector", "serve", "--listen", f"127.0.0.1:{page}", "--store", store)
        children.start("collector", serve, {"COLLECTOR_MQTT": f"mqtt://{COLLECTOR}:{WORD}@127.0.0.1:{broker}"})
        api = CollectorApi(f"http://127.0.0.1:{page}", token)
        children.wait_for("the collector", api.healthy, DEADLINE_S)
        yield _told(api, f"mqtt://127.0.0.1:{broker}", passwords)
    finally:
        children.stop_all()


def _token(store: str) -> str:
    made = subprocess.run(
        python("collector", "token", "create", "--role", "admin", "--name", "test", "--store", store),
        capture_output=True, text=True, timeout=DEADLINE_S, check=True,
    )  # fmt: skip
    return next(word for word in made.stdout.split() if word.startswith("fw_"))


def _told(api: CollectorApi, mqtt: str, passwords: Path) -> ToldPortfolio:
    command = python(
        "simulators", "stories", "--url", api.url, "--mqtt", mqtt, "--credentials", str(passwords), "--check"
    )
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=280, check=False,
        env={"COLLECTOR_TOKEN": api.token, "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    return ToldPortfolio(api, done.stdout + done.stderr, done.returncode)
