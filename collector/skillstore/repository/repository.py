"""The acts on a repository. Each checks what it is given, keeps it, and issues a new snapshot and timestamp.

The order of writing is files, documents, snapshot, timestamp: a robot sees the state of before or of after. What was
kept before a crash and is named by no timestamp yet is named by the next act.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from collector.skillstore.repository import deltas, publications
from collector.skillstore.repository.folder import TIMESTAMP, Folder
from collector.skillstore.repository.online import (
    ISSUE_EVERY_S,
    SNAPSHOT_LIVES_S,
    TIMESTAMP_LIVES_S,
    Online,
)
from collector.skillstore.repository.packages import facts_of, manifest_of
from collector.values.refusal import Remedy
from opk_skills.manifest.manifest import Manifest
from opk_skills.trust import metadata
from opk_skills.trust.errors import NotTrusted
from opk_skills.trust.metadata import Holders
from opk_skills.trust.recalls import RECALLS, Recall, recalls_of
from opk_skills.trust.releases import APPID, Release, path_of


@dataclass(frozen=True, slots=True)
class RoleStands:
    """One role as it stands: who holds it, its version, when it expires (seconds since 1970)."""

    role: str
    holders: Holders
    version: int | None
    expires_s: float | None


class NotDone(NotTrusted):
    """`act`: the remedy, as each door says it."""

    def __init__(self, reason: str, act: Remedy) -> None:
        super().__init__(reason, act.text)
        self.act = act


class Repository:
    """`online`: the collector's keys; None: it can be read and checked, not changed."""

    def __init__(self, folder: Folder, online: Online | None) -> None:
        self.folder, self._online = folder, online

    def found(self, root: bytes, targets: bytes, now_s: float) -> None:
        """Begin with a first root and a first targets, both signed. Raises NotTrusted."""
        with self.folder.locked():
            if self.folder.is_founded:
                raise NotDone(
                    "this repository has a root",
                    Remedy("give its next version", "skills accept", "POST /api/v1/skills/repository/documents"),
                )
            if metadata.role_of(root) != "root" or metadata.version_of(root) != 1:
                raise NotDone("this is no first root", Remedy("draft one where its keys are", "skills draft"))
            metadata.check_signed(root, "root", root)
            metadata.check_lives(root, now_s)
            _check_targets(root, targets, now_s)
            if metadata.version_of(targets) != 1 or metadata.files_of(targets) or metadata.holders_of(targets):
                raise NotDone("this is no first targets", Remedy("draft one where its keys are", "skills draft"))
            self.folder.put_document("root", root)
            self.folder.put_document("targets", targets)
            self._issue(now_s, snapshot_too=True)

    def accept_root(self, document: bytes, now_s: float) -> None:
        """The next root, signed by enough holders of the old one and of the new one. Raises NotTrusted."""
        with self.folder.locked():
            current = self._standing("root")
            metadata.check_next(current, document)
            metadata.check_signed(current, "root", document)
            metadata.check_signed(document, "root", document)
            metadata.check_lives(document, now_s)
            self.folder.put_document("root", document)
            self._issue(now_s, snapshot_too=True)

    def accept_targets(self, document: bytes, files: Mapping[str, bytes], now_s: float) -> None:
        """The next targets, with the content of each of the fleet's files that it changes. Raises NotTrusted."""
        with self.folder.locked():
            current = self._standing("targets")
            metadata.check_next(current, document)
            _check_targets(self._standing("root"), document, now_s)
            before, after = metadata.files_of(current), metadata.files_of(document)
            for path, (length, sha256) in after.items():
                if before.get(path) != (length, sha256):
                    self._keep_checked(path, io.BytesIO(files.get(path, b"")), length, sha256)
            self.folder.put_document("targets", document)
            self._issue(now_s, snapshot_too=True)

    def stage(self, appid: str, release: int, file: BinaryIO) -> str:
        """Keep a package beside what is offered, until a publisher's document names it. Returns its sha256.

        Nobody can fetch by a path that no document names. Raises NotTrusted.
        """
        if not APPID.fullmatch(appid):
            raise NotTrusted(
                f"{appid[:80]!r} is no appid", "an appid is a publisher's name, _ and 32 hexadecimal digits"
            )
        said = facts_of(file).appid
        if said != appid:
            raise NotTrusted(f"the package says it is {said}", "publish it under its own appid")
        file.seek(0)
        with self.folder.locked():
            return self.folder.put_target(path_of(appid, release), file)

    def publish(self, publisher: str, document: bytes, now_s: float) -> tuple[Release, ...]:
        """The next version of a publisher's document; the package of every release that is new in it was staged.

        Returns those releases. Raises NotTrusted.
        """
        with self.folder.locked():
            targets = self._standing("targets")
            metadata.check_signed(targets, publisher, document)
            metadata.check_lives(document, now_s)
            current = self.folder.newest(publisher)
            if current is not None:
                metadata.check_next(current, document)
            elif metadata.version_of(document) != 1:
                raise NotTrusted("a publisher's first document is version 1", "publish it anew")
            fresh = publications.added(publisher, self.releases_ever(publisher), metadata.releases_of(document))
            for one in fresh:
                self._check_staged(one)
            self.folder.put_document(publisher, document)
            self._issue(now_s, snapshot_too=True)
            ever = self.releases_ever(publisher)
        deltas.make(self.folder, ever, fresh)
        return fresh

    def issue(self, now_s: float) -> bool:
        """The hourly timestamp, and a snapshot before it expires. Whether there was something to issue."""
        with self.folder.locked():
            timestamp, snapshot = self.folder.newest(TIMESTAMP), self.folder.newest("snapshot")
            if not self.folder.is_founded:
                return False
            stale = snapshot is None or metadata.expires_s_of(snapshot) - now_s < SNAPSHOT_LIVES_S / 2
            due = timestamp is None or now_s - metadata.issued_s_of(timestamp) >= ISSUE_EVERY_S
            unnamed = snapshot is not None and self._versions() != self._named(snapshot)
            if stale or unnamed or due:
                self._issue(now_s, snapshot_too=stale or unnamed)
            return stale or unnamed or due

    def releases_ever(self, publisher: str) -> dict[str, Release]:
        """Every release that any version of the publisher's document named, by path."""
        ever: dict[str, Release] = {}
        for version in self.folder.versions(publisher):
            ever.update(metadata.releases_of(self.folder.version(publisher, version)))
        return ever

    def releases(self) -> dict[str, Release]:
        """What every publisher that is not revoked offers now, by path."""
        targets = self.folder.newest("targets")
        offered: dict[str, Release] = {}
        newest = self.folder.newest_versions()
        for publisher in metadata.holders_of(targets) if targets else ():
            if publisher in newest:
                offered.update(metadata.releases_of(self.folder.version(publisher, newest[publisher])))
        return offered

    def recalls(self) -> tuple[Recall, ...]:
        """Every recall that stands."""
        targets = self.folder.newest("targets")
        listed = metadata.files_of(targets).get(RECALLS) if targets else None
        return () if listed is None else recalls_of(self.folder.target(RECALLS, listed[1]).read_bytes())

    def manifest_of(self, one: Release) -> Manifest:
        """What the package of a release says of itself. Raises NotTrusted where it is not here, or is none."""
        with self.staged(one.path, one.sha256).open("rb") as file:
            return manifest_of(file)

    def staged(self, path: str, sha256: str) -> Path:
        """The file of a package that was sent, offered or not. Raises NotTrusted where it is not here."""
        found = self.folder.target(path, sha256)
        if not found.exists():
            raise NotTrusted(f"the package of {path} with that hash is not here", "send the package first")
        return found

    def added_by(self, publisher: str, document: bytes) -> tuple[Release, ...]:
        """The releases that a publisher's next document would add; nothing of it is checked yet."""
        ever = self.releases_ever(publisher)
        return tuple(one for path, one in metadata.releases_of(document).items() if path not in ever)

    def roles(self) -> list[RoleStands]:
        """Who holds what, as it stands: the four roles, then each publisher."""
        root, targets = self.folder.newest("root"), self.folder.newest("targets")
        found = [*metadata.holders_of(root).items()] if root else []
        found += sorted(metadata.holders_of(targets).items()) if targets else []
        return [self._role(name, holders) for name, holders in found]

    def _role(self, name: str, holders: Holders) -> RoleStands:
        document = self.folder.newest(name)
        if document is None:
            return RoleStands(name, holders, None, None)
        return RoleStands(name, holders, metadata.version_of(document), metadata.expires_s_of(document))

    def _standing(self, role: str) -> bytes:
        document = self.folder.newest(role)
        if document is None:
            raise NotDone(
                "there is no repository yet", Remedy("found it", "skills found", "POST /api/v1/skills/repository")
            )
        return document

    def _check_staged(self, one: Release) -> None:
        with self.staged(one.path, one.sha256).open("rb") as file:
            facts = facts_of(file)
        if (facts.key, facts.version, facts.needs, facts.length) != (one.key, one.version, one.needs, one.length):
            raise NotTrusted(f"{one.path} says other things than its package", "sign what the package's manifest says")

    def _keep_checked(self, path: str, file: BinaryIO, length: int, sha256: str) -> None:
        content = file.seek(0, io.SEEK_END)
        if content != length:
            raise NotTrusted(f"{path} has {content} bytes, signed were {length}", "send what was signed")
        file.seek(0)
        self.folder.put_target(path, file)
        if not self.folder.target(path, sha256).exists():
            raise NotTrusted(f"{path} is not what was signed", "send what was signed")

    def _versions(self) -> dict[str, int]:
        """Of targets and of every publisher that stands; a revoked one leaves the snapshot's use, not its list.

        A snapshot must never lose a name (a robot refuses one that does), so revoked publishers stay listed.
        """
        newest = self.folder.newest_versions()
        return {role: version for role, version in newest.items() if role not in {"root", "snapshot"}}

    @staticmethod
    def _named(snapshot: bytes) -> dict[str, int]:
        return metadata.versions_in(snapshot)

    def _issue(self, now_s: float, *, snapshot_too: bool) -> None:
        if self._online is None:
            raise NotTrusted("the collector's own keys are not here", "set `skills_keys` to their folder")
        root = self._standing("root")
        snapshot = self.folder.newest("snapshot")
        if snapshot is None or snapshot_too:
            draft = metadata.snapshot_of(snapshot, self._versions(), now_s + SNAPSHOT_LIVES_S)
            snapshot = metadata.sign(draft, self._online.snapshot)
            metadata.check_signed(root, "snapshot", snapshot)
            self.folder.put_document("snapshot", snapshot)
        before = self.folder.newest(TIMESTAMP)
        draft = metadata.timestamp_of(before, snapshot, now_s, now_s + TIMESTAMP_LIVES_S)
        timestamp = metadata.sign(draft, self._online.timestamp)
        metadata.check_signed(root, "timestamp", timestamp)
        self.folder.put_document(TIMESTAMP, timestamp)


def _check_targets(root: bytes, document: bytes, now_s: float) -> None:
    if metadata.role_of(document) != "targets":
        raise NotTrusted(f"this is {metadata.role_of(document)}", "a targets document is expected here")
    metadata.check_signed(root, "targets", document)
    metadata.check_lives(document, now_s)
