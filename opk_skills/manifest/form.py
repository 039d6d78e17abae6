"""Typed fields out of a table, and everything that is wrong with it at once. Pure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from opk_skills.problems import Inner, Problem, deferred
from protocol.limits import COUNT_MAX

Path = tuple[str | int, ...]


def shown(path: Path) -> str:
    """`settings.properties.stops`, `counter 2: key`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f" {part}"
        else:
            text += (": " if text[-1:].isdigit() else "." if text else "") + part
    return text


@dataclass
class Form:
    """Reads typed fields and collects what is wrong; a wrong field reads as an empty value."""

    raw: dict[str, Any]
    line_of: Callable[[Path], int]
    path: Path = ()
    problems: list[Problem] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _inner: list["Form"] = field(default_factory=list)

    def text(self, name: str, pattern: re.Pattern[str] | None, wanted: str, *, absent: str | None = None) -> str:
        value = self._take(name)
        if value is None and absent is not None:
            return absent
        if isinstance(value, str) and value.strip() and (pattern is None or pattern.fullmatch(value)):
            return value
        self.wrong(name, value, wanted)
        return ""

    def one_of(self, name: str, allowed: tuple[Any, ...], *, absent: Any = None) -> Any:
        value = self._take(name)
        if value is None and absent is not None:
            return absent
        if value not in allowed or isinstance(value, bool):
            self.wrong(name, value, deferred("one of {allowed}"), allowed=", ".join(map(str, allowed)))
            return allowed[0]
        return value

    def whole(self, name: str, low: int, high: int, *, absent: int | None = None) -> int:
        value = self._take(name)
        if value is None and absent is not None:
            return absent
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        if high >= COUNT_MAX:
            self.wrong(name, value, deferred("a whole number of at least {low}"), low=low)
        else:
            self.wrong(name, value, deferred("a whole number from {low} to {high}"), low=low, high=high)
        return low

    def flag(self, name: str) -> bool:
        value = self._take(name)
        if not isinstance(value, bool):
            self.wrong(name, value, deferred("true or false"))
        return value is True

    def texts(
        self, name: str, fits: Callable[[str], object], wanted: str, *, least: int = 0, absent: bool = False,
        **slots: object,
    ) -> tuple[str, ...]:  # fmt: skip
        value = self._take(name)
        if value is None and absent:
            return ()
        if not isinstance(value, list) or len(value) < least:
            self.wrong(name, value, wanted, **slots)
            return ()
        for entry in value:
            if not isinstance(entry, str) or not fits(entry):
                self.wrong(name, entry, wanted, **slots)
        if len(set(map(str, value))) != len(value):
            self.wrong(name, value, deferred("each entry once"))
        return tuple(str(entry) for entry in value)

    def table(self, name: str, *, absent: bool = False) -> "Form":
        value = self._take(name)
        if not isinstance(value, dict):
            if value is not None or not absent:
                self.wrong(name, value, deferred("a table [{name}]"), name=shown((*self.path, name)))
            value = {}
        return self._nested(value, (name,))

    def tables(self, name: str) -> list["Form"]:
        value = self._take(name)
        value = [] if value is None else value
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.wrong(name, value, deferred("tables [[{name}]]"), name=name)
            return []
        return [self._nested(entry, (name, number)) for number, entry in enumerate(value, 1)]

    def anything(self, name: str) -> Any:
        """A value that another module checks."""
        return self._take(name)

    def unknown(self) -> Iterator[Path]:
        """Every field that nobody asked for, this table's and the nested ones'."""
        yield from ((*self.path, name) for name in self.raw if name not in self._seen)
        for inner in self._inner:
            yield from inner.unknown()

    def every_problem(self) -> list[Problem]:
        return self.problems + [problem for inner in self._inner for problem in inner.every_problem()]

    def wrong(self, name: str, value: object, wanted: str, /, **slots: object) -> None:
        """Notes that `name` is not what it has to be; `wanted` is a message, `slots` fill it."""
        if value is None:
            self.note((name,), deferred("missing: write {wanted}"), wanted=Inner(wanted, slots))
        else:
            self.note(
                (name,), deferred("{value} is not it: write {wanted}"), value=_brief(value), wanted=Inner(wanted, slots)
            )

    def note(self, at: Path, message: str, /, **slots: object) -> None:
        path = (*self.path, *at)
        self.problems.append(Problem(shown(path), message, slots, self.line_of(path)))

    def _nested(self, raw: dict[str, Any], path: Path) -> "Form":
        inner = Form(raw, self.line_of, (*self.path, *path))
        self._inner.append(inner)
        return inner

    def _take(self, name: str) -> Any:
        self._seen.add(name)
        return self.raw.get(name)


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - half a line of a terminal
