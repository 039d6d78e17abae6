"""An account's ARR in words: a sum, no contract, or not known. Three different things."""

import pytest

from collector.language import figures, today

DUE = 20_800


@pytest.mark.parametrize(
    ("arr", "due_day", "cell", "row"),
    [
        (10_920_000, DUE, "¥109,200", "¥109,200 ARR"),
        (10_920_000, None, "¥109,200", "¥109,200 ARR"),
        (0, DUE, "¥0", "¥0 ARR"),  # it lapsed, or what it buys is free
        (0, None, "no contract", "no contract"),
        (None, DUE, "", ""),
        (None, None, "", ""),
    ],
)
def test_only_a_contract_has_a_sum(arr, due_day, cell, row):
    assert figures.arr(arr, due_day, "CNY", "en") == cell
    assert today.stake(arr, due_day, "CNY", "en") == row


def test_no_contract_in_chinese():
    assert today.stake(0, None, "CNY", "zh") == "无合同"
