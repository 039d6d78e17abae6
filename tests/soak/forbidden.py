"""What somebody who took over the agent would try. Runs inside the robot, standard library only.

`python3 forbidden.py` prints one JSON object: action → "done", or the error's name that kept it from being done.
Run with the unit's restrictions every `TRIED` must be refused and every `ALLOWED` done; as root without them it is
the control.
"""

import ctypes
import errno
import fcntl
import json
import mmap
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
NEW_USER, NEW_NET, NEW_NS = 0x10000000, 0x40000000, 0x00020000
PTRACE_SEIZE, PERSONALITY_32 = 0x4206, 0x0008
OWN = Path(os.environ.get("STATE_DIRECTORY", "/var/lib/edge-agent"))


def call(name: str, *arguments: object) -> None:
    """A system call by its wrapper; raises OSError."""
    if getattr(LIBC, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def make_cgroup() -> None:
    made = Path("/sys/fs/cgroup/systemd/tried")
    made.mkdir()
    made.rmdir()


def write(folder: str) -> Callable[[], None]:
    def attempt() -> None:
        path = Path(folder, "written-by-the-agent")
        path.write_text("x")
        path.unlink()

    return attempt


def read(path: str) -> Callable[[], None]:
    def attempt() -> None:
        os.close(os.open(path, os.O_RDONLY))

    return attempt


def opened(family: int, kind: int, protocol: int = 0) -> Callable[[], None]:
    return lambda: socket.socket(family, kind, protocol).close()


def own_file(change: Callable[[Path], None]) -> Callable[[], None]:
    def attempt() -> None:
        path = OWN / "tried"
        path.write_text("#!/bin/sh\n")
        try:
            change(path)
        finally:
            path.unlink()

    return attempt


def in_a_child(attempt: Callable[[], None]) -> Callable[[], None]:
    """For what would change this process: its answer is the child's exit status."""

    def tried() -> None:
        child = os.fork()
        if child == 0:
            try:
                attempt()
                os._exit(0)
            except OSError as error:
                os._exit(error.errno or 255)
        number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if number:
            raise OSError(number if number > 0 else errno.EPERM, "in the child")

    return tried


def written_and_run() -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def set_the_clock() -> None:
    time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME))


TRIED: dict[str, Callable[[], None]] = {
    "write /etc": write("/etc"),
    "write /etc/edge-agent": write("/etc/edge-agent"),
    "write /usr/bin": write("/usr/bin"),
    "write /opt/edge-agent": write("/opt/edge-agent/bin"),
    "write /var/lib": write("/var/lib"),
    "write /var/log": write("/var/log"),
    "write /boot": write("/boot"),
    "write /run": write("/run"),
    "write /etc/systemd/system": write("/etc/systemd/system"),
    "write /root": write("/root"),
    "write /home": write("/home"),
    "read /root": read("/root"),
    "read /etc/shadow": read("/etc/shadow"),
    "read the credentials' source": read("/etc/edge-agent/credentials/key"),
    "write a cgroup": make_cgroup,
    "mount": in_a_child(lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, None)),
    "new user namespace": in_a_child(lambda: call("unshare", NEW_USER)),
    "new network namespace": in_a_child(lambda: call("unshare", NEW_NET)),
    "new mount namespace": in_a_child(lambda: call("unshare", NEW_NS)),
    "set the clock": set_the_clock,
    "set the host name": lambda: socket.sethostname(socket.gethostname()),
    "ptrace the first process": in_a_child(lambda: call("ptrace", PTRACE_SEIZE, 1, 0, 0)),
    "ptrace a child": in_a_child(lambda: call("ptrace", 0, 0, 0, 0)),
    "become root": in_a_child(lambda: os.setuid(0)),
    "give a file away": own_file(lambda path: os.chown(path, 0, 0)),
    "set-uid bit": own_file(lambda path: path.chmod(0o4755)),
    "make a device": own_file(lambda path: os.mknod(f"{path}-device", 0o60600, os.makedev(7, 0))),
    "memory written and run": written_and_run,
    "another personality": in_a_child(lambda: call("personality", PERSONALITY_32)),
    "real-time priority": in_a_child(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))),
    "netlink socket": opened(socket.AF_NETLINK, socket.SOCK_RAW),
    "packet socket": opened(socket.AF_PACKET, socket.SOCK_RAW),
    "raw socket": opened(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "chroot": in_a_child(lambda: os.chroot("/tmp")),
    "kernel's log": lambda: call("klogctl", 10, None, 0),
    "swap": in_a_child(lambda: call("swapoff", b"/no-such-swap")),
    "signal the first process": lambda: os.kill(1, 0),
}


def lock_in_state() -> None:
    with (OWN / "locked").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
    (OWN / "locked").unlink()


ALLOWED: dict[str, Callable[[], None]] = {
    "write and lock in its state": lock_in_state,
    "write /tmp of its own": write("/tmp"),
    "network socket": opened(socket.AF_INET, socket.SOCK_STREAM),
    "see other processes": read("/proc/1/stat"),
    "read the kernel's boot": read("/proc/sys/kernel/random/boot_id"),
}


def outcome(attempt: Callable[[], None]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "done"


def read_outcomes(printed: str) -> dict[str, str]:
    """What a run printed, wherever it stands among other lines."""
    line = next(line for line in printed.splitlines() if line.startswith("{"))
    found: dict[str, str] = json.loads(line)
    return found


if __name__ == "__main__":
    print(json.dumps({name: outcome(attempt) for name, attempt in {**TRIED, **ALLOWED}.items()}))
