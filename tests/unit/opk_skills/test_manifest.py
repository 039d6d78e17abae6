"""A manifest is read as declared, and everything wrong with it is named at once, with the remedy."""

import pytest

from opk_skills.errors import ManifestError
from opk_skills.manifest import parse
from protocol.counters import Counter

RIGHT = """
format = 1
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
        ("format = 1", "format = 2", "this release reads 1"),
        ('key = "lift"', 'key = "Lift"', "lower case letters"),
        ('role = "skill"', 'role = "boss"', "skill, orchestrator"),
        ('appid = "fw_0', 'appid = "system_0', "openssl rand -hex 16"),
        ('app_keys = ["lift"]', "app_keys = []", "at least one"),
        ("published = false", 'published = "no"', "true or false"),
        ('version = "0.1.0"', 'version = "1"', "three numbers"),
        ('scenes = ["ktv"]', 'scenes = ["moon"]', "exhibition_hall"),
        ("priority = 2", "priority = 4", "1, 2 or 3"),
        ("priority = 2", "priority = true", "1, 2 or 3"),
        ('"lift&call"', '"Lift call"', "domain&intent"),
        ('"lift&call"', '"lift&call", "lift&call"', "each entry once"),
        ('counts = ["delivery"]', 'counts = ["deliverys"]', "counters of the registry"),
        ('en = "Lift"', 'en = " "', "name.en"),
        ('core = "2.3.0"', "core = 2.3", "requires.core"),
        ("models = []", 'models = ["r2d2"]', "greetbot"),
        ('key = "lift.ride"', 'key = "ride"', "must begin with 'lift.'"),
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


def test_every_problem_is_named_in_one_round():
    with pytest.raises(ManifestError) as refusal:
        parse("format = 1", "empty.toml")
    assert {problem.split(":")[0] for problem in refusal.value.problems} == {
        *("key", "role", "appid", "app_keys", "published", "version", "scenes", "priority", "intents", "counts"),
        *("name", "name.en", "name.zh", "requires", "requires.core", "requires.models"),
    }
