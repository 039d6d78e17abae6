"""The files of a repository. Each is whole or not there, also after a power cut.

metadata/7.root.json   every version stays: a robot from a box walks from the root it has to today's
metadata/timestamp.json
targets/FOLDER/SHA256.NAME
"""

import contextlib
import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from opk_skills.trust import metadata

TIMESTAMP = "timestamp"
_VERSIONED = re.compile(r"([1-9][0-9]{0,8})\.([a-z][a-z0-9]{0,15})\.json")
_CHUNK = 256 * 1024


class Folder:
    """One repository on the disk. Reading needs no lock: nothing that has a version ever changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._metadata, self._targets = path / "metadata", path / "targets"

    @property
    def is_founded(self) -> bool:
        """Whether there is a first root."""
        return (self._metadata / "1.root.json").exists()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One act at a time, over all processes of this machine."""
        self._metadata.mkdir(parents=True, exist_ok=True, mode=0o755)
        self._targets.mkdir(parents=True, exist_ok=True, mode=0o755)
        with (self.path / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def newest(self, role: str) -> bytes | None:
        """The document of a role as it stands now; None where the role has none."""
        if role == TIMESTAMP:
            path = self._metadata / "timestamp.json"
            return path.read_bytes() if path.exists() else None
        found = self.versions(role)
        return self.version(role, found[-1]) if found else None

    def version(self, role: str, version: int) -> bytes:
        """Raises FileNotFoundError."""
        return (self._metadata / f"{version}.{role}.json").read_bytes()

    def versions(self, role: str) -> list[int]:
        """Of one role, ascending."""
        return sorted(int(found[1]) for found in self._documents() if found[2] == role)

    def newest_versions(self) -> dict[str, int]:
        """Of every role that has, or had, a document with a version, in one look at the folder."""
        newest: dict[str, int] = {}
        for found in self._documents():
            newest[found[2]] = max(newest.get(found[2], 0), int(found[1]))
        return newest

    def put_document(self, role: str, document: bytes) -> None:
        """Keep the next version of a role. Raises FileExistsError: that version is there with other bytes."""
        if role == TIMESTAMP:
            _put(self._metadata / "timestamp.json", document)
            return
        path = self._metadata / f"{metadata.version_of(document)}.{role}.json"
        if path.exists() and path.read_bytes() != document:
            raise FileExistsError(path)
        _put(path, document)

    def put_target(self, path: str, file: BinaryIO) -> str:
        """Keep a package or a file of the fleet under its path and the hash of its content, which is returned."""
        folder, _, name = path.rpartition("/")
        target = self._targets / folder
        target.mkdir(parents=True, exist_ok=True, mode=0o755)
        with tempfile.NamedTemporaryFile(dir=target, delete=False) as made:
            try:
                digest = hashlib.sha256()
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    made.write(chunk)
                _settle(made.fileno())
                Path(made.name).rename(target / f"{digest.hexdigest()}.{name}")
            except BaseException:
                Path(made.name).unlink(missing_ok=True)
                raise
        _sync_folder(target)
        return digest.hexdigest()

    def put_beside(self, path: str, name: str, file: BinaryIO) -> None:
        """Keep a file that no document names in the folder of a target, under that name."""
        _put(self._targets / path.rpartition("/")[0] / name, file.read())

    def target(self, path: str, sha256: str) -> Path:
        """Where a target of that hash lies. It may not be there."""
        folder, _, name = path.rpartition("/")
        return self._targets / folder / f"{sha256}.{name}"

    def _documents(self) -> Iterator[re.Match[str]]:
        if not self._metadata.exists():
            return
        for path in self._metadata.iterdir():
            found = _VERSIONED.fullmatch(path.name)
            if found:
                yield found


def _put(path: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as made:
        try:
            made.write(content)
            _settle(made.fileno())
            Path(made.name).rename(path)
        except BaseException:
            Path(made.name).unlink(missing_ok=True)
            raise
    _sync_folder(path.parent)


def _settle(descriptor: int) -> None:
    os.fchmod(descriptor, 0o644)
    os.fsync(descriptor)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
