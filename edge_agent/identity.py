"""Which board this is, so that a memory card copied to another robot is noticed. Read once at the start.

What a board tells depends on who asks: root reads serial numbers that the service's user does not. So what was read
is kept with the name of its file, and only numbers from one file are compared. A board that tells nothing is unknown,
not another one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

# in order of trust; a card's own files (/etc/machine-id) are copied with the card and say nothing
SERIALS = (
    Path("/sys/firmware/devicetree/base/serial-number"),
    Path("/sys/class/dmi/id/product_uuid"),
    Path("/sys/class/dmi/id/board_serial"),
)
_TOLD_FIRST = frozenset({SERIALS[0].name, SERIALS[1].name})  # no board tells the third one and hides these
_BETWEEN = "\n"


def hardware(serials: Sequence[Path] = SERIALS) -> str:
    """`file=serial` of every serial number that this user may read, a line each; empty: the board is unknown."""
    lines = []
    for path in serials:
        try:
            serial = path.read_text().strip("\0\n ")
        except (OSError, UnicodeDecodeError):
            continue
        if serial:
            lines.append(f"{path.name}={serial}")
    return _BETWEEN.join(lines)


def compare(kept: str, read: str) -> Literal["same", "different", "unknown"]:
    """Is the board that wrote `kept` the one that `read` was read on? Pure.

    An older release kept a serial number without the name of its file: what is not read now may be of another file.
    """
    before, now = _parts(kept), _parts(read)
    if "" in before and "" not in now:
        if before[""] in now.values():
            return "same"
        return "different" if _TOLD_FIRST & now.keys() else "unknown"
    shared = before.keys() & now.keys()
    if not shared:
        return "unknown"
    return "same" if any(before[name] == now[name] for name in shared) else "different"


def joined(kept: str, read: str) -> str:
    """What to keep of one board: what was read now, and what was read of it before. Pure."""
    parts = {name: serial for name, serial in _parts(kept).items() if name} | _parts(read)
    return _BETWEEN.join(f"{name}={serial}" if name else serial for name, serial in sorted(parts.items())) or kept


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for line in filter(None, text.split(_BETWEEN)):
        name, separator, serial = line.partition("=")
        parts[name if separator else ""] = serial if separator else line
    return parts
