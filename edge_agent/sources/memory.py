"""A small JSON file that a source finds again after a restart, a crash or a power cut.

For sources that interpret a stream which has no cumulative counters of its own. They write their
totals and their state here *before* they hand the totals on: what the outbox has committed is then
never ahead of this file, and after a restart the difference is counted, once.
"""

import json
import os
import uuid
from pathlib import Path
from typing import Any

BYTES_MAX = 256 * 1024  # a damaged file is not read into memory whatever its size


class Memory:
    """One file, replaced as a whole and synced: it is the old one or the new one, never half."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Any] | None:
        """What was saved last; None when there is nothing readable. The caller then starts a new epoch."""
        try:
            if self._path.stat().st_size > BYTES_MAX:
                return None
            kept = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return kept if isinstance(kept, dict) else None

    def save(self, kept: dict[str, Any]) -> None:
        """Durable when it returns. Raises OSError; the old file is then still whole."""
        fresh = self._path.with_name(f"{self._path.name}.new")
        with fresh.open("wb") as file:
            file.write(json.dumps(kept, separators=(",", ":")).encode())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def new_epoch() -> str:
    """Names a beginning: totals of this epoch started at zero."""
    return uuid.uuid4().hex[:16]
