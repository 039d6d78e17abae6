"""What this robot has seen of the repository, in one file that is whole or not there.

It holds what the metadata's own cache cannot: the cache is written without a sync, and a power cut may leave it empty.

`floor_s`    the latest moment that a signed timestamp named. The robot's clock counts as at least this. It rises from
             signed facts only: one boot in the year 2099 must not shut updates for good
`versions`   the highest version of each role
`releases`   package -> release -> sha256: a path that is used again with other bytes is refused
`floors`     package -> the lowest release that may still run
`revision`   the highest desired document: an older one is refused, also one that was signed
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edge_agent import whole_file
from edge_agent.skills.errors import StateLost, Untrusted

FORMAT = 1


@dataclass(frozen=True, slots=True)
class SeenOfRepository:
    """See the module."""

    floor_s: int = 0
    versions: Mapping[str, int] = field(default_factory=dict)
    releases: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    floors: Mapping[str, int] = field(default_factory=dict)
    revision: int = -1  # the highest desired document that was taken; -1: none yet

    def release_of(self, sha256: str) -> tuple[str, int]:
        """The package and release of what lies here under that hash; ("", 0): it was never seen."""
        for appid, known in self.releases.items():
            for release, digest in known.items():
                if digest == sha256:
                    return appid, release
        return "", 0

    def with_versions(self, issued_s: int, versions: Mapping[str, int]) -> "SeenOfRepository":
        """After a refresh. Raises Untrusted when a role is older than it was seen."""
        for role, version in versions.items():
            if version < self.versions.get(role, 0):
                raise Untrusted(f"{role} is version {version}; version {self.versions[role]} was seen before")
        return replace(self, floor_s=max(self.floor_s, issued_s), versions={**self.versions, **versions})

    def with_release(self, appid: str, release: int, sha256: str, floor: int) -> "SeenOfRepository":
        """After a package's document was verified. Raises Untrusted: other bytes before, or below the floor."""
        known = self.releases.get(appid, {})
        if known.get(release, sha256) != sha256:
            raise Untrusted(f"release {release} of {appid} had other content before")
        lowest = max(self.floors.get(appid, 0), floor)
        if release < lowest:
            raise Untrusted(f"release {release} of {appid} is below {lowest}, the lowest that may run")
        releases = {**self.releases, appid: {**known, release: sha256}}
        return replace(self, releases=releases, floors={**self.floors, appid: lowest})


def load(path: Path) -> SeenOfRepository:
    """Nothing seen yet where there is no file. Raises StateLost for a file that cannot be read."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return SeenOfRepository()
    except OSError as error:
        raise StateLost(f"{path.name} cannot be read: {error.strerror}") from None
    try:
        return _of(json.loads(content))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise StateLost(f"{path.name} is damaged; without it an older state would be believed") from None


def keep(path: Path, seen: SeenOfRepository) -> None:
    """Write it whole. Raises OSError."""
    releases = {appid: {str(one): digest for one, digest in known.items()} for appid, known in seen.releases.items()}
    form = {
        "format": FORMAT,
        "floor_s": seen.floor_s,
        "versions": dict(seen.versions),
        "releases": releases,
        "floors": dict(seen.floors),
        "revision": seen.revision,
    }
    whole_file.write(path, json.dumps(form, sort_keys=True).encode(), 0o600)


def _of(form: Mapping[str, Any]) -> SeenOfRepository:
    if form["format"] != FORMAT:
        raise ValueError(form["format"])
    releases = {
        str(appid): {int(one): str(digest) for one, digest in known.items()}
        for appid, known in form["releases"].items()
    }
    versions = {str(role): int(version) for role, version in form["versions"].items()}
    floors = {str(appid): int(floor) for appid, floor in form["floors"].items()}
    return SeenOfRepository(int(form["floor_s"]), versions, releases, floors, int(form["revision"]))
