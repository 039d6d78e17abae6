"""The whole portfolio of a day: every customer's ledger, place and robots. Pure: seed and day in, facts out.

The same seed, day and zone give the same portfolio to the last fact and count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from zoneinfo import ZoneInfo

from simulators.robot import Rhythm
from simulators.scenes import is_holiday
from simulators.stories import care, kept, money, relations
from simulators.stories.book import Book
from simulators.stories.cast import CSMS, CUSTOMERS, RESELLERS, Customer
from simulators.stories.place import OPEN_WEEKDAYS, OPENING, Place, day_of, number, place
from simulators.stories.robots import WINDOW_S, StoryRobot, crew, history, robot_name

WIRE_DAYS = 42  # so many days up to T the robots themselves tell: 28 open days also of a place that opens five a week
CNY_A_USD = "7.10"  # made up, and stated


@dataclass(slots=True)
class Portfolio:
    """`today` is T: the last day that is over. `zone` is where the customers are."""

    today: int
    seed: int
    zone: ZoneInfo
    customers: Sequence[Customer] = CUSTOMERS
    wire_days: int = WIRE_DAYS
    rhythm: Rhythm = field(default_factory=lambda: Rhythm(WINDOW_S, WINDOW_S))
    places: dict[str, Place] = field(init=False)
    robots: dict[str, list[StoryRobot]] = field(init=False)

    def __post_init__(self) -> None:
        wire_day = self.today + 1 - self.wire_days
        self.places, self.robots = {}, {}
        for customer in self.customers:
            span = self.delivered(customer), money.left_day(customer, self.today)
            stage = place(customer.scene, customer.plot.use, self.today, *span)
            self.places[customer.key] = stage
            self.robots[customer.key] = crew(customer, stage, self.seed, self.zone, wire_day, self.rhythm)

    def delivered(self, customer: Customer) -> int:
        """The day on which the robots came."""
        return money.terms(customer, self.today)[0].starts - 7 + customer.plot.start.delivered_after

    def ledger(self) -> Book:
        """All facts of all customers."""
        book = Book(self.today)
        self._house(book)
        for customer in self.customers:
            rng = Random(f"{self.seed}/ledger/{customer.key}")  # noqa: S311 - repeatable on purpose
            self._who(book, customer)
            begins, stage = self.delivered(customer), self.places[customer.key]
            names = [robot_name(customer, turn) for turn in range(customer.robots)]
            book.last = money.left_day(customer, self.today) or self.today
            money.contracts(book, customer, rng)
            relations.people(book, customer, begins - 7)
            relations.touches(book, customer, begins - 7, rng)
            relations.voices(book, customer, begins, rng)
            relations.signals(book, customer, begins, rng)
            care.beginning(book, customer, begins, self.zone, names[0])
            care.reviews(book, customer, begins)
            care.objectives(book, customer, stage)
            care.requests(book, customer, begins, names, rng)
            kept.of_customer(book, customer)
        return book

    def usage(self, from_day: int = 0) -> Iterator[tuple[str, str, date, dict[str, int]]]:
        """Daily counts from before the robots themselves told: account, robot, day, counts."""
        for customer in self.customers:
            yield from history(self.robots[customer.key], from_day, self.today + 1 - self.wire_days)

    def crew(self) -> list[StoryRobot]:
        """Those that are still there: they tell the newest weeks themselves."""
        staying = [key for key, stage in self.places.items() if stage.until_day is None]
        return [robot for key in staying for robot in self.robots[key]]

    def _house(self, book: Book) -> None:
        first = self.today - 900
        kept.house(book)
        for key, (name, region) in RESELLERS.items():
            if any(customer.reseller == key for customer in self.customers):
                book.add("reseller", key, name=name, region=region, signed_day=first)
        for key, (name, team) in CSMS.items():
            book.add(
                "csm", key, name=name, team=team, cost_year="240000.00", hours_year=1667, from_day=first,
            )  # fmt: skip
        if any(customer.plot.money.currency == "USD" for customer in self.customers):
            book.add(
                "exchange_rate", f"usd-{first}", currency="USD", base="CNY", day=first, worth=CNY_A_USD,
                source="made up for the simulation",
            )  # fmt: skip
        for month in range(18):
            day = self.today - 15 - 30 * month
            for category, amount in (("sales", 38_000), ("marketing", 15_000), ("success", 60_000)):
                book.add("cost", f"{category}-{day}", day=day, category=category, amount=f"{amount}.00")

    def _who(self, book: Book, customer: Customer) -> None:
        begins, first = self.delivered(customer), money.terms(customer, self.today)[0].starts
        book.add(
            "account", customer.key, name=customer.name, industry=customer.industry, scene=customer.scene,
            region=customer.region, timezone=self.zone.key, currency=customer.plot.money.currency, brand=customer.brand,
            referenceable=3, potential=f"{customer.potential}.00", csm=customer.csm, reseller=customer.reseller or None,
            referred_by=customer.referred_by or None, signed_day=first - 7,
        )  # fmt: skip
        site, (opens, closes) = f"{customer.key}-site", OPENING[customer.scene]
        book.add(
            "site", site, account=customer.key, name=customer.name, scene=customer.scene, region=customer.region,
            open_weekdays=OPEN_WEEKDAYS[customer.scene], opens=opens, closes=closes, from_day=first,
        )  # fmt: skip
        self._closures(book, customer, begins)
        for turn in range(customer.robots):
            name = robot_name(customer, turn)
            book.add(
                "deployment", f"{name}-d", account=customer.key, robot=name, site=site, from_day=begins,
                to_day=money.left_day(customer, self.today),
            )  # fmt: skip

    def _closures(self, book: Book, customer: Customer, begins: int) -> None:
        if customer.plot.use.closed:
            since, until = customer.plot.use.closed
            book.add(
                "closure", f"{customer.key}-rebuilding", account=customer.key, from_day=self.today - since,
                to_day=self.today - until + 14, reason="rebuilding", recorded=self.today - since - 20,
            )  # fmt: skip
        if customer.scene != "conference":
            return
        start: int | None = None
        for n in range(begins, self.today + 120):
            holiday = is_holiday(day_of(n))
            if holiday and start is None:
                start = n
            if not holiday and start is not None:
                book.add(
                    "closure", f"{customer.key}-holiday-{day_of(start)}", account=customer.key, from_day=start,
                    to_day=n - 1, reason="public holiday", recorded=min(start - 60, self.today),
                )  # fmt: skip
                start = None


def yesterday(now_local: date) -> int:
    """T for somebody who asks on this local day."""
    return number(now_local) - 1
