"""Whether a name was said."""

import pytest

from opk_skills.runtime.words import says


@pytest.mark.parametrize(
    ("said", "name", "is_said"),
    [
        ("I am Alice", "Li", False), ("I am ms li.", "Ms Li", True), ("hall 10 please", "Hall 1", False),
        ("hall 1, please", "Hall 1", True), ("我是李明", "李明", True), ("the café", "Café", True), ("x", " ", False),
    ],
)  # fmt: skip
def test_a_name_is_said_as_a_whole(said, name, is_said):
    assert says(said, name) is is_said
