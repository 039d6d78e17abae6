"""USTAR as a package uses it: one header for each name and size, so that an archive has one spelling. Pure.

Regular files only; mode 0644, owner 0, mtime 0, no user's name, an empty prefix. Then two blocks of zeros and nothing
more: no padding to a tape's record. `tar tvf` reads it.
"""

import re
from collections.abc import Sequence

from opk_skills.problems import Problem, deferred

BLOCK = 512
END = bytes(2 * BLOCK)
FILE_MAX_BYTES = 32 * 1024 * 1024  # a vendor's bundle is 2 MB; models and sounds have room
_SIZE = re.compile(rb"[0-7]{11}\x00")
# where in the header what stands, and what a canonical one holds there
_FIXED: Sequence[tuple[int, bytes, str]] = (
    (100, b"0000644\x00", "mode"),
    (108, b"0000000\x00", "owner"),
    (116, b"0000000\x00", "group"),
    (136, b"00000000000\x00", "time"),
    (156, b"0", "type"),
    (157, bytes(100), "link"),
    (257, b"ustar\x0000", "format"),
    (265, bytes(64), "user name"),
    (329, bytes(16), "device"),
    (345, bytes(167), "prefix"),
)


def header(name: str, size: int) -> bytes:
    """The one header of a file of this name and size in bytes. The caller has checked both."""
    block = bytearray(BLOCK)
    block[: len(name)] = name.encode("ascii")
    for at, value, _ in _FIXED:
        block[at : at + len(value)] = value
    block[124:136] = b"%011o\x00" % size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\x00 " % sum(block)
    return bytes(block)


def padding(size: int) -> bytes:
    """The zeros behind a file of this size."""
    return bytes(-size % BLOCK)


def name_and_size(block: bytes) -> tuple[str, int] | Problem:
    """What a header says; a problem when it is not the one header that says so."""
    name = block[:100].rstrip(b"\x00")
    try:
        text = name.decode("ascii")
    except UnicodeDecodeError:
        return Problem("", deferred("a name is not ASCII: build the package with `opk build`"))
    if not _SIZE.fullmatch(block[124:136]):
        return Problem(text, deferred("its size is not written in octal: build the package with `opk build`"))
    size = int(block[124:135], 8)
    if header(text, size) == block:
        return text, size
    other = next((what for at, value, what in _FIXED if block[at : at + len(value)] != value), "checksum")
    return Problem(
        text,
        deferred("its {what} is not that of a plain file in a canonical archive: build the package with `opk build`"),
        {"what": other},
    )
