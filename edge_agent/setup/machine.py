"""Does what files.py says, on one machine, and takes it back: each file whole, and none that a person has changed.

`/etc/edge-agent/setup.json` notes the hash of each file that was put there, so that undo knows its own.
"""

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Literal

from edge_agent import whole_file
from edge_agent.errors import ConfigError
from edge_agent.setup.files import AFTER, NOTE, PAGE, SHIPPED, FileToPut

Run = Callable[[Sequence[str]], None]
Verb = Literal["put", "replace", "same", "kept", "remove", "changed", "run"]


def shipped() -> dict[str, bytes]:
    """The files of edge_agent/packaging, as they were installed with the agent."""
    folder = resources.files("edge_agent") / "packaging"
    return {name: (folder / name).read_bytes() for name in SHIPPED}


def ran(words: Sequence[str]) -> None:
    """Raises ConfigError with what it said."""
    try:
        done = subprocess.run([*words], capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    except OSError as error:
        raise ConfigError(
            "{command}: {detail}: this robot needs systemd", command=words[0], detail=error.strerror
        ) from error
    if done.returncode:
        raise ConfigError(
            "{command}: {detail}: mend it and run setup again",
            command=" ".join(words),
            detail=done.stderr.strip() or done.returncode,
        )


class Machine:
    """`root`: where the machine's files begin; `dry`: say what would be done, and do nothing."""

    def __init__(self, root: Path, *, dry: bool, run: Run = ran) -> None:
        self._root, self._dry, self._run = root, dry, run

    def install(self, files: Sequence[FileToPut]) -> Iterator[tuple[Verb, str]]:
        """What is done, file by file; nothing where everything stands as it should. Raises ConfigError."""
        note = self._note()
        fresh = dict(note)
        changed = False
        for file in files:
            verb = self._verb(file)
            yield verb, file.path
            if verb in {"put", "replace"}:
                changed = True
                self._write(file.path, file.content, file.mode)
            if verb in {"put", "replace", "same"}:  # what was there already is none of ours
                fresh[file.path] = _sha256(file.content)
        if fresh != note:
            self._write(NOTE, json.dumps(fresh, indent=1, sort_keys=True).encode(), 0o644)
        for words in AFTER if changed else ():
            yield "run", " ".join(words)
            self._do(words)

    def undo(self) -> Iterator[tuple[Verb, str]]:
        """Stop it, and take away what setup has put here. Counts, credentials and changed files stay."""
        note = self._note()
        if not note:
            return
        page = (PAGE,) if SHIPPED[PAGE] in note else ()  # a release before this one put none
        for words in (
            ("systemctl", "disable", "--now", "edge-agent.service", *page),
            ("systemctl", "stop", "fleetward-skill*@*.service", "fleetward-store.service", "edge-agent-page*.service"),
        ):
            yield "run", " ".join(words)
            self._do(words)
        for path, sha256 in note.items():
            there = self._read(path)
            if there is None:
                continue
            if _sha256(there) != sha256:
                yield "changed", path
                continue
            yield "remove", path
            self._remove(path)
        self._remove(NOTE)
        yield "run", "systemctl daemon-reload"
        self._do(("systemctl", "daemon-reload"))

    def _verb(self, file: FileToPut) -> Verb:
        there = self._read(file.path)
        if there is None:
            return "put"
        if there == file.content:
            return "same"
        return "kept" if file.keep else "replace"

    def _note(self) -> dict[str, str]:
        there = self._read(NOTE)
        try:
            found = json.loads(there or b"{}")
        except ValueError:
            found = {}
        return {str(path): str(sha256) for path, sha256 in found.items()} if isinstance(found, Mapping) else {}

    def _read(self, path: str) -> bytes | None:
        try:
            return self._at(path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError("{path}: {detail}: run it as root", path=path, detail=error.strerror) from error

    def _write(self, path: str, content: bytes, mode: int) -> None:
        if self._dry:
            return
        try:
            self._at(path).parent.mkdir(parents=True, exist_ok=True)
            whole_file.write(self._at(path), content, mode)
        except OSError as error:
            raise ConfigError("{path}: {detail}: run it as root", path=path, detail=error.strerror) from error

    def _remove(self, path: str) -> None:
        if not self._dry:
            self._at(path).unlink(missing_ok=True)

    def _do(self, words: Sequence[str]) -> None:
        if not self._dry:
            self._run(words)

    def _at(self, path: str) -> Path:
        return self._root / path.lstrip("/")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
