"""The packages of the skills that ship here, as `opk build` makes them."""

import re
import shutil
import tempfile
from pathlib import Path

from opk_skills.catalogue import HERE, catalogue
from opk_skills.folder import packed


def keys() -> list[str]:
    """Of all of them."""
    return [one.key for one in catalogue()]


def shipped(key: str) -> bytes:
    """The package of one of them."""
    return packed(HERE / key)


def newer(key: str, version: str) -> bytes:
    """The same program under a later version, as its next release."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(HERE / key, Path(folder) / key)
        file = copy / "skill.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', text, count=1), encoding="utf-8")
        return packed(copy)
