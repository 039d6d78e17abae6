"""Customers with stories through a real collector on SQLite: HTTP, MQTT, scores; each is seen as it is told."""

import pytest

from simulators.stories.cast import CUSTOMERS
from tests.e2e.told import ToldPortfolio


def test_every_story_is_seen_through_http_and_the_wire(told_site: ToldPortfolio) -> None:
    assert told_site.code == 0, told_site.said
    assert f"all {len(CUSTOMERS)} customers are seen as told" in told_site.said


def test_a_fall_is_explained_by_what_changed_in_a_week_and_in_four(told_site: ToldPortfolio) -> None:
    told = told_site.api.get("/accounts/copper-hall/explanation?basis=recorded")["explanation"]
    assert [change["days"] for change in told["changes"]] == [7, 28]
    for change in told["changes"]:
        assert sum(part["points"] for part in change["parts"]) == pytest.approx(change["difference"], abs=0.5)
    assert told["changes"][1]["difference"] < -20


def test_the_bad_firmware_is_one_incident(told_site: ToldPortfolio) -> None:
    found = told_site.api.get("/incidents?limit=50")["items"]
    ill = {customer.key for customer in CUSTOMERS if customer.plot.key == "bad_firmware"}
    assert {(one["cause"], one["value"]) for one in found} == {("firmware", "V6.9")}
    assert [set(one["accounts"]) for one in found if one["of"] == "usage"] == [ill]
