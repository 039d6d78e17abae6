"""The demo's shop: what it sells is what the store of skills takes."""

import io
from typing import Any, cast
from zoneinfo import ZoneInfo

from collector.accounts.ledger.kinds.registry import KINDS
from collector.skillstore.billing.price import Price
from opk_skills.catalogue import catalogue
from opk_skills.package import read
from simulators.bodies.wishes import suits
from simulators.collector_api import CollectorApi
from simulators.publishing.authority import Published
from simulators.publishing.packages import newer
from simulators.scenes import SCENES
from simulators.selling.desk import SOLD_TO, Desk
from simulators.selling.prices import PRICES
from simulators.selling.tenants import SOLD, Tenant, ledger, line_of
from simulators.stories.portfolio import Portfolio


def test_every_skill_that_ships_has_a_price_that_the_store_takes() -> None:
    assert {one.key for one in catalogue()} == set(PRICES)
    assert all(Price.model_validate(price).currency == "CNY" for price in PRICES.values())


def test_a_charge_by_use_goes_by_a_counter_of_its_skill() -> None:
    counters = {one.key: one.rates() for one in catalogue()}
    by_use = [(key, charge) for key, one in PRICES.items() for charge in one["charges"] if charge["kind"] == "use"]
    assert len(by_use) >= 4
    assert all(charge["counter"] in counters[key] for key, charge in by_use)


def test_nothing_is_sold_to_a_place_whose_robots_cannot_run_it() -> None:
    assert [(scene, key) for scene, keys in SOLD.items() for key in keys if not suits(key, SCENES[scene].model)] == []


def test_a_customer_has_a_line_for_each_skill_that_it_pays_and_its_robots_from_the_first_told_day() -> None:
    one = Tenant("star-ktv", "Star KTV", "ktv", ("r1", "r2"), 20_000, "Asia/Shanghai")
    workshop = Tenant("this-workshop", "This workshop", "", ("m",), 20_002, "Asia/Shanghai")
    book = ledger([one, workshop], 20_002)
    assert set(book.facts) <= set(KINDS)
    assert {line_of(one, skill) for skill in SOLD["ktv"]} < {row["id"] for row in book.facts["line"]}
    began = {row["robot"]: row["from_day"] for row in book.facts["deployment"]}
    assert began == {"r1": "2024-10-04", "r2": "2024-10-04", "m": "2024-10-06"}


class Noted:
    """What is asked of the collector."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def post(self, path: str, body: dict[str, Any]) -> Any:
        self.asked.append((path, body))

    def put(self, path: str, content: dict[str, Any]) -> Any:
        self.asked.append((path, content))


def test_at_the_desk_contract_lines_become_licences_and_robots_are_told_what_they_can_run() -> None:
    noted = Noted()
    offered = {one.key: Published(one.key, "1.0.0", "0" * 64) for one in catalogue()}
    Desk(cast("CollectorApi", noted), offered, 20_600).licences()
    by_line = [body for path, body in noted.asked if path.endswith("/entitlements") and "contract_line" in body]
    book = Portfolio(20_599, 1, ZoneInfo("Asia/Shanghai")).ledger()
    skill_of = {row["id"]: row.get("skill") for row in book.facts["line"]}
    assert {body["contract_line"]: body["skill"] for body in by_line} == {
        body["contract_line"]: skill_of[body["contract_line"]] for body in by_line
    }
    told = [path for path, _ in noted.asked if path.endswith("/desired")]
    assert {path.split("/")[2].rsplit("-", 1)[0] for path in told} == set(SOLD_TO)


def test_the_next_release_of_a_skill_is_the_same_program_under_a_later_version() -> None:
    package = read(io.BytesIO(newer("lead", "0.3.0")))
    assert (package.manifest.key, package.manifest.version) == ("lead", "0.3.0")
