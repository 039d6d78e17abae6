"""A little that a skill keeps over its own crashes: one JSON object, replaced whole."""

import json
import os
from collections.abc import Mapping
from typing import Any, Protocol

STATE_MAX_BYTES = 64 * 1024


class State(Protocol):
    """Where it is kept. What cannot be read is an empty object; what cannot be written is lost at the next crash."""

    def read(self) -> Mapping[str, Any]: ...

    def write(self, kept: Mapping[str, Any]) -> None:
        """Raises ValueError when it is more than 64 kB."""


class StateInMemory:
    """In a simulation; it outlives the skill, not the simulation."""

    def __init__(self) -> None:
        self._kept = "{}"

    def read(self) -> Mapping[str, Any]:
        return _object(self._kept)

    def write(self, kept: Mapping[str, Any]) -> None:
        self._kept = _text(kept)


class StateInFile:
    """On a robot. It is no record of what was counted: a lost state costs the robot its place in what it was doing."""

    def __init__(self, path: str) -> None:
        self._path = path

    def read(self) -> Mapping[str, Any]:
        try:
            with open(self._path, encoding="utf-8") as file:
                return _object(file.read(STATE_MAX_BYTES + 1))
        except (OSError, UnicodeDecodeError):
            return {}

    def write(self, kept: Mapping[str, Any]) -> None:
        text, beside = _text(kept), f"{self._path}.new"
        try:
            with open(beside, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(beside, self._path)
        except OSError:
            return  # a full disk must not stop what the robot does


def _object(text: str) -> Mapping[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _text(kept: Mapping[str, Any]) -> str:
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > STATE_MAX_BYTES:
        raise ValueError(f"a skill keeps at most {STATE_MAX_BYTES} bytes")
    return text
