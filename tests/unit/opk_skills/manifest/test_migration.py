"""A manifest of format 1 goes on declaring the same, as it stands and as its author's text in format 2."""

import pytest

from opk_skills.errors import ManifestError
from opk_skills.manifest import parse
from opk_skills.manifest.migration import rewritten

OLD = """
# It counts rides.
format = 1
key = "lift"
role = "skill"
appid = "fw_00000000000000000000000000000001"
app_keys = ["lift"]
published = false
version = "0.1.0"
scenes = []
priority = 2
intents = []
counts = []

[name]
en = "Lift"
zh = "乘梯"

[requires]
core = "2.3.0"
models = []
"""


def test_format_1_is_read_as_it_was():
    manifest = parse(OLD, "lift")
    assert (manifest.key, manifest.text_en, manifest.program) == ("lift", "Lift", None)


def test_the_rewritten_text_is_format_2_and_declares_the_same():
    text = rewritten(OLD)
    assert "format = 2\n" in text
    assert "# It counts rides." in text
    assert parse(text, "lift") == parse(OLD, "lift")
    assert rewritten(text) == text


def test_a_text_without_a_name_stays_for_the_author_to_mend():
    broken = OLD.replace("[name]", "[nmae]")
    assert rewritten(broken) == broken
    with pytest.raises(ManifestError, match="name"):
        parse(broken, "lift")


def test_a_format_that_is_newer_asks_for_a_newer_release():
    with pytest.raises(ManifestError, match="this release reads 2: update Fleetward"):
        parse(OLD.replace("format = 1", "format = 3"), "lift")
