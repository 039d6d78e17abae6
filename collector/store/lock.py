"""The lock file that makes one process the only writer of a SQLite store.

SQLite itself would let two writers take turns; with two of them a checkpoint can reset the WAL under the
other (a corruption in SQLite 3.7.0-3.51.2). The lock is the kernel's: it ends with the process.
"""

import fcntl
import os
from pathlib import Path

from collector.errors import StoreLocked


class WriterLock:
    """Held from construction to `release`. Raises StoreLocked when another process holds it."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            holder = self._file.read(20).strip() or "unknown"
            self._file.close()
            raise StoreLocked(
                f"{database} is being written by process {holder}: stop it, or send this command "
                "to it with --url and --token"
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        self._file.close()
