"""The health model sees every story as it is told, without a store."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from simulators.stories.expected import Seen, differences
from simulators.stories.place import number
from simulators.stories.plots import BAD_FIRMWARE
from simulators.stories.portfolio import Portfolio
from tests.portfolios_judged import Judged, judged


@pytest.fixture(scope="module")
def seen() -> tuple[Portfolio, Judged]:
    """A week after the national week's holidays, which stand in what use is compared with."""
    portfolio = Portfolio(number(date(2026, 10, 13)), 2, ZoneInfo("Asia/Shanghai"))
    return portfolio, judged(portfolio)


def test_every_story_is_seen(seen: tuple[Portfolio, Judged]) -> None:
    portfolio, made = seen
    said = [
        Seen(key, scored.band, scored.final, [cap.code for cap in scored.caps]) for key, scored in made.scored.items()
    ]
    assert differences(portfolio.customers, said) == []


def test_the_bad_firmware_is_one_incident_and_no_drop(seen: tuple[Portfolio, Judged]) -> None:
    portfolio, made = seen
    ill = {customer.key for customer in portfolio.customers if customer.plot.key == "bad_firmware"}
    found = [one for one in made.incidents if (one.cause, one.value) == ("firmware", BAD_FIRMWARE)]
    assert found
    assert set().union(*(one.accounts for one in found)) == ill
    assert not any(made.verdicts[key].drop for key in ill)


def test_a_fall_of_visitors_is_told_apart_from_a_fall_of_use(seen: tuple[Portfolio, Judged]) -> None:
    portfolio, made = seen
    key_of = {customer.plot.key: customer.key for customer in portfolio.customers}
    use, visitors = (made.verdicts[key_of[story]] for story in ("sudden_drop", "visitors_gone"))
    assert use.drop
    assert visitors.drop
    assert (use.demand.said, visitors.demand.said) == ("conversion", "demand")
