"""Our check of settings says what the reference implementation of JSON Schema says, for every schema of the subset."""

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from opk_skills.settings.schema import faults
from opk_skills.settings.values import misfits, with_defaults

SMALL = st.integers(-3, 6)
LEAF = st.one_of(
    st.just({"type": "boolean"}),
    st.tuples(SMALL, SMALL).map(lambda p: {"type": "integer", "minimum": min(p), "maximum": max(p)}),
    st.tuples(SMALL, SMALL).map(lambda p: {"type": "number", "minimum": min(p), "maximum": max(p)}),
    st.lists(st.sampled_from(["a", "b", "ab", 3, 4]), min_size=1).map(lambda e: {"type": "string", "enum": e}),
    st.integers(0, 4).map(lambda n: {"type": "string", "maxLength": n}),
    st.sampled_from(["^a?b$", "^[ab]{1,2}$", r"^\d$"]).map(
        lambda p: {"type": "string", "maxLength": 3, "minLength": 1, "pattern": p}
    ),
)


def nested(inner):
    arrays = st.tuples(inner, st.integers(0, 3)).map(lambda p: {"type": "array", "items": p[0], "maxItems": p[1]})
    return arrays | st.dictionaries(st.sampled_from("abc"), inner, max_size=3).flatmap(closed)


def closed(properties):
    required = st.lists(st.sampled_from(sorted(properties)), unique=True) if properties else st.just([])
    return required.map(
        lambda names: {"type": "object", "properties": properties, "required": names, "additionalProperties": False}
    )


SCHEMA = st.recursive(LEAF, nested, max_leaves=5)
VALUE = st.recursive(
    st.none() | st.booleans() | SMALL | st.floats(-4, 7, allow_nan=False) | st.text("ab1", max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=6,
)


@given(SCHEMA, VALUE)
def test_a_value_fits_as_the_reference_says(schema, value):
    assert bool(misfits(schema, value)) == (not Draft202012Validator(schema).is_valid(value))


@given(st.dictionaries(st.sampled_from("abc"), SCHEMA, max_size=3))
def test_a_schema_of_the_subset_is_one_of_the_specification(properties):
    named = {name: {**each, "title": name, "x-zh": name} for name, each in properties.items()}
    schema = {"type": "object", "additionalProperties": False, "properties": named, "required": sorted(named)}
    assert faults(schema) == []
    Draft202012Validator.check_schema(schema)
    assert with_defaults(schema, {}) == {}


@given(VALUE)
def test_whatever_is_no_schema_is_named_and_nothing_is_raised(value):
    found = faults(value)
    assert found
    assert all(isinstance(fault.message.format_map(fault.slots), str) for fault in found)
