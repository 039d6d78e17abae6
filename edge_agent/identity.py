"""Which board this is, so that a memory card copied to another robot is noticed. Read once at the start."""

from pathlib import Path

# in order of trust; a card's own files (/etc/machine-id) are copied with the card and say nothing
SERIALS = (
    Path("/sys/firmware/devicetree/base/serial-number"),
    Path("/sys/class/dmi/id/product_uuid"),
    Path("/sys/class/dmi/id/board_serial"),
)


def hardware(serials: tuple[Path, ...] = SERIALS) -> str:
    """The board's serial number; empty where the board does not tell it to this user: then nothing is noticed."""
    for path in serials:
        try:
            serial = path.read_text().strip("\0\n ")
        except (OSError, UnicodeDecodeError):
            continue
        if serial:
            return serial
    return ""
