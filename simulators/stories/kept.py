"""What colleagues keep about a customer: notes, tags, a field of their own, promises that are still open. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from simulators.stories.book import Book
from simulators.stories.cast import Customer

FIELD = "service-tier"
TIERS = ("gold", "silver", "bronze")
_GOLD, _SILVER = 100_000, 60_000  # what a customer could bring a year
# By story: (days before T, what was written).
_NOTES: Mapping[str, tuple[tuple[int, str], ...]] = MappingProxyType(
    {
        "slow_leaver": (
            (12, "The evening shift switches the robots off at nine because guests stand in the corridor."),
            (40, "The director asked what the same money would buy in trays and staff."),
        ),
        "sudden_drop": ((4, "The exhibition was rebuilt on the 15th: the robots still greet at the old entrance."),),
        "visitors_gone": ((9, "Building site at the gate until spring. Agreed to move two robots to the boat house."),),
        "zombie": ((20, "Seen at the reception: a leaflet of another vendor, with a date for a demonstration."),),
        "single_contact": ((15, "Asked to be introduced to operations; the calendar is full until next month."),),
        "contact_left": ((5, "The reception says a successor begins in two weeks; no name yet."),),
        "benchmark": (
            (18, "Would show the robots to other aquariums: asked for a slide with their own numbers."),
            (55, "Wants one more robot for the penguin hall once the floor is dry."),
        ),
        "overdue": ((7, "The invoice went to the old address; finance has the new one."),),
        "slow_start": ((6, "The map of the kiln room is missing because the room is locked in the mornings."),),
    }
)
_TAGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "benchmark": ("reference", "expansion"),
        "slow_leaver": ("save plan",),
        "zombie": ("save plan",),
        "bad_firmware": ("firmware V6.9",),
        "slow_start": ("pilot",),
        "single_contact": ("key account",),
    }
)
# By story: (days after T, what was promised).
_PROMISES: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "slow_leaver": (6, "A route that leaves the corridor free after nine"),
        "sudden_drop": (3, "The greeting point moved to the new entrance"),
        "benchmark": (15, "A slide with the numbers of their own robots"),
    }
)


def house(book: Book) -> None:
    """The field that colleagues made."""
    book.add("custom_field", FIELD, name="Service tier", of="account", form="choice", choices="|".join(TIERS))


def of_customer(book: Book, customer: Customer) -> None:
    """Nothing of one that has left."""
    plot, today = customer.plot, book.today
    if plot.money.lost:
        return
    tier = TIERS[0] if customer.potential >= _GOLD else TIERS[1] if customer.potential >= _SILVER else TIERS[2]
    book.add("custom_value", f"{customer.key}-tier", account=customer.key, field=FIELD, value=tier)
    for n, (back, text) in enumerate(_NOTES.get(plot.key, ()), 1):
        book.add("note", f"{customer.key}-n{n}", account=customer.key, day=today - back, text=text, by=customer.csm)
    for n, tag in enumerate(_TAGS.get(plot.key, ()), 1):
        book.add("tag", f"{customer.key}-tag{n}", account=customer.key, tag=tag)
    if plot.key in _PROMISES:
        ahead, text = _PROMISES[plot.key]
        book.add(
            "promise", f"{customer.key}-open", account=customer.key, made_day=today - 8, due_day=today + ahead,
            text=text, by=customer.csm,
        )  # fmt: skip
