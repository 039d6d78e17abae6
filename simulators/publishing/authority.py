"""Everybody's keys in one hand, as only a demo may have them: people, a publisher, the collector's own three.

What people do in a ceremony (docs/skill-repository.md), done at once and thrown away: the private keys of people and
of the publisher live in this process alone. The documents go to the collector by its API, as those of people do.
"""

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from opk_skills.package import read
from opk_skills.trust import documents, metadata
from opk_skills.trust.keys import PrivateKey, new_key, write_key
from opk_skills.trust.metadata import Holders, TopRole
from opk_skills.trust.releases import Needs, Release, path_of

PEOPLE, NEEDED = ("ann", "bob", "cyn"), 2
ONLINE = ("snapshot", "timestamp", "desired")
PUBLISHER = "fw"  # whose the skills that ship are
DAY_S = 86_400
LIVES_D = 30


class Asked(Protocol):
    """The collector's API (simulators.collector_api)."""

    def post(self, path: str, body: dict[str, Any]) -> Any: ...
    def put(self, path: str, content: bytes) -> Any: ...


@dataclass(frozen=True, slots=True)
class Published:
    """A package that robots can fetch now."""

    key: str
    version: str
    sha256: str


@dataclass(slots=True)
class Authority:
    """`now_s` is the clock by which documents expire. `root`: what a robot gets at its enrolment."""

    now_s: Callable[[], float] = time.time
    keys: Mapping[str, PrivateKey] = field(init=False)
    root: bytes = field(init=False)
    _of_publisher: bytes | None = None

    def __post_init__(self) -> None:
        self.keys = {name: new_key(name) for name in (*PEOPLE, *ONLINE, PUBLISHER)}
        self.root = self._signed(metadata.first_root(self._roles(), self._until_s()))

    def hand_over(self, folder: Path) -> None:
        """The collector's own three keys, into the folder that its setting `skills_keys` names."""
        folder.mkdir(mode=0o700, parents=True)
        for name in ONLINE:
            write_key(self.keys[name], folder, None)

    def found(self, api: Asked) -> None:
        """Root and targets, with the publisher and who signs what robots shall run."""
        until_s = self._until_s()
        targets = self._signed(metadata.first_targets(until_s))
        api.post("/skills/repository", {"root": self.root.decode(), "targets": targets.decode()})
        may_wish = documents.desired_keys_file([self.keys["desired"].public])
        publisher = Holders((self.keys[PUBLISHER].public,), 1)
        version = metadata.version_of(targets) + 1
        targets = metadata.with_publisher(targets, PUBLISHER, publisher, until_s)
        targets = metadata.with_file(targets, documents.DESIRED_KEYS, may_wish, until_s)
        targets = self._signed(metadata.at_version(targets, version, until_s))
        files = {documents.DESIRED_KEYS: may_wish.decode()}
        self._accept(api, "targets", targets, files)

    def publish(self, api: Asked, content: bytes, number: int) -> Published:
        """Signs a package as its publisher and offers it."""
        package = read(io.BytesIO(content))
        one = package.manifest
        needs = Needs.of(one, sum(entry.size for entry in package.entries))
        path = path_of(one.appid, number)
        release = Release(path, package.size, package.sha256, number, 0, one.version, one.key, needs)
        api.put(f"/skills/packages/{one.appid}/{number}", content)
        draft = metadata.with_release(self._of_publisher, release, self._until_s())
        signed = metadata.sign(draft, self.keys[PUBLISHER])
        self._accept(api, PUBLISHER, signed, {})
        self._of_publisher = signed
        return Published(one.key, one.version, package.sha256)

    def _accept(self, api: Asked, role: str, document: bytes, files: dict[str, str]) -> None:
        api.post("/skills/repository/documents", {"role": role, "document": document.decode(), "files": files})

    def _roles(self) -> dict[TopRole, Holders]:
        people = Holders(tuple(self.keys[name].public for name in PEOPLE), NEEDED)
        snapshot, timestamp = (Holders((self.keys[name].public,), 1) for name in ("snapshot", "timestamp"))
        return {"root": people, "targets": people, "snapshot": snapshot, "timestamp": timestamp}

    def _signed(self, document: bytes) -> bytes:
        for name in PEOPLE[:NEEDED]:
            document = metadata.sign(document, self.keys[name])
        return document

    def _until_s(self) -> float:
        return self.now_s() + LIVES_D * DAY_S
