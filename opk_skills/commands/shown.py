"""`opk list`, `show`, `counters`: the skills that ship here, and everything that can be counted."""

import dataclasses
from collections.abc import Sequence

import click

from opk_skills.catalogue import catalogue, registry
from opk_skills.commands.speaking import LANGUAGE, as_json, print_json
from opk_skills.errors import CatalogueError
from opk_skills.language import gettext
from opk_skills.manifest import Manifest
from opk_skills.problems import Problem, deferred
from protocol.counters import COUNTERS


@click.command("list", help=gettext(LANGUAGE, "The skills that ship here."))
@as_json
def list_(as_json: bool) -> None:
    skills = catalogue()
    if as_json:
        print_json([dataclasses.asdict(skill) for skill in skills])
        return
    for skill in skills:
        mark = " " if skill.published else "*"
        runs = "" if skill.program is None else gettext(LANGUAGE, "runs")
        click.echo(f"{skill.key:12}{mark} {skill.version:8} {runs:6} {skill.en} {skill.zh}")
    text = gettext(LANGUAGE, "* app key named by this project; the others are in the vendor's published list.")
    click.echo(f"\n{text}")


@click.command(help=gettext(LANGUAGE, "One skill that ships: what it needs, what it counts."))
@click.argument("key")
@as_json
def show(key: str, as_json: bool) -> None:
    skills = catalogue()
    skill = next((s for s in skills if s.key == key), None)
    if skill is None:
        message, slots = deferred("no such skill: there are {keys}"), {"keys": ", ".join(s.key for s in skills)}
        raise CatalogueError(key, [Problem("", message, slots)])
    if as_json:
        print_json(dataclasses.asdict(skill))
        return
    click.echo("\n".join(_described(skill)))


@click.command(help=gettext(LANGUAGE, "Every counter, the protocol's and the skills', with unit and denominator."))
@as_json
def counters(as_json: bool) -> None:
    known = registry(catalogue())
    if as_json:
        print_json([dataclasses.asdict(counter) for counter in known.values()])
        return
    for counter in known.values():
        per = f"/ {counter.per}" if counter.per else ""
        source = "" if counter.key in COUNTERS else gettext(LANGUAGE, "skill")
        click.echo(f"{counter.key:29} {counter.unit:6} {per:27} {source:6} {counter.en} {counter.zh}")


def _described(skill: Manifest) -> Sequence[str]:
    none, priority = gettext(LANGUAGE, "none"), gettext(LANGUAGE, "priority")
    rows = {
        "appid": skill.appid,
        "app_keys": ", ".join(skill.app_keys),
        "intents": f"{', '.join(skill.intents) or none}; {priority} {skill.priority}",
        gettext(LANGUAGE, "core"): f">= {skill.core}",
        gettext(LANGUAGE, "models"): ", ".join(skill.models) or gettext(LANGUAGE, "any"),
        gettext(LANGUAGE, "scenes"): ", ".join(skill.scenes) or gettext(LANGUAGE, "any"),
        gettext(LANGUAGE, "may use"): ", ".join(skill.permissions) or none,
        gettext(LANGUAGE, "counts"): ", ".join(skill.rates()) or none,
        gettext(LANGUAGE, "settings"): ", ".join(skill.settings.get("properties", {})) or none,
    }
    head = [f"{skill.key} {skill.version}  {skill.en} {skill.zh}", f"{skill.text_en}", f"{skill.text_zh}"]
    return [*head, *(f"{name:10} {value}" for name, value in rows.items())]
