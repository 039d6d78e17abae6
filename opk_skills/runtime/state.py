"""A little that a skill keeps over its own crashes: one JSON object, replaced whole."""

import json
import os
import zlib
from collections.abc import Mapping
from typing import Any, Protocol

STATE_MAX_BYTES = 64 * 1024
_SLOT_BYTES = STATE_MAX_BYTES + 64  # with its number and checksum


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
    """On a robot. It is no record of what was counted: a lost state costs the robot its place in what it was doing.

    A skill is given one file and no folder, so nothing can be renamed over it. What is kept goes into one of two slots
    in turn, each with its number and checksum: a crash in the middle of writing leaves the one before.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def read(self) -> Mapping[str, Any]:
        return self._newest()[1]

    def write(self, kept: Mapping[str, Any]) -> None:
        data, number = _text(kept).encode(), self._newest()[0] + 1
        said = b"%d %d %d\n" % (number, len(data), zlib.crc32(data)) + data
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        except OSError:
            return  # a full disk must not stop what the robot does
        try:
            os.pwrite(file, said, number % 2 * _SLOT_BYTES)
        except OSError:
            return
        finally:
            os.close(file)

    def _newest(self) -> tuple[int, Mapping[str, Any]]:
        """The number and content of the younger slot that is whole; (0, {}): none is."""
        try:
            with open(self._path, "rb") as file:
                told = file.read(2 * _SLOT_BYTES)
        except OSError:
            return 0, {}
        return max((_slot(told[:_SLOT_BYTES]), _slot(told[_SLOT_BYTES:])), key=lambda slot: slot[0])


def _slot(told: bytes) -> tuple[int, Mapping[str, Any]]:
    head, _, rest = told.partition(b"\n")
    try:
        number, length, checksum = map(int, head.split())
        data = rest[: max(0, length)]
        is_whole = len(data) == length and zlib.crc32(data) == checksum
        return (number, _object(data.decode())) if is_whole else (0, {})
    except ValueError:
        return 0, {}


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
