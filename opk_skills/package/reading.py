"""A package as it is read: every byte is compared with what `build` would have written there, or it is refused.

Reads forward, in pieces, and believes no length: a size is bounded before it is read, and what is short of it is
refused. So links, devices, owners, times, duplicates, unsorted names, padding and trailing data cannot occur: each is a
byte that `build` does not write. A name rule refuses what the archive could still say.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from opk_skills.errors import ManifestError, PackageRefused
from opk_skills.manifest.manifest import Manifest
from opk_skills.manifest.reading import of_package
from opk_skills.package import canonical, ustar
from opk_skills.package.building import (
    FILES_MAX,
    MANIFEST,
    MANIFEST_MAX_BYTES,
    PACKAGE_MAX_BYTES,
    crowded,
    too_large,
    unfit,
)
from opk_skills.problems import Problem, deferred

PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a package. `offset`: where its first byte lies in the package."""

    name: str
    offset: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Package:
    """What a package says of itself, checked against its bytes. `sha256` and `size` are of the whole file."""

    manifest: Manifest
    entries: tuple[Entry, ...]
    sha256: str
    size: int
    unknown: tuple[str, ...]  # fields of the manifest that this release does not know; it may ignore them
    head: Entry  # manifest.json itself, which `entries` leaves out


class _Reader:
    """Reads forward and adds to the hash of the whole; knows how far it is."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.whole = hashlib.sha256()
        self.at = 0

    def exactly(self, n: int) -> bytes:
        """`n` bytes, at most PIECE_BYTES of them. Raises PackageRefused."""
        data = b""
        while len(data) < n:
            more = self.file.read(n - len(data))
            if not more:
                raise PackageRefused("truncated", Problem("", deferred("the package ends early: fetch it again")))
            data += more
        self.at += n
        if self.at > PACKAGE_MAX_BYTES:
            raise PackageRefused("too_large", too_large())
        self.whole.update(data)
        return data

    def pieces(self, size: int) -> Iterator[bytes]:
        while size:
            piece = self.exactly(min(size, PIECE_BYTES))
            size -= len(piece)
            yield piece


def read(file: BinaryIO) -> Package:
    """The package that begins where `file` stands and ends with it. Raises PackageRefused."""
    reader = _Reader(file)
    declared, head = _manifest(reader)
    entries = tuple(_entries(reader))
    if reader.exactly(ustar.BLOCK) != bytes(ustar.BLOCK) or file.read(1):
        raise PackageRefused("trailing", Problem("", deferred("there is something behind the end: fetch it again")))
    listed = declared.pop("files", None)
    found = [{"name": entry.name, "sha256": entry.sha256, "size": entry.size} for entry in entries]
    if listed != found:
        raise PackageRefused("manifest_lies", _difference(listed, found))
    try:
        manifest, unknown = of_package(declared)
    except ManifestError as error:
        raise PackageRefused("manifest_refused", error.problems[0]) from error
    return Package(manifest, entries, reader.whole.hexdigest(), reader.at, unknown, head)


def contents(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """A file of a package in pieces, from the same open file. Raises PackageRefused when its bytes are others now."""
    file.seek(entry.offset)
    seen, left = hashlib.sha256(), entry.size
    while left:
        piece = file.read(min(left, PIECE_BYTES))
        if not piece:
            break
        left -= len(piece)
        seen.update(piece)
        yield piece
    if seen.hexdigest() != entry.sha256:
        raise PackageRefused("changed", Problem(entry.name, deferred("has changed since it was read: fetch it again")))


def _manifest(reader: _Reader) -> tuple[dict[str, Any], Entry]:
    name, size = _head(reader.exactly(ustar.BLOCK))
    if name != MANIFEST or size > MANIFEST_MAX_BYTES:
        raise PackageRefused(
            "no_manifest",
            Problem("", deferred("does not begin with a manifest.json of at most {limit} bytes: no skill package"),
                    {"limit": MANIFEST_MAX_BYTES}),
        )  # fmt: skip
    offset = reader.at
    data = b"".join(reader.pieces(size))
    _padding(reader, name, size)
    try:
        declared = canonical.decoded(data)
    except canonical.NotCanonical as error:
        problem = Problem(MANIFEST, deferred("is not canonical JSON: build the package with `opk build`"))
        raise PackageRefused("manifest_refused", problem) from error
    if not isinstance(declared, dict):
        raise PackageRefused("manifest_refused", Problem(MANIFEST, deferred("is no table: no skill package")))
    return declared, Entry(MANIFEST, offset, size, hashlib.sha256(data).hexdigest())


def _entries(reader: _Reader) -> Iterator[Entry]:
    """Every file behind the manifest, and the first block of zeros."""
    seen: dict[str, int] = {}
    last = ""
    while (block := reader.exactly(ustar.BLOCK)) != bytes(ustar.BLOCK):
        name, size = _head(block)
        if problem := unfit(name, size):
            raise PackageRefused("file_refused", problem)
        if name <= last:
            raise PackageRefused(
                "unsorted",
                Problem(name, deferred("stands twice, or behind a later name: build the package with `opk build`")),
            )
        seen[name] = size
        last = name
        if len(seen) > FILES_MAX:
            raise PackageRefused(
                "too_many_files", Problem("", deferred("more than {limit} files: put them into one"),
                                          {"limit": FILES_MAX}),
            )  # fmt: skip
        offset, digest = reader.at, hashlib.sha256()
        for piece in reader.pieces(size):
            digest.update(piece)
        _padding(reader, name, size)
        yield Entry(name, offset, size, digest.hexdigest())
    if problem := crowded(seen):
        raise PackageRefused("file_refused", problem)


def _head(block: bytes) -> tuple[str, int]:
    said = ustar.name_and_size(block)
    if isinstance(said, Problem):
        raise PackageRefused("not_canonical", said)
    return said


def _padding(reader: _Reader, name: str, size: int) -> None:
    expected = ustar.padding(size)
    if reader.exactly(len(expected)) != expected:
        problem = Problem(name, deferred("is followed by something: build the package with `opk build`"))
        raise PackageRefused("not_canonical", problem)


def _difference(listed: object, found: list[dict[str, Any]]) -> Problem:
    """The first file of which the manifest says something else than the archive holds."""
    said: list[Any] = listed if isinstance(listed, list) else []
    named = next((there["name"] for there in found if there not in said), "")
    if not named:
        missing: Any = next((each for each in said if each not in found), {})
        named = str(missing.get("name", "files")) if isinstance(missing, dict) else "files"
    return Problem(named[:100], deferred("is not what the manifest says of it: build the package with `opk build`"))
