"""What the repository says, verified: which package has which hash, who may sign desired documents, what is recalled.

The only file on the robot that knows python-tuf. It closes what that library leaves open: the time that counts, how
long and how much may be read, what survives a power cut, and paths that are used again. It runs in a short-lived
process; the agent never loads it.
"""

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from tuf.api.exceptions import (
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    RepositoryError,
)
from tuf.api.metadata import TargetFile
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from edge_agent.skills import seen as seen_file
from edge_agent.skills.errors import Unreachable, Untrusted
from edge_agent.skills.fetching import Fetching, HttpStatus
from opk_skills.trust import documents, errors, metadata
from opk_skills.trust.keys import PublicKey
from opk_skills.trust.recalls import RECALLS, Recall, recalls_of
from opk_skills.trust.releases import Release, path_of, release_of

ROOT_MAX_BYTES = 64 * 1024
TIMESTAMP_MAX_BYTES = 8 * 1024
SNAPSHOT_MAX_BYTES = 1024 * 1024
TARGETS_MAX_BYTES = 4 * 1024 * 1024
FLEET_FILE_MAX_BYTES = 1024 * 1024
ROOTS_AT_ONCE = 64  # a robot that was in its box for years walks through all of them
TOP = ("root", "timestamp", "snapshot", "targets")


class Trust:
    """One refresh of one robot. `folder`: the metadata's cache and seen.json; `first_root`: what came at enrolment.

    One object, one refresh; two of them on one folder at a time are not supported: the caller holds a lock.
    """

    def __init__(self, folder: Path, first_root: bytes, fetching: Fetching, now_s: Callable[[], float]) -> None:
        self._folder, self._fetching = folder, fetching
        self._file = folder / "seen.json"
        self._seen = seen_file.load(self._file)
        cache = folder / "metadata"
        cache.mkdir(parents=True, exist_ok=True)
        config = UpdaterConfig(
            max_root_rotations=ROOTS_AT_ONCE,
            root_max_length=ROOT_MAX_BYTES,
            timestamp_max_length=TIMESTAMP_MAX_BYTES,
            snapshot_max_length=SNAPSHOT_MAX_BYTES,
            targets_max_length=TARGETS_MAX_BYTES,
        )
        try:
            self._updater = Updater(
                str(cache), "metadata/", fetcher=_Fetcher(fetching), config=config, bootstrap=first_root
            )
        except RepositoryError as error:
            raise Untrusted(f"the first root of this robot is none: {error}") from None
        # The one seam for the time that counts. python-tuf has no public one; a test fails when this one goes.
        moment = datetime.fromtimestamp(max(now_s(), self._seen.floor_s), UTC)
        self._updater._trusted_set.reference_time = moment  # noqa: SLF001 - the only way to say which time counts

    @property
    def floor_s(self) -> int:
        """The latest moment, in seconds since 1970, that a signed timestamp named."""
        return self._seen.floor_s

    def refresh(self) -> None:
        """Take the repository's present state. Raises Untrusted or Unreachable, and then nothing has changed."""
        with _translated():
            self._updater.refresh()
        trusted = self._trusted()
        try:
            issued_s = metadata.issued_s_of(trusted.timestamp_bytes)
        except errors.TrustError as error:
            raise Untrusted(str(error)) from None
        self._keep(self._seen.with_versions(issued_s, trusted.versions))

    def release(self, appid: str, release: int) -> Release:
        """What a package's publisher signed of one release. Raises Untrusted: nobody who may offers it."""
        path = path_of(appid, release)
        target = self._target(path)
        try:
            found = release_of(path, target.length, target.hashes["sha256"], target.custom)
        except (KeyError, TypeError, ValueError):
            raise Untrusted(f"{path} does not say its release") from None
        if found.release != release:
            raise Untrusted(f"{path} says it is release {found.release}")
        publisher = appid.partition("_")[0]
        seen = self._seen.with_release(appid, release, found.sha256, found.floor)
        self._keep(seen.with_versions(seen.floor_s, {publisher: self._trusted().version(publisher)}))
        return found

    @staticmethod
    def check(wanted: Release, file: BinaryIO) -> None:
        """Raises Untrusted unless the open file has the signed length and hash. Install from this open file."""
        target = TargetFile(wanted.length, {"sha256": wanted.sha256}, wanted.path)
        file.seek(0)
        with _translated():
            target.verify_length_and_hashes(file)
        file.seek(0)

    def desired_keys(self) -> tuple[PublicKey, ...]:
        """Who may sign what this robot shall run. Raises Untrusted."""
        try:
            return documents.desired_keys(self._fleet_file(documents.DESIRED_KEYS))
        except errors.TrustError as error:
            raise Untrusted(str(error)) from None

    def desired(self, envelope: object, robot: str) -> dict[str, Any] | None:
        """What the collector signed for this robot; None: a revision that was taken before. Raises Untrusted.

        Keep what it says, then call `took`: a power cut between the two has it read again.
        """
        try:
            return documents.unseal(envelope, self.desired_keys(), robot, self._seen.revision)
        except documents.OldRevision:
            return None
        except errors.TrustError as error:
            raise Untrusted(f"the desired document is not followed: {error}") from None

    def took(self, revision: int) -> None:
        """From now on only a higher revision is taken."""
        self._keep(replace(self._seen, revision=revision))

    def recalls(self) -> tuple[Recall, ...]:
        """What must not run; none while the fleet has no recall list. Raises Untrusted."""
        try:
            return recalls_of(self._fleet_file(RECALLS))
        except _NoTarget:
            return ()
        except errors.TrustError as error:
            raise Untrusted(str(error)) from None

    def _fleet_file(self, path: str) -> bytes:
        target = self._target(path)
        if target.length > FLEET_FILE_MAX_BYTES:
            raise Untrusted(f"{path} is larger than {FLEET_FILE_MAX_BYTES} bytes")
        folder, _, name = path.rpartition("/")
        url_path = f"targets/{folder}/{target.hashes.get('sha256', '')}.{name}"
        try:
            content = b"".join(self._fetching.small(url_path, target.length))
        except HttpStatus as status:
            raise Unreachable(str(status)) from None
        with _translated():
            target.verify_length_and_hashes(io.BytesIO(content))
        return content

    def _target(self, path: str) -> TargetFile:
        with _translated():
            target = self._updater.get_targetinfo(path)
        if target is None:
            raise _NoTarget(f"nobody who may offers {path}")
        return target

    def _keep(self, seen: seen_file.SeenOfRepository) -> None:
        if seen != self._seen:
            seen_file.keep(self._file, seen)
            self._seen = seen

    def _trusted(self) -> "_Trusted":
        return _Trusted(self._updater, self._folder / "metadata")


def url_path_of(one: Release) -> str:
    """Where the repository serves its bytes: the hash stands in the name."""
    return f"targets/{one.appid}/{one.sha256}.{one.release}.opk"


class _NoTarget(Untrusted):
    """No role names that path."""


class _Trusted:
    """What the updater holds after a refresh."""

    def __init__(self, updater: Updater, cache: Path) -> None:
        self._set, self._cache = updater._trusted_set, cache  # noqa: SLF001 - the versions are nowhere else

    @property
    def versions(self) -> dict[str, int]:
        return {role: self.version(role) for role in TOP}

    def version(self, role: str) -> int:
        return int(self._set[role].version)

    @property
    def timestamp_bytes(self) -> bytes:
        return (self._cache / "timestamp.json").read_bytes()


class _Fetcher(FetcherInterface):
    """python-tuf's way to our own fetching; it bounds what it reads itself, and so does ours."""

    def __init__(self, fetching: Fetching) -> None:
        self._fetching = fetching

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            yield from self._fetching.small(url, TARGETS_MAX_BYTES)
        except HttpStatus as status:
            raise DownloadHTTPError(str(status), status.status) from None
        except (Unreachable, Untrusted) as error:
            raise DownloadError(str(error)) from error


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turns python-tuf's errors into ours."""
    try:
        yield
    except ExpiredMetadataError as error:
        raise Untrusted(f"it has expired, and nothing newer is offered: {error}") from None
    except (RepositoryError, DownloadLengthMismatchError) as error:
        raise Untrusted(str(error)) from None
    except DownloadError as error:
        if isinstance(error.__cause__, Untrusted):
            raise error.__cause__ from None
        raise Unreachable(str(error)) from None
