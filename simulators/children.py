"""Processes that the demo starts, watches and ends: each with its log file, none left behind.

Children get a process group of their own, so Ctrl-C reaches only us and they end in our order.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulators.errors import SimulationError

STOP_S = 10.0


class ChildFailed(SimulationError):
    """A process ended that should run. The message has the end of its log."""


@dataclass(slots=True)
class Child:
    """One process. `stop` is SIGTERM, then SIGKILL when it does not listen."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def stop(self, within_s: float = STOP_S) -> int:
        """Its exit code."""
        if self.running:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(within_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()

    def last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return "\n  ".join(["", *lines[-8:]]) if lines else " (it said nothing)"


@dataclass(slots=True)
class Children:
    """All of them, in order of start; `stop_all` goes backwards."""

    logs: Path
    running: list[Child] = field(default_factory=list)

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> Child:
        self.logs.mkdir(parents=True, exist_ok=True)
        path = self.logs / f"{name}.log"
        with path.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own programs, without a shell
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
        child = Child(name, process, path)
        self.running.append(child)
        return child

    def check(self) -> None:
        """Raises ChildFailed for the first one that is gone."""
        for child in self.running:
            if not child.running:
                code = child.process.returncode
                raise ChildFailed(f"{child.name} ended with code {code}; its log {child.log} ends:{child.last_words()}")

    def follow(self, child: Child, say: Callable[[str], None], until: str = "") -> None:
        """Says each line that it writes, until it says `until` or ends by itself. Raises ChildFailed unless its code
        is 0.
        """
        shown, running = 0, True
        while running:
            running = child.running  # asked before reading: what it said last is not missed
            said = child.log.read_bytes()
            whole = said.rfind(b"\n") + 1 if running else len(said)
            for line in said[shown:whole].decode(errors="replace").splitlines():
                if until and line == until:
                    return
                say(line)
            shown = max(shown, whole)
            if running:
                self._check_but(child)
                time.sleep(0.2)
        self.ended(child)
        if child.process.returncode:
            raise ChildFailed(f"{child.name} ended with code {child.process.returncode}; its log is {child.log}")

    def _check_but(self, child: Child) -> None:
        if any(other is not child and not other.running for other in self.running):
            self.check()

    def wait_for(self, what: str, ready: Callable[[], bool], within_s: float) -> None:
        """Polls until `ready`. Raises ChildFailed when a child dies first or the time is over."""
        deadline_s = time.monotonic() + within_s
        while not ready():
            self.check()
            if time.monotonic() > deadline_s:
                raise ChildFailed(f"{what} did not come within {within_s:.0f} s; logs are in {self.logs}")
            time.sleep(0.05)

    def ended(self, child: Child) -> None:
        """It was ended on purpose: no longer watched."""
        self.running.remove(child)

    def stop_all(self) -> None:
        while self.running:
            self.running.pop().stop()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nobody listens on right now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody accepts connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
