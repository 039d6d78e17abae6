"""The skills that ship here, one folder each, read together: no key, appid or counter is claimed twice."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from opk_skills.errors import CatalogueError, ManifestError
from opk_skills.manifest import Manifest
from opk_skills.manifest.reading import parsed
from opk_skills.problems import Problem, deferred
from protocol.counters import Counter, with_counters

HERE = Path(__file__).parent
FILE_NAME = "skill.toml"


def read(path: Path) -> Manifest:
    """The manifest at `path`, a skill's folder or its skill.toml. Raises ManifestError or CatalogueError."""
    return read_table(path)[0]


def read_table(path: Path) -> tuple[Manifest, dict[str, Any]]:
    """The manifest at `path` and its table, from which a package is built. Raises ManifestError or CatalogueError."""
    file = path / FILE_NAME if path.is_dir() else path
    manifest, table = parsed(text_of(file), str(file))
    if manifest.key != file.absolute().parent.name:
        problem = Problem(
            "key",
            deferred("{key} lies in folder {folder}: rename one of them"),
            {"key": repr(manifest.key), "folder": repr(file.absolute().parent.name)},
        )
        raise ManifestError(str(file), [problem])
    return manifest, table


def text_of(file: Path) -> str:
    """The text of a skill.toml. Raises ManifestError or CatalogueError."""
    try:
        return file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        problem = Problem("", deferred("is not there: a skill's folder holds a {name}"), {"name": FILE_NAME})
        raise CatalogueError(str(file), [problem]) from error
    except UnicodeDecodeError as error:
        raise ManifestError(str(file), [Problem("", deferred("not UTF-8: save it as UTF-8"))]) from error


def catalogue(folder: Path = HERE) -> Sequence[Manifest]:
    """Every skill in `folder`, the orchestrator first, then by key. Raises like `read`, or when two contradict."""
    skills = [read(file) for file in folder.glob(f"*/{FILE_NAME}")]
    if not skills:
        problem = Problem("", deferred("holds no skill: a skill is a folder with a {name}"), {"name": FILE_NAME})
        raise CatalogueError(str(folder), [problem])
    claimed: dict[str, str] = {}
    for skill in skills:
        for claim in (skill.appid, *(f"app key {key}" for key in skill.app_keys)):
            if claim in claimed:
                problem = Problem(
                    "",
                    deferred("{claim} is claimed by {one} and {other}: change one of them"),
                    {"claim": claim, "one": claimed[claim], "other": skill.key},
                )
                raise CatalogueError(str(folder), [problem])
            claimed[claim] = skill.key
    return sorted(skills, key=lambda skill: (skill.role != "orchestrator", skill.key))


def registry(skills: Sequence[Manifest]) -> Mapping[str, Counter]:
    """The counters of the protocol and of these skills. Raises CatalogueError: one declared twice, an unknown `per`."""
    try:
        merged = with_counters(counter for skill in skills for counter in skill.counters)
    except ValueError as error:
        raise CatalogueError("counters", [Problem("", "{error}", {"error": error})]) from error
    for counter in merged.values():
        if counter.per is not None and counter.per not in merged:
            message = deferred("per = {per} names no counter: opk counters lists them")
            raise CatalogueError("counters", [Problem(counter.key, message, {"per": repr(counter.per)})])
    return merged
