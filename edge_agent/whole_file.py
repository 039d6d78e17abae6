"""Replaces a small file as a whole: after a crash or a power cut it is the old one or the new one, never half."""

import os
from pathlib import Path


def write(path: Path, content: bytes, mode: int | None) -> None:
    """Durable when it returns. `mode` None: as the umask says. Raises OSError; the old file is then still whole."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in it durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
