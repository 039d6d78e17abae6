"""Counting from a program on the robot: `counts.add("guided_tour")`, and the agent does the rest.

One file, standard library only: a skill carries a copy of it, and so may other software (`edge_agent.client`). `add`
never waits for the agent; a thread says the totals every `flush_s`. Totals are cumulative per process, so an agent that
crashes, restarts or is away for a day loses nothing and counts nothing twice: it is told the same totals again. What a
process that is killed had counted since its last flush is lost with it (`flush_s`, one second).

    counts = Counts()                       # one per process; a forked child begins its own
    counts.add("guided_tour")
    counts.fault("touch", "no_response", ref="screen-1")
    counts.healed("touch", "no_response", ref="screen-1")
    counts.close()                          # says the rest; also done at exit
"""

import atexit
import contextlib
import json
import os
import socket
import sys
import threading
import time
from typing import Any

AGAIN_S = 60.0  # what the agent had no room for, or refused, is said again
DURABLE_EVERY_S = 600.0  # how often totals are confirmed as durable; each costs the robot's flash one commit
ANSWER_WAIT_S = 5.0
AWAY_MAX_S = 60.0  # the longest pause between two tries to reach an agent that is away
CLOSING_EVERY_S = 0.2  # between two tries when the program is about to end
ANSWER_MAX_BYTES = 64 * 1024
FAULTS_MAX = 256
NAMES_MAX = 300  # counters said in one line, of the 400 and 64 kB that the agent reads
VARIABLE = "FLEETWARD_COUNT_SOCKET"
DEFAULT_SOCKET = "/run/edge-agent/count.sock"


class NotCounted(Exception):
    """The agent is not there, or refused the line. The message says the remedy."""


class NotDurable(Exception):
    """Counted, but the agent's disk takes nothing now: it is stored when it does. Counting again would count twice."""


def socket_path(given: str | os.PathLike[str] | None = None) -> str:
    """Given, else FLEETWARD_COUNT_SOCKET, else in the folder the agent was told, else where a packaged one listens."""
    if given or os.environ.get(VARIABLE):
        return os.fspath(given or os.environ[VARIABLE])
    folder = os.environ.get("EDGE_AGENT_RUNTIME_DIR") or os.environ.get("EDGE_AGENT_STATE_DIR")
    return os.path.join(folder, "count.sock") if folder else DEFAULT_SOCKET


class Counts:
    """The counts of this process. Thread-safe; `add`, `fault`, `healed` and `gauge` only touch memory."""

    _connection: socket.socket | None = None

    def __init__(self, socket: str | os.PathLike[str] | None = None, *, flush_s: float = 1.0) -> None:
        self.path = socket_path(socket)
        self._flush_s = flush_s
        self._begin()
        os.register_at_fork(after_in_child=self._begin)
        atexit.register(self.close, 1.0)

    def _begin(self) -> None:
        """A new source that has counted nothing; a forked child must not say its parent's totals."""
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)
        self._source = os.urandom(16).hex()
        self._totals: dict[str, float] = {}
        self._said: dict[str, float] = {}
        self._base: dict[str, float] = {}  # confirmed as durable: from here on only the difference is new
        self._confirmed_s = time.monotonic()
        self._news: dict[str, dict[str, Any]] = {}  # faults and gauges: the latest of each
        self._faults: dict[str, dict[str, Any]] = {}  # said again to an agent that comes back
        self._thread: threading.Thread | None = None
        self._closing = False
        self._give_up_s = 0.0
        self._disconnect()
        self.refused: dict[str, str] = {}  # counters and faults that the agent does not take now, and why
        self._refused_s = 0.0
        self._later: set[str] = set()  # of these, what the agent has no room for now

    def add(self, counter: str, n: float = 1) -> None:
        """`n` more. A negative or unreal `n` raises ValueError; what the agent refuses is in `refused`, and kept."""
        if not 0 <= n < 2**53:
            raise ValueError(f"{counter} cannot grow by {n}: a counter only counts what happened")
        with self._lock:
            self._totals[counter] = self._totals.get(counter, 0) + n
            self._start()

    def fault(self, family: str, code: str, *, ref: str = "", detail: str = "", severity: str = "warning") -> None:
        """This condition holds now. Saying it again changes nothing; `healed` ends the episode."""
        self._say_fault(
            {"family": family, "code": code, "ref": ref, "detail": detail, "severity": severity}, active=True
        )

    def healed(self, family: str, code: str, *, ref: str = "") -> None:
        """The condition has ended."""
        self._say_fault({"family": family, "code": code, "ref": ref}, active=False)

    def gauge(self, name: str, value: float) -> None:
        """A level now; only the latest value is kept until the next flush."""
        with self._lock:
            self._news[f"gauge {name}"] = {"gauge": name, "value": value}
            self._start()

    def close(self, timeout_s: float = 5.0) -> bool:
        """Say what is left until it is durable. False: the agent did not confirm in time; it may be called again."""
        with self._lock:
            self._closing, self._give_up_s = True, time.monotonic() + timeout_s
            if self._thread is not None and not self._thread.is_alive() and not self._confirmed():
                self._thread = threading.Thread(target=self._run, name="edge-agent-counts", daemon=True)
                self._thread.start()
            self._wake.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s + CLOSING_EVERY_S)
        with self._lock:
            done = thread is None or not thread.is_alive()
            return done and self._confirmed()

    def _confirmed(self) -> bool:
        """Whether the agent has everything, durably; the lock is held."""
        totals = {k: v for k, v in self._totals.items() if k not in self.refused}
        return not self._later and all(self._base.get(k) == v for k, v in totals.items())

    def _say_fault(self, fault: dict[str, Any], *, active: bool) -> None:
        key = f"fault {fault['family']} {fault['code']} {fault['ref']}"
        with self._lock:
            if key in self._faults or len(self._faults) < FAULTS_MAX:
                self._faults[key] = self._news[key] = {"fault": {**fault, "active": active}}
                self.refused.pop(key, None)
            elif active:
                self.refused[key] = f"more than {FAULTS_MAX} faults of one process: heal what has ended"
            self._start()

    def _start(self) -> None:
        """The thread lives only in a process that counts; the lock is held."""
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._run, name="edge-agent-counts", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        pause_s = self._flush_s
        while True:
            with self._lock:
                if not self._closing:
                    self._wake.wait(pause_s)
                closing = self._closing
            try:
                self._flush(closing=closing)
                pause_s = self._flush_s
            except (OSError, ValueError):
                self._disconnect()
                pause_s = min(AWAY_MAX_S, max(1.0, pause_s * 2))  # the agent is away: totals wait in memory
                if closing and time.monotonic() < self._give_up_s:
                    time.sleep(CLOSING_EVERY_S)
                    continue
            if closing and self._try_later():
                time.sleep(CLOSING_EVERY_S)
                continue
            if closing:
                self._disconnect()
                return

    def _try_later(self) -> bool:
        """Whether there is something to say again before the program ends; the refusals of it are forgotten then."""
        with self._lock:
            if not self._later or time.monotonic() >= self._give_up_s:
                return False
            self.refused = {k: v for k, v in self.refused.items() if k not in self._later}
            self._later.clear()
        return True

    def _flush(self, *, closing: bool) -> None:
        if self._connection is not None and _ended(self._connection):
            self._disconnect()  # the agent went: what it had taken and not yet made durable is said again
        with self._lock:
            if self.refused and time.monotonic() - self._refused_s >= AGAIN_S:
                self._news = {k: v for k, v in self._faults.items() if k in self.refused} | self._news
                self.refused = {
                    k: v for k, v in self.refused.items() if k not in self._totals and k not in self._faults
                }
                self._refused_s = time.monotonic()
                self._later.clear()
            totals = {k: v for k, v in self._totals.items() if k not in self.refused}
            due = closing or time.monotonic() - self._confirmed_s >= DURABLE_EVERY_S
            durable = due and any(self._base.get(k) != v for k, v in totals.items())
            news, self._news = self._news, {}
            if self._connection is None:
                news = self._faults | news
            base, changed = dict(self._base), any(self._said.get(k) != v for k, v in totals.items())
        try:
            while news:
                key = next(iter(news))
                self._note(key, news[key], self._ask(news[key]))
                del news[key]
            names = list(totals) if changed or durable else []
            for at in range(0, len(names), NAMES_MAX):
                part = {name: totals[name] for name in names[at : at + NAMES_MAX]}
                known = {name: base[name] for name in part if name in base}
                said = {"source": self._source, "totals": part, "base": known, "durable": durable}
                self._confirm(part, self._ask(said), durable=durable)
        finally:
            with self._lock:
                self._news = news | self._news

    def _note(self, key: str, said: dict[str, Any], answer: dict[str, Any]) -> None:
        """A fault that was refused is said again later; one that has ended is forgotten."""
        with self._lock:
            if not answer.get("ok"):
                reasons = (answer.get("refused") or {}) | (answer.get("later") or {})
                self._refuse({key: str(answer.get("error") or "; ".join(reasons.values()))})
            elif "fault" in said and not said["fault"]["active"] and self._faults.get(key) is said:
                del self._faults[key]

    def _refuse(self, reasons: dict[str, str]) -> None:
        if reasons and not self.refused:
            self._refused_s = time.monotonic()
        self.refused |= reasons

    def _confirm(self, totals: dict[str, float], answer: dict[str, Any], *, durable: bool) -> None:
        later = answer.get("later") or {}
        refused = (answer.get("refused") or {}) | later
        if not answer.get("ok") and not refused:
            raise ValueError(answer.get("error"))
        with self._lock:
            self._refuse(refused)
            self._later |= later.keys()
            taken = {k: v for k, v in totals.items() if k not in refused}
            self._said = self._said | taken
            if durable and (answer.get("durable") or not taken):
                self._base = self._base | taken  # of what is refused now, what was durable before stays so
                self._confirmed_s = time.monotonic()

    def _ask(self, line: dict[str, Any]) -> dict[str, Any]:
        if self._connection is None:
            self._connection = _connect(self.path)
            self._said = {}  # an agent that was restarted may have forgotten what was not yet durable
        return _converse(self._connection, line)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._said = {}


def count_once(counter: str, n: int = 1, socket: str | os.PathLike[str] | None = None) -> None:
    """Count from a shell script or a short program: durable when it returns. Raises NotCounted, NotDurable."""
    path = socket_path(socket)
    try:
        with _connect(path) as connection:
            answer = _converse(connection, {"count": counter, "n": n})
    except (OSError, ValueError) as error:
        raise NotCounted(f"no agent answers at {path}: start it, or name its socket ({error})") from error
    if answer.get("taken"):
        raise NotDurable(str(answer.get("error")))
    if not answer.get("ok"):
        reasons = "; ".join(((answer.get("refused") or {}) | (answer.get("later") or {})).values())
        raise NotCounted(str(answer.get("error") or reasons))


def main(arguments: list[str]) -> int:
    """`count NAME [N] [--socket PATH]`: 0 counted and durable, 1 not counted, 2 wrong call, 3 not yet durable."""
    given: str | None = None
    words = list(arguments)
    if "--socket" in words[:-1]:
        at = words.index("--socket")
        given = words[at + 1]
        del words[at : at + 2]
    if unknown := [word for word in words if word.startswith("-") and not word[1:].isdecimal()]:
        print(
            f"count has no option {unknown[0]}: count NAME [N] [--socket PATH], PATH the agent's count.sock",
            file=sys.stderr,
        )
        return 2
    if len(words) not in {1, 2} or not "".join(words[1:] or ["1"]).isdecimal():
        print("count NAME [N] [--socket PATH]: N is a whole number", file=sys.stderr)
        return 2
    try:
        count_once(words[0], int(words[1]) if len(words) > 1 else 1, given)
    except NotCounted as error:
        print(f"not counted: {error}", file=sys.stderr)
        return 1
    except NotDurable as error:
        print(f"counted, not yet durable: do not repeat ({error})", file=sys.stderr)
        return 3
    return 0


def _connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(ANSWER_WAIT_S)
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def _ended(connection: socket.socket) -> bool:
    """Whether the agent has closed the connection. Between two lines it says nothing by itself."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(ANSWER_WAIT_S)


def _converse(connection: socket.socket, line: dict[str, Any]) -> dict[str, Any]:
    """One line there, one line back. Raises OSError when the agent has gone, ValueError on nonsense."""
    with contextlib.suppress(BrokenPipeError):  # it may have said why it takes no line from us, and closed
        connection.sendall(json.dumps(line).encode() + b"\n")
    heard = b""
    while not heard.endswith(b"\n"):
        part = connection.recv(65536)
        if not part or len(heard) > ANSWER_MAX_BYTES:
            raise ConnectionError("the agent closed the connection")
        heard += part
    answer = json.loads(heard)
    if not isinstance(answer, dict):
        raise ConnectionError("what answers is no agent")
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
