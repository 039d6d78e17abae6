"""What SQLite's write-ahead log says about itself, before SQLite reads it. Pure, over bytes.

SQLite replays a log up to the first frame whose checksum fails and says nothing about the rest. For an
outbox the rest may be records that were already sent: their numbers would be used again. So the log is
judged first:

CLEAN     every frame of the present generation is valid (the last ones may lack their commit)
TORN      invalid frames at the end, as a power cut leaves them: at most the last transaction is gone
DAMAGED   invalid frames before a transaction that was certainly synced: stored data is broken

A log whose verified pages all stand in the database already has been copied there in full; SQLite then
begins it anew from the top, and a power cut in that moment leaves new bytes before old frames: TORN, not DAMAGED.

A transaction is synced before the next one begins, so frames behind a commit prove that it was on the disk.
Frames are chained by checksum, and each carries the sum up to itself: a frame behind a broken one can
still be verified with the sum that its predecessor carries. Format: sqlite.org/fileformat2.html, section 4.
"""

import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

_HEADER = struct.Struct(">IIIIIIII")
_FRAME = struct.Struct(">IIIIII")
_MAGIC = 0x377F0682  # the lowest bit: checksums read big-endian words
_SECTOR_BYTES = 512  # the least that a disk writes as a whole
_GENERATIONS_MAX = 2**24  # a log is begun anew every few dozen commits; more than a robot's life
_MASK = 0xFFFFFFFF
_NO_PAGES: Mapping[int, bytes] = MappingProxyType({})


class LogState(Enum):
    CLEAN = "clean"
    TORN = "torn"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Log:
    """The judgement; the newest verified image of each page up to the last verified commit; commits behind that."""

    state: LogState
    pages: dict[int, bytes] = field(default_factory=dict)
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class _Frame:
    page: int
    commits: bool
    salts: tuple[int, int]
    sums: tuple[int, int]
    head: bytes
    image: bytes
    whole: bool  # the header lies in one sector, so a torn write has all of it or nothing


def judge(log: bytes, page_size: int, database: Mapping[int, bytes] = _NO_PAGES) -> Log:
    """Judge the -wal file of an outbox with that page size; `database` has the pages of the file it belongs to."""
    frames = _frames(log, page_size)
    if not frames:
        return Log(LogState.CLEAN)
    magic, _, size, _, salt1, salt2, sum1, sum2 = _HEADER.unpack_from(log)
    order = ">" if magic & 1 else "<"
    header_holds = magic | 1 == _MAGIC | 1 and size == page_size and _checksum(order, (0, 0), log[:24]) == (sum1, sum2)
    salts = (salt1, salt2) if header_holds else Counter(frame.salts for frame in frames).most_common(1)[0][0]
    present = _generation(frames, salts)
    if not header_holds:
        order = "<" if _little(present) else ">"
    valid = _verified(present, order, (sum1, sum2) if header_holds else None)
    state = _state(present, valid, salts, header_holds=header_holds)
    pages, unreadable = _images(present, valid)
    seed = present[-1].sums if present else (sum1, sum2)
    if len(frames) > len(present) and not _ended(frames[len(present)], order, seed, salts):
        state, unreadable = LogState.TORN if state is LogState.CLEAN else state, unreadable + 1
    if state is LogState.DAMAGED and _copied(present, valid, database):
        state = LogState.TORN
    return Log(state, pages, unreadable)


def _frames(log: bytes, page_size: int) -> list[_Frame]:
    step = _FRAME.size + page_size
    found = []
    for offset in range(_HEADER.size, len(log) - step + 1, step):
        page, size, salt1, salt2, sum1, sum2 = _FRAME.unpack_from(log, offset)
        image = log[offset + _FRAME.size : offset + step]
        whole = offset % _SECTOR_BYTES <= _SECTOR_BYTES - _FRAME.size
        found.append(_Frame(page, size > 0, (salt1, salt2), (sum1, sum2), log[offset : offset + 8], image, whole))
    return found


def _generation(frames: list[_Frame], salts: tuple[int, int]) -> list[_Frame]:
    """Frames up to the last with these salts: older generations lie behind it."""
    last = max((i for i, frame in enumerate(frames) if frame.salts == salts), default=-1)
    return frames[: last + 1]


def _verified(frames: list[_Frame], order: str, seed: tuple[int, int] | None) -> list[bool]:
    """Per frame, whether its content agrees with its sum, chained from the sum its predecessor carries.

    Frames of older generations, which a torn transaction has not overwritten yet, do not count.
    """
    valid = []
    for frame in frames:
        ours = frame.salts == frames[-1].salts  # `_generation` ends with a frame of the present one
        valid.append(ours and seed is not None and _checksum(order, seed, frame.head + frame.image) == frame.sums)
        seed = frame.sums
    return valid


def _state(frames: list[_Frame], valid: list[bool], salts: tuple[int, int], *, header_holds: bool) -> LogState:
    if header_holds and all(valid):
        return LogState.CLEAN
    broken = valid.index(False) if False in valid else 0
    ended = False
    for frame, holds in zip(frames[broken:], valid[broken:], strict=True):
        ours = frame.salts == salts and (holds or frame.whole)
        if ended and ours:
            return LogState.DAMAGED  # a later transaction began, so the one before it had reached the disk
        ended = ended or (ours and frame.commits)
    return LogState.TORN


def _ended(following: _Frame, order: str, seed: tuple[int, int], salts: tuple[int, int]) -> bool:
    """Whether the frame behind the present generation is truly of an older one (each counts the first salt up).

    If not, the last transaction is unreadable; a sum that goes on the chain is a frame whose salts have rotted.
    """
    younger = (salts[0] - following.salts[0]) & _MASK
    return (
        0 < younger <= _GENERATIONS_MAX and _checksum(order, seed, following.head + following.image) != following.sums
    )


def _images(frames: list[_Frame], valid: list[bool]) -> tuple[dict[int, bytes], int]:
    """The newest verified images up to the last verified commit, and the commits behind it that are unreadable."""
    last = max((i for i, frame in enumerate(frames) if valid[i] and frame.commits), default=-1)
    images = {frame.page: frame.image for i, frame in enumerate(frames[: last + 1]) if valid[i]}
    return images, sum(frame.commits for frame in frames[last + 1 :])


def _copied(frames: list[_Frame], valid: list[bool], database: Mapping[int, bytes]) -> bool:
    """Whether the database has every page as the log has it last; pages whose last frame is invalid say nothing."""
    last = {frame.page: i for i, frame in enumerate(frames)}
    return all(database.get(page) == frames[i].image for page, i in last.items() if valid[i])


def _little(frames: list[_Frame]) -> bool:
    """Which word order makes more frames verify, where the header cannot say it."""
    return sum(_verified(frames, "<", None)) >= sum(_verified(frames, ">", None))


def _checksum(order: str, seed: tuple[int, int], data: bytes) -> tuple[int, int]:
    one, two = seed
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for i in range(0, len(words), 2):
        one = (one + words[i] + two) & _MASK
        two = (two + words[i + 1] + one) & _MASK
    return one, two
