"""What CONTRIBUTING.md says of adding something, done: each walk is its edits, by file, and what must hold then.

Runs in a copy of the code as `python -m tests.contributing WALK`, which prints as JSON what went wrong: nothing with
all its edits (""), something without the edits of one file. Each try is a process of its own that imports the code
anew; what is written by `make messages` and `python -m tests.reference` is written by them.
"""

import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

for library in ("aiohttp.web", "babel.dates", "click.testing", "jsonschema", "pydantic", "pytest", "sqlalchemy"):
    importlib.import_module(library)  # once for all tries; of our own code nothing may be loaded here

sys.dont_write_bytecode = False  # the copy is of this test alone; each try would compile it anew
Edits = Mapping[str, tuple[str, str] | str]
PO = "collector/language/locale/zh/LC_MESSAGES/fleetward.po"
GREEK = "collector/language/locale/el/LC_MESSAGES/fleetward.po"
HEADER = 'msgid ""\nmsgstr ""\n"Language: el\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'


@dataclass(frozen=True)
class Walk:
    """`edits`: file -> what is written there: before a text that stands there, or a new file.

    `holds` raises where it is not there. `whole` and `tests`, those that the change concerns: asked with all edits.
    """

    edits: Edits
    holds: Callable[[], None]
    tests: tuple[str, ...] = ()
    whole: Callable[[], None] = lambda: None


def measure_holds() -> None:
    """It is in the policy, in the score with its weight, in the explanation, in both languages."""
    _compiled()
    from collector.language import names  # noqa: PLC0415 - of the copy
    from collector.language.explanation import explain  # noqa: PLC0415 - as above
    from tests.health_cases import scored  # noqa: PLC0415 - as above
    from tests.policies import HEALTH  # noqa: PLC0415 - as above

    found = scored()
    assert found.measures["F4"].weight > 0
    names_of = {one.name for one in explain(found, {}, {}, "en", HEALTH).measures}
    assert "running contracts" in names_of
    assert names.measure("F4", "zh") == "履行中的合同"
    assert names.written("F4", 2.0, "zh") == "2 份合同履行中"


def route_holds() -> None:
    """Its resource has it, and its example is such an answer."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - as above

    from collector.web.api import clock  # noqa: PLC0415 - of the copy

    route = next(one for one in clock.ROUTES if one.path == "/clock/zone")
    shown = json.loads(Path("collector/web/api/examples/scores.json").read_text("utf-8"))["GET /clock/zone"]
    TypeAdapter(route.answer).validate_python(shown["answer"])


def route_is_published() -> None:
    import jsonschema  # noqa: PLC0415 - as above

    from collector.web.api import openapi  # noqa: PLC0415 - of the copy

    document = openapi.document("1")
    media = document["paths"]["/api/v1/clock/zone"]["get"]["responses"]["200"]["content"]["application/json"]
    jsonschema.validate(media["example"], {**media["schema"], "components": document["components"]})


def verb_holds() -> None:
    """It runs on a store. Its page in help.json is written by `python -m tests.reference`."""
    import tempfile  # noqa: PLC0415 - as above

    from click.testing import CliRunner  # noqa: PLC0415 - as above

    from collector.__main__ import main_group  # noqa: PLC0415 - as above
    from collector.store.engine import open_store  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/hall.db"
        open_store(url).close()
        done = CliRunner().invoke(main_group, ["clock", "state", "--store", url])
    assert done.output == "days are closed by the clock\n", done.output


def sentence_holds() -> None:
    """It is said in English, in Chinese, and in a language that only its catalogue knows."""
    _compiled()
    from collector.language import lifecycle  # noqa: PLC0415 - once the catalogues are made
    from collector.language.catalogue import LANGUAGES  # noqa: PLC0415 - as above

    assert "el" in LANGUAGES
    said = [lifecycle.welcome("Acme", language) for language in ("en", "zh", "el")]
    assert said == ["Acme has begun well", "Acme 开局良好", "Η Acme ξεκίνησε καλά"], said


def _compiled() -> None:
    """What `make messages` does with a catalogue that is complete."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - as above
    from babel.messages.pofile import read_po  # noqa: PLC0415 - as above

    for name in (PO, GREEK):
        if (po := Path(name)).exists():
            with po.open("rb") as source, po.with_suffix(".mo").open("wb") as made:
                write_mo(made, read_po(source))


WALKS: Mapping[str, Walk] = {
    "a measure": Walk(
        {
            "collector/health/measures/commercial.py": (
                "MEASURES = (\n",
                ("def f4(inputs: AccountInputs) -> Reading:\n"
                '    """Contracts that run on the day."""\n'
                "    running = sum(each.starts <= inputs.day for each in inputs.ledger.contracts)\n"
                '    return Reading(measure="F4", value=float(running), newest_day=inputs.day)\n\n\n'
                'MEASURES = (\n    Measure("F4", lambda of: f4(of.inputs)),\n'),
            ),
            "collector/health/policy/policy.toml": (
                "\nF3 = {",
                ("\nF4 = { value = { weight = 2.0, zero = 0.0, full = 2.0, peers = false }, "
                'unit = "contracts", reason = "who signs twice stays", source = "choice" }\nF3 = {'),
            ),
            "collector/language/names.py": (
                '        "F3": MeasureName(',
                ('        "F4": MeasureName(deferred("running contracts"), "number", '
                'deferred("{figure} contracts running")),\n        "F3": MeasureName('),
            ),
            PO: (
                '\nmsgid "urgent tickets"\n',
                ('\nmsgid "running contracts"\nmsgstr "履行中的合同"\n\n#, python-brace-format\n'
                'msgid "{figure} contracts running"\nmsgstr "{figure} 份合同履行中"\n\nmsgid "urgent tickets"\n'),
            ),
        },
        measure_holds,
        (
            "tests/unit/collector/health/measures/test_registry.py",
            "tests/unit/collector/health/policy/test_policy.py",
            "tests/unit/collector/health/score/test_score.py",
            "tests/unit/collector/health/score/test_readings.py",
            "tests/unit/collector/scores/test_score_codec.py",
        ),
    ),
    "a route": Walk(
        {
            "collector/operations/clock.py": (
                "@operation(roles=ADMINS, writes=True)\ndef confirm_clock",
                ("@dataclass(frozen=True, slots=True)\nclass ClockZone:\n"
                '    """The time zone that days without a robot are counted in."""\n\n    zone: str\n\n\n'
                "@operation()\ndef clock_zone(context: Context, _: None) -> ClockZone:\n"
                '    """The settings\' time zone."""\n    return ClockZone(context.settings.base_timezone)\n\n\n'
                "@operation(roles=ADMINS, writes=True)\ndef confirm_clock"),
            ),
            "collector/web/api/clock.py": (
                "ROUTES: tuple[Route, ...] = (\n",
                ("async def clock_zone(call: Call, _: Query) -> clock.ClockZone:\n"
                "    return await call.do(clock.clock_zone, None)\n\n\n"
                "ROUTES: tuple[Route, ...] = (\n"
                '    Route("GET", "/clock/zone", _TAG, "The time zone of days without a robot", clock.ClockZone,\n'
                "          clock_zone, operation=clock.clock_zone),\n"),
            ),
            "collector/web/api/examples/scores.json": (
                ' "GET /clock": {', ' "GET /clock/zone": {"answer": {"zone": "Asia/Shanghai"}},\n "GET /clock": {',
            ),
        },
        route_holds,
        whole=route_is_published,
    ),
    "a command verb": Walk(
        {
            "collector/commands/clock.py": (
                '@clock.command(name="confirm"',
                ('@clock.command(name="state")\n@door_options\ndef clock_state(door: Door) -> None:\n'
                '    """Say whether days are closed by the clock."""\n'
                '    found = door.ask(operations.closing_clock, None, "GET", "/clock")\n'
                '    door.say(found, "days are closed by the clock" if found["follows"] else found["reason"])\n\n\n'
                '@clock.command(name="confirm"'),
            ),
        },
        verb_holds,
        ("tests/unit/collector/commands/test_help.py::test_the_line_of_a_command_is_how_its_own_help_begins[clock]",),
    ),
    "a sentence in a third language": Walk(
        {
            "collector/language/lifecycle.py": (
                "STAGES: Mapping",
                ("\ndef welcome(account: str, language: str) -> str:\n"
                '    return gettext(language, "{account} has begun well", account=account)\n\n\nSTAGES: Mapping'),
            ),
            PO: (
                '\nmsgid "urgent tickets"\n',
                ('\n#, python-brace-format\nmsgid "{account} has begun well"\nmsgstr "{account} 开局良好"\n\n'
                'msgid "urgent tickets"\n'),
            ),
            GREEK: HEADER + '\nmsgid "{account} has begun well"\nmsgstr "Η {account} ξεκίνησε καλά"\n',
        },
        sentence_holds,
    ),
}  # fmt: skip


def wrong(walk: Walk, left_out: str | None) -> str:
    """What does not hold with these edits, or without those of one file. The tree is left as it was."""
    before = {Path(name): Path(name).read_bytes() if Path(name).exists() else None for name in walk.edits}
    for name, edit in walk.edits.items():
        if name == left_out:
            continue
        file = Path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = edit if isinstance(edit, str) else file.read_text("utf-8").replace(*edit, 1)
        assert file.exists() is not isinstance(edit, str), name
        assert isinstance(edit, str) or text != file.read_text("utf-8"), f"{name} has no {edit[0]!r} any more"
        file.write_text(text, encoding="utf-8")
    try:
        return in_a_process(lambda: held(walk, with_tests=left_out is None))
    finally:
        for file, content in before.items():
            if content is not None:
                file.write_bytes(content)
            elif file.exists():
                file.unlink()
                file.with_suffix(".mo").unlink(missing_ok=True)


def held(walk: Walk, *, with_tests: bool) -> None:
    walk.holds()
    if with_tests:
        walk.whole()
    if with_tests and walk.tests:
        import pytest  # noqa: PLC0415 - loaded already

        assert pytest.main(["-q", "-x", "-n0", "-p", "no:cacheprovider", *walk.tests]) == 0, walk.tests


def in_a_process(act: Callable[[], None]) -> str:
    """The last line of what it raises there; "": nothing."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = ""
        os.close(reading)
        os.dup2(2, 1)  # what is printed is no part of the answer
        try:
            act()
        except BaseException:  # noqa: BLE001 - whatever it is, it is what is asked for
            said = traceback.format_exc()
        os.write(writing, said.encode()[-4000:])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    os.waitpid(child, 0)
    return said


def main(name: str) -> None:
    walk = WALKS[name]
    print(json.dumps({left_out or "": wrong(walk, left_out) for left_out in (None, *walk.edits)}))


if __name__ == "__main__":
    main(sys.argv[1])
