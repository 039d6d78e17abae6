"""A score beside a band is cut: what is below a border is written below it."""

import pytest

from collector.language import figures
from collector.language.policy_effect import text_of

EFFECT = {
    "day": "2026-05-28", "basis": "arrived", "scored": 1, "failed": 0,
    "bands_before": {"yellow": 1}, "bands_after": {"yellow": 1},
    "calls_opened": {}, "calls_closed": {}, "hours_per_call": None, "waiting": 0,
    "accounts": [
        {"account": "A", "band_before": "green", "band_after": "yellow", "final_before": 86.0, "final_after": 85.97,
         "calls_opened": [], "calls_closed": []}
    ],
}  # fmt: skip


@pytest.mark.parametrize(("value", "written"), [(85.7, "85"), (86.0, "86"), (85.999, "85"), (0.0, "0"), (100.0, "100")])
def test_a_score_is_cut_and_not_rounded(value, written):
    assert figures.score(value, "en") == written


def test_a_preview_writes_a_number_that_its_band_does_not_gainsay():
    assert "A: 86.0 (green) → 85.9 (yellow)" in text_of(EFFECT, "en")
