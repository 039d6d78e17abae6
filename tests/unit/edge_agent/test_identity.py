"""Which board this is: what cannot be read is unknown, and never another board."""

import pytest

from edge_agent.identity import compare, hardware, joined

PC = "product_uuid=U1\nboard_serial=B1"
PI = "serial-number=S1"


@pytest.mark.parametrize(
    ("kept", "read", "verdict"),
    [
        (PI, PI, "same"),
        (PI, "serial-number=S2", "different"),
        (PC, "", "unknown"),  # written by root, read by the service's user
        ("", PC, "unknown"),
        ("", "", "unknown"),
        (PC, "board_serial=B1", "same"),  # one of two is readable
        (PC, "board_serial=B2", "different"),
        (PC, PI, "unknown"),  # nothing to compare
        ("U1", PC, "same"),  # of an older release: without the name of its file
        ("U1", "", "unknown"),
        ("U1", "board_serial=B1", "unknown"),
        ("U1", "product_uuid=U2", "different"),
        ("S1", "serial-number=S2", "different"),
        ("h", "other", "different"),
    ],
)
def test_boards_are_compared_by_what_both_sides_could_read(kept, read, verdict):
    assert compare(kept, read) == verdict


def test_what_was_read_once_is_kept_when_less_is_readable(tmp_path):
    (tmp_path / "product_uuid").write_text("U1\n")
    read = hardware((tmp_path / "product_uuid", tmp_path / "board_serial"))
    assert read == "product_uuid=U1"
    assert joined(read, "") == read
    assert joined("U1", "") == "U1"
    assert compare(joined(read, "board_serial=B1"), "product_uuid=U2") == "different"
