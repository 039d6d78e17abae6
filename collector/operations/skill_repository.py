"""The repository of skill packages: founded, published to, revoked, recalled, kept current.

Documents come signed and are checked here; no key of a person is ever sent to the collector.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, TypeVar

from sqlalchemy import Connection

from collector.access.caller import ADMINS, PUBLISHERS, SEES_PACKAGES
from collector.calendar import days
from collector.context import Context
from collector.operations.operation import Done, operation
from collector.skillstore.catalogue.listing import Listing, ListingState
from collector.skillstore.catalogue.names import TAKEN, name_trouble
from collector.skillstore.catalogue.reading import listings
from collector.skillstore.catalogue.writing import note_published, note_release, set_state
from collector.skillstore.recalled import recalled_by_people
from collector.skillstore.repository.folder import Folder
from collector.skillstore.repository.offers import Offers
from collector.skillstore.repository.online import Online
from collector.skillstore.repository.repository import NotDone, Repository, RoleStands
from collector.skillstore.review.reach import Reach, change_of, reach_of
from collector.skillstore.review.reading import of_release, open_submissions
from collector.skillstore.review.submission import OPEN, may_be_published, reviews_missing
from collector.skillstore.review.writing import note_published as note_submission_published
from collector.skillstore.sealing import Sealing
from collector.values.refusal import Refusal, Remedy
from collector.values.sentence import Sentence
from opk_skills.manifest.manifest import Manifest
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
    """Who holds what, and what is offered. `review_wanted`: packages are published only when people reviewed them."""

    roles: list[RoleShown]
    releases: list[ReleaseShown]
    review_wanted: bool


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
            [_role(one) for one in repository.roles()],
            sorted(releases, key=lambda one: (one.appid, one.release)),
            context.settings.skills_review,
        )

    return with_repository(context, shown, changes=False)


@operation(roles=SEES_PACKAGES, needs_store=False)
def show_document(context: Context, role: str) -> str:
    """The newest document of a role, to make its next version of."""

    def read(repository: Repository) -> str:
        known = {one.role for one in repository.roles()}
        document = repository.folder.newest(role) if role in known else None
        if document is None:
            raise Refusal(
                Sentence("there is no document of {role}", role=role),
                Remedy("list the roles", "skills show", "GET /api/v1/skills/repository"),
                "not_found",
            )
        return document.decode()

    return with_repository(context, read, changes=False)


@operation(roles=ADMINS, writes=True)
def found_repository(context: Context, wanted: FirstDocuments) -> Done:
    """Begin the repository with a first root and first targets. Refused when it has begun."""

    def change(repository: Repository) -> Done:
        repository.found(wanted.root.encode(), wanted.targets.encode(), context.now_s())
        return Done()

    return with_repository(context, change, changes=True)


@operation(roles=PUBLISHERS, writes=True)
def accept_document(context: Context, wanted: SignedDocument) -> list[ReleaseShown]:
    """Take a signed document into the repository, and issue what makes it current. Answers the releases it adds."""
    document, now_s = wanted.document.encode(), context.now_s()

    def change(repository: Repository) -> list[ReleaseShown]:
        if wanted.role == "root":
            repository.accept_root(document, now_s)
            return []
        if wanted.role == "targets":
            repository.accept_targets(document, {path: text.encode() for path, text in wanted.files.items()}, now_s)
            context.write(partial(_follow, repository=repository, now_s=now_s))  # a recall ends a listing
            return []
        return _published(context, repository, wanted.role, document)

    return with_repository(context, change, changes=True)


def _published(context: Context, repository: Repository, publisher: str, document: bytes) -> list[ReleaseShown]:
    """A publisher's document, when everything that it adds may be added."""
    added = sorted(repository.added_by(publisher, document), key=lambda one: one.release)
    manifests = [repository.manifest_of(one) for one in added]
    needed: dict[str, int] = {}
    if context.settings.skills_review:
        for one, manifest in zip(added, manifests, strict=True):
            change = change_of(reach_before(repository, one.appid), reach_of(manifest))
            needed[one.path] = change.reviews_needed

    def refuse(connection: Connection) -> None:
        _refuse_look_alikes(connection, publisher, manifests)
        for one in added:
            if one.path in needed:
                _refuse_unreviewed(connection, one, needed[one.path])

    context.read(refuse)
    releases = repository.publish(publisher, document, context.now_s())
    noted = [(one.release, manifest) for one, manifest in zip(added, manifests, strict=True)]

    def note(connection: Connection) -> None:
        note_published(connection, noted, context.now_s())
        _follow(connection, repository, context.now_s())

    context.write(note)
    return [_release(one) for one in releases]


def reach_before(repository: Repository, appid: str) -> Reach | None:
    """What the last published version of a package may do; None: none is offered that may run."""
    offers = Offers.of(repository.releases().values(), repository.recalls())
    newest = next(iter(offers.of_package(appid)), None)
    return None if newest is None else reach_of(repository.manifest_of(newest))


def _follow(connection: Connection, repository: Repository, now_s: int) -> int:
    """Make catalogue and submissions say what the repository offers and recalls; how many it had to change.

    After a crash between repository and store this brings both together, at the next start. A listing that was noted
    before its release was kept is taken for one of the newest.
    """
    offers = Offers.of(repository.releases().values(), repository.recalls())
    known = {one.skill: one for one in listings(connection, tuple(ListingState))}
    changed = 0
    for appid in sorted({one.appid for one in offers.offered.values()}):
        newest = next(iter(offers.of_package(appid)), None)
        there = None if newest is None else known.get(newest.key)
        if newest is not None and there is not None and there.release is None:
            note_release(connection, there.skill, newest.release)
        elif newest is not None and (there is None or (there.appid == appid and _is_older(there, newest))):
            note_published(connection, [(newest.release, repository.manifest_of(newest))], now_s)
            changed += 1
    recalled = {one.appid for one in repository.recalls()}
    for there in known.values():
        ends = there.appid in recalled and not offers.of_package(there.appid)
        if ends and there.state is not ListingState.RECALLED:
            set_state(connection, there.skill, ListingState.RECALLED, now_s)
            changed += 1
    offered = {(one.appid, one.release): one.sha256 for one in offers.offered.values()}
    for open_one in open_submissions(connection):
        sha256 = offered.get((open_one.appid, open_one.release))
        if sha256 is not None:
            note_submission_published(connection, open_one.appid, open_one.release, sha256, now_s)
            changed += 1
    return changed


def _is_older(there: Listing, newest: Release) -> bool:
    return there.release is not None and there.release < newest.release


def _refuse_look_alikes(connection: Connection, publisher: str, manifests: Sequence[Manifest]) -> None:
    """Raises Refusal for a name that hides something, or that people would take for another publisher's skill."""
    others = listings(connection, tuple(ListingState))
    for one in manifests:
        trouble = name_trouble(one, publisher, others)
        if trouble is not None:
            reason = trouble.reason.format_map(trouble.slots)
            raise Refusal(reason, trouble.remedy, "conflict" if trouble.reason == TAKEN[0] else "invalid")


def _refuse_unreviewed(connection: Connection, one: Release, needed: int) -> None:
    """Raises Refusal for a release whose very bytes not enough people have approved."""
    made = [each for each in of_release(connection, one.appid, one.release) if each.sha256 == one.sha256]
    if any(may_be_published(each, one.sha256, needed) for each in made):
        return
    standing = next((each for each in made if each.state in OPEN), None)
    if standing is None:
        reason = Sentence(
            "release {release} of {appid} with these bytes has not been submitted for review",
            release=one.release,
            appid=one.appid,
        )
        raise Refusal(
            reason, Remedy("submit it", "skills submission submit", "POST /api/v1/skills/submissions"), "conflict"
        )
    missing = reviews_missing(standing, needed)
    reason = Sentence(
        "submission {id} lacks the approval of {missing} of {needed} people",
        id=standing.id,
        missing=missing,
        needed=needed,
    )
    remedy = Remedy(
        "ask reviewers to approve it", "skills submission approve", "POST /api/v1/skills/submissions/{id}/approve"
    )
    raise Refusal(reason, remedy, "conflict")


@operation(roles=PUBLISHERS, writes=True, long=True)
def stage_package(context: Context, wanted: StagePackage) -> StagedPackage:
    """Keep a package until a publisher's document names it. Refused unless its own manifest says that appid."""

    def change(repository: Repository) -> StagedPackage:
        return StagedPackage(repository.stage(wanted.appid, wanted.release, wanted.file))

    return with_repository(context, change, changes=True)


@operation(roles=ADMINS, needs_store=False)
def issue_repository(context: Context, _: None) -> bool:
    """Say anew that the repository is current, when it is time. Whether it was."""
    if context.settings.skills_folder is None:
        return False
    return with_repository(context, lambda repository: repository.issue(context.now_s()), changes=True)


@operation(roles=ADMINS, writes=True)
def follow_repository(context: Context, _: None) -> int:
    """Make the catalogue say what the repository offers and recalls, where a crash came between; what was changed."""
    if context.settings.skills_folder is None:
        return 0

    def change(repository: Repository) -> int:
        return context.write(partial(_follow, repository=repository, now_s=context.now_s()))

    return with_repository(context, change, changes=False)


def offers_of(context: Context) -> Offers:
    """What may be put on robots now. Raises Refusal where there is no repository."""
    found = with_repository(
        context, lambda repository: Offers.of(repository.releases().values(), repository.recalls()), changes=False
    )
    return found.without(context.read(recalled_by_people))


def sealing_of(context: Context) -> Sealing | None:
    """How this collector signs what robots shall run; None: it has no repository, or not its keys. Raises Refusal."""
    keys = context.settings.skills_keys
    if context.settings.skills_folder is None or keys is None:
        return None
    return with_repository(context, lambda repository: Sealing.of(repository, Online.load(keys).desired), changes=False)


def listed_recalls(context: Context) -> frozenset[str]:
    """Packages that the signed list of recalls names; none where there is no repository. Raises Refusal."""
    if context.settings.skills_folder is None:
        return frozenset()

    def read(repository: Repository) -> frozenset[str]:
        named = {(one.appid, number) for one in repository.recalls() for number in one.releases}
        publishers = {appid.partition("_")[0] for appid, _ in named}
        ever = [one for name in publishers for one in repository.releases_ever(name).values()]
        return frozenset(one.sha256 for one in ever if (one.appid, one.release) in named)

    return with_repository(context, read, changes=False)


def with_repository(context: Context, act: Callable[[Repository], T], *, changes: bool) -> T:
    """What an act on the repository answers. `changes`: it issues documents, with the collector's keys.

    Raises Refusal where there is no repository, where it does not trust what it is given, or its disk refuses.
    """
    folder, keys = context.settings.skills_folder, context.settings.skills_keys
    if folder is None:
        raise Refusal(
            "this collector has no repository of packages", "name a folder: `skills_folder` of its settings", "conflict"
        )
    try:
        online = Online.load(keys) if changes and keys is not None else None
        return act(Repository(Folder(folder), online))
    except TrustError as error:
        remedy = error.act if isinstance(error, NotDone) else error.remedy
        raise Refusal(error.reason, remedy, "invalid") from error
    except OSError as error:
        reason = Sentence("the repository's folder: {error}", error=error.strerror or error)
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
