"""`opk new`, `lint`, `build`, `inspect`, `migrate`: from an idea to a package."""

import dataclasses
from pathlib import Path

import click

from opk_skills import new as template
from opk_skills.catalogue import FILE_NAME, catalogue, read, registry, text_of
from opk_skills.commands.speaking import LANGUAGE, as_json, print_json
from opk_skills.errors import FolderError
from opk_skills.folder import packed
from opk_skills.language import gettext, said
from opk_skills.lint import problems_of
from opk_skills.manifest.migration import rewritten
from opk_skills.manifest.reading import parse
from opk_skills.package import Package
from opk_skills.package import read as read_package
from opk_skills.problems import Problem, deferred
from opk_skills.workflows.shipped import checked

FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.command(help=gettext(LANGUAGE, "Make a folder NAME with a skill that runs, counts and tests itself."))
@click.argument("name")
@click.option("--into", type=click.Path(path_type=Path), default=Path(), show_default=".",
              help=gettext(LANGUAGE, "The folder to make it in."))  # fmt: skip
def new(name: str, into: Path) -> None:
    folder = into / name
    for path in template.make(name, into):
        click.echo(path)
    text = gettext(
        LANGUAGE,
        "\nTry it:\n  opk lint {folder}\n  opk run {folder}\n  python -m pytest {folder}\n"
        "Then change {folder}/skill.py, one thing at a time.",
        folder=folder,
    )
    click.echo(text)


@click.command(help=gettext(LANGUAGE, "Say everything that is wrong with a skill's FOLDER, or a workflow's file."))
@FOLDER
@as_json
def lint(folder: Path, as_json: bool) -> None:
    if folder.suffix in {".yaml", ".yml"}:
        checked(folder)
        click.echo("[]" if as_json else gettext(LANGUAGE, "{file}: right", file=folder.name))
        return
    folder = folder.parent if folder.name == FILE_NAME else folder
    found = problems_of(folder)
    if not found:
        skill = read(folder)
        registry([*(other for other in catalogue() if other.key != skill.key), skill])
    if as_json:
        print_json([{"at": p.at, "line": p.line, "problem": said(LANGUAGE, p)} for p in found])
    if found:
        raise FolderError(str(folder), found)
    if not as_json:
        counted = ", ".join(skill.rates()) or gettext(LANGUAGE, "nothing")
        click.echo(gettext(LANGUAGE, "{key} {version}: right; counts {counters}", key=skill.key, version=skill.version,
                           counters=counted))  # fmt: skip


@click.command(help=gettext(LANGUAGE, "Build the package of a skill's FOLDER: the same bytes on any machine."))
@FOLDER
@click.option("-o", "--output", type=click.Path(path_type=Path), help=gettext(LANGUAGE, "The file to write [KEY.opk]."))
def build(folder: Path, output: Path | None) -> None:
    if found := problems_of(folder):
        raise FolderError(str(folder), found)
    data = packed(folder)
    target = output or Path(f"{read(folder).key}.opk")
    part = target.with_name(f"{target.name}.part")
    try:
        part.write_bytes(data)
        part.replace(target)
    except OSError as error:
        message = deferred("cannot be written ({error}): choose another file")
        raise FolderError(str(target), [Problem("", message, {"error": error.strerror})]) from error
    found_package = opened(target)
    click.echo(f"{target}  {found_package.size}  sha256:{found_package.sha256}")


@click.command(help=gettext(LANGUAGE, "Read a package FILE as a robot does, and say what is in it."))
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def inspect(file: Path, as_json: bool) -> None:
    package = opened(file)
    if as_json:
        print_json({
            "sha256": package.sha256, "size": package.size, "unknown": package.unknown,
            "manifest": dataclasses.asdict(package.manifest),
            "files": [{"name": e.name, "size": e.size, "sha256": e.sha256} for e in package.entries],
        })  # fmt: skip
        return
    manifest = package.manifest
    rows = {
        gettext(LANGUAGE, "skill"): f"{manifest.key} {manifest.version}  {manifest.en} {manifest.zh}",
        "appid": manifest.appid,
        "sha256": package.sha256,
        gettext(LANGUAGE, "bytes"): str(package.size),
        gettext(LANGUAGE, "may use"): ", ".join(manifest.permissions),
        gettext(LANGUAGE, "counts"): ", ".join(f"{key} <= {most}/h" for key, most in manifest.rates().items()),
        gettext(LANGUAGE, "settings"): ", ".join(manifest.settings.get("properties", {})),
        gettext(LANGUAGE, "unknown here"): ", ".join(package.unknown),
    }
    for name, value in rows.items():
        if value:
            click.echo(f"{name:12} {value}")
    for entry in package.entries:
        click.echo(f"  {entry.size:>9} {entry.name}")


@click.command(help=gettext(LANGUAGE, "Rewrite a FOLDER's skill.toml in this format; comments and order stay."))
@FOLDER
def migrate(folder: Path) -> None:
    file = folder / FILE_NAME
    text = text_of(file)
    changed = rewritten(text)
    parse(changed, str(file))
    if changed == text:
        click.echo(gettext(LANGUAGE, "{file} is in this format already", file=file))
        return
    part = file.with_name(f"{file.name}.part")
    part.write_text(changed, encoding="utf-8")
    part.replace(file)
    click.echo(gettext(LANGUAGE, "{file} is in this format now", file=file))


def opened(file: Path) -> Package:
    """The package in a file. Raises PackageRefused, and FolderError when there is no file."""
    try:
        with file.open("rb") as opened_file:
            return read_package(opened_file)
    except OSError as error:
        message = deferred("cannot be read ({error}): name a .opk that `opk build` made")
        raise FolderError(str(file), [Problem("", message, {"error": error.strerror})]) from error
