"""A manifest is read as declared, and everything wrong with it is named at once, with the remedy."""

import pytest

from opk_skills.errors import ManifestError
from opk_skills.language import LANGUAGES, said
from opk_skills.manifest import parse
from opk_skills.manifest.manifest import Limits, Program, core_number
from protocol.counters import Counter

RIGHT = """
format = 2
key = "lift"
role = "skill"
appid = "fw_00000000000000000000000000000001"
app_keys = ["lift"]
published = false
version = "0.1.0"
scenes = ["ktv"]
priority = 2
intents = ["lift&call"]
counts = ["delivery"]
[name]
en = "Lift"
zh = "乘梯"
[text]
en = "Rides a lift."
zh = "乘坐电梯。"
[requires]
core = "2.3.0"
models = []
[[counter]]
key = "lift.ride"
unit = "count"
en = "Rides"
zh = "乘梯次数"
per = "delivery"
"""


def test_a_right_manifest_is_read_as_declared():
    manifest = parse(RIGHT, "lift")
    assert manifest.key == "lift"
    assert manifest.counts == ("delivery",)
    assert manifest.counters == (Counter("lift.ride", "count", "skill", "Rides", "乘梯次数", "delivery"),)


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("format = 2", "format = 3", "this release reads 2"),
        ("format = 2", "", "format: missing: write format = 2"),
        ("format = 2", "format = true", "True is not it"),
        ('key = "lift"', 'key = "Lift"', "lower case letters"),
        ('role = "skill"', 'role = "boss"', "skill, orchestrator"),
        ('appid = "fw_0', 'appid = "fw-0', "openssl rand -hex 16"),
        ('app_keys = ["lift"]', "app_keys = []", "at least one"),
        ("published = false", 'published = "no"', "true or false"),
        ('version = "0.1.0"', 'version = "1;2"', "letters, digits, dots"),
        ('scenes = ["ktv"]', 'scenes = ["moon"]', "exhibition_hall"),
        ("priority = 2", "priority = 4", "one of 1, 2, 3"),
        ("priority = 2", "priority = true", "one of 1, 2, 3"),
        ('"lift&call"', '"Lift call"', "domain&intent"),
        ('"lift&call"', '"lift&call", "lift&call"', "each entry once"),
        ('counts = ["delivery"]', 'counts = ["deliverys"]', "counters of the registry"),
        ('en = "Lift"', 'en = " "', "name.en"),
        ('core = "2.3.0"', "core = 2.3", "requires.core"),
        ("models = []", 'models = ["r2d2"]', "greetbot"),
        ('key = "lift.ride"', 'key = "ride"', "must begin with lift."),
        ('unit = "count"', 'unit = "km"', "counter 1: unit"),
        ("priority = 2", "priority = 2\npriorty = 1", "priorty: unknown field"),
        ("[requires]", "[requires]\nchip = 1", "requires.chip: unknown field"),
        ('key = "lift"', "key = lift", "not TOML"),
    ],
)
def test_a_wrong_field_is_named_with_what_belongs_there(right, wrong, says):
    assert right in RIGHT
    with pytest.raises(ManifestError, match=r"^lift\.toml: ") as refusal:
        parse(RIGHT.replace(right, wrong, 1), "lift.toml")
    assert says in str(refusal.value)


PROGRAM = """
[runtime]
kind = "python"
entry = "lift.skill:Lift"
[limits]
memory_mb = 48
[settings]
type = "object"
additionalProperties = false
[settings.properties.floors]
type = "integer"
minimum = 1
maximum = 99
default = 3
title = "Floors"
x-zh = "楼层数"
"""


def test_what_runs_is_read_with_its_limits_and_settings():
    manifest = parse(RIGHT.replace("scenes", 'permissions = ["speak"]\nscenes') + PROGRAM, "lift")
    assert manifest.program == Program("python", entry="lift.skill:Lift")
    assert manifest.limits == Limits(memory_mb=48)
    assert manifest.settings["properties"]["floors"]["default"] == 3
    assert manifest.permissions == ("speak",)
    vendor = PROGRAM.replace('"python"', '"vendor"').replace('entry = "lift.skill:Lift"', 'bundle = "lift.opk"')
    assert parse(RIGHT + vendor, "lift").program == Program("vendor", bundle="lift.opk")


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('kind = "python"', 'kind = "perl"', "runtime.kind: 'perl' is not it: write one of python, vendor"),
        ('"lift.skill:Lift"', '"lift/skill.py"', "runtime.entry"),
        ("memory_mb = 48", "memory_mb = 4000", "one of 32, 48, 96"),
        ("memory_mb = 48", "processes = 99", "a whole number from 1 to 16"),
        ("default = 3", "default = 300", "settings.properties.floors.default: is above 99"),
        ("maximum = 99", "", "minimum and maximum"),
    ],
)
def test_what_runs_is_checked_as_the_rest(right, wrong, says):
    with pytest.raises(ManifestError) as refusal:
        parse(RIGHT + PROGRAM.replace(right, wrong), "lift.toml")
    assert says in str(refusal.value)


def test_a_skill_may_use_what_it_needs():
    with pytest.raises(ManifestError, match="needs go_to and may not use it: add it to permissions"):
        parse(RIGHT.replace("models = []", 'models = []\ncapabilities = ["go_to"]'), "lift.toml")


def test_a_problem_names_the_line_it_stands_in():
    with pytest.raises(ManifestError) as refusal:
        parse(RIGHT.replace('unit = "count"', 'unit = "km"').replace("priority = 2", "priority = 7"), "lift.toml")
    lines = {problem.at: problem.line for problem in refusal.value.problems}
    text = RIGHT.splitlines()
    assert lines == {"priority": text.index("priority = 2") + 1, "counter 1: unit": text.index('unit = "count"') + 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_problem_is_said_in_each_language_with_what_belongs_there(language):
    with pytest.raises(ManifestError) as refusal:
        parse(RIGHT.replace("priority = 2", "priority = 7"), "lift.toml")
    told = said(language, refusal.value.problems[0])
    assert "priority" in told
    assert "1, 2, 3" in told


def test_cores_are_compared_as_numbers():
    assert core_number("2.20.0") > core_number("2.8.0") > core_number("1.34.1")


def test_every_problem_is_named_in_one_round():
    with pytest.raises(ManifestError) as refusal:
        parse("format = 2", "empty.toml")
    assert {problem.at for problem in refusal.value.problems} == {
        *("key", "role", "appid", "app_keys", "published", "version", "scenes", "priority", "intents", "counts"),
        *("name", "name.en", "name.zh", "text", "text.en", "text.zh", "requires", "requires.core", "requires.models"),
    }
