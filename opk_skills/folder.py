"""From a skill's folder to its package: which files go in, where they lie there, and the runtime beside them.

manifest.json                the manifest's table, with the hash of each file
start.py                     starts it
opk_skills/runtime/…         a copy of the runtime, with its version
<key>/…                      what lies in the folder, but for skill.toml, tests, notes and hidden files
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opk_skills import runtime
from opk_skills.catalogue import FILE_NAME, read_table
from opk_skills.errors import FolderError
from opk_skills.manifest import Manifest
from opk_skills.package import build
from opk_skills.package.ustar import FILE_MAX_BYTES
from opk_skills.problems import Problem, deferred

RUNTIME = Path(runtime.__file__).parent
_ROOT_TEXT = b'"""What this package runs on: opk_skills/runtime."""\n'


def packed(folder: Path) -> bytes:
    """The package of a skill's folder. Raises ManifestError, CatalogueError, FolderError, PackageRefused."""
    manifest, table = read_table(folder)
    files = {f"{manifest.key}/{name}": data for name, data in own_files(folder, manifest).items()}
    return build(_completed(table, manifest, folder), files | runtime_files(manifest))


def runtime_files(manifest: Manifest) -> dict[str, bytes]:
    """What a Python program needs beside itself; a vendor's bundle needs nothing."""
    if manifest.program is None or manifest.program.kind != "python":
        return {}
    copied = {f"opk_skills/runtime/{name}": (RUNTIME / name).read_bytes() for name in runtime.FILES}
    return {"start.py": (RUNTIME / "start.py").read_bytes(), "opk_skills/__init__.py": _ROOT_TEXT, **copied}


def own_files(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    """The files of the folder that go into its package, by their names below it. Raises FolderError."""
    bundle = manifest.program.bundle if manifest.program is not None else ""
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path in _walked(folder):
        name = path.relative_to(folder).as_posix()
        if _left_out(name) and name != bundle:
            continue
        if path.is_symlink() or not path.is_file():
            problems.append(Problem(name, deferred("is no plain file: put a copy of it into the folder")))
        elif path.stat().st_size > FILE_MAX_BYTES:
            problems.append(
                Problem(name, deferred("is larger than {limit} bytes: split it"), {"limit": FILE_MAX_BYTES})
            )
        else:
            found[name] = path.read_bytes()
    if problems:
        raise FolderError(str(folder), problems)
    return found


def _walked(folder: Path) -> Iterator[Path]:
    """Every file and link below, in an order that no file system decides; links are not followed."""
    for path in sorted(folder.iterdir(), key=lambda each: each.name):
        if path.is_dir() and not path.is_symlink():
            if path.name not in {"__pycache__", "tests"} and not path.name.startswith("."):
                yield from _walked(path)
        else:
            yield path


def _left_out(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return (
        name == FILE_NAME
        or last.startswith((".", "test_"))
        or last == "conftest.py"
        or last.endswith((".pyc", ".md", ".opk", ".opk.sig", "~"))
    )


def _completed(table: dict[str, Any], manifest: Manifest, folder: Path) -> dict[str, Any]:
    """The table with what `opk build` writes into it. Raises FolderError when there is nothing to run."""
    if manifest.program is None:
        problem = Problem(
            "runtime", deferred("is missing, nothing would run: write a table [runtime] with kind and entry")
        )
        raise FolderError(str(folder / FILE_NAME), [problem])
    written = {**table["runtime"], "contract": runtime.CONTRACT, "version": runtime.VERSION}
    return {**table, "runtime": written}
