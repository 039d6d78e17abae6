"""The repository of skill packages: founded, published to, revoked, recalled, kept current.

Documents come signed and are checked here; no key of a person is ever sent to the collector.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from collector.access.caller import ADMINS, PUBLISHERS, SEES_PACKAGES
from collector.calendar import days
from collector.context import Context
from collector.operations.operation import Done, operation
from collector.skillstore.repository.folder import Folder
from collector.skillstore.repository.online import Online
from collector.skillstore.repository.repository import Repository, RoleStands
from collector.skillstore.sealing import Sealing
from collector.values.refusal import Refusal
from opk_skills.trust.errors import TrustError
from opk_skills.trust.releases import Release

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HolderShown:
    """Who holds a key, and its name in documents."""

    holder: str
    keyid: str


@dataclass(frozen=True, slots=True)
class RoleShown:
    """One role as it stands. `version` and `expires_at` are None while it has no document."""

    role: str
    needed: int
    holders: list[HolderShown]
    version: int | None
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class ReleaseShown:
    """One package that robots can fetch."""

    skill: str
    appid: str
    release: int
    version: str
    floor: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RepositoryShown:
    """Who holds what, and what is offered."""

    roles: list[RoleShown]
    releases: list[ReleaseShown]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDocuments:
    """Root and targets, version 1, signed."""

    root: str
    targets: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDocument:
    """The next version of one role's document. `role`: `root`, `targets` or a publisher's name.

    `files`: of targets, the content of each of the fleet's files that it changes.
    """

    role: str
    document: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePackage:
    """A package that a publisher's next document will name."""

    appid: str
    release: int
    file: BinaryIO


@dataclass(frozen=True, slots=True)
class StagedPackage:
    """What was kept."""

    sha256: str


@operation(roles=SEES_PACKAGES, needs_store=False)
def show_repository(context: Context, _: None) -> RepositoryShown:
    """Roles with their holders, versions and expiry; every package that is offered."""

    def shown(repository: Repository) -> RepositoryShown:
        releases = [_release(one) for one in repository.releases().values()]
        return RepositoryShown(
            [_role(one) for one in repository.roles()], sorted(releases, key=lambda one: (one.appid, one.release))
        )

    return _with(context, shown, changes=False)


@operation(roles=SEES_PACKAGES, needs_store=False)
def show_document(context: Context, role: str) -> str:
    """The newest document of a role, to make its next version of."""

    def read(repository: Repository) -> str:
        known = {one.role for one in repository.roles()}
        document = repository.folder.newest(role) if role in known else None
        if document is None:
            raise Refusal(
                f"there is no document of {role}",
                "list the roles: `collector skills show`, or GET /api/v1/skills/repository",
                "not_found",
            )
        return document.decode()

    return _with(context, read, changes=False)


@operation(roles=ADMINS, writes=True)
def found_repository(context: Context, wanted: FirstDocuments) -> Done:
    """Begin the repository with a first root and first targets. Refused when it has begun."""

    def change(repository: Repository) -> Done:
        repository.found(wanted.root.encode(), wanted.targets.encode(), context.now_s())
        return Done()

    return _with(context, change, changes=True)


@operation(roles=PUBLISHERS, writes=True)
def accept_document(context: Context, wanted: SignedDocument) -> list[ReleaseShown]:
    """Take a signed document into the repository, and issue what makes it current. Answers the releases it adds."""

    def change(repository: Repository) -> list[ReleaseShown]:
        document, now_s = wanted.document.encode(), context.now_s()
        if wanted.role == "root":
            repository.accept_root(document, now_s)
            return []
        if wanted.role == "targets":
            repository.accept_targets(document, {path: text.encode() for path, text in wanted.files.items()}, now_s)
            return []
        return [_release(one) for one in repository.publish(wanted.role, document, now_s)]

    return _with(context, change, changes=True)


@operation(roles=PUBLISHERS, writes=True, long=True)
def stage_package(context: Context, wanted: StagePackage) -> StagedPackage:
    """Keep a package until a publisher's document names it. Refused unless its own manifest says that appid."""

    def change(repository: Repository) -> StagedPackage:
        return StagedPackage(repository.stage(wanted.appid, wanted.release, wanted.file))

    return _with(context, change, changes=True)


@operation(roles=ADMINS, needs_store=False)
def issue_repository(context: Context, _: None) -> bool:
    """Say anew that the repository is current, when it is time. Whether it was."""
    if context.settings.skills_folder is None:
        return False
    return _with(context, lambda repository: repository.issue(context.now_s()), changes=True)


def sealing_of(context: Context) -> Sealing | None:
    """How this collector signs what robots shall run; None: it has no repository, or not its keys. Raises Refusal."""
    keys = context.settings.skills_keys
    if context.settings.skills_folder is None or keys is None:
        return None
    return _with(context, lambda repository: Sealing.of(repository, Online.load(keys).desired), changes=False)


def _with(context: Context, act: Callable[[Repository], T], *, changes: bool) -> T:
    folder, keys = context.settings.skills_folder, context.settings.skills_keys
    if folder is None:
        raise Refusal(
            "this collector has no repository of packages", "name a folder: `skills_folder` of its settings", "conflict"
        )
    try:
        online = Online.load(keys) if changes and keys is not None else None
        return act(Repository(Folder(folder), online))
    except TrustError as error:
        raise Refusal(error.reason, error.remedy, "invalid") from error
    except OSError as error:
        reason = f"the repository's folder: {error.strerror or error}"
        raise Refusal(reason, "see to its disk and rights", "unavailable") from error


def _role(one: RoleStands) -> RoleShown:
    return RoleShown(
        one.role,
        one.holders.needed,
        [HolderShown(key.holder, key.keyid) for key in one.holders.keys],
        one.version,
        None if one.expires_s is None else days.rfc3339(int(one.expires_s)),
    )


def _release(one: Release) -> ReleaseShown:
    return ReleaseShown(one.key, one.appid, one.release, one.version, one.floor, one.length, one.sha256)
