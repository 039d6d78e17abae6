"""The files of an outbox: lock, reserve, the note of the epoch, setting aside, and the exchange of the database.

    outbox.db  -wal  -shm     the database
    outbox.lock               held by the one agent that may write
    outbox.epoch              epoch and newest number at the last exchange: known even if the database is not readable
    outbox.reserve            room given up on a full disk
    outbox.db.building        a new database being written: worthless until renamed
    outbox.db.ready           complete: whatever outbox.db is, this one replaces it
    outbox.db.damaged-N       set aside for a person to look at, with its -wal and -shm
    outbox.db.went-back-N     the same of an older copy that was put back; other-board-N: of a card of another robot;
                              replaced-N: whatever it was, a crash came in between

An exchange is a rename, then a rename; a crash between any two steps is finished at the next start.
"""

import fcntl
import json
import logging
import os
from contextlib import suppress
from pathlib import Path

from edge_agent.errors import OutboxInUse, OutboxUnwritable
from edge_agent.whole_file import sync_folder

logger = logging.getLogger(__name__)

ASIDE = ("damaged", "went-back", "other-board", "replaced")
_BESIDE = ("", "-wal", "-shm")
_RESERVE_LEAST_BYTES = 64 * 1024
_ROOM_FACTOR = 2  # the reserve is taken back when twice its size is free


class OutboxFolder:
    """The folder of one outbox, locked for this process until `release`."""

    def __init__(self, database: Path, *, reserve_bytes: int, keep_damaged: int) -> None:
        """Lock the folder. Raises OutboxInUse, OutboxUnwritable."""
        self.database = database
        self.building = _named(database, ".building")
        self.ready = _named(database, ".ready")
        self._reserve = database.with_suffix(".reserve")
        self._note = database.with_suffix(".epoch")
        self._reserve_bytes = reserve_bytes
        self._keep_damaged = keep_damaged
        self.exchanges = 0  # by this process
        self._lock = _lock(database.with_suffix(".lock"))

    def release(self) -> None:
        os.close(self._lock)

    # -- the exchange

    def finish_exchange(self) -> None:
        """At the start: complete an exchange that a crash interrupted."""
        _unlink_all(self.building)
        if self.ready.exists():
            self.exchange("replaced")

    def exchange(self, aside: str) -> None:
        """Set the database aside under this word, if there is one, and put the ready one in its place."""
        self.exchanges += 1
        if any(_named(self.database, end).exists() for end in _BESIDE):
            self.set_aside(aside)
        self.ready.replace(self.database)
        sync_folder(self.database.parent)

    def announce_ready(self) -> None:
        """The database under construction is complete and closed: make that durable."""
        with self.building.open("rb") as file:
            os.fsync(file.fileno())
        self.building.replace(self.ready)
        sync_folder(self.database.parent)

    def set_aside(self, word: str) -> Path:
        """Move the database with its log away; only the newest few are kept, whatever they are."""
        earlier = sorted(self.aside(), key=_number)
        for old in earlier[: max(len(earlier) - self._keep_damaged + 1, 0)]:
            _unlink_all(old)
        number = _number(earlier[-1]) + 1 if earlier else 1
        target = _named(self.database, f".{word}-{number}")
        for end in reversed(_BESIDE):  # the log first: it must never meet another database
            with suppress(FileNotFoundError):
                _named(self.database, end).replace(_named(target, end))
        sync_folder(self.database.parent)
        logger.warning(
            "outbox set aside as %s: keep it for a look with `sqlite3`, or delete it",
            target.name,
            extra={"action": "outbox_set_aside", "file": target.name},
        )
        return target

    def aside(self) -> list[Path]:
        found = [path for word in ASIDE for path in self.database.parent.glob(f"{self.database.name}.{word}-*")]
        return [path for path in found if path.name.rpartition("-")[2].isdigit()]

    # -- what is known without the database

    def noted(self) -> tuple[str, int] | None:
        """(epoch, newest number) as of the last exchange or clean stop."""
        try:
            note = json.loads(self._note.read_text())
            return str(note["epoch"]), int(note["newest"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def note(self, epoch: str, newest: int) -> None:
        """Keep the note. It only matters beside a lost database, so a full disk is no reason to stop."""
        if self.noted() == (epoch, newest):
            return
        temporary = _named(self._note, ".new")
        try:
            with temporary.open("w") as file:
                file.write(json.dumps({"epoch": epoch, "newest": newest}))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._note)
            sync_folder(self._note.parent)
        except OSError as error:
            logger.warning("the note of the epoch was not written: %s", error, extra={"action": "outbox_note_failed"})

    # -- room

    def reserved_bytes(self) -> int:
        try:
            return self._reserve.stat().st_size
        except FileNotFoundError:
            return 0

    def reserve(self, *, leaving: int | None = None) -> None:
        """Take the reserve when there is ample room; on a full disk take what is free but for `leaving` bytes."""
        if self.reserved_bytes() >= self._reserve_bytes:
            return
        free = free_bytes(self.database)
        size = self._reserve_bytes if leaving is None else min(self._reserve_bytes, free - leaving)
        if size < min(_RESERVE_LEAST_BYTES, self._reserve_bytes) or (leaving is None and free < _ROOM_FACTOR * size):
            return
        try:
            with self._reserve.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size)
        except OSError:
            self._reserve.unlink(missing_ok=True)

    def give_reserve(self) -> None:
        self._reserve.unlink(missing_ok=True)


def free_bytes(path: Path) -> int:
    """What an ordinary user may still write beside `path`."""
    stat = os.statvfs(path.parent)
    return stat.f_bavail * stat.f_frsize


def _lock(path: Path) -> int:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OutboxUnwritable(
            f"{path.parent}: {error.strerror}: create it and give it to the agent's user, or set state_dir"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise OutboxInUse(f"{path.parent} is used by another agent: stop it, or set another state_dir") from error
    return handle


def _named(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _number(path: Path) -> int:
    return int(path.name.rpartition("-")[2])


def _unlink_all(path: Path) -> None:
    for end in _BESIDE:
        _named(path, end).unlink(missing_ok=True)
