"""What is installed here, as the store process says it in `<state_dir>/skills/state.json`. Pure but for `read`.

    {"format": 1, "revision": 7, "skills": {"guide": {
        "appid": "fw_…", "release": 3, "version": "0.2.0", "sha256": "…", "settings": {…},
        "desired": "<sha256>", "downloaded": "<sha256>", "verified": "<sha256>", "installed": "<sha256>",
        "code": "", "reason": {}, "stop": "", "tell": {}}}}

A fact is the hash of the package that it holds of, so that desired and installed can be proved equal; `sha256` is that
of the desired one. The file is replaced as a whole. The installed package lies in `store/<key>/<installed>/`, and
`store/<key>/current` is a link to it. What cannot be read says so by name, and costs the others nothing.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1
STATE_MAX_BYTES = 1024 * 1024  # 64 skills of 16 kB of settings
SKILLS_MAX = 64
KEY = re.compile(r"[a-z][a-z0-9_]{0,27}")  # a user fw-<key> has 31 characters; nothing of a path is in it
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WORD_MAX_CHARS = 64
_REASON_MAX_CHARS = 400
STOPS = ("", "wait", "task", "now")
MOVING = "moving"  # a code: the robot is another customer's now, and what the last one's skills kept goes first


class StateUnreadable(Exception):
    """Nothing of the file can be used; the message says why."""


@dataclass(frozen=True, slots=True)
class InstalledSkill:
    """One skill as the store has it. A fact is the hash of the package it holds of, or empty.

    `desired` empty: it is to go. `installed` empty: nothing of it can run. `code` and `reason`: why
    the facts differ, the latter in each language that the store speaks. `stop`: how it has to end before the store
    takes it away (`wait`, `task`, `now`; see store.py), and `tell`, what whoever stands there is told then, likewise.
    """

    key: str
    appid: str
    release: int
    version: str
    sha256: str
    desired: str
    downloaded: str
    verified: str
    installed: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    reason: Mapping[str, str] = field(default_factory=dict)
    stop: str = ""
    tell: Mapping[str, str] = field(default_factory=dict)

    @property
    def goes(self) -> bool:
        """Whether nothing of it is to stay: neither its state nor its settings. An update keeps both."""
        return not self.installed or (bool(self.stop) and (not self.desired or bool(self.code)))


@dataclass(frozen=True, slots=True)
class StoreState:
    """The whole file. `unreadable`: entries that are none, by key, with what is wrong.

    `pending`: the store waits for something to change on the robot.
    """

    revision: int
    skills: Mapping[str, InstalledSkill]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    pending: bool = False


NOTHING = StoreState(0, {})


def parse(data: bytes) -> StoreState:
    """Raises StateUnreadable."""
    try:
        said = json.loads(data) if len(data) <= STATE_MAX_BYTES else None
    except (ValueError, RecursionError) as error:
        raise StateUnreadable(f"not JSON: {error}") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise StateUnreadable(f"an object of format {FORMAT} and at most {STATE_MAX_BYTES} bytes was expected")
    revision, skills = said.get("revision") or 0, said.get("skills")
    if isinstance(revision, bool) or not isinstance(revision, int) or not isinstance(skills, dict):
        raise StateUnreadable("revision is a whole number, skills a table")
    if len(skills) > SKILLS_MAX:
        raise StateUnreadable(f"more than {SKILLS_MAX} skills")
    found: dict[str, InstalledSkill] = {}
    unreadable: dict[str, str] = {}
    for key, raw in skills.items():
        try:
            found[key] = _skill(key, raw)
        except StateUnreadable as error:
            unreadable[key[:_WORD_MAX_CHARS]] = str(error)
    return StoreState(revision, found, unreadable, said.get("pending") is True)


def read(path: Path) -> StoreState:
    """The file as it is now; NOTHING where there is none. Raises StateUnreadable."""
    try:
        with path.open("rb") as file:
            return parse(file.read(STATE_MAX_BYTES + 1))
    except FileNotFoundError:
        return NOTHING
    except OSError as error:
        raise StateUnreadable(f"{error.strerror}") from error


def document(state: StoreState) -> dict[str, Any]:
    """The same as JSON, for whoever writes the file."""
    return {
        "format": FORMAT,
        "revision": state.revision,
        "skills": {key: _written(skill) for key, skill in sorted(state.skills.items())},
    }


def _written(skill: InstalledSkill) -> dict[str, Any]:
    facts = ("appid", "release", "version", "sha256", "desired", "downloaded", "verified", "installed", "code")
    return {name: getattr(skill, name) for name in facts} | {
        "settings": dict(skill.settings),
        "reason": dict(skill.reason),
    }


def _skill(key: str, raw: Any) -> InstalledSkill:
    if not KEY.fullmatch(key):
        raise StateUnreadable("a key is at most 28 of a-z, 0-9 and _, and begins with a letter")
    if not isinstance(raw, dict):
        raise StateUnreadable("a table was expected")
    release, settings, reason = raw.get("release", 0), raw.get("settings") or {}, raw.get("reason") or {}
    if isinstance(release, bool) or not isinstance(release, int):
        raise StateUnreadable("release is a whole number")
    if not isinstance(settings, dict) or not isinstance(reason, dict):
        raise StateUnreadable("settings and reason are tables")
    words = {name: _word(raw, name) for name in ("appid", "version", "desired", "downloaded", "verified", "installed")}
    sha256 = _word(raw, "sha256")
    if not all(_SHA256.fullmatch(word) for word in (words["installed"], sha256) if word):
        raise StateUnreadable("installed and sha256 name packages: 64 hexadecimal digits")
    stop, tell = _word(raw, "stop"), raw.get("tell") or {}
    if stop not in STOPS or not isinstance(tell, dict):
        raise StateUnreadable(f"stop is one of {', '.join(STOPS[1:])}, tell a table")
    return InstalledSkill(
        key=key, release=release, sha256=sha256, settings=settings, code=_word(raw, "code"), stop=stop,
        reason=_by_language(reason), tell=_by_language(tell), **words,
    )  # fmt: skip


def _by_language(texts: Mapping[Any, Any]) -> dict[str, str]:
    return {str(language)[:_WORD_MAX_CHARS]: str(text)[:_REASON_MAX_CHARS] for language, text in texts.items()}


def _word(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _WORD_MAX_CHARS or not value.isprintable():
        raise StateUnreadable(f"{name} is a word of at most {_WORD_MAX_CHARS} characters")
    return value
