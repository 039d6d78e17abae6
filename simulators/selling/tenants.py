"""Accounts of the simulated fleet as customers: who looks after them, whom one can call, what was signed. Pure.

They are new customers: their robots came on the first day that is told, and their contracts begin with it.
"""

from dataclasses import dataclass

from simulators.stories.book import Book
from simulators.stories.cast import INDUSTRY
from simulators.stories.names import person
from simulators.stories.place import OPEN_WEEKDAYS, OPENING

CSM = ("csm-welcome", "CSM Welcome", "new customers")
TERM_DAYS = 365
FEE = 24_000  # of a robot and year
OPK_FEE = 1_800  # of a skill and year
SOLD = {
    "exhibition_hall": ("guide", "lead", "directions", "dialog"),
    "ktv": ("delivery", "cruise", "advert"),
    "scenic_spot": ("guide", "directions", "dialog"),
    "conference": ("checkin", "lead", "reception"),
}
"""Skills that a contract line pays for, by scene."""
ROLES = ("sponsor", "champion", "operator")
PLACES = {
    "exhibition_hall": "Entrance hall", "ktv": "Second floor", "scenic_spot": "Visitor centre", "conference": "Foyer",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tenant:
    """`scene` "": it is no customer's place. `first_day`: from which on its robots are there and are told of."""

    key: str
    name: str
    scene: str
    robots: tuple[str, ...]
    first_day: int
    zone: str


def line_of(tenant: Tenant, skill: str) -> str:
    """The id of the contract line that pays for a skill."""
    return f"{tenant.key}-c1-{skill}"


def ledger(tenants: list[Tenant], today: int) -> Book:
    """All facts of them. `today`: the day of now where they are."""
    book = Book(today)
    key, name, team = CSM
    first = min(one.first_day for one in tenants)
    book.add("csm", key, name=name, team=team, cost_year="240000.00", hours_year=1667, from_day=first - 90)
    for one in tenants:
        _of(book, one)
    return book


def _of(book: Book, one: Tenant) -> None:
    first = one.first_day
    book.add(
        "account", one.key, name=one.name, industry=INDUSTRY.get(one.scene, ""), scene=one.scene, region="east",
        timezone=one.zone, currency="CNY", csm=CSM[0], signed_day=first - 14,
    )  # fmt: skip
    site = f"{one.key}-site" if one.scene else None
    if one.scene:
        _place(book, one)
        _contract(book, one)
        _relations(book, one)
    for robot in one.robots:
        book.add("deployment", f"{robot}-d", account=one.key, robot=robot, site=site, from_day=first)


def _place(book: Book, one: Tenant) -> None:
    opens, closes = OPENING[one.scene]
    book.add(
        "site", f"{one.key}-site", account=one.key, name=PLACES[one.scene], scene=one.scene, region="east",
        open_weekdays=OPEN_WEEKDAYS[one.scene], opens=opens, closes=closes, from_day=one.first_day - 14,
    )  # fmt: skip


def _contract(book: Book, one: Tenant) -> None:
    first = one.first_day
    contract = f"{one.key}-c1"
    book.add(
        "contract", contract, account=one.key, starts=first, ends=first + TERM_DAYS - 1, signed_day=first - 14,
        currency="CNY", auto_renews=False, notice_days=30,
    )  # fmt: skip
    book.add(
        "line", f"{contract}-service", account=one.key, contract=contract, product="service",
        amount=f"{FEE * len(one.robots)}.00", recurring=True, quantity=len(one.robots),
    )  # fmt: skip
    for skill in SOLD[one.scene]:
        book.add(
            "line", line_of(one, skill), account=one.key, contract=contract, product="opk", amount=f"{OPK_FEE}.00",
            recurring=True, skill=skill, quantity=1,
        )  # fmt: skip


def _relations(book: Book, one: Tenant) -> None:
    first = one.first_day
    for role in ROLES:
        name, title = person(one.key, one.name, role)
        book.add(
            "contact", f"{one.key}-{role}", account=one.key, name=name, role=role, title=title,
            since_day=first - 14, language="zh",
        )  # fmt: skip
    for n, (role, channel) in enumerate((("sponsor", "visit"), ("champion", "phone"), ("operator", "visit"))):
        day = min(book.today, first - 1 + n)
        book.add(
            "touch", f"{one.key}-o{n + 1}", account=one.key, day=day, direction="out", channel=channel,
            contact=f"{one.key}-{role}", csm=CSM[0], answered="yes", answered_day=day, occasion="planned", hours=1.0,
        )  # fmt: skip
    book.add(
        "handover", f"{one.key}-handover", account=one.key, shipped_day=first - 4, csm_named_day=first - 3,
        customer_told_day=first - 2, promises_written_day=first - 1,
    )  # fmt: skip
