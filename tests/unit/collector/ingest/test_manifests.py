"""What skills declare bounds their counters; a manifest that cannot be read stops the start in one line."""

from pathlib import Path

import pytest

from collector.errors import ConfigurationError
from collector.ingest import manifests
from protocol.counters import UNDECLARED_MOST_PER_H, UNIT_MOST_PER_H

SKILLS = Path(__file__).parents[4] / "opk_skills"


def skill(folder: Path, text: str) -> Path:
    (folder / "guide").mkdir()
    (folder / "guide" / "skill.toml").write_text(text)
    return folder


def test_a_declared_rate_bounds_the_counter_and_another_skills_is_by_its_unit(tmp_path):
    text = '[[counter]]\nkey = "guide.stop"\nunit = "count"\nmost_per_h = 60\n'
    text += '[[counter]]\nkey = "guide.walk"\nunit = "m"\n'
    bounds = manifests.bounds_of(skill(tmp_path, text))
    assert bounds.per_h("guide.stop") == 60
    assert bounds.per_h("guide.walk") == UNIT_MOST_PER_H["m"]
    assert bounds.per_h("other.stop") == UNDECLARED_MOST_PER_H
    assert bounds.unusual({"guide.stop": 6}) == 1
    assert bounds.unusual({"guide.stop": 5}) == 0
    assert manifests.bounds_of(None).unusual({"guide.stop": 6}) == 0


def test_the_skills_that_ship_can_be_named():
    assert manifests.bounds_of(SKILLS).per_h("guide.seconds") == UNIT_MOST_PER_H["s"]


@pytest.mark.parametrize(
    "text",
    ["[[counter", '[[counter]]\nkey = "guide.stop"\n', '[[counter]]\nkey = "wake_up"\nunit = "count"\n',
     '[[counter]]\nkey = "guide.stop"\nunit = "count"\nmost_per_h = 0\n', "counter = 3\n"],
)  # fmt: skip
def test_a_manifest_that_cannot_be_taken_is_one_line_with_its_file(tmp_path, text):
    with pytest.raises(ConfigurationError, match=r"skill_manifests .*skill\.toml: .*opk lint") as raised:
        manifests.bounds_of(skill(tmp_path, text))
    assert "\n" not in str(raised.value)


def test_a_folder_that_is_not_there_stops_the_start(tmp_path):
    with pytest.raises(ConfigurationError, match="no such folder"):
        manifests.bounds_of(tmp_path / "gone")
