"""A skill's manifest: `skill.toml` as its author writes it, or the table in a package. Text in, `Manifest` out. Pure.

The fields are in docs/skills.md. The author's text may hold nothing that is unknown: a misspelt field that is ignored
is a skill that counts nothing. A package may: it was built by an `opk` that is newer than the robot, and within one
format only such fields are added as may be ignored.
"""

import re
import tomllib
from typing import Any, get_args

from opk_skills.errors import ManifestError
from opk_skills.file_names import is_right
from opk_skills.manifest import lines
from opk_skills.manifest.form import Form, shown
from opk_skills.manifest.manifest import (
    CAPABILITIES,
    CONDUCTING,
    CONTRACT,
    FORMAT,
    MEMORY_MB,
    MODELS,
    SCENES,
    Limits,
    Manifest,
    OpkType,
    Program,
    ProgramKind,
    Role,
)
from opk_skills.manifest.migration import upgraded
from opk_skills.problems import Problem, deferred
from opk_skills.settings.schema import faults
from protocol.counters import COUNTERS, Counter, Unit
from protocol.limits import COUNT_MAX, COUNTER_KEY

KEY = re.compile(r"[a-z][a-z0-9_]{0,27}")  # the user that runs it on a robot is `fw-<key>`, of at most 31 characters
APPID = re.compile(r"[a-z][a-z0-9]{0,11}_[0-9a-f]{32}")  # whose packages these are, then a name of their own
_APP_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,47}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,47}")
_CORE = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,6}")
_INTENT = re.compile(r"[a-z0-9_]+&[a-z0-9_]+")
_ENTRY = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*){0,6}:[A-Za-z_][A-Za-z0-9_]*")
_WORDS = re.compile(r"[^\x00-\x1f\x7f]{1,400}")


def parse(text: str, where: str) -> Manifest:
    """The manifest in `text`. Raises ManifestError that lists every problem; `where` opens its message."""
    return parsed(text, where)[0]


def parsed(text: str, where: str) -> tuple[Manifest, dict[str, Any]]:
    """The manifest in the author's text, and its table, from which a package is built. Raises ManifestError."""
    try:
        raw = upgraded(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(where, [Problem("", deferred("not TOML: {error}"), {"error": error})]) from error
    form = Form(raw, lambda path: lines.line_of(text, path))
    manifest = _filled(form)
    problems = form.every_problem() + [
        Problem(shown(path), deferred("unknown field: check its spelling"), {}, lines.line_of(text, path))
        for path in form.unknown()
    ]
    if problems:
        raise ManifestError(where, problems)
    return manifest, raw


def of_package(raw: dict[str, Any]) -> tuple[Manifest, tuple[str, ...]]:
    """The manifest in a package's table, and the fields of it that are unknown here. Raises ManifestError."""
    form = Form(raw, lambda _path: 0)
    manifest = _filled(form)
    if not form.every_problem() and (manifest.program is None or manifest.program.contract not in {0, CONTRACT}):
        form.note(
            ("runtime",),
            deferred("speaks version {theirs} of the contract, this robot {ours}: update the robot or build it anew"),
            theirs=manifest.program.contract if manifest.program else 0, ours=CONTRACT,
        )  # fmt: skip
    if problems := form.every_problem():
        raise ManifestError("manifest.json", problems)
    return manifest, tuple(shown(path) for path in form.unknown())


def _filled(form: Form) -> Manifest:
    _format(form)
    key = form.text("key", KEY, deferred('lower case letters, digits and _, at most 28, as in key = "guide"'))
    name, text, requires = form.table("name"), form.table("text"), form.table("requires")
    counters = tuple(_counter(entry, key) for entry in form.tables("counter"))
    manifest = Manifest(
        key=key,
        role=form.one_of("role", get_args(Role)),
        appid=form.text("appid", APPID, deferred("a publisher, _ and 32 hexadecimal digits (openssl rand -hex 16)")),
        app_keys=form.texts("app_keys", _APP_KEY.fullmatch, deferred("a list: letters and digits, at least one"),
                            least=1),
        published=form.flag("published"),
        version=form.text("version", _VERSION, deferred("letters, digits, dots, dashes, at most 48, as in 0.1.0")),
        en=name.text("en", _WORDS, deferred("the English name")),
        zh=name.text("zh", _WORDS, deferred("the Chinese name")),
        text_en=text.text("en", _WORDS, deferred("what it does, in an English sentence")),
        text_zh=text.text("zh", _WORDS, deferred("what it does, in a Chinese sentence")),
        scenes=form.texts("scenes", SCENES.__contains__, deferred("a list of {allowed}"), allowed=", ".join(SCENES)),
        priority=form.one_of("priority", (1, 2, 3)),
        intents=form.texts("intents", _INTENT.fullmatch, deferred("a list: domain&intent in lower case")),
        counts=form.texts("counts", COUNTERS.__contains__,
                          deferred("a list of counters of the registry (opk counters lists them)")),
        core=requires.text("core", _CORE, deferred("the lowest core version, as in 2.3.0")),
        models=requires.texts("models", MODELS.__contains__, deferred("a list of {allowed}; empty means any"),
                              allowed=", ".join(MODELS)),
        needs=_capabilities(requires, "capabilities"),
        permissions=_capabilities(form, "permissions"),
        counters=counters,
        opk_type=form.one_of("opk_type", get_args(OpkType), absent="plugin"),
        program=_program(form),
        limits=_limits(form),
        settings=_settings(form),
    )  # fmt: skip
    if manifest.role != "orchestrator" and (more := sorted(set(CONDUCTING) & set(manifest.permissions))):
        form.note(("permissions",), deferred("{more} are for an orchestrator alone: take them out"),
                  more=", ".join(more))  # fmt: skip
    if not set(manifest.needs) <= set(manifest.permissions):
        missing = ", ".join(sorted(set(manifest.needs) - set(manifest.permissions)))
        form.note(("permissions",), deferred("needs {missing} and may not use it: add it to permissions"),
                  missing=missing)  # fmt: skip
    return manifest


def _format(form: Form) -> None:
    said = form.anything("format")
    if said != FORMAT or isinstance(said, bool):
        if isinstance(said, int) and said > FORMAT:
            form.note(("format",), deferred("this release reads {format}: update Fleetward"), format=FORMAT)
        else:
            form.wrong("format", said, deferred("format = {format}"), format=FORMAT)


def _capabilities(form: Form, name: str) -> tuple[str, ...]:
    return form.texts(name, (*CAPABILITIES, *CONDUCTING).__contains__, deferred("a list of {allowed}"), absent=True,
                      allowed=", ".join(CAPABILITIES))  # fmt: skip


def _counter(form: Form, skill: str) -> Counter:
    key = form.text("key", COUNTER_KEY, deferred("lower case, as in guide.completed"))
    if key and not key.startswith(f"{skill}."):
        form.note(("key",), deferred("{key} must begin with {skill}. which is the skill's own name"), key=repr(key),
                  skill=skill)  # fmt: skip
    unit: Unit = form.one_of("unit", get_args(Unit))
    en = form.text("en", _WORDS, deferred("the English name"))
    zh = form.text("zh", _WORDS, deferred("the Chinese name"))
    per = form.text("per", COUNTER_KEY, deferred("the counter a rate is divided by"), absent="") or None
    most_per_h = form.whole("most_per_h", 1, COUNT_MAX, absent=0)
    return Counter(key, unit, "skill", en, zh, per, most_per_h=most_per_h)


def _program(form: Form) -> Program | None:
    if "runtime" not in form.raw:
        return None
    table = form.table("runtime")
    kind: ProgramKind = table.one_of("kind", get_args(ProgramKind))
    contract = table.whole("contract", 1, 1000, absent=0)
    version = table.text("version", _VERSION, deferred("written by opk build: leave it out"), absent="")
    if kind == "python":
        entry = table.text("entry", _ENTRY, deferred('module and class, as in entry = "guide.skill:Guide"'))
        return Program(kind, entry=entry, contract=contract, version=version)
    bundle = table.text("bundle", None, deferred("the file that the vendor's launcher takes, as in guide.opk"))
    if bundle and not is_right(bundle):
        table.wrong("bundle", bundle, deferred("the file that the vendor's launcher takes, as in guide.opk"))
    return Program(kind, bundle=bundle, contract=contract, version=version)


def _limits(form: Form) -> Limits:
    table, usual = form.table("limits", absent=True), Limits()
    return Limits(
        memory_mb=table.one_of("memory_mb", MEMORY_MB, absent=usual.memory_mb),
        cpu_percent=table.whole("cpu_percent", 1, 50, absent=usual.cpu_percent),
        disk_mb=table.whole("disk_mb", 0, 64, absent=usual.disk_mb),
        processes=table.whole("processes", 1, 16, absent=usual.processes),
    )


def _settings(form: Form) -> dict[str, Any]:
    schema = form.anything("settings")
    if schema is None:
        return {}
    for fault in faults(schema):
        form.note(("settings", *fault.path), fault.message, **fault.slots)
    return schema if isinstance(schema, dict) else {}
