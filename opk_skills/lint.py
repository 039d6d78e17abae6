"""What is wrong with a skill's folder, all of it at once, with file, line and remedy, before anything runs.

The manifest and the folder are checked as `opk build` does; then the program is read, not run: what it imports, asks of
the body, counts, answers and says has to be what the manifest and the texts declare.
"""

import ast
import hashlib
import json
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from opk_skills.catalogue import FILE_NAME, read_table
from opk_skills.errors import OpkError
from opk_skills.folder import own_files, packed, runtime_files
from opk_skills.manifest import Manifest
from opk_skills.manifest.manifest import CAPABILITIES, CONDUCTING
from opk_skills.package import Package, contents
from opk_skills.problems import Problem, deferred

TEXTS = "texts.json"
LANGUAGES = ("en", "zh")
ABSENT = frozenset({"ssl"})  # of the standard library, what the process of a skill has not


def problems_of(folder: Path) -> list[Problem]:
    """Everything that is wrong; empty: it can be built, and does what it declares as far as can be read."""
    try:
        manifest, _ = read_table(folder)
        if manifest.program is None:
            return []  # it declares what it counts; nothing runs
        files = own_files(folder, manifest)
        packed(folder)
    except OpkError as error:
        return list(error.problems)
    if manifest.program.kind != "python":
        return [] if manifest.program.bundle in files else [_no_bundle(manifest.program.bundle)]
    return sorted(_program_problems(manifest, files), key=lambda problem: (problem.at, problem.line))


def package_problems(package: Package, file: BinaryIO) -> list[Problem]:
    """The same of a package that was built. `file`: the open file that it was read from. Raises PackageRefused."""
    manifest, own = package.manifest, f"{package.manifest.key}/"
    if manifest.program is None:
        return [Problem("runtime", deferred("nothing runs in it: write a table [runtime] and build it again"))]
    names = {entry.name.removeprefix(own): entry for entry in package.entries if entry.name.startswith(own)}
    if manifest.program.kind != "python":
        return [] if manifest.program.bundle in names else [_no_bundle(manifest.program.bundle)]
    read = {name for name in names if name.endswith(".py") or name == TEXTS}
    files = {name: b"".join(contents(file, names[name])) for name in sorted(read)}
    return sorted(_program_problems(manifest, files), key=lambda problem: (problem.at, problem.line))


def runtime_problems(package: Package) -> list[Problem]:
    """What in a package is neither its own folder nor the runtime that this release copies: nobody would read it."""
    expected = {name: hashlib.sha256(data).hexdigest() for name, data in runtime_files(package.manifest).items()}
    found = {one.name: one.sha256 for one in package.entries if not one.name.startswith(f"{package.manifest.key}/")}
    return [
        Problem(
            name, deferred("is not of the runtime that this release copies: build the package with its `opk build`")
        )
        for name in sorted(found.keys() | expected.keys())
        if found.get(name) != expected.get(name)
    ]


def _program_problems(manifest: Manifest, files: dict[str, bytes]) -> Iterator[Problem]:
    texts, found = _texts(files)
    yield from found
    programs: dict[str, ast.Module] = {}
    for name in sorted(files):
        if name.endswith(".py"):
            try:
                programs[name] = ast.parse(files[name])
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                line = getattr(error, "lineno", 0) or 0
                yield Problem(
                    name,
                    deferred("is no Python: {error}"),
                    {"error": error.args[0] if error.args else type(error).__name__},
                    line,
                )
    if "__init__.py" not in files:
        yield Problem("__init__.py", deferred("is missing: make an empty file of that name"))
    yield from _entry(manifest, programs)
    for name, tree in programs.items():
        yield from _Program(name, tree, manifest, texts).problems()
    yield from _unanswered(manifest, programs)


def _no_bundle(bundle: str) -> Problem:
    return Problem("runtime.bundle", deferred("{name} is not in the folder: put it there"), {"name": bundle})


def _texts(files: dict[str, bytes]) -> tuple[dict[str, str], list[Problem]]:
    """The texts in English by key, and what is wrong with the file; a skill that says nothing needs none."""
    if TEXTS not in files:
        return {}, []
    try:
        said = json.loads(files[TEXTS])
        tables = {language: dict(said[language]) for language in LANGUAGES}
    except (ValueError, KeyError, TypeError) as error:
        slots = {"error": error, "languages": ", ".join(LANGUAGES)}
        return {}, [Problem(TEXTS, deferred("a table of texts for each of {languages} is expected ({error})"), slots)]
    found = []
    for key in sorted({key for table in tables.values() for key in table}):
        missing = [language for language in LANGUAGES if not isinstance(tables[language].get(key), str)]
        if missing:
            slots = {"key": key, "language": ", ".join(missing)}
            found.append(Problem(TEXTS, deferred("{key} has no text in {language}: write it"), slots))
        elif len({frozenset(_slots(tables[language][key])) for language in LANGUAGES}) > 1:
            found.append(Problem(TEXTS, deferred("{key} has other slots in one language: use the same"), {"key": key}))
    return tables["en"], found


def _slots(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}
    except ValueError:
        return {text}


def _entry(manifest: Manifest, programs: dict[str, ast.Module]) -> Iterator[Problem]:
    assert manifest.program is not None
    if manifest.key in sys.stdlib_module_names:
        message = deferred("{key} is a module of Python: choose another name for the skill and its folder")
        yield Problem("key", message, {"key": manifest.key})
    module, _, kind = manifest.program.entry.partition(":")
    first, _, rest = module.partition(".")
    file = f"{rest.replace('.', '/')}.py" if rest else "__init__.py"
    if first != manifest.key or file not in programs:
        message = deferred("{module} is no module of this folder: write {key}. and the name of a file without .py")
        yield Problem("runtime.entry", message, {"module": module, "key": manifest.key})
    elif not any(isinstance(node, ast.ClassDef) and node.name == kind for node in programs[file].body):
        yield Problem("runtime.entry", deferred("{file} has no class {name}"), {"file": file, "name": kind})


def _decorated(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Intents that a program answers, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and _dotted(mark.func).split(".")[-1] in {"mission", "on"}:
                    yield from ((str(a.value), a.lineno) for a in mark.args if isinstance(a, ast.Constant))


def _dotted(node: ast.expr) -> str:
    """`self.robot` of such a node; of what is longer, or no name, nothing: a program may be as deep as it likes."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def _constants(node: ast.expr) -> Iterator[object]:
    """What is written there: one constant, or those of `"a" if … else "b"`."""
    if isinstance(node, ast.Constant):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (arm.value for arm in (node.body, node.orelse) if isinstance(arm, ast.Constant))


def _unanswered(manifest: Manifest, programs: dict[str, ast.Module]) -> Iterator[Problem]:
    answered = {intent for tree in programs.values() for intent, _ in _decorated(tree)}
    for intent in manifest.intents:
        if intent not in answered:
            message = deferred("{intent} is answered by no method: mark one with @mission or @on")
            yield Problem("intents", message, {"intent": intent})


@dataclass(slots=True)
class _Program:
    """One file of the program, read."""

    name: str
    tree: ast.Module
    manifest: Manifest
    texts: dict[str, str]

    def problems(self) -> Iterator[Problem]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield from self._import(alias.name, node.lineno)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield from self._import(node.module or "", node.lineno)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield from self._call(node, node.func)
            elif isinstance(node, ast.Subscript) and _dotted(node.value) == "self.settings":
                yield from self._setting(node)
        for intent, line in _decorated(self.tree):
            if intent not in self.manifest.intents:
                slots = {"intent": intent, "file": FILE_NAME}
                yield Problem(self.name, deferred("{intent} is not declared: add it to intents in {file}"), slots, line)

    def _setting(self, node: ast.Subscript) -> Iterator[Problem]:
        name = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if name is not None and name not in self.manifest.settings.get("properties", {}):
            message = deferred("reads the setting {name}, which is not declared: add it to settings in {file}")
            yield Problem(self.name, message, {"name": name, "file": FILE_NAME}, node.lineno)

    def _import(self, module: str, line: int) -> Iterator[Problem]:
        first = module.split(".", maxsplit=1)[0]
        ours = module == "opk_skills.runtime" or module.startswith("opk_skills.runtime.")
        standard = first in sys.stdlib_module_names and first not in ABSENT
        if not (ours or standard or first == self.manifest.key):
            message = deferred(
                "imports {module}, which is not there on a robot: use the standard library without ssl,"
                " opk_skills.runtime, and files of this folder"
            )
            yield Problem(self.name, message, {"module": module}, line)

    def _call(self, node: ast.Call, called: ast.Attribute) -> Iterator[Problem]:
        owner = _dotted(called.value)
        given = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        if (
            owner.split(".")[-1] == "robot"
            and called.attr in (*CAPABILITIES, *CONDUCTING)
            and called.attr not in self.manifest.permissions
        ):
            message = deferred("asks the robot to {do} without permission: add it to permissions in {file}")
            yield Problem(self.name, message, {"do": called.attr, "file": FILE_NAME}, node.lineno)
        elif owner == "self" and called.attr == "count" and given is not None and given not in self.manifest.rates():
            message = deferred("counts {counter}, which is not declared: add it to counts, or a [[counter]], in {file}")
            yield Problem(self.name, message, {"counter": given, "file": FILE_NAME}, node.lineno)
        elif owner == "self" and called.attr in {"text", "say"}:
            message = deferred("says {key}, which is not in {file}: write it there in both languages")
            for key in _constants(node.args[0]) if node.args else ():
                if key not in self.texts:
                    yield Problem(self.name, message, {"key": key, "file": TEXTS}, node.lineno)
