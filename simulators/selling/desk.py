"""What a day at the demo's desk leaves: licences of some customers with stories, saved views, a rollout under way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.bodies.wishes import suits
from simulators.collector_api import CollectorApi
from simulators.publishing.authority import Published
from simulators.scenes import SCENES
from simulators.selling.sales import PAID_BY_NOBODY, Shop
from simulators.stories.cast import CUSTOMERS, Customer
from simulators.stories.money import SKILLS, terms
from simulators.stories.robots import robot_name

SOLD_TO = ("mirror-ktv", "velvet-ktv", "copper-hall", "amber-hall", "harbour-lights", "crane-forum")
VIEWS: tuple[dict[str, Any], ...] = (
    {"of": "accounts", "name": "Red and yellow, large first", "filters": {"band": "red,yellow"}, "sort": "-arr"},
    {"of": "accounts", "name": "Renewals of this quarter", "filters": {"due_in": "90"}, "sort": "due"},
    {"of": "robots", "name": "Open faults", "filters": {"faults": "1"}},
    {"of": "calls", "name": "Everybody's calls", "filters": {"whose": "all"}},
)
PERCENTS, WAVE_DAYS = (25.0, 100.0), 7


@dataclass(frozen=True, slots=True)
class Desk:
    """`offered`: what is published, by skill. `today`: the collector's own day, as a number."""

    api: CollectorApi
    offered: Mapping[str, Published]
    today: int

    def licences(self) -> None:
        """By the lines of their contracts, and what is free; then their robots are told."""
        shop = Shop(self.api, self.offered, self.today)
        for one in CUSTOMERS:
            if one.key in SOLD_TO:
                self._of(shop, one)

    def _of(self, shop: Shop, one: Customer) -> None:
        model, term = SCENES[one.scene].model, terms(one, self.today)[-1]
        lines = {skill: f"{term.id}-l{n}" for n, skill in enumerate(SKILLS[one.scene], 2)}
        wanted = {*lines, *PAID_BY_NOBODY}
        skills = [skill for skill in self.offered if skill in wanted and suits(skill, model)]
        for skill in skills:
            shop.entitle(one.key, skill, lines.get(skill))
        shop.wish((robot_name(one, turn) for turn in range(one.robots)), skills)

    def views(self) -> None:
        """For everybody."""
        for view in VIEWS:
            self.api.post("/views", view | {"shared": True})

    def rollout(self, newer: Published) -> None:
        """A version on a first wave of robots; its gate asks for more days before the next."""
        plan = {"skill": newer.key, "digest": newer.sha256, "version": newer.version}
        self.api.post("/rollouts", plan | {"percents": list(PERCENTS), "wave_days": WAVE_DAYS}, within_s=60.0)
