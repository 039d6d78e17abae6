"""The notice of a contract: days of it are bounded where they are taken, and a stored one is never before its start."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from collector.accounts.ledger.kinds.money import Contract
from collector.calendar import days

CONTRACT = {"id": "c", "account": "a", "starts": "2026-01-01", "ends": "2026-12-31", "currency": "EUR"}
TAKEN = TypeAdapter(Contract)
YEAR = TAKEN.validate_python(CONTRACT)


@pytest.mark.parametrize("notice_days", [3_661, 7_654_321, -1])
def test_a_notice_of_more_than_ten_years_is_not_taken(notice_days):
    with pytest.raises(ValidationError, match="notice_days"):
        TAKEN.validate_python(CONTRACT | {"notice_days": notice_days})
    assert TAKEN.validate_python(CONTRACT | {"notice_days": 3_660}).notice_days == 3_660


@given(st.integers(0, 10**9))
def test_a_stored_notice_of_any_length_ends_on_a_day_of_the_contract(notice_days):
    until = replace(YEAR, notice_days=notice_days).notice_until(YEAR.ends)
    assert YEAR.starts <= until <= YEAR.ends
    assert days.iso(until)


def test_a_notice_of_30_days_is_given_30_days_before_the_end():
    assert days.iso(replace(YEAR, notice_days=30).notice_until(YEAR.ends)) == "2026-12-01"
