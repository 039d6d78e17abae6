"""What a hostile skill tries; prints one line with what it could do. Run by a unit, with the standard library alone."""

import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

MB = 1_000_000
CLONE_NEWUSER = 0x10000000


def works(attempt, *arguments):
    """Whether the system let it."""
    try:
        attempt(*arguments)
    except OSError:
        return False
    return True


def kills():
    """A signal to anybody else, of another skill or not."""
    mine = {os.getpid(), os.getppid()}
    return any(works(os.kill, pid, 0) for pid in range(2, 200_000) if pid not in mine)


def sees():
    """A process of others, in /proc."""
    return any(one.name.isdigit() and int(one.name) != os.getpid() for one in Path("/proc").iterdir())


def read(path):
    with contextlib.suppress(IsADirectoryError):
        Path(path).read_bytes()
        return
    list(Path(path).iterdir())


def reads(*paths):
    """Something of the agent or of another skill."""
    return any(works(read, path) for path in paths)


def talks(*paths):
    """To D-Bus, to the agent, to another skill's socket."""
    for path in paths:
        with socket.socket(socket.AF_UNIX) as knock:
            if works(knock.connect, path):
                return True
    return False


def asks_the_network():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
        knock.connect(("127.0.0.1", 9))


def write(folder):
    path = Path(folder, "probe")
    path.write_text("x")
    path.unlink()


def writes(*folders):
    """Into what is not its own."""
    return any(works(write, folder) for folder in folders)


def fills(folder, most_mb):
    """More than a few megabytes, in many files: a limit of one file's size is none."""
    written, files = 0, [Path(folder, f"fill-{turn}") for turn in range(8)]
    with contextlib.suppress(OSError):
        for path in files:
            with path.open("wb") as file:
                for _ in range(4):
                    file.write(bytes(MB))
                    file.flush()
                    written += 1
    for path in files:
        works(path.unlink)
    return written > most_mb


def forks():
    """More processes than a handful."""
    children = []
    with contextlib.suppress(OSError):
        for _ in range(40):
            pid = os.fork()
            if not pid:
                time.sleep(60)
                os._exit(0)
            children.append(pid)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(children) > 16


TRIES = {
    "kills": kills,
    "sees": sees,
    "agent": lambda: reads("/var/lib/edge-agent", "/etc/edge-agent", "/run/edge-agent", "/opt/edge-agent"),
    "siblings": lambda: reads("/run/fleetward", "/var/lib/private", "/var/lib/fleetward-skill"),
    "logs": lambda: reads("/var/log/dpkg.log", "/root"),
    "bus": lambda: talks("/run/dbus/system_bus_socket", "/run/systemd/private"),
    "sockets": lambda: talks("/run/edge-agent/count.sock", "/run/edge-agent/control.sock"),
    "network": lambda: works(asks_the_network),
    "writes": lambda: writes("/etc", "/usr", "/package", "/var/lib", "/run/skill", "/home", "/dev/shm", "/dev/mqueue"),
    "disk": lambda: any(fills(place, 4) for place in ("/tmp", "/var/tmp", "/scratch")),
    "state": lambda: fills(os.environ.get("STATE_DIRECTORY", "/nowhere"), 4),
    "forks": forks,
    "root": lambda: works(os.setuid, 0),
    "unshares": lambda: ctypes.CDLL(None).unshare(CLONE_NEWUSER) == 0,
}


def main():
    """Everything, each as far as it gets."""
    print("PROBED " + json.dumps({name: bool(attempt()) for name, attempt in TRIES.items()}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
