"""Puts a verified package into its place, whole or not at all, and takes it away again.

    store/KEY/SHA256/…     the files of one release; the folder gets this name when all of them are on the disk
    store/KEY/current      a link to the release that runs
    store/KEY/previous     a link to the one before
    partial/SHA256         a download that is under way

A power cut at any step leaves the old release or the new one: every name is given by one rename, after a sync.
"""

import compileall
import ctypes
import hashlib
import json
import os
import py_compile
import shutil
from pathlib import Path
from typing import BinaryIO

from edge_agent.skills.allowed import MANIFEST
from edge_agent.whole_file import sync_folder
from opk_skills.package import contents, read
from opk_skills.package.delta import LARGEST_BYTES
from opk_skills.package.reading import Package
from opk_skills.package.ustar import END, header, padding
from opk_skills.trust.releases import KEY

MAKING = ".making-"
LINKS = ("current", "previous")


class Installed:
    """The tree of installed skills below one folder."""

    def __init__(self, folder: Path) -> None:
        self.store, self.partial = folder / "store", folder / "partial"
        for one in (self.store, self.partial):
            one.mkdir(parents=True, exist_ok=True)

    def current(self) -> dict[str, str]:
        """Key -> sha256 of what runs, of every skill whose release is whole."""
        found = {}
        for place in self._places():
            sha256 = _link(place / "current")
            if sha256 and (place / sha256).is_dir():
                found[place.name] = sha256
        return found

    def holds(self, key: str, sha256: str) -> bool:
        """Whether that release lies there whole."""
        return (self.store / key / sha256).is_dir()

    def previous(self, key: str) -> str:
        """The sha256 of the release before; empty: there is none."""
        sha256 = _link(self.store / key / "previous")
        return sha256 if sha256 and self.holds(key, sha256) else ""

    def put(self, key: str, file: BinaryIO) -> Package:
        """Unpack an open, verified file. Raises PackageRefused, and OSError when the disk does not take it."""
        if not KEY.fullmatch(key):
            raise ValueError(key)
        package = read(file)
        place = self.store / key
        making = place / f"{MAKING}{package.sha256}"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        for entry in (package.head, *package.entries):
            path = making / entry.name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as made:
                for piece in contents(file, entry):
                    made.write(piece)
            path.chmod(0o444)
        _compile(making)
        _sync_filesystem(making)
        if not self.holds(key, package.sha256):
            making.rename(place / package.sha256)
        sync_folder(place)
        return package

    def archive(self, key: str) -> tuple[str, bytes] | None:
        """(its hash, its bytes) of the package that runs, put together again from its files; None: it cannot be."""
        sha256 = _link(self.store / key / "current")
        place = self.store / key / sha256
        try:
            head = (place / MANIFEST).read_bytes()
            names = [str(one["name"]) for one in json.loads(head)["files"]]
            if not sha256 or sum((place / name).stat().st_size for name in names) > LARGEST_BYTES:
                return None
            parts = [(MANIFEST, head), *((name, (place / name).read_bytes()) for name in names)]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        packed = b"".join(header(name, len(data)) + data + padding(len(data)) for name, data in parts) + END
        return (sha256, packed) if hashlib.sha256(packed).hexdigest() == sha256 else None

    def switch(self, key: str, sha256: str) -> None:
        """From now on that release runs; the one before is kept."""
        place = self.store / key
        before = _link(place / "current")
        if before == sha256:
            return
        if before and self.holds(key, before):
            _set_link(place / "previous", before)
        _set_link(place / "current", sha256)
        sync_folder(place)

    def switch_back(self, key: str) -> bool:
        """To the release before. False: there is none."""
        before = self.previous(key)
        if not before:
            return False
        place = self.store / key
        _set_link(place / "current", before)
        (place / "previous").unlink(missing_ok=True)
        sync_folder(place)
        return True

    def remove(self, key: str) -> None:
        """Nothing of it stays. First it stops to be current: what a power cut leaves is no installed skill."""
        place = self.store / key
        (place / "current").unlink(missing_ok=True)
        sync_folder(place)
        shutil.rmtree(place)
        sync_folder(self.store)

    def clean(self, wanted: frozenset[str]) -> None:
        """Take away what a power cut left half made, releases that nothing points to, and downloads of other hashes."""
        for place in self._places():
            kept = {_link(place / name) for name in LINKS}
            for one in place.iterdir():
                if one.name not in LINKS and (one.name.startswith(MAKING) or one.name not in kept):
                    shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()
            if not any(place.iterdir()):
                place.rmdir()
        for one in self.partial.iterdir():
            if one.name not in wanted:
                one.unlink()

    def _places(self) -> list[Path]:
        return sorted(place for place in self.store.iterdir() if place.is_dir() and KEY.fullmatch(place.name))


def _link(path: Path) -> str:
    return path.readlink().name if path.is_symlink() else ""


def _set_link(path: Path, to: str) -> None:
    fresh = path.with_name(f"{MAKING}{path.name}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(to)
    fresh.replace(path)


def _compile(folder: Path) -> None:
    """Bytecode beside each module, so that a start reads it and writes nothing: the package is mounted read-only.

    It is checked against its source's hash: the files' times say nothing, since all are the same. What does not compile
    is no fault of the store: the skill says so when it starts.
    """
    compileall.compile_dir(
        folder, quiet=2, legacy=False, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH, stripdir=folder
    )


def _sync_filesystem(path: Path) -> None:
    """One sync of the file system costs less than one of each of a package's files."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor):
            raise OSError(ctypes.get_errno(), "syncfs")
    finally:
        os.close(descriptor)
