"""A schema outside the safe subset is refused where it stands; one inside it sets what a skill is given."""

import pytest

from opk_skills.settings.schema import faults, safe_pattern
from opk_skills.settings.values import misfits, with_defaults

PAUSE = {"type": "integer", "minimum": 0, "maximum": 60}
STOP = {
    "type": "object",
    "additionalProperties": False,
    "required": ["point"],
    "properties": {"point": {"type": "string", "maxLength": 40}, "pause_s": PAUSE},
}
RIGHT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "volume": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5, "title": "Volume", "x-zh": "音量"},
        "voice": {"type": "string", "enum": ["a", "b"], "default": "a", "title": "Voice", "x-zh": "音色"},
        "stops": {"type": "array", "maxItems": 9, "items": STOP, "default": [], "title": "Stops", "x-zh": "点位"},
    },
}


def with_voice(**changed):
    voice = {**RIGHT["properties"]["voice"], **changed}
    return {**RIGHT, "properties": {**RIGHT["properties"], "voice": {k: v for k, v in voice.items() if v is not None}}}


def test_a_right_schema_has_no_faults():
    assert faults(RIGHT) == []


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ([], "table"),
        ({"type": "array"}, "table"),
        ({**RIGHT, "$ref": "https://example.com/schema"}, "safe subset"),
        ({**RIGHT, "$defs": {}}, "safe subset"),
        ({**RIGHT, "anyOf": []}, "safe subset"),
        ({**RIGHT, "patternProperties": {}}, "safe subset"),
        ({**RIGHT, "additionalProperties": True}, "additionalProperties = false"),
        ({**RIGHT, "required": ["gone"]}, "names in properties"),
        ({**RIGHT, "properties": {"A": {}}}, "lower case"),
        (with_voice(type="null"), "one of object"),
        (with_voice(type=["string"]), "one of object"),
        (with_voice(enum=None, default=""), "maxLength"),
        (with_voice(enum=None, default="", maxLength=10**6), "maxLength"),
        (with_voice(enum=None, maxLength=9, pattern="^(a+)+$"), "not bounded"),
        (with_voice(enum=None, maxLength=9, pattern="^a*$"), "not bounded"),
        (with_voice(enum=None, maxLength=9, format="uri"), "safe subset"),
        (with_voice(enum=[]), "list of at most"),
        (with_voice(enum=["a"] * 65), "list of at most"),
        (with_voice(enum=[True]), "list of at most"),
        (with_voice(default="c"), "one of a, b"),
        (with_voice(default=None), "no default"),
        (with_voice(title=None), "both languages"),
        (with_voice(**{"x-zh": None}), "both languages"),
        (with_voice(type="integer", enum=None, default=3), "minimum and maximum"),
        (with_voice(type="number", enum=None, default=3, minimum=0, maximum=float("inf")), "minimum and maximum"),
        (with_voice(type="array", enum=None, default=[]), "maxItems"),
    ],
)
def test_what_is_outside_the_subset_is_named(schema, says):
    assert says in " ".join(fault.message.format_map(fault.slots) for fault in faults(schema))


def test_nesting_and_number_are_bounded():
    schema = {"type": "string", "maxLength": 1}
    for _ in range(5):
        schema = {"type": "array", "maxItems": 1, "items": schema}
    deep = {**RIGHT, "properties": {"a": schema}}
    assert "nested deeper" in " ".join(fault.message for fault in faults(deep))
    many = {f"s{n}": RIGHT["properties"]["voice"] for n in range(65)}
    assert "more than" in " ".join(fault.message for fault in faults({**RIGHT, "properties": many}))


@pytest.mark.parametrize("pattern", ["^[a-z]{1,20}$", r"^\d\d:\d\d$", "^point-[0-9]{1,3}$", "^a?b?c$", "^$", r"^a\.b$"])
def test_a_bounded_pattern_is_safe(pattern):
    assert safe_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["a", "^a", "a$", "^a+$", "^a*$", "^(a)$", "^a|b$", "^a{2,}$", "^a{300}$", "^a?b?c?$", "^[$", "^a**$", "^(?i)a$",
     r"^\1$", "^a{9}{9}$", "^[z-a]$", "^" + "a" * 100 + "$", 3, "^a?" * 30 + "$", "^a{3,2}$"],
)  # fmt: skip
def test_a_pattern_that_may_run_for_long_is_not(pattern):
    assert not safe_pattern(pattern)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"volume": 2}, "volume: is above 1"),
        ({"volume": True}, "volume: number is expected"),
        ({"voice": "c"}, "voice: one of a, b"),
        ({"volme": 1}, "volme: is no setting"),
        ({"stops": [{}]}, "stops 1.point: is missing"),
        ({"stops": [{"point": "x" * 41}]}, "stops 1.point: is above 40"),
        ({"stops": [{"point": "x", "pause_s": 1.5}]}, "stops 1.pause_s: integer"),
        ({"stops": [{"point": "x"}] * 10}, "stops: is above 9"),
        ([], "object is expected"),
    ],
)
def test_a_value_that_does_not_fit_is_named(values, says):
    assert says in " ".join(map(str, misfits(RIGHT, values)))


def test_what_is_not_set_has_its_default():
    assert with_defaults(RIGHT, {"volume": 1}) == {"volume": 1, "voice": "a", "stops": []}
    assert misfits(RIGHT, with_defaults(RIGHT, {})) == []
