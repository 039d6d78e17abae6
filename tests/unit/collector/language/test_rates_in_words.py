"""Rates, what a customer is worth and what became of contracts, in words."""

from typing import get_args

import pytest

from collector.accounts.contracts.renewed import Fate
from collector.accounts.rates.answer import PeriodFigures
from collector.accounts.rates.economics import CustomerWorth, NoWorth
from collector.accounts.rates.figures import FIGURES, Nothing
from collector.language import figures, rates
from collector.language.catalogue import LANGUAGES

NOBODY = PeriodFigures("2025-01-01", "2025-12-31", "2026-06-01", 30, "CNY", "", [], [], [])


def test_every_figure_reason_and_fate_has_its_words():
    assert list(rates.NAMES) == list(rates.DEFINITIONS) == [*FIGURES, "cac", "ltv"]
    assert set(rates.NOTHING) == set(get_args(Nothing))
    assert set(rates.NO_WORTH) == set(get_args(NoWorth))
    assert set(rates.FATES) == set(get_args(Fate))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_customer_costs_says_why_there_is_none(language):
    for why in get_args(NoWorth):
        (said,) = rates.answer(NOBODY, [CustomerWorth("cac", None, why, {})], str, language).economics
        assert said.why
        assert "_" not in said.why.replace("`gross_margin`", "")


@pytest.mark.parametrize(
    ("currency", "written"), [("CNY", "1,234.50"), ("KWD", "1,234.500"), ("IQD", "1,234.500"), ("JPY", "1,234")]
)
def test_an_amount_has_the_decimals_of_its_currency(currency, written):
    assert figures.amount(1234.5, currency, "en") == written
    assert figures.amount(1234.5, "", "zh") == "1,234.50"
