"""The packages of the skills that ship here, as `opk build` makes them."""

import shutil
from pathlib import Path

from opk_skills.catalogue import HERE, catalogue
from opk_skills.folder import packed


def keys() -> list[str]:
    """Of all of them."""
    return [one.key for one in catalogue()]


def shipped(key: str) -> bytes:
    """The package of one of them."""
    return packed(HERE / key)


def renumbered(key: str, version: str, folder: Path) -> bytes:
    """The same program as another version, made below `folder`: there is something to roll out, and it does no harm."""
    made = folder / key
    shutil.copytree(HERE / key, made, dirs_exist_ok=True)
    manifest = made / "skill.toml"
    lines = manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    changed = [f'version = "{version}"\n' if line.startswith("version = ") else line for line in lines]
    manifest.write_text("".join(changed), encoding="utf-8")
    return packed(made)
