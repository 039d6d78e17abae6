"""A day and a moment stand in a text as its reader writes them, in the reader's zone."""

from zoneinfo import ZoneInfo

import pytest

from collector.language import figures


@pytest.mark.parametrize(
    ("language", "zone", "written"),
    [
        ("en", "UTC", "31 Dec 2025, 23:30"),
        ("en", "Asia/Shanghai", "1 Jan 2026, 07:30"),
        ("zh", "Asia/Shanghai", "2026年1月1日 07:30"),
    ],
)
def test_a_moment_is_written_in_the_zone_and_the_language_of_its_reader(language, zone, written):
    assert figures.moment("2025-12-31T23:30:00Z", language, ZoneInfo(zone)) == written


@pytest.mark.parametrize(("language", "written"), [("en", "1 Oct 2026"), ("zh", "2026年10月1日")])
def test_a_day_is_written_in_the_language_of_its_reader(language, written):
    assert figures.iso_day("2026-10-01", language) == written
    assert figures.iso_day("-", language) == "-"
