"""A Debian with a real systemd in a container, for `soak_systemd.py`. Needs root; all of it is gone afterwards.

`tree()`    a minimal Debian 12, made once by debootstrap and kept under bench-results
`wheels()`  the agent as built from this checkout, with what it depends on
`booted()`  that Debian, running: changes go to memory, the network is the host's, only loopback is used
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests import ROOT

RESULTS = ROOT / "bench-results"  # ignored by git
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
PACKAGES = "systemd,systemd-sysv,dbus,python3,python3-venv,tzdata,polkitd"
PYTHON = "3.11"  # of Debian 12
BROUGHT = "/srv/fleetward"  # where the container sees what was brought along
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BOOT_S, HALT_S = 60.0, 30.0
TOOLS = {"debootstrap": "debootstrap", "systemd-nspawn": "systemd-container", "nsenter": "util-linux"}


class NoContainer(RuntimeError):
    """This machine cannot boot one; the message says what is missing."""


def require() -> None:
    """Raises NoContainer with the remedy."""
    if os.geteuid() != 0:
        raise NoContainer("only root can boot a container: sudo make soak ONLY=systemd")
    missing = sorted(package for tool, package in TOOLS.items() if shutil.which(tool) is None)
    if missing:
        raise NoContainer(f"{', '.join(missing)}: not installed: apt-get install {' '.join(missing)}")


def tree() -> Path:
    """A minimal Debian 12. Raises NoContainer."""
    made = RESULTS / f"systemd-root-{hashlib.sha256(PACKAGES.encode()).hexdigest()[:12]}"
    if made.is_dir():
        return made
    RESULTS.mkdir(exist_ok=True)
    part = RESULTS / f"systemd-root.{os.getpid()}.part"
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(part), MIRROR]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(part, ignore_errors=True)
        raise NoContainer(f"debootstrap from {MIRROR} failed (set DEBIAN_MIRROR?): {done.stdout[-500:]}{done.stderr}")
    (part / "etc/hostname").unlink(missing_ok=True)  # else it stands above --hostname
    part.rename(made)
    return made


def wheels(folder: Path, extras: str = "agent") -> None:
    """Put the agent's wheel and those it depends on into `folder`; the latter are downloaded once."""
    stamp = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + extras.encode()).hexdigest()[:12]
    kept = RESULTS / f"systemd-wheels-{stamp}"
    with tempfile.TemporaryDirectory() as copied:  # building in the checkout would leave folders in it
        for name in ("protocol", "edge_agent", "collector", "opk_skills", "simulators"):
            shutil.copytree(ROOT / name, Path(copied, name), ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copied)
        _pip("wheel", "--no-deps", "--wheel-dir", str(folder), copied)
    own = next(folder.glob("fleetward-*.whl"))
    if not kept.is_dir():
        with tempfile.TemporaryDirectory(dir=RESULTS) as part:
            fits = ("--only-binary=:all:", "--python-version", PYTHON)
            _pip("download", *fits, "--dest", part, f"{own}[{extras}]")
            shutil.copytree(part, kept, ignore=shutil.ignore_patterns("fleetward-*"))
    for wheel in kept.iterdir():
        shutil.copy(wheel, folder)


def _pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments, "--quiet"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoContainer(f"pip {arguments[0]} failed: {done.stderr[-1000:]}")


@dataclass
class Robot:
    """The booted container. Commands run as units of its own systemd, with the rights that it has to give."""

    leader: int

    def enter(self, *argv: str, within_s: float = 60.0) -> "subprocess.CompletedProcess[str]":
        """In its namespaces, from outside."""
        command = ["nsenter", "--all", "--target", str(self.leader), "env", "-i", f"PATH={PATH}", "LANG=C.UTF-8", *argv]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=within_s)

    def shell(self, script: str, *properties: str, within_s: float = 120.0) -> str:
        """What `sh -eu` printed, as a unit with these properties. Raises AssertionError when it failed."""
        with_these = [word for item in properties for word in ("--property", item)]
        unit = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--setenv=HOME=/tmp", *with_these]
        done = self.enter(*unit, "/bin/sh", "-euc", script, within_s=within_s)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def show(self, unit: str, *names: str) -> dict[str, str]:
        """Properties of a unit."""
        done = self.enter("systemctl", "show", unit, *(f"--property={name}" for name in names))
        return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)

    def status(self) -> dict[str, Any]:
        """`edge-agent status --json`, as the installed command says it."""
        done = self.enter("/opt/edge-agent/bin/edge-agent", "status", "--json")
        return json.loads(done.stdout) if done.stdout else {}

    def journal(self, unit: str = "edge-agent") -> str:
        return self.enter("journalctl", "--no-pager", "--output=cat", f"--unit={unit}").stdout


@contextmanager
def booted(brought: Path, *binds: str, limits: bool = False) -> Iterator[Robot]:
    """A fresh robot that sees `brought` under /srv/fleetward. It is halted and forgotten at the end, come what may.

    `binds`: more folders, as HOST:INSIDE. `limits`: units' limits on memory, processes and processor are real. On a
    machine with control groups of version 1 systemd-nspawn gives its container none of those, and systemd takes
    `MemoryMax` and limits nothing: so the container gets groups of its own there, and writes to them.
    """
    groups = _Groups() if limits else None
    command = [
        *("setpriv", "--pdeathsig", "TERM", "systemd-nspawn", "--quiet", "--boot", f"--directory={tree()}"),
        *("--volatile=overlay", "--register=no", "--keep-unit", "--private-users=no", "--resolv-conf=off"),
        *("--timezone=off", "--link-journal=no", "--console=read-only"),
        *(f"--machine=fleetward-{os.getpid()}", "--hostname=robot", f"--bind-ro={brought}:{BROUGHT}"),
        *(f"--bind={bind}" for bind in binds),
        "--system-call-filter=adjtimex clock_adjtime",  # a robot's kernel answers these; the unit is what forbids them
    ]
    with tempfile.TemporaryFile() as console:
        inside = groups.joined(command) if groups is not None else command
        process = subprocess.Popen(inside, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        try:
            robot = _up(process, console)
            if groups is not None:
                groups.give(robot)
            yield robot
        finally:
            _halt(process)
            if groups is not None:
                groups.remove()


class _Groups:
    """Control groups of version 1 for one container; nothing where the machine has version 2."""

    NAMES = ("memory", "pids", "cpu", "cpuacct", "blkio")

    def __init__(self) -> None:
        self.folders = []
        for name in self.NAMES:
            top = Path("/sys/fs/cgroup", name)
            if not (top / "tasks").is_file():
                continue
            subprocess.run(["mount", "-o", "remount,rw,bind", str(top)], capture_output=True, check=False)
            folder = top / f"fleetward-{os.getpid()}"
            folder.mkdir(exist_ok=True)
            self.folders.append(folder)

    def joined(self, command: list[str]) -> list[str]:
        """The same command, in these groups from its first moment on."""
        script = 'while [ "$1" != -- ]; do echo $$ > "$1/tasks"; shift; done; shift; exec "$@"'
        return ["sh", "-c", script, "sh", *map(str, self.folders), "--", *command]

    def give(self, robot: Robot) -> None:
        """Its systemd may write them, and looks again which ones there are."""
        for folder in self.folders:
            robot.enter("mount", "-o", "remount,rw,bind", str(folder.parent))
        robot.enter("systemctl", "daemon-reexec")

    def remove(self) -> None:
        """From the innermost on."""
        for top in self.folders:
            for folder, _, _ in os.walk(top, topdown=False):
                with suppress(OSError):
                    Path(folder).rmdir()


def _up(process: "subprocess.Popen[bytes]", console: Any) -> Robot:
    deadline_s = time.monotonic() + BOOT_S
    while time.monotonic() < deadline_s and process.poll() is None:
        for child in psutil.Process(process.pid).children():
            robot = Robot(child.pid)
            if robot.enter("systemctl", "is-system-running").stdout.strip() in {"running", "degraded"}:
                return robot
        time.sleep(0.1)
    console.seek(0)
    raise NoContainer(f"systemd did not boot: {console.read().decode(errors='replace')[-1500:]}")


def _halt(process: "subprocess.Popen[bytes]") -> None:
    """An orderly power-off, then without asking. What ran inside dies with its first process."""
    inside = psutil.Process(process.pid).children() if process.poll() is None else []
    process.terminate()
    try:
        process.wait(HALT_S)
    except subprocess.TimeoutExpired:
        for child in inside:
            child.kill()
        process.kill()
        process.wait(HALT_S)


def until(holds: Callable[[], Any], within_s: float, what: str) -> float:
    """Seconds until it held. Raises AssertionError."""
    began_s = time.monotonic()
    while not holds():
        assert time.monotonic() - began_s < within_s, f"not within {within_s:.0f} s: {what}"
        time.sleep(0.1)
    return time.monotonic() - began_s
