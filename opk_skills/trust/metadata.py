"""The signed documents of a package repository, as bytes. The only file on the publishing side that knows python-tuf.

| role | signed by | says |
|---|---|---|
| root | people, offline, a threshold of them | which keys every role has |
| targets | people, offline, a threshold of them | the publishers and the paths of each; the fleet's own files |
| one publisher | the publisher | its packages: path, length, sha256, release |
| snapshot | the collector, online | the version of each document above |
| timestamp | the collector, online, every hour | the version of the snapshot, and when it was issued |

A document is a draft while it lacks signatures. `sign` adds one; `lacking` says how many are missing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from securesystemslib.signer import SSlibKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Key,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization import DeserializationError
from tuf.api.serialization.json import JSONSerializer

from opk_skills.trust.errors import NotTrusted
from opk_skills.trust.keys import PrivateKey, PublicKey, holder_of
from opk_skills.trust.releases import PUBLISHER, Release, custom_of, release_of

TopRole = Literal["root", "targets", "snapshot", "timestamp"]
TOP_ROLES: tuple[TopRole, ...] = ("root", "targets", "snapshot", "timestamp")
ISSUED_FIELD = "x-issued"  # signed seconds since 1970: a robot's clock is never earlier
_FORM = JSONSerializer(compact=True)


@dataclass(frozen=True, slots=True)
class Holders:
    """Whose keys a role has, and how many of them must sign. `needed` 1..len(keys)."""

    keys: tuple[PublicKey, ...]
    needed: int


@dataclass(frozen=True, slots=True)
class Lacking:
    """Of one document and one role. `signed`: holders whose signature fits; `missing`: those who could still sign."""

    role: str
    needed: int
    signed: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """Whether as many have signed as must."""
        return len(self.signed) >= self.needed


def first_root(holders: Mapping[TopRole, Holders], expires_s: float) -> bytes:
    """The draft of version 1. Every role must have holders. Raises NotTrusted."""
    root = Root(version=1, expires=_moment(expires_s), consistent_snapshot=True)
    _set_holders(root, {role: holders[role] for role in TOP_ROLES})
    return _bytes(Metadata(root))


def next_root(current: bytes, holders: Mapping[TopRole, Holders], expires_s: float) -> bytes:
    """The draft of the version after `current`, with other holders of the roles that are named.

    It needs the signatures of both: as many of the old holders of root as the old version asks, and of the new.
    """
    document = _read(current, Root)
    root = document.signed
    root.version += 1
    root.expires = _moment(expires_s)
    _set_holders(root, holders)
    return _bytes(Metadata(root))


def first_targets(expires_s: float) -> bytes:
    """The draft of version 1: no publisher, no file."""
    targets = Targets(version=1, expires=_moment(expires_s), delegations=Delegations(keys={}, roles={}))
    return _bytes(Metadata(targets))


def with_publisher(targets: bytes, name: str, holders: Holders, expires_s: float) -> bytes:
    """The next version of targets, in which `name` may sign packages whose appid begins with `name` and `_`.

    A publisher that is there gets these keys instead of its own. Raises NotTrusted for a name that is none.
    """
    if not PUBLISHER.fullmatch(name):
        raise NotTrusted(f"{name!r} is no publisher's name", "use 1 to 12 small letters and digits, a letter first")
    _possible(holders, name)
    document = _next(targets, expires_s)
    delegations = document.signed.delegations
    if delegations is None or delegations.roles is None:
        raise NotTrusted("this document delegates nothing", "start from the repository's own targets")
    delegations.roles[name] = DelegatedRole(
        name=name,
        keyids=[one.keyid for one in holders.keys],
        threshold=holders.needed,
        terminating=True,  # a path of this publisher is never looked for elsewhere
        paths=[f"{name}_*/*"],
    )
    for one in holders.keys:
        delegations.keys[one.keyid] = one.key
    _forget_unused(delegations)
    return _bytes(document)


def without_publisher(targets: bytes, name: str, expires_s: float) -> bytes:
    """The next version of targets, in which nobody may sign packages of `name`. Raises NotTrusted: there is none."""
    document = _next(targets, expires_s)
    delegations = document.signed.delegations
    if delegations is None or not delegations.roles or name not in delegations.roles:
        raise NotTrusted(
            f"there is no publisher {name}", "list them: `collector skills show`, or GET /api/v1/skills/repository"
        )
    del delegations.roles[name]
    _forget_unused(delegations)
    return _bytes(document)


def with_file(targets: bytes, path: str, content: bytes, expires_s: float) -> bytes:
    """The next version of targets, in which the fleet's own file `path` has this content."""
    document = _next(targets, expires_s)
    document.signed.targets[path] = TargetFile.from_data(path, content, ["sha256"])
    return _bytes(document)


def with_release(publisher: bytes | None, one: Release, expires_s: float) -> bytes:
    """The next version of a publisher's document, with one more package; None: its first version.

    Raises NotTrusted: that path is taken.
    """
    document = _next(publisher, expires_s) if publisher else Metadata(Targets(version=1, expires=_moment(expires_s)))
    if one.path in document.signed.targets:
        raise NotTrusted(f"{one.path} is published already", "give the package the next release number")
    target = TargetFile(one.length, {"sha256": one.sha256}, one.path, {"custom": custom_of(one)})
    document.signed.targets[one.path] = target
    return _bytes(document)


def without_release(publisher: bytes, path: str, expires_s: float) -> bytes:
    """The next version of a publisher's document, which does not offer that path. Raises NotTrusted: none is."""
    document = _next(publisher, expires_s)
    if document.signed.targets.pop(path, None) is None:
        raise NotTrusted(
            f"{path} is not offered", "list what is: `collector skills show`, or GET /api/v1/skills/repository"
        )
    return _bytes(document)


def again(document: bytes, expires_s: float) -> bytes:
    """The next version of root, targets or a publisher's document that says the same and expires later."""
    metadata = _read(document)
    metadata.signed.version += 1
    metadata.signed.expires = _moment(expires_s)
    return _bytes(Metadata(metadata.signed))


def at_version(document: bytes, version: int, expires_s: float) -> bytes:
    """The same as one version: several changes that were made one after the other become one step."""
    metadata = _read(document)
    metadata.signed.version, metadata.signed.expires = version, _moment(expires_s)
    return _bytes(Metadata(metadata.signed))


def snapshot_of(before: bytes | None, versions: Mapping[str, int], expires_s: float) -> bytes:
    """The draft that names the version of targets and of each publisher. `versions`: role -> version."""
    snapshot = Snapshot(version=version_of(before) + 1 if before else 1, expires=_moment(expires_s))
    snapshot.meta = {f"{role}.json": MetaFile(version) for role, version in sorted(versions.items())}
    return _bytes(Metadata(snapshot))


def timestamp_of(before: bytes | None, snapshot: bytes, issued_s: float, expires_s: float) -> bytes:
    """The draft that names the snapshot and says when it was issued, in seconds since 1970."""
    timestamp = Timestamp(version=version_of(before) + 1 if before else 1, expires=_moment(expires_s))
    timestamp.snapshot_meta = MetaFile(version_of(snapshot))
    timestamp.unrecognized_fields[ISSUED_FIELD] = int(issued_s)
    return _bytes(Metadata(timestamp))


def sign(document: bytes, key: PrivateKey) -> bytes:
    """The document with this key's signature beside those that it has."""
    metadata = _read(document)
    metadata.sign(key.signer, append=True)
    return _bytes(metadata)


def with_signatures(document: bytes, other: bytes) -> bytes:
    """The document with the signatures of both copies. Raises NotTrusted: they do not say the same."""
    mine, theirs = _read(document), _read(other)
    if mine.signed_bytes != theirs.signed_bytes:
        raise NotTrusted("the two copies do not say the same", "let everybody sign one and the same file")
    mine.signatures.update(theirs.signatures)
    return _bytes(mine)


def lacking(delegator: bytes, role: str, document: bytes) -> Lacking:
    """Who has signed `document` as `role`, by the keys that `delegator` (root or targets) gives that role."""
    by = _read(delegator).signed
    metadata = _read(document)
    if not isinstance(by, Root | Targets):
        raise NotTrusted("only root and targets give keys to a role", "name one of them")
    try:
        result = by.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
    except ValueError:
        raise NotTrusted(
            f"nobody has keys for {role}", "list the roles: `collector skills show`, or GET /api/v1/skills/repository"
        ) from None
    return Lacking(role, result.threshold, _names(result.signed.values()), _names(result.unsigned.values()))


def check_signed(delegator: bytes, role: str, document: bytes) -> None:
    """Raises NotTrusted, with who could still sign, while too few holders of `role` have signed."""
    found = lacking(delegator, role, document)
    if not found.enough:
        raise NotTrusted(
            f"{role} has {len(found.signed)} of {found.needed} signatures",
            f"have one of these sign: {', '.join(found.missing) or 'nobody is left'}",
        )


def check_next(current: bytes, document: bytes) -> None:
    """Raises NotTrusted unless `document` is of the same role as `current` and its version the next one."""
    before, after = _read(current).signed, _read(document).signed
    if type(before) is not type(after):
        raise NotTrusted(f"this is {after.type}, not {before.type}", "sign the right file")
    if after.version != before.version + 1:
        raise NotTrusted(
            f"version {after.version} does not follow {before.version}", "make the change again on what stands now"
        )


def check_lives(document: bytes, now_s: float) -> None:
    """Raises NotTrusted when it has expired."""
    signed = _read(document).signed
    if signed.is_expired(_moment(now_s)):
        raise NotTrusted(f"{signed.type} has expired", "make its next version, and have it signed")


def role_of(document: bytes) -> str:
    """`root`, `targets`, `snapshot` or `timestamp`; a publisher's document is `targets`. Raises NotTrusted."""
    return str(_read(document).signed.type)


def version_of(document: bytes) -> int:
    """Raises NotTrusted for what is no metadata."""
    return int(_read(document).signed.version)


def expires_s_of(document: bytes) -> float:
    """Seconds since 1970."""
    return float(_read(document).signed.expires.timestamp())


def issued_s_of(timestamp: bytes) -> int:
    """When the collector issued it. Raises NotTrusted."""
    issued = _read(timestamp, Timestamp).signed.unrecognized_fields.get(ISSUED_FIELD)
    if not isinstance(issued, int) or isinstance(issued, bool) or issued < 0:
        raise NotTrusted("the timestamp does not say when it was issued", "have the collector issue it again")
    return issued


def holders_of(delegator: bytes) -> dict[str, Holders]:
    """Every role of root, or every publisher of targets, with whose keys it has."""
    signed = _read(delegator).signed
    if isinstance(signed, Root):
        roles: Mapping[str, Role] = signed.roles
        keys: Mapping[str, Key] = signed.keys
    elif isinstance(signed, Targets) and signed.delegations is not None:
        roles, keys = signed.delegations.roles or {}, signed.delegations.keys
    else:
        return {}
    return {
        name: Holders(tuple(_public(keys[one]) for one in role.keyids), role.threshold) for name, role in roles.items()
    }


def versions_in(snapshot: bytes) -> dict[str, int]:
    """Role -> version, as a snapshot names them."""
    named = _read(snapshot, Snapshot).signed.meta
    return {name.removesuffix(".json"): int(one.version) for name, one in named.items()}


def files_of(document: bytes) -> dict[str, tuple[int, str]]:
    """Of targets or a publisher: path -> (length, sha256)."""
    return {
        path: (one.length, one.hashes.get("sha256", ""))
        for path, one in _read(document, Targets).signed.targets.items()
    }


def releases_of(document: bytes) -> dict[str, Release]:
    """A publisher's packages by path. Raises NotTrusted when one of them does not say what a package must."""
    return {path: _release(one) for path, one in _read(document, Targets).signed.targets.items()}


def _release(target: TargetFile) -> Release:
    try:
        return release_of(target.path, target.length, target.hashes["sha256"], target.custom)
    except (KeyError, TypeError, ValueError):
        remedy = "say release, floor, version, skill and needs of each package"
        raise NotTrusted(f"{target.path} does not say its release", remedy) from None


def _next(document: bytes, expires_s: float) -> Metadata[Any]:
    metadata = _read(document, Targets)
    metadata.signed.version += 1
    metadata.signed.expires = _moment(expires_s)
    return Metadata(metadata.signed)


def _set_holders(root: Root, holders: Mapping[TopRole, Holders]) -> None:
    for role, wanted in holders.items():
        _possible(wanted, role)
        root.roles[role] = Role([one.keyid for one in wanted.keys], wanted.needed)
        for one in wanted.keys:
            root.keys[one.keyid] = one.key
    used = {keyid for role in root.roles.values() for keyid in role.keyids}
    root.keys = {keyid: key for keyid, key in root.keys.items() if keyid in used}
    online = {one for role in ("snapshot", "timestamp") for one in root.roles[role].keyids}
    offline = {one for role in ("root", "targets") for one in root.roles[role].keyids}
    if online & offline:
        raise NotTrusted(
            "a key that the collector holds may not sign root or targets", "give the people keys of their own"
        )


def _possible(holders: Holders, role: str) -> None:
    different = {one.keyid for one in holders.keys}
    if len(different) != len(holders.keys) or not 1 <= holders.needed <= len(different):
        raise NotTrusted(
            f"{role} cannot need {holders.needed} of {len(different)} different keys",
            "name each key once, and ask for at least one and at most all of them",
        )


def _forget_unused(delegations: Delegations) -> None:
    used = {keyid for role in (delegations.roles or {}).values() for keyid in role.keyids}
    delegations.keys = {keyid: key for keyid, key in delegations.keys.items() if keyid in used}


def _public(key: Key) -> PublicKey:
    if not isinstance(key, SSlibKey):
        raise NotTrusted(
            "a key in it is of a kind that is not used here", "use the keys that `collector skills key` makes"
        )
    return PublicKey(holder_of(key), key)


def _names(keys: Iterable[Key]) -> tuple[str, ...]:
    return tuple(sorted(_public(key).holder for key in keys))


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(int(at_s), UTC)


def _bytes(metadata: Metadata[Any]) -> bytes:
    return _FORM.serialize(metadata)


def _read(document: bytes, kind: type | None = None) -> Metadata[Any]:
    try:
        metadata: Metadata[Any] = Metadata.from_bytes(document)
    except (DeserializationError, RepositoryError, RecursionError):
        raise NotTrusted("this is no metadata of a repository", "give the file as it was written") from None
    if kind is not None and not isinstance(metadata.signed, kind):
        raise NotTrusted(f"this is {metadata.signed.type}", f"a document of {kind.__name__.lower()} is expected here")
    return metadata
