"""The `opk` command: what skills there are, what one declares, whether a manifest is right, what can be counted."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from opk_skills.catalogue import catalogue, read, registry
from opk_skills.errors import CatalogueError, OpkError
from opk_skills.manifest import Manifest
from protocol.counters import COUNTERS

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fleetward")
def cli() -> None:
    """Skill packages (OPK): their manifests and their counters."""


@cli.command("list")
@AS_JSON
def list_(as_json: bool) -> None:
    """The skills that ship here."""
    skills = catalogue()
    if as_json:
        _print_json([dataclasses.asdict(skill) for skill in skills])
        return
    for skill in skills:
        mark = " " if skill.published else "*"
        click.echo(f"{skill.key:12}{mark} {skill.version:8} {skill.en} {skill.zh}")
    click.echo("\n* app key named by this project; the others are in the vendor's published list.")


@cli.command()
@click.argument("key")
@AS_JSON
def show(key: str, as_json: bool) -> None:
    """One skill: what it needs, what it counts."""
    skills = catalogue()
    skill = next((s for s in skills if s.key == key), None)
    if skill is None:
        raise CatalogueError(f"no skill {key!r}; there are {', '.join(s.key for s in skills)}")
    if as_json:
        _print_json(dataclasses.asdict(skill))
        return
    click.echo("\n".join(_described(skill)))


@cli.command()
@click.argument("path", type=click.Path(path_type=Path))
@AS_JSON
def check(path: Path, as_json: bool) -> None:
    """Whether a skill's folder, or its skill.toml, is right. Exit code 1 when it is not."""
    skill = read(path)
    others = [s for s in catalogue() if s.key != skill.key]
    registry([*others, skill])
    if as_json:
        _print_json(dataclasses.asdict(skill))
        return
    click.echo(f"{skill.key} {skill.version}: right; counts {', '.join((*skill.counts, *_own(skill))) or 'nothing'}")


@cli.command()
@AS_JSON
def counters(as_json: bool) -> None:
    """Every counter, the protocol's and the skills', with unit and denominator."""
    known = registry(catalogue())
    if as_json:
        _print_json([dataclasses.asdict(counter) for counter in known.values()])
        return
    for counter in known.values():
        per = f"per {counter.per}" if counter.per else ""
        source = "" if counter.key in COUNTERS else "skill"
        click.echo(f"{counter.key:29} {counter.unit:6} {per:27} {source:6} {counter.en} {counter.zh}")


def _described(skill: Manifest) -> Sequence[str]:
    return [
        f"{skill.key} {skill.version}  {skill.en} {skill.zh}",
        f"appid     {skill.appid}",
        f"app keys  {', '.join(skill.app_keys)} ({'published by the vendor' if skill.published else 'ours'})",
        f"intents   {', '.join(skill.intents) or 'none'}; priority {skill.priority}",
        f"requires  core {skill.core} or later; models: {', '.join(skill.models) or 'any'}",
        f"scenes    {', '.join(skill.scenes) or 'any'}",
        f"counts    {', '.join(skill.counts) or 'nothing of the registry'}",
        f"its own   {', '.join(_own(skill)) or 'none'}",
    ]


def _own(skill: Manifest) -> Sequence[str]:
    return [counter.key for counter in skill.counters]


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def main() -> None:
    """Entry point: an error of ours is one line, or one for each field, and exit code 1."""
    try:
        cli()
    except OpkError as error:
        click.echo(f"opk: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
