"""A package's releases, and the one path under which each is found. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opk_skills.manifest.manifest import Manifest

PUBLISHER = re.compile(r"[a-z][a-z0-9]{0,11}")  # what its packages' appids begin with, before the underscore
APPID = re.compile(r"([a-z][a-z0-9]{0,11})_[0-9a-f]{32}")
KEY = re.compile(r"[a-z][a-z0-9_]{0,27}")  # also the name of its folder, unit and user on the robot


@dataclass(frozen=True, slots=True)
class Needs:
    """What a robot must have for it, signed beside the hash: so it can be refused before it is fetched."""

    core: str
    models: tuple[str, ...]
    capabilities: tuple[str, ...]
    intents: tuple[str, ...]
    priority: int
    disk_bytes: int  # of its files, unpacked

    @classmethod
    def of(cls, manifest: Manifest, disk_bytes: int) -> "Needs":
        """Of a package's own manifest."""
        return cls(manifest.core, manifest.models, manifest.needs, manifest.intents, manifest.priority, disk_bytes)

    def to_json(self) -> dict[str, Any]:
        """As the signed document has it."""
        return {
            "core": self.core,
            "models": list(self.models),
            "capabilities": list(self.capabilities),
            "intents": list(self.intents),
            "priority": self.priority,
            "disk_bytes": self.disk_bytes,
        }

    @classmethod
    def of_json(cls, form: Mapping[str, Any]) -> "Needs":
        """Raises KeyError, TypeError or ValueError for what is none."""
        models, capabilities, intents = (tuple(map(str, form[name])) for name in ("models", "capabilities", "intents"))
        core, priority, disk_bytes = str(form["core"]), int(form["priority"]), int(form["disk_bytes"])
        return cls(core, models, capabilities, intents, priority, disk_bytes)


@dataclass(frozen=True, slots=True)
class Release:
    """One package of a publisher, as its signed document names it. `floor`: lower releases must not run any more."""

    path: str
    length: int
    sha256: str
    release: int  # our own count, since versions are opaque: higher is newer
    floor: int
    version: str  # the publisher's own words
    key: str
    needs: Needs

    @property
    def appid(self) -> str:
        """Which package it is of."""
        return self.path.partition("/")[0]


def path_of(appid: str, release: int) -> str:
    """Where a release is found: one folder for a package, one file for a release."""
    return f"{appid}/{release}.opk"


def delta_name(one: Release, old_sha256: str) -> str:
    """The file, beside the package, that makes it of the package with that hash."""
    return f"{one.sha256}.{one.release}.from-{old_sha256[:16]}"


def release_of(path: str, length: int, sha256: str, custom: Mapping[str, Any]) -> Release:
    """Of what a publisher signed. Raises KeyError, TypeError or ValueError when it does not say all of it."""
    release, floor = int(custom["release"]), int(custom["floor"])
    key = str(custom["skill"])
    if not 0 <= floor <= release or not KEY.fullmatch(key) or not sha256:
        raise ValueError(path)
    return Release(path, length, sha256, release, floor, str(custom["version"]), key, Needs.of_json(custom["needs"]))


def custom_of(one: Release) -> dict[str, Any]:
    """What a publisher signs of it beside length and hash."""
    return {
        "release": one.release,
        "floor": one.floor,
        "version": one.version,
        "skill": one.key,
        "needs": one.needs.to_json(),
    }
