"""A package repository as an installation has one: keys, first documents, a publisher, releases."""

import io
from dataclasses import dataclass, field, replace
from pathlib import Path

from collector.skillstore.repository.folder import Folder
from collector.skillstore.repository.online import Online
from collector.skillstore.repository.packages import facts_of
from collector.skillstore.repository.repository import Repository
from opk_skills.trust import documents, metadata
from opk_skills.trust.keys import PrivateKey, new_key
from opk_skills.trust.metadata import Holders
from opk_skills.trust.releases import Release, path_of
from tests import packages

DAY_S = 86_400
NOW_S = 1_800_000_000.0
APPID = "acme_" + "0e79" * 8
PEOPLE = ("ann", "bob", "cyn")


def holders(*keys: PrivateKey, needed: int = 1) -> Holders:
    return Holders(tuple(key.public for key in keys), needed)


def package(body: bytes, appid: str = APPID, **changed) -> bytes:
    """A package whose one file has this content."""
    return packages.package({"lift/skill.py": body}, appid=appid, **changed)


def release(content: bytes, number: int, **changed) -> Release:
    """What a publisher signs of a package."""
    facts = facts_of(io.BytesIO(content))
    path = path_of(facts.appid, number)
    one = Release(path, facts.length, facts.sha256, number, 0, facts.version, facts.key, facts.needs)
    return replace(one, **changed)


@dataclass
class Installation:
    """Everybody's keys in one hand, as only a test may have them."""

    path: Path
    now_s: float = NOW_S
    keys: dict[str, PrivateKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = (*PEOPLE, "snapshot", "timestamp", "desired", "acme")
        self.keys = {name: new_key(name) for name in names}
        online = Online(self.keys["snapshot"], self.keys["timestamp"], self.keys["desired"])
        self.folder = Folder(self.path)
        self.repository = Repository(self.folder, online)

    def people(self, *names: str, needed: int = 2) -> Holders:
        return holders(*(self.keys[name] for name in names or PEOPLE), needed=needed)

    def signed(self, document: bytes, *names: str) -> bytes:
        for name in names or PEOPLE[:2]:
            document = metadata.sign(document, self.keys[name])
        return document

    def root(self) -> bytes:
        return metadata.first_root(
            {
                "root": self.people(),
                "targets": self.people(),
                "snapshot": holders(self.keys["snapshot"]),
                "timestamp": holders(self.keys["timestamp"]),
            },
            self.now_s + 365 * DAY_S,
        )

    def found(self) -> bytes:
        """The first root, which a robot gets at its enrolment."""
        root = self.signed(self.root())
        targets = self.signed(metadata.first_targets(self.now_s + 90 * DAY_S))
        self.repository.found(root, targets, self.now_s)
        self.targets(lambda old, until: metadata.with_publisher(old, "acme", holders(self.keys["acme"]), until))
        keys = documents.desired_keys_file([self.keys["desired"].public])
        self.fleet_file(documents.DESIRED_KEYS, keys)
        return root

    def targets(self, change, files: dict[str, bytes] | None = None) -> None:
        draft = change(self.folder.newest("targets"), self.now_s + 90 * DAY_S)
        self.repository.accept_targets(self.signed(draft), files or {}, self.now_s)

    def fleet_file(self, path: str, content: bytes) -> None:
        self.targets(lambda old, until: metadata.with_file(old, path, content, until), {path: content})

    def publish(self, number: int, body: bytes, *, floor: int = 0, appid: str = APPID, **changed) -> Release:
        content = package(body, appid, **changed)
        one = release(content, number, floor=floor)
        self.repository.stage(appid, number, io.BytesIO(content))
        draft = metadata.with_release(self.folder.newest("acme"), one, self.now_s + 365 * DAY_S)
        self.repository.publish("acme", metadata.sign(draft, self.keys["acme"]), self.now_s)
        return one


def enrolled_publisher(installation: Installation, name: str) -> bytes:
    """The installation founded, with one more publisher of that name (its key is acme's): the first root."""
    root = installation.found()
    held = holders(installation.keys["acme"])
    installation.targets(lambda old, until: metadata.with_publisher(old, name, held, until))
    return root
