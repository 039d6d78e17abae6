"""A new skill's folder from the template: a skill that runs, counts and tests itself, under another name."""

import secrets
import sys
from pathlib import Path

from opk_skills.errors import FolderError
from opk_skills.manifest.reading import KEY
from opk_skills.problems import Problem, deferred

TEMPLATE = Path(__file__).parent / "template" / "greeter"
TAKEN = frozenset({"opk_skills", "start", "tests"})
_APPID = "fw_00000000000000000000000000000000"
_FILES = {"__init__.py": "__init__.py", "skill.py": "skill.py", "skill.toml": "skill.toml", "texts.json": "texts.json",
          "test_greeter.txt": "test_{key}.py"}  # fmt: skip


def make(key: str, into: Path) -> list[Path]:
    """Writes the folder `into/key` and returns its files. Raises FolderError."""
    folder = into / key
    if not KEY.fullmatch(key) or key in TAKEN or key in sys.stdlib_module_names:
        message = deferred(
            "is no name for a skill: at most 28 lower case letters, digits and _, a letter first, no module of Python"
        )
        raise FolderError(key, [Problem("", message)])
    if folder.exists():
        raise FolderError(str(folder), [Problem("", deferred("is there already: choose another name"))])
    kind = "".join(part.capitalize() for part in key.split("_")) or "Skill"
    written = []
    folder.mkdir(parents=True)
    for source, target in _FILES.items():
        text = (TEMPLATE / source).read_text(encoding="utf-8")
        text = text.replace(_APPID, f"fw_{secrets.token_hex(16)}")
        text = text.replace("opk_skills.template.greeter", key).replace("greeter", key).replace("Greeter", kind)
        path = folder / target.format(key=key)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
