"""Tells systemd how the service is: READY, WATCHDOG, STOPPING over its datagram socket; silent elsewhere."""

import contextlib
import socket
from collections.abc import Mapping

MICROSECONDS = 1_000_000


def notify(state: str, environ: Mapping[str, str]) -> bool:
    """Send one state; False when nobody asked for it (no NOTIFY_SOCKET) or nobody listens."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]  # a name in the abstract namespace
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.sendto(state.encode(), address)
        return True
    return False


def watchdog_s(environ: Mapping[str, str], pid: int) -> float | None:
    """Seconds within which a ping is expected; None when this process is not watched."""
    wanted = environ.get("WATCHDOG_USEC", "")
    if not wanted.isdigit() or environ.get("WATCHDOG_PID", str(pid)) != str(pid):
        return None
    return int(wanted) / MICROSECONDS or None
