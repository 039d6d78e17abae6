"""Everything that people read is in every language: the catalogues are complete, used, compiled, and the only place."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from collector.built_in import PLAYBOOKS
from collector.config import Settings
from collector.language import names
from protocol.counters import COUNTERS, FAMILIES
from tests import ROOT, messages

CATALOGUES = [(domain, po) for domain in messages.DOMAINS for po in domain.catalogues()]
NAMES = [str(po.relative_to(ROOT)) for _, po in CATALOGUES]
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]")
SLOT = re.compile(r"\{\w+(?:![rs])?(?::[^{}]*)?\}")
WORD = re.compile(r"\w+")
SETTING = ("EDGE_AGENT_", "COLLECTOR_")  # a setting is named as it is written

# Where Chinese may stand beside the catalogues, and why.
CARRIES_BOTH = {
    "protocol/counters.py": "the registry of counters: each has en and zh",
    "collector/accounts/ledger/kinds/registry.py": "the registry of kinds, which head imported tables",
    "collector/success/playbooks.toml": "a policy file: each rule and step has en and zh",
    "collector/accounts/segments/segments.toml": "a policy file",
    "collector/accounts/lifecycle/lifecycle.toml": "a policy file",
    "opk_skills/*/skill.toml": "a manifest has en and zh",
    "opk_skills/template/*/skill.toml": "as above",
    "collector/exchange/imports/*.py": "the vocabulary of tables that people bring",
    "collector/backtest/files.py": "headings of the tables that people bring",
    "collector/skillstore/catalogue/names.py": "Chinese characters that look like others, in names of skills",
    "simulators/stories/*.py": "simulated customers have Chinese names",
    "simulators/scenes.py": "simulated places and people",
}


def test_no_message_stands_inside_an_f_string_where_extraction_does_not_see_it():
    hidden = []
    seen = 0
    for domain in messages.DOMAINS:
        for path in domain.folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                seen += isinstance(node, ast.JoinedStr)
                hidden += [f"{path}:{call.lineno}" for call in ast.walk(node) if isinstance(node, ast.JoinedStr)
                           and isinstance(call, ast.Call) and getattr(call.func, "id", "") in messages.KEYWORDS
                           and all(isinstance(given, ast.Constant) for given in call.args[1:])]  # fmt: skip
    assert seen > 100
    assert hidden == []


def of_code(catalogue: Catalog) -> set[tuple[str, str]]:
    return {(one.context or "", one.id if isinstance(one.id, str) else one.id[0]) for one in catalogue if one.id}


def complaints(domain: messages.Domain, catalogue: Catalog) -> list[str]:
    """What is wrong with a catalogue, for people."""
    said, said_by_code = of_code(catalogue), of_code(messages.needed(domain, str(catalogue.locale)))
    found = [f"not in the catalogue: {one}" for one in sorted(said_by_code - said)]
    found += [f"nothing says it: {one}" for one in sorted(said - said_by_code)]
    for one in catalogue:
        if not one.id:
            continue
        forms, ids = _forms(one.string), _forms(one.id)
        if one.fuzzy or not all(forms):
            found.append(f"{'fuzzy' if one.fuzzy else 'not translated'}: {one.id}")
        found += [f"other slots: {form}" for form in forms if set(SLOT.findall(form)) - set(SLOT.findall(ids[-1]))]
    return found


@pytest.mark.parametrize(("domain", "po"), CATALOGUES, ids=NAMES)
def test_a_catalogue_has_every_message_of_the_code_and_no_other(domain, po):
    assert complaints(domain, messages.read(po)) == []


@pytest.mark.parametrize("po", [po for _, po in CATALOGUES], ids=NAMES)
def test_a_compiled_catalogue_is_its_source_compiled(po):
    assert po.with_suffix(".mo").read_bytes() == messages.compiled(messages.read(po)), "run `make messages`"


def test_a_missing_a_fuzzy_and_an_unused_entry_are_found():
    """The control of the tests above."""
    domain, po = CATALOGUES[0]
    broken = messages.read(po)
    first, second, third = [one for one in broken if one.id and isinstance(one.id, str)][:3]
    first.string = ""
    second.flags.add("fuzzy")
    broken.delete(third.id, third.context)
    broken.add("nobody says this", "没有人说")
    assert {one.split(":")[0] for one in complaints(domain, broken)} == {
        "not translated", "fuzzy", "not in the catalogue", "nothing says it",
    }  # fmt: skip


def test_a_plural_without_its_translation_is_counted_as_one_to_translate():
    """The control of what `make messages` counts: an empty plural has a form, and the form is empty."""
    catalogue = messages.read(CATALOGUES[0][1])
    before = messages.untranslated(catalogue)
    plural = next(one for one in catalogue if isinstance(one.id, tuple))
    plural.string = ("",)
    assert messages.untranslated(catalogue) == [*before, plural.id[0]]


def test_a_message_that_was_just_found_is_counted_as_one_to_translate():
    catalogue = messages.read(CATALOGUES[0][1])
    before = messages.untranslated(catalogue)
    catalogue.add("nobody has translated this", None)
    assert messages.untranslated(catalogue) == [*before, "nobody has translated this"]


def test_chinese_stands_in_catalogues_and_in_files_that_carry_both_languages():
    allowed = {path for pattern in CARRIES_BOTH for path in ROOT.glob(pattern)}
    problems = []
    for package in ("protocol", "edge_agent", "collector", "opk_skills", "simulators"):
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in {".py", ".html", ".js", ".toml", ".css", ".sql"} and path not in allowed:
                problems += [
                    f"{path.relative_to(ROOT)}:{number}: {line.strip()[:60]}"
                    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
                    if HAN.search(line)
                ]
    assert problems == []


def test_a_registry_a_policy_and_a_manifest_carry_both_languages():
    named = [*COUNTERS.values(), *FAMILIES.values(), *PLAYBOOKS.values()]
    named += [step for rule in PLAYBOOKS.values() for step in rule.steps]
    assert [one for one in named if not one.en or not HAN.search(one.zh)] == []
    pairs = [pair for path in _tables() for pair in messages.pairs(tomllib.loads(path.read_text(encoding="utf-8")))]
    assert len(pairs) > 100
    assert [pair for pair in pairs if not pair[0] or not HAN.search(pair[1])] == []


def _tables() -> list[Path]:
    patterns = [pattern for pattern in CARRIES_BOTH if pattern.endswith(".toml")]
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def test_no_message_of_the_collector_says_a_code():
    """A rule's code or a key with underscores is for programs: people read a name."""
    codes = {*PLAYBOOKS, *names.SIGNALS, *names.MEASURES}
    settings = {*Settings.model_fields, "state_dir", "target_session_attrs"}  # what an operator writes
    for po in messages.COLLECTOR.catalogues():
        texts = [text for one in messages.read(po) if one.id for text in (*_forms(one.id), *_forms(one.string))]
        plain = {text: set(WORD.findall(re.sub(r"`[^`]*`", "", SLOT.sub("", text)))) for text in texts}
        assert len(plain) > 100
        said = {text for text, words in plain.items() if words & codes}
        said |= {
            text
            for text, words in plain.items()
            if any("_" in w and not w.startswith(SETTING) for w in words - settings)
        }
        assert said == set()


def _forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)
