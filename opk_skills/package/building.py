"""A package's bytes from a manifest's table and its files: the same bytes on any machine. Pure.

No clock, no folder, no umask, no compressor takes part: what compressors write differs between their builds, so a
package travels compressed and is signed uncompressed.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from opk_skills import file_names
from opk_skills.errors import PackageRefused
from opk_skills.package import canonical, ustar
from opk_skills.problems import Problem, deferred

MANIFEST = "manifest.json"
MANIFEST_MAX_BYTES = 128 * 1024
FILES_MAX = 1000
PACKAGE_MAX_BYTES = 64 * 1024 * 1024


def build(declared: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """The package of a manifest's table (format 2, without `files`) and its files by name. Raises PackageRefused."""
    for name, data in files.items():
        if problem := unfit(name, len(data)):
            raise PackageRefused("file_refused", problem)
    if problem := crowded(files):
        raise PackageRefused("too_many_files", problem)
    listed = [
        {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for name, data in sorted(files.items())
    ]
    try:
        manifest = canonical.encoded({**declared, "files": listed})
    except ValueError as error:
        problem = Problem(MANIFEST, deferred("cannot be written as JSON: {error}"), {"error": error})
        raise PackageRefused("manifest_refused", problem) from error
    if len(manifest) > MANIFEST_MAX_BYTES:
        raise PackageRefused(
            "manifest_refused",
            Problem(MANIFEST, deferred("is larger than {limit} bytes: shorten it"), {"limit": MANIFEST_MAX_BYTES}),
        )
    parts = [_entry(MANIFEST, manifest), *(_entry(name, files[name]) for name in sorted(files)), ustar.END]
    package = b"".join(parts)
    if len(package) > PACKAGE_MAX_BYTES:
        raise PackageRefused("too_large", too_large())
    return package


def _entry(name: str, data: bytes) -> bytes:
    return ustar.header(name, len(data)) + data + ustar.padding(len(data))


def unfit(name: str, size: int) -> Problem | None:
    """Why a file of this name and size in bytes may not be in a package."""
    if name == MANIFEST or not file_names.is_right(name):
        return Problem(
            repr(name),
            deferred(
                "is no name for a file of a package: lower case letters, digits, dot, dash and underscore, at most"
                " {length} characters and {depth} folders deep, no part begins with a dot or a dash"
            ),
            {"length": file_names.NAME_MAX_CHARS, "depth": file_names.DEPTH_MAX},
        )
    if size > ustar.FILE_MAX_BYTES:
        return Problem(name, deferred("is larger than {limit} bytes: split it"), {"limit": ustar.FILE_MAX_BYTES})
    return None


def crowded(listed: Mapping[str, Any]) -> Problem | None:
    """Too many files, or one that is a file and a folder at a time."""
    if len(listed) > FILES_MAX:
        return Problem("", deferred("more than {limit} files: put them into one"), {"limit": FILES_MAX})
    for name in sorted(listed):
        parts = name.split("/")
        for depth in range(1, len(parts)):
            if "/".join(parts[:depth]) in listed:
                return Problem(name, deferred("lies in a folder that is a file, too: rename one of them"))
    return None


def too_large() -> Problem:
    message = deferred("the package is larger than {limit} bytes: leave out what the skill does not need")
    return Problem("", message, {"limit": PACKAGE_MAX_BYTES})
