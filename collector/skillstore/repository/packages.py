"""What the repository wants to know of a package before it keeps it."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from opk_skills.errors import PackageRefused
from opk_skills.manifest.manifest import Manifest
from opk_skills.package import Package, read
from opk_skills.trust.errors import NotTrusted
from opk_skills.trust.releases import Needs


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """What the package's own manifest says."""

    appid: str
    key: str
    version: str
    needs: Needs
    sha256: str
    length: int


def facts_of(file: BinaryIO) -> PackageFacts:
    """Raises NotTrusted for bytes that are no package."""
    found = _read(file)
    needs = Needs.of(found.manifest, sum(entry.size for entry in found.entries))
    one = found.manifest
    return PackageFacts(one.appid, one.key, one.version, needs, found.sha256, found.size)


def manifest_of(file: BinaryIO) -> Manifest:
    """Raises NotTrusted for bytes that are no package."""
    return _read(file).manifest


def manifest_in(path: Path) -> Manifest:
    """The same of a file by its path. Raises NotTrusted, OSError."""
    with path.open("rb") as file:
        return manifest_of(file)


def _read(file: BinaryIO) -> Package:
    file.seek(0)
    try:
        return read(file)
    except PackageRefused as error:
        remedy = "build it with `opk build`, and send the file as it is"
        raise NotTrusted(f"this is no package: {error}", remedy) from None
