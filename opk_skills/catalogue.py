"""The skills that ship here, one folder each, read together: no key, appid or counter is claimed twice."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from opk_skills.errors import CatalogueError, ManifestError
from opk_skills.manifest import Manifest, parse
from protocol.counters import Counter, with_counters

HERE = Path(__file__).parent
FILE_NAME = "skill.toml"


def read(path: Path) -> Manifest:
    """The manifest at `path`, a skill's folder or its skill.toml. Raises ManifestError or CatalogueError."""
    file = path / FILE_NAME if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CatalogueError(f"{file} is not there: a skill's folder holds a {FILE_NAME}") from error
    except UnicodeDecodeError as error:
        raise ManifestError(str(file), ["not UTF-8; save it as UTF-8"]) from error
    manifest = parse(text, str(file))
    if manifest.key != file.parent.name:
        raise ManifestError(
            str(file), [f"key: {manifest.key!r} lies in folder {file.parent.name!r}; rename one of them"]
        )
    return manifest


def catalogue(folder: Path = HERE) -> Sequence[Manifest]:
    """Every skill in `folder`, the orchestrator first, then by key. Raises like `read`, or when two contradict."""
    skills = [read(file) for file in folder.glob(f"*/{FILE_NAME}")]
    if not skills:
        raise CatalogueError(f"{folder} holds no skill: a skill is a folder with a {FILE_NAME}")
    claimed: dict[str, str] = {}
    for skill in skills:
        for claim in (skill.appid, *(f"app key {key}" for key in skill.app_keys)):
            if claim in claimed:
                raise CatalogueError(f"{claim} is claimed by {claimed[claim]} and {skill.key}: change one of them")
            claimed[claim] = skill.key
    return sorted(skills, key=lambda skill: (skill.role != "orchestrator", skill.key))


def registry(skills: Sequence[Manifest]) -> Mapping[str, Counter]:
    """The counters of the protocol and of these skills. Raises CatalogueError: one declared twice, an unknown `per`."""
    try:
        merged = with_counters(counter for skill in skills for counter in skill.counters)
    except ValueError as error:
        raise CatalogueError(str(error)) from error
    for counter in merged.values():
        if counter.per is not None and counter.per not in merged:
            raise CatalogueError(f"{counter.key}: per = {counter.per!r} names no counter (opk counters lists them)")
    return merged
