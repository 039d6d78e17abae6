"""What a skill keeps over its own crashes, in the one file that it may write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opk_skills.runtime.state import STATE_MAX_BYTES, StateInFile

KEPT = st.dictionaries(st.text(max_size=9), st.integers() | st.text(max_size=40), max_size=5)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("robot") / "kept"


@given(st.lists(KEPT, min_size=1, max_size=4))
def test_what_was_written_last_is_read_by_the_next_process(file, told):
    file.write_bytes(b"")  # as the agent makes it
    for kept in told:
        StateInFile(str(file)).write(kept)  # each as a process that has just begun
        assert StateInFile(str(file)).read() == kept


@given(older=KEPT, cut_byte=st.integers(0, 40))
def test_a_crash_in_the_middle_of_writing_leaves_what_was_kept_before(file, older, cut_byte):
    file.write_bytes(b"")
    state = StateInFile(str(file))
    state.write(older)
    before = file.read_bytes()
    state.write({"is": "longer than what is left of it after the cut", "n": 7})
    after = file.read_bytes()
    begins = next((n for n, (a, b) in enumerate(zip(before.ljust(len(after), b"\0"), after, strict=True)) if a != b))
    file.write_bytes(after[: begins + cut_byte] + before[begins + cut_byte :])
    assert state.read() == older


def test_what_cannot_be_read_is_nothing_and_what_cannot_be_written_stops_nobody(tmp_path):
    state = StateInFile(str(tmp_path / "kept"))
    assert state.read() == {}
    for broken in (b"\xff" * 300_000, b"1 -1 0\n", b"1 2 3\n{}", b"9 9 9 9\n"):
        (tmp_path / "kept").write_bytes(broken)
        assert state.read() == {}
    nowhere = StateInFile(str(tmp_path / "gone" / "kept"))
    nowhere.write({"a": 1})
    assert nowhere.read() == {}


def test_the_most_that_a_skill_may_keep_fits_and_more_is_refused(tmp_path):
    state = StateInFile(str(tmp_path / "kept"))
    for letter in "abc":
        state.write({"a": letter * (STATE_MAX_BYTES - 8)})
    assert state.read() == {"a": "c" * (STATE_MAX_BYTES - 8)}
    with pytest.raises(ValueError, match="at most"):
        state.write({"a": "d" * (STATE_MAX_BYTES - 7)})
