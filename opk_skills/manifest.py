"""A skill's manifest (`skill.toml`), format 1: text in, `Manifest` out. Pure.

    format = 1
    key = "guide"                    # lower case; also the folder's name and the prefix of the skill's own counters
    role = "skill"                   # or "orchestrator": switches between skills, one per robot
    appid = "fw_" + 32 hex digits    # ours; the vendor's own are `system_…`, and are never used here
    app_keys = ["guide"]             # page keys under which the robot's portal opens it
    published = true                 # the vendor's documents publish these app keys; false: we named them
    version = "0.1.0"
    scenes = ["exhibition_hall"]     # where it belongs; a hint for the store, never a restriction
    priority = 2                     # 1 interrupts 2 interrupts 3
    intents = ["guide&start"]        # domain&intent, lower case
    counts = ["guided_tour"]         # counters of the registry that this skill adds to
    [name]     en, zh
    [requires] core = "2.3.0" (lowest), models = ["greetbot"] (empty: any)
    [[counter]] key, unit, en, zh, per (optional)   # counters of its own, named <skill>.<counter>
                most_per_h (optional)               # what a robot can plausibly count in an hour; default: by the unit

Unknown fields are an error here, unlike on the wire: a manifest is written by a person, and a misspelt
field that is ignored is a skill that counts nothing.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from opk_skills.errors import ManifestError
from protocol.counters import COUNTERS, Counter, Unit
from protocol.limits import COUNT_MAX, COUNTER_KEY

FORMAT = 1
Role = Literal["skill", "orchestrator"]
MODELS = ("greetbot", "mini", "lucki", "bigscreen", "carrybot")
SCENES = ("exhibition_hall", "ktv", "scenic_spot", "conference", "office_lobby", "restaurant")

_KEY = re.compile(r"[a-z][a-z0-9_]{1,30}")
_APPID = re.compile(r"fw_[0-9a-f]{32}")
_APP_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,47}")
_VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,6}")
_INTENT = re.compile(r"[a-z0-9_]+&[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One skill as its author declares it."""

    key: str
    role: Role
    appid: str
    app_keys: tuple[str, ...]
    published: bool
    version: str
    en: str
    zh: str
    scenes: tuple[str, ...]
    priority: int
    intents: tuple[str, ...]
    counts: tuple[str, ...]
    core: str
    models: tuple[str, ...]
    counters: tuple[Counter, ...]


def parse(text: str, where: str) -> Manifest:
    """The manifest in `text`. Raises ManifestError that lists every problem; `where` opens its message."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(where, [f"not TOML: {error}"]) from error
    form = _Form(raw)
    if form.whole("format", "format = 1, which this release reads") not in {FORMAT, 0}:  # 0: not there, and said so
        form.problems.append("format: this release reads 1; update Fleetward, or write format = 1")
    key = form.text("key", _KEY, 'lower case letters, digits and _, as in key = "guide"')
    name, requires = form.table("name"), form.table("requires")
    manifest = Manifest(
        key=key,
        role=form.one_of("role", get_args(Role)),
        appid=form.text("appid", _APPID, "fw_ and 32 hexadecimal digits (openssl rand -hex 16)"),
        app_keys=form.texts("app_keys", _APP_KEY.fullmatch, "letters and digits, at least one", least=1),
        published=form.flag("published"),
        version=form.text("version", _VERSION, "three numbers, as in 0.1.0"),
        en=name.text("en", None, "the English name"),
        zh=name.text("zh", None, "the Chinese name"),
        scenes=form.texts("scenes", SCENES.__contains__, f"of {', '.join(SCENES)}"),
        priority=form.whole("priority", "1, 2 or 3; 1 interrupts the others", (1, 2, 3)),
        intents=form.texts("intents", _INTENT.fullmatch, "domain&intent in lower case"),
        counts=form.texts("counts", COUNTERS.__contains__, "counters of the registry (opk counters lists them)"),
        core=requires.text("core", _VERSION, "the lowest core version, as in 2.3.0"),
        models=requires.texts("models", MODELS.__contains__, f"of {', '.join(MODELS)}; empty means any"),
        counters=tuple(_counter(entry, key) for entry in form.tables("counter")),
    )
    problems = form.leftovers()
    if problems:
        raise ManifestError(where, problems)
    return manifest


def _counter(form: "_Form", skill: str) -> Counter:
    key = form.text("key", COUNTER_KEY, "lower case, as in guide.completed")
    if key and not key.startswith(f"{skill}."):
        form.problems.append(f"{form.at}key: {key!r} must begin with {skill + '.'!r}, the skill's own name")
    unit: Unit = form.one_of("unit", get_args(Unit))
    en = form.text("en", None, "the English name")
    zh = form.text("zh", None, "the Chinese name")
    per = form.text("per", COUNTER_KEY, "the counter a rate is divided by") if "per" in form.raw else None
    most_per_h = form.positive("most_per_h", "a whole number of at least 1") if "most_per_h" in form.raw else 0
    return Counter(key, unit if unit in get_args(Unit) else "count", "skill", en, zh, per, most_per_h=most_per_h)


@dataclass
class _Form:
    """Reads typed fields out of a table and collects what is wrong; a wrong field reads as an empty value."""

    raw: dict[str, Any]
    at: str = ""
    problems: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _inner: list["_Form"] = field(default_factory=list)

    def text(self, name: str, pattern: re.Pattern[str] | None, wanted: str) -> str:
        value = self._take(name)
        if isinstance(value, str) and value.strip() and (pattern is None or pattern.fullmatch(value)):
            return value
        self._wrong(name, value, wanted)
        return ""

    def one_of(self, name: str, allowed: tuple[Any, ...]) -> Any:
        value = self._take(name)
        if value not in allowed:
            self._wrong(name, value, f"one of {', '.join(allowed)}")
        return value

    def whole(self, name: str, wanted: str, allowed: tuple[int, ...] = ()) -> int:
        value = self._take(name)
        if isinstance(value, int) and not isinstance(value, bool) and (not allowed or value in allowed):
            return value
        self._wrong(name, value, wanted)
        return 0

    def positive(self, name: str, wanted: str) -> int:
        value = self._take(name)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= COUNT_MAX:
            return value
        self._wrong(name, value, wanted)
        return 0

    def flag(self, name: str) -> bool:
        value = self._take(name)
        if not isinstance(value, bool):
            self._wrong(name, value, "true or false")
        return value is True

    def texts(self, name: str, fits: Callable[[str], object], wanted: str, least: int = 0) -> tuple[str, ...]:
        value = self._take(name)
        if not isinstance(value, list) or len(value) < least:
            self._wrong(name, value, f"a list: {wanted}")
            return ()
        for entry in value:
            if not isinstance(entry, str) or not fits(entry):
                self._wrong(name, entry, wanted)
        if len(set(map(str, value))) != len(value):
            self._wrong(name, value, "each entry once")
        return tuple(str(entry) for entry in value)

    def table(self, name: str) -> "_Form":
        value = self._take(name)
        if not isinstance(value, dict):
            self._wrong(name, value, f"a table [{name}]")
            value = {}
        return self._nested(value, f"{name}.")

    def tables(self, name: str) -> list["_Form"]:
        self._seen.add(name)
        value = self.raw.get(name, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self._wrong(name, value, f"tables [[{name}]]")
            return []
        return [self._nested(entry, f"{name} {number}: ") for number, entry in enumerate(value, 1)]

    def leftovers(self) -> list[str]:
        """Every problem found, this table's and the nested ones', and every field nobody asked for."""
        unknown = [f"{self.at}{name}: unknown field, check its spelling" for name in self.raw if name not in self._seen]
        return self.problems + unknown + [problem for inner in self._inner for problem in inner.leftovers()]

    def _nested(self, raw: dict[str, Any], at: str) -> "_Form":
        inner = _Form(raw, self.at + at)
        self._inner.append(inner)
        return inner

    def _take(self, name: str) -> Any:
        self._seen.add(name)
        return self.raw.get(name)

    def _wrong(self, name: str, value: object, wanted: str) -> None:
        found = "missing" if value is None else f"{value!r} is not it"
        self.problems.append(f"{self.at}{name}: {found}; write {wanted}")
