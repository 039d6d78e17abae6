"""collector skills show | key | keys | sign | join | draft … | found | accept | fetch | publish"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from collector.calendar.days import DAY_S
from collector.commands.door import Door, door_options
from collector.commands.given_file import written_in
from collector.errors import CollectorError
from collector.language.catalogue import LANGUAGES
from collector.operations import skill_repository as operations
from collector.skillstore.repository.online import NAMES
from collector.skillstore.repository.packages import facts_of
from opk_skills.trust import documents, keys, metadata
from opk_skills.trust.errors import TrustError
from opk_skills.trust.metadata import Holders, TopRole
from opk_skills.trust.recalls import GRADES, RECALLS, Recall, recalls_file, recalls_of
from opk_skills.trust.releases import Release, path_of

ROOT_LIVES_D, TARGETS_LIVES_D, PUBLISHER_LIVES_D = 365, 90, 365
_FILE = click.Path(path_type=Path, dir_okay=False)
_PUBLIC = click.Path(path_type=Path, exists=True, dir_okay=False)
_BEGIN = """\b
collector skills keys online                      the collector's own keys
collector skills key ann --out keys             a person's, with a passphrase
collector skills draft root --person keys/ann.pub.json --person … --needed 2
    --online online -o root.json
collector skills draft targets -o targets.json
collector skills sign root.json --key keys/ann.key  each person, each document
collector skills found root.json targets.json
"""


class SkillsProblem(CollectorError):
    """What is wrong with a key or a document, and what to do."""


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except TrustError as error:
        raise SkillsProblem(str(error)) from error


@click.group(epilog=_BEGIN)
def skills() -> None:
    """The repository of skill packages: who holds which key, what is published, revoked and recalled."""


@skills.command()
@door_options
def show(door: Door) -> None:
    """List the roles with their holders and expiry, and the packages that robots can fetch."""
    found = door.ask(operations.show_repository, None, "GET", "/skills/repository")
    lines = [f"{'role':<12} {'needs':>5}  {'version':>7}  {'expires':<20}  holders"]
    for one in found["roles"]:
        holders = ", ".join(f"{each['holder']} {each['keyid'][:8]}" for each in one["holders"])
        version, expires = one["version"] or "–", one["expires_at"] or "–"
        lines.append(f"{one['role']:<12} {one['needed']:>5}  {version:>7}  {expires:<20}  {holders}")
    lines += ["", f"{'skill':<16} {'release':>7}  {'version':<16} {'bytes':>9}  appid"]
    lines += [
        f"{one['skill']:<16} {one['release']:>7}  {one['version']:<16} {one['bytes']:>9}  {one['appid']}"
        for one in found["releases"]
    ]
    if not found["releases"]:
        lines[-1] = "no package is published"
    door.say(found, "\n".join(lines))


@skills.command()
@click.argument("holder")
@click.option("--out", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Folder.")
@click.password_option("--passphrase", help="Asked for when it is not given; at least 12 characters.")
def key(holder: str, out: Path, passphrase: str) -> None:
    """Make a person's key: HOLDER.key, for that person alone, and HOLDER.pub.json, for everybody."""
    with _told():
        click.echo(keys.write_key(keys.new_key(holder), out, passphrase))


@skills.command(name="keys")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def online_keys(folder: Path) -> None:
    """Make the collector's own three keys, without a passphrase, in a folder that only it may read."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _told():
        for name in NAMES:
            click.echo(keys.write_key(keys.new_key(name), folder, None))


@skills.command()
@click.argument("document", type=_PUBLIC)
@click.option("--key", "key_file", type=_PUBLIC, required=True, help="HOLDER.key")
@click.option("--passphrase", prompt=True, hide_input=True, help="Of the key; asked for when it is not given.")
def sign(document: Path, key_file: Path, passphrase: str) -> None:
    """Add a signature to a document, in its file."""
    with _told():
        signed = metadata.sign(document.read_bytes(), keys.load_key(key_file, passphrase))
        document.write_bytes(signed)
        click.echo(f"{document.name}: {metadata.role_of(signed)} version {metadata.version_of(signed)}, signed")


@skills.command()
@click.argument("document", type=_PUBLIC)
@click.argument("other", type=_PUBLIC)
def join(document: Path, other: Path) -> None:
    """Put the signatures of OTHER, a copy that somebody else signed, into DOCUMENT."""
    with _told():
        joined = metadata.with_signatures(document.read_bytes(), other.read_bytes())
        document.write_bytes(joined)
        click.echo(f"{document.name}: {metadata.role_of(joined)} version {metadata.version_of(joined)}, joined")


@skills.group()
def draft() -> None:
    """Make the next version of a document, for people to sign."""


@draft.command(name="root")
@click.option("--person", "people", type=_PUBLIC, multiple=True, required=True, help="HOLDER.pub.json, repeated.")
@click.option("--needed", type=click.IntRange(1, 32), required=True, help="How many of them must sign.")
@click.option("--online", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True,
              help="Folder of the collector's keys.")  # fmt: skip
@click.option("--after", type=_PUBLIC, help="The root that stands; default: the first one is made.")
@click.option("--days", type=click.IntRange(1, 3650), default=ROOT_LIVES_D, show_default=True, help="It lives.")
@click.option("-o", "--output", type=_FILE, required=True)
def draft_root(
    people: tuple[Path, ...], needed: int, online: Path, after: Path | None, days: int, output: Path
) -> None:
    """Who signs root and targets. A next root needs the old holders' signatures and the new ones'."""
    with _told():
        persons = Holders(tuple(keys.load_public(one) for one in people), needed)
        snapshot, timestamp = (keys.load_public(online / f"{role}.pub.json") for role in ("snapshot", "timestamp"))
        holders: dict[TopRole, Holders] = {
            "root": persons,
            "targets": persons,
            "snapshot": Holders((snapshot,), 1),
            "timestamp": Holders((timestamp,), 1),
        }
        until = time.time() + days * DAY_S
        made = metadata.next_root(after.read_bytes(), holders, until) if after else metadata.first_root(holders, until)
        output.write_bytes(made)
    click.echo(f"{output}: have {needed} of {len(people)} sign it: collector skills sign {output} --key …")


@draft.command(name="targets")
@click.option("--publisher", metavar="NAME=PUB.json", multiple=True, help="May sign packages NAME_….")
@click.option("--revoke", metavar="NAME", multiple=True, help="May sign no more.")
@click.option("--desired-key", type=_PUBLIC, multiple=True, help="May sign what robots shall run.")
@click.option("--recalls", type=_PUBLIC, help="The recall list, as `draft recall` made it.")
@click.option("--after", type=_PUBLIC, help="The targets that stand; default: the first ones are made.")
@click.option("--days", type=click.IntRange(1, 3650), default=TARGETS_LIVES_D, show_default=True, help="They live.")
@click.option("-o", "--output", type=_FILE, required=True)
def draft_targets(
    publisher: tuple[str, ...], revoke: tuple[str, ...], desired_key: tuple[Path, ...], recalls: Path | None,
    after: Path | None, days: int, output: Path,
) -> None:  # fmt: skip
    """The publishers, and the fleet's own files, which are written beside it."""
    expires_s = time.time() + days * DAY_S
    with _told():
        changes = list(_changes(publisher, revoke, desired_key, recalls, output.parent))
        made = after.read_bytes() if after else metadata.first_targets(expires_s)
        version = metadata.version_of(made) + (1 if after else 0)
        for change in changes:
            made = change(made, expires_s)
        output.write_bytes(metadata.at_version(made, version, expires_s))
    click.echo(f"{output}: version {version}; have it signed: collector skills sign {output} --key …")


Change = Callable[[bytes, float], bytes]
"""From a document and when it shall expire to its next version."""


def _changes(
    publisher: tuple[str, ...], revoke: tuple[str, ...], desired_key: tuple[Path, ...], recalls: Path | None,
    beside: Path,
) -> Iterator[Change]:  # fmt: skip
    for one in publisher:
        name, _, path = one.partition("=")
        yield _publisher(name, Holders((keys.load_public(Path(path)),), 1))
    for name in revoke:
        yield _revoked(name)
    if desired_key:
        content = documents.desired_keys_file(keys.load_public(one) for one in desired_key)
        (beside / Path(documents.DESIRED_KEYS).name).write_bytes(content)
        yield _file(documents.DESIRED_KEYS, content)
    if recalls:
        listed = recalls.read_bytes()
        recalls_of(listed)
        yield _file(RECALLS, listed)


def _publisher(name: str, holders: Holders) -> Change:
    return lambda old, until: metadata.with_publisher(old, name, holders, until)


def _revoked(name: str) -> Change:
    return lambda old, until: metadata.without_publisher(old, name, until)


def _file(path: str, content: bytes) -> Change:
    return lambda old, until: metadata.with_file(old, path, content, until)


@draft.command(name="withdraw")
@click.argument("appid")
@click.argument("release", type=click.IntRange(1))
@click.option("--after", type=_PUBLIC, required=True, help="The publisher's document: `collector skills fetch NAME`.")
@click.option("--days", type=click.IntRange(1, 3650), default=PUBLISHER_LIVES_D, show_default=True, help="It lives.")
@click.option("-o", "--output", type=_FILE, required=True)
def draft_withdraw(appid: str, release: int, after: Path, days: int, output: Path) -> None:
    """Offer a release no more. Robots that run it keep it: a recall stops it."""
    with _told():
        until = time.time() + days * DAY_S
        made = metadata.without_release(after.read_bytes(), path_of(appid, release), until)
        output.write_bytes(made)
    click.echo(f"{output}: next, collector skills sign {output} --key …, then collector skills accept")


def _reason_in(language: str) -> str:
    return f"reason_{language.lower()}"


def _reasons(command: Callable[..., None]) -> Callable[..., None]:
    """An option for each language that people read here."""
    for language in reversed(LANGUAGES):
        about = f"For whoever stands before the robot, in the language {language}."
        command = click.option(
            f"--reason-{language.lower()}", _reason_in(language), required=True, metavar="TEXT", help=about
        )(command)
    return command


@draft.command(name="recall")
@click.argument("appid")
@click.argument("release", type=click.IntRange(0), nargs=-1, required=True)
@click.option("--grade", type=click.Choice(GRADES), required=True, help="harmful: stop now; faulty: after the task.")
@_reasons
@click.option("--after", type=_PUBLIC, help="The recall list that stands.")
@click.option("-o", "--output", type=_FILE, required=True)
def draft_recall(
    appid: str, release: tuple[int, ...], grade: Any, after: Path | None, output: Path, **reasons: str
) -> None:
    """Add to the recall list. It takes effect with a signed targets that carries it."""
    with _told():
        before = recalls_of(after.read_bytes()) if after else ()
        reason = {language: reasons[_reason_in(language)] for language in LANGUAGES}
        output.write_bytes(recalls_file([*before, Recall(appid, release, grade, reason, int(time.time()))]))
    click.echo(f"{output}: next, collector skills draft targets --after … --recalls {output}")


@skills.command()
@click.argument("root", type=_PUBLIC)
@click.argument("targets", type=_PUBLIC)
@door_options
def found(root: Path, targets: Path, door: Door) -> None:
    """Begin the repository with the first root and targets. Robots get that root at their enrolment."""
    body = {"root": written_in(root), "targets": written_in(targets)}
    wanted = operations.FirstDocuments(**body)
    door.say(door.ask(operations.found_repository, wanted, "POST", "/skills/repository", body=body), "founded")


@skills.command()
@click.argument("role")
@click.argument("document", type=_PUBLIC)
@click.option("--file", "files", metavar="PATH=FILE", multiple=True, help="Of targets: a fleet's file that changes.")
@door_options
def accept(role: str, document: Path, files: tuple[str, ...], door: Door) -> None:
    """Take the signed next version of `root`, `targets` or a publisher's document."""
    sent = {path: written_in(Path(file)) for path, _, file in (one.partition("=") for one in files)}
    body: dict[str, Any] = {"role": role, "document": written_in(document), "files": sent}
    wanted = operations.SignedDocument(**body)
    added = door.ask(operations.accept_document, wanted, "POST", "/skills/repository/documents", body=body)
    lines = [f"{one['appid']}: release {one['release']} ({one['version']})" for one in added]
    door.say(added, "\n".join(["accepted", *lines]))


@skills.command()
@click.argument("package", type=_PUBLIC)
@click.option("--key", "key_file", type=_PUBLIC, required=True, help="The publisher's HOLDER.key")
@click.option("--passphrase", prompt=True, hide_input=True, help="Of the key; asked for when it is not given.")
@click.option("--release", type=click.IntRange(1), help="Its number; default: the next of this package.")
@click.option("--floor", type=click.IntRange(0), help="Lower releases must not run any more; default: as before.")
@click.option("--days", type=click.IntRange(1, 3650), default=PUBLISHER_LIVES_D, show_default=True, help="It lives.")
@door_options
def publish(
    package: Path, key_file: Path, passphrase: str, release: int | None, floor: int | None, days: int, door: Door
) -> None:
    """Sign a package as its publisher, and offer it to robots. The key stays here."""
    with package.open("rb") as file, _told():
        facts = facts_of(file)
        appid = facts.appid
        publisher = appid.partition("_")[0]
        shown = door.ask(operations.show_repository, None, "GET", "/skills/repository")
        begun = any(one["role"] == publisher and one["version"] for one in shown["roles"])
        before = _document(door, publisher).encode() if begun else None
        mine = [one for one in (metadata.releases_of(before).values() if before else ()) if one.appid == appid]
        number = release or max((one.release for one in mine), default=0) + 1
        lowest = max((one.floor for one in mine), default=0) if floor is None else floor
        path = path_of(appid, number)
        one = Release(path, facts.length, facts.sha256, number, lowest, facts.version, facts.key, facts.needs)
        draft = metadata.with_release(before, one, time.time() + days * DAY_S)
        signed = metadata.sign(draft, keys.load_key(key_file, passphrase)).decode()
    sent_package(package, number, door)
    body: dict[str, Any] = {"role": publisher, "document": signed, "files": {}}
    wanted = operations.SignedDocument(**body)
    added = door.ask(operations.accept_document, wanted, "POST", "/skills/repository/documents", body=body)
    door.say(added, f"{package.name} is release {number} of {appid}")


def sent_package(package: Path, release: int, door: Door) -> tuple[str, str]:
    """Send a package under a release's number: its appid, and the digest by which it is named."""
    with package.open("rb") as file, _told():
        appid = facts_of(file).appid
        file.seek(0)
        staged = operations.StagePackage(appid=appid, release=release, file=file)
        path = f"/skills/packages/{appid}/{release}"
        return appid, str(door.ask(operations.stage_package, staged, "PUT", path, body=file)["sha256"])


def _document(door: Door, role: str) -> str:
    return str(door.ask(operations.show_document, role, "GET", f"/skills/repository/documents/{role}"))


@skills.command()
@click.argument("role")
@click.option("-o", "--output", type=_FILE, required=True)
@door_options
def fetch(role: str, output: Path, door: Door) -> None:
    """Write a role's newest document to a file, to make its next version of."""
    document = _document(door, role)
    output.write_text(document)
    door.say({"role": role, "version": json.loads(document)["signed"]["version"]}, str(output))
