"""Skills sold and put on robots through the collector's API, as people who sell and customers' admins do it.

contract line or trial ─▶ entitlement ─▶ desired document ─▶ the robot's report
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from simulators.bodies.wishes import suits
from simulators.collector_api import CollectorApi
from simulators.publishing.authority import Published
from simulators.selling.prices import PRICES
from simulators.selling.tenants import SOLD, Tenant, line_of
from simulators.stories.place import day_of

INDUSTRIES = {"delivery": ["hospitality"], "checkin": ["venues"], "guide": ["culture", "tourism"]}
TRIAL_DAYS = 30
TRIED = "dance"  # by every customer whose robots can
PAID_BY_NOBODY = ("workflow", "navigation", "portal", "solicit")
SEATS = ("Li Wei", "Zhao Min")


@dataclass(frozen=True, slots=True)
class Shop:
    """`offered`: what is published, by skill. `today`: the collector's own day, as a number."""

    api: CollectorApi
    offered: Mapping[str, Published]
    today: int

    def price(self) -> None:
        """Every skill that is offered, from today on; and for which industries it is."""
        for skill in self.offered:
            body = {"from_day": day_of(self.today).isoformat(), "price": PRICES[skill]}
            self.api.post(f"/skills/catalogue/{skill}/prices", body)
            if skill in INDUSTRIES:
                self.api.put(f"/skills/catalogue/{skill}", {"industries": INDUSTRIES[skill]})

    def sell(self, one: Tenant, model: str) -> None:
        """What its robots run: by contract lines, free, as a trial; the rest is granted. Then it is wished."""
        skills = [skill for skill in self.offered if suits(skill, model)]
        for skill in skills:
            self.entitle(one.key, skill, line_of(one, skill) if skill in SOLD[one.scene] else None)
        if "reception" in SOLD[one.scene]:
            for holder in SEATS:
                seat = {"skill": "reception", "holder": holder, "from_day": day_of(self.today).isoformat()}
                self.api.post(f"/accounts/{one.key}/seats", seat)
        self.wish(one.robots, skills)

    def entitle(self, account: str, skill: str, line: str | None) -> None:
        day = day_of(self.today).isoformat()
        wanted: dict[str, Any] = {"skill": skill, "from_day": day, "origin": "granted"}
        if line is not None:
            wanted |= {"origin": "contract_line", "contract_line": line}
        elif skill == TRIED:
            last = (day_of(self.today) + timedelta(days=TRIAL_DAYS)).isoformat()
            wanted |= {"origin": "trial", "to_day": last}
        self.api.post(f"/accounts/{account}/entitlements", wanted)

    def wish(self, robots: Iterable[str], skills: Iterable[str]) -> None:
        """These and no others, on each of the robots."""
        document = {"skills": [wished(self.offered[skill]) for skill in skills]}
        for robot in robots:
            self.api.put(f"/robots/{robot}/desired", document)


def wished(one: Published, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """As a desired document names it."""
    return {"skill": one.key, "version": one.version, "digest": one.sha256, "settings": dict(settings or {})}
