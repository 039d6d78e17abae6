"""The process that starts skills without systemd: same user, own session each, bounded as far as that goes.

A child of the agent by itself, so that the agent is the parent of no skill: `python -m
edge_agent.skills.starters.supervisor`. It hears one JSON line each and says one:

    {"start": "guide", "package": "/…", "folder": "/…", "memory_mb": 32, "processes": 4, "disk_mb": 4}
    {"stop": "guide"}
    → {"running": "guide", "pid": 77}
    → {"ended": "guide", "why": "memory", "detail": "…"}
    → {"refused": "guide", "detail": "…"}

It keeps every process that a skill starts within sight (it is their reaper), sums their memory and threads ten times a
second, and ends all of them when the sum is too much, when the skill's first process has ended, and when its own input
ends: nothing of a skill is left. It cannot keep one skill from another's files or processes: they are one user.
"""

import contextlib
import ctypes
import json
import os
import resource
import selectors
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import Any

LOOK_S = 0.1
STOP_S = 9.0  # of which the mission takes a second, the farewell five and the last counts three
LEAVE_S = 9.0
OPEN_FILES = 64
SLACK_MB = 24  # of RLIMIT_DATA: stacks of threads are reserved, not used
OUTPUT = "output"
DETAIL_BYTES = 400
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
MB = 2**20
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True)
class Child:
    """A skill's first process, and what became of it."""

    key: str
    pid: int
    folder: str
    memory_mb: int
    processes: int
    why: str = ""  # for which it is killed
    stop_by_s: float | None = None
    ended: int | None = None  # its status, once it has ended
    owns: set[int] = field(default_factory=set)  # every process of it that was ever seen and lives


class Supervisor:
    """`hear` takes lines, `look` is called ten times a second; `say` writes lines."""

    def __init__(self) -> None:
        self.children: dict[str, Child] = {}
        _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def say(self, **message: Any) -> None:
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.write(json.dumps(message) + "\n")
            sys.stdout.flush()

    def hear(self, line: bytes) -> None:
        said = json.loads(line)
        if "start" in said:
            self._start(said)
        elif (child := self.children.get(said.get("stop", ""))) is not None:
            self._stop(child, time.monotonic())

    def stop_all(self) -> None:
        for child in self.children.values():
            self._stop(child, time.monotonic())

    def kill_all(self) -> None:
        for child in self.children.values():
            self._kill(child)

    def look(self) -> None:
        """Reap, sum up, end what has to end."""
        self._reap()
        self._adopt()
        for child in list(self.children.values()):
            self._see(child)
            if child.ended is not None or child.why or (child.stop_by_s or 1e18) <= time.monotonic():
                self._kill(child)
            if child.ended is not None and not child.owns:
                del self.children[child.key]
                why, detail = _why(child)
                self.say(ended=child.key, why=why, detail=detail)

    def _start(self, said: dict[str, Any]) -> None:
        key = said["start"]
        if key in self.children:
            self.say(refused=key, detail="it runs already")
            return
        pid = os.fork()
        if not pid:
            _become(said)
        self.children[key] = Child(key, pid, said["folder"], said["memory_mb"], said["processes"], owns={pid})
        self.say(running=key, pid=pid)

    def _stop(self, child: Child, now_s: float) -> None:
        if child.stop_by_s is None:
            child.stop_by_s = now_s + STOP_S
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGTERM)

    def _kill(self, child: Child) -> None:
        """The session's group as one, which no fork escapes; then what left it, until nothing is seen any more."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        for pid in child.owns:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                for child in self.children.values():
                    child.owns.discard(ended[0])
                    if child.pid == ended[0]:
                        child.ended = ended[1]

    def _adopt(self) -> None:
        """Processes whose parent has ended are ours now. One that nobody knows goes by its session, or ends."""
        known = set().union(*(each.owns for each in self.children.values()))
        sessions = {each.pid: each for each in self.children.values()}
        for orphan in set(_offspring(os.getpid())) - known:
            owner = sessions.get(_session(orphan))
            if owner is not None:
                owner.owns.add(orphan)
            else:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(orphan, signal.SIGKILL)

    def _see(self, child: Child) -> None:
        """All that it has now, and whether that is too much."""
        waiting, seen = list(child.owns), set[int]()
        while waiting:
            pid = waiting.pop()
            if pid not in seen:
                seen.add(pid)
                waiting += _offspring(pid)
        child.owns = {pid for pid in seen if _threads(pid)}
        if child.why or child.ended is not None:
            return
        memory, threads = 0, 0
        for pid in child.owns:
            memory += _anonymous_bytes(pid)
            threads += _threads(pid)
        # Many processes take much memory, and are then why: they are judged first.
        if threads > child.processes:
            child.why = "processes"
        elif memory > child.memory_mb * MB:
            child.why = "memory"


def _become(said: dict[str, Any]) -> None:
    """In the forked child: the skill. It never returns."""
    try:
        os.setsid()
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(caught, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        output = os.open(
            os.path.join(said["folder"], OUTPUT), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600
        )
        for number, target in ((null, 0), (output, 1), (output, 2)):
            os.dup2(number, target)
        os.closerange(3, 1024)
        os.chdir(said["package"])
        data = (said["memory_mb"] + SLACK_MB) * MB
        limits = (
            (resource.RLIMIT_DATA, data),
            (resource.RLIMIT_FSIZE, max(1, said["disk_mb"]) * MB),
            (resource.RLIMIT_NOFILE, OPEN_FILES),
            (resource.RLIMIT_CORE, 0),
        )
        for name, most in limits:
            resource.setrlimit(name, (most, most))
        os.nice(10)
        environ = {"FLEETWARD_SKILL_DIR": said["folder"], "PATH": os.defpath, "LC_ALL": "C.UTF-8"}
        words = [sys.executable, "-I", "-S", "start.py"]
        os.execve(words[0], words, environ)  # noqa: S606  no shell stands between
    except BaseException as error:  # noqa: BLE001 - this process must not go on as the supervisor
        os.write(2, f"not started: {error}\n".encode())
    os._exit(127)


def _why(child: Child) -> tuple[str, str]:
    """(the word, what can be said more of it)."""
    status = child.ended or 0
    last = _last_line(os.path.join(child.folder, OUTPUT))
    if child.why:
        return child.why, ""
    if os.WIFSIGNALED(status):
        return "killed", signal.Signals(os.WTERMSIG(status)).name
    code = os.WEXITSTATUS(status)
    if code == os.EX_CONFIG:
        return "not_given", last
    if last.startswith("MemoryError"):
        return "memory", ""
    return ("fault", last) if code else ("exited", "")


def _last_line(path: str) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 4096))
            lines = file.read(4096).decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return "".join(c if c.isprintable() else "?" for c in lines[-1])[:DETAIL_BYTES] if lines else ""


def _offspring(pid: int) -> list[int]:
    """Processes whose parent it is now."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    return found


def _session(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[3])
    except (OSError, IndexError, ValueError):
        return 0


def _threads(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def _anonymous_bytes(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{pid}/status", "rb") as file:
        for line in file:
            if line.startswith(b"RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


def main() -> int:
    """Until its input ends."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the agent ends it by its input, after the skills
    supervisor, waiting = Supervisor(), b""
    leave_by_s: float | None = None
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ)
        while leave_by_s is None or supervisor.children:
            if selector.get_map() and selector.select(LOOK_S):
                data = os.read(0, 65536)
                *lines, waiting = (waiting + data).split(b"\n")
                for line in lines:
                    supervisor.hear(line)
                if not data:
                    selector.unregister(0)
                    leave_by_s = time.monotonic() + LEAVE_S
                    supervisor.stop_all()
            elif leave_by_s is not None:
                time.sleep(LOOK_S)
            supervisor.look()
            if leave_by_s is not None and time.monotonic() > leave_by_s:
                supervisor.kill_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
