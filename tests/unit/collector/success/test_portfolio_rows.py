"""Why an account of the portfolio is not green, where no exception says so."""

import pytest

from collector.success.portfolio import PortfolioRow


@pytest.mark.parametrize(
    ("band", "final", "caps", "is_so"),
    [
        ("yellow", 94.0, (), True),
        ("yellow", 83.0, (), True),
        ("yellow", 82.0, (), False),  # it may be waiting for another day beyond the border
        ("yellow", 94.0, ("DROP",), False),
        ("green", 94.0, (), False),
        ("grey", None, (), False),
    ],
)
def test_a_yellow_account_with_a_green_number_is_known_too_little(band, final, caps, is_so):
    row = PortfolioRow("a", "A", "", band, final, final, caps, None, 0, "CNY", None, None, "", 1)
    assert row.is_known_too_little(83.0) == is_so
