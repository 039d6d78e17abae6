"""One run of a skill's package on this machine: unpacked, given its folder, beside a body that is a process, too.

The body is `python -m simulators.bodies`; it and the skill meet in a folder of sockets, as on a robot. Nothing keeps
the skill from the rest of this machine: it runs as whoever calls this.
"""

import compileall
import json
import os
import py_compile
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opk_skills.errors import FolderError, RunError
from opk_skills.folder import packed
from opk_skills.lint import problems_of
from opk_skills.package import Package, contents
from opk_skills.problems import Problem, deferred
from opk_skills.settings.values import misfits, with_defaults

STOP_S = 15.0  # for the skill to end: its farewell and its last counts


@dataclass(frozen=True, slots=True)
class Asked:
    """What the run is to be."""

    guests: int
    say: tuple[str, ...]
    slots: tuple[str, ...]  # name=value
    fail: float
    seed: int
    speed: float
    place: str
    language: str
    settings: Path | None


def tried(skill: Path, asked: Asked, opened: Callable[[Path], Package]) -> dict[str, Any]:
    """Runs it and returns what was counted, refused, witnessed and logged. Raises what building does, and RunError."""
    with tempfile.TemporaryDirectory(prefix="opk-") as scratch:
        folder = Path(scratch)
        file = skill
        if skill.is_dir():
            if found := problems_of(skill):
                raise FolderError(str(skill), found)
            file = folder / "skill.opk"
            file.write_bytes(packed(skill))
        package = opened(file)
        if package.manifest.program is None or package.manifest.program.kind != "python":
            raise _cannot(skill, deferred("is a vendor's bundle: install it on a robot of that vendor"))
        unpacked, given = folder / "package", folder / "given"
        unpack(file, package, unpacked)
        given.mkdir()
        _give(given / "settings.json", package, asked)
        return _lived(file, unpacked, given, asked, skill)


def unpack(file: Path, package: Package, into: Path) -> None:
    """Writes the files of a package, from the file it was read from, below `into`."""
    into.mkdir()
    with file.open("rb") as source:
        for entry in (package.head, *package.entries):
            target = into / entry.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(b"".join(contents(source, entry)))
    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(into, quiet=1, invalidation_mode=mode)  # as whoever installs does: a third of the start


def _give(target: Path, package: Package, asked: Asked) -> None:
    values: dict[str, Any] = {}
    if asked.settings is not None:
        try:
            values = json.loads(asked.settings.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _cannot(asked.settings, deferred("is no JSON ({error}): write a table"), error=error) from error
    whole = with_defaults(package.manifest.settings, values)
    schema = package.manifest.settings
    wrong = misfits(schema, whole) if schema else []
    if wrong:
        problems = [Problem(each.at, each.message, each.slots) for each in wrong]
        raise RunError(str(asked.settings or "settings"), problems)
    target.write_text(json.dumps({"language": asked.language, "settings": whole, "order": "run"}), encoding="utf-8")


def _lived(file: Path, unpacked: Path, given: Path, asked: Asked, skill: Path) -> dict[str, Any]:
    options = {
        "--package": file, "--sockets": given, "--place": asked.place, "--seed": asked.seed, "--speed": asked.speed,
        "--frailty": asked.fail, "--guests": asked.guests,
    }  # fmt: skip
    words = [word for option in options.items() for word in option]
    says = [word for intent in asked.say for word in ("--say", intent)]
    says += [word for slot in asked.slots for word in ("--slot", slot)]
    body = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "simulators.bodies", *map(str, words), *says],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    running = None
    try:
        assert body.stdout is not None
        assert body.stdin is not None
        if body.stdout.readline().strip() != "ready":
            raise _cannot(skill, deferred("the simulated body did not start: install fleetward[sim]"))
        environ = {"FLEETWARD_SKILL_DIR": str(given), "PATH": os.defpath, "LC_ALL": "C.UTF-8"}
        running = subprocess.Popen([sys.executable, "-I", "-S", "start.py"], cwd=unpacked, env=environ)
        code = _until_gone(body, running)
        if code is None:
            running.terminate()
            code = running.wait(STOP_S)
        body.stdin.close()
        said = json.loads(body.stdout.readline() or "{}")
        if code:
            raise _cannot(skill, deferred("ended with code {code}: what it said stands above"), code=code)
        return dict(said)
    finally:
        for process in (running, body):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        for pipe in (body.stdin, body.stdout):
            if pipe is not None:
                pipe.close()


def _until_gone(body: "subprocess.Popen[str]", running: "subprocess.Popen[bytes]") -> int | None:
    """Waits until the last guest has gone, or the skill has ended; then its code."""
    assert body.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(body.stdout, selectors.EVENT_READ)
        while not selector.select(0.2):
            if (code := running.poll()) is not None:
                return code
    body.stdout.readline()
    return None


def _cannot(where: Path, message: str, **slots: object) -> RunError:
    return RunError(str(where), [Problem("", message, slots)])
