"""Where a sentence turns: a number that rounds to nothing has no sign, and a list says how many more from one on."""

import pytest

from collector.language import figures, notices


@pytest.mark.parametrize(
    ("value", "written"), [(-0.04, "0.0"), (0.0, "0.0"), (0.04, "0.0"), (-0.06, "−0.1"), (0.06, "+0.1"), (3.1, "+3.1")]
)
def test_a_number_that_rounds_to_nothing_has_no_sign(value, written):
    assert figures.signed(value, "en") == written


@pytest.mark.parametrize(("more", "last"), [(0, "• A: late"), (1, "… and 1 more"), (2, "… and 2 more")])
def test_a_list_says_how_many_it_does_not_show(more, last):
    waiting = [("A", "late", "")] * (notices.LINES_MAX + more)
    lines = notices.of_waiting("ana", waiting, "en")[1].splitlines()
    assert lines[-1] == last
    assert len(lines) == notices.LINES_MAX + bool(more)
