"""How a customer was begun and is looked after: handover, onboarding, objectives, reviews, tickets, promises. Pure."""

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from simulators.stories.book import Book
from simulators.stories.cast import Customer
from simulators.stories.money import terms
from simulators.stories.place import Place, day_of

# Hours from delivery to each step, where all goes well.
STEP_HOURS = {
    "account_opened": 0.7, "basic_configuration": 2.2, "map": 20, "points": 26, "home_page": 30,
    "solicitation_phrases": 44, "welcome_phrases": 46, "leading": 52, "scene": 70,
    "conversion": 130, "satisfaction": 150,
}  # fmt: skip
STALLED_AFTER = ("account_opened", "basic_configuration", "map")
NORMAL = 0.8  # share of tickets; the others are of low urgency
LATE = 6.0  # factor on the hours where it goes badly
REVIEW_EVERY_DAYS = 91
CORE = {"exhibition_hall": "guided_tour", "ktv": "delivery", "scenic_spot": "interaction", "conference": "check_in"}
# What a robot-day of the scene at weight 1 brings, of its core counter; an objective asks for a share of it.
CORE_A_DAY = {"exhibition_hall": 25.0, "ktv": 150.0, "scenic_spot": 240.0, "conference": 60.0}
_TICKETS = ("Speech too quiet in the hall", "New map after moving the counter", "Robot asks for the charging station")
_PROMISES = ("A second map for the new wing", "Training for the evening shift")


def beginning(book: Book, customer: Customer, delivered: int, zone: ZoneInfo, first_robot: str) -> None:
    """Handover from sales, and the steps of the activation clock."""
    start, today = customer.plot.start, book.today
    book.add(
        "handover", f"{customer.key}-handover", account=customer.key, shipped_day=delivered - 4,
        csm_named_day=delivered - 3, customer_told_day=delivered - 1,
        promises_written_day=book.until(delivered + (1 if start.in_time else 20)),
    )  # fmt: skip
    begun = datetime.combine(day_of(delivered), datetime.min.time(), zone) + timedelta(hours=10)
    for step, hours in STEP_HOURS.items():
        done = begun + timedelta(hours=hours * (1.0 if start.in_time else LATE))
        open_still = start.stalled and step not in STALLED_AFTER
        done_at = None if open_still or done.date() > day_of(today) else done.isoformat()
        book.add(
            "onboarding", f"{customer.key}-{step}", account=customer.key, step=step, started_at=begun.isoformat(),
            done_at=done_at, robot=first_robot, by=customer.csm if done_at else None,
        )  # fmt: skip


def reviews(book: Book, customer: Customer, from_day: int) -> None:
    """A business review each quarter: held on time, or missed."""
    due, n = from_day + 60, 1
    while due <= book.last + REVIEW_EVERY_DAYS:
        held = customer.plot.people.reviews_held or due < book.last - 250
        book.add(
            "review", f"{customer.key}-review-{n}", account=customer.key, due_day=due,
            held_day=book.until(due - 3) if held else None, kind="qbr", recorded=min(due - 60, book.today),
        )  # fmt: skip
        due, n = due + REVIEW_EVERY_DAYS, n + 1


def objectives(book: Book, customer: Customer, place: Place) -> None:
    """What was agreed for this term: so much of the scene's core counter a robot and day, and more than they reach
    where the story says that they are not on track.
    """
    term = terms(customer, book.today)[-1]
    if term.ends < book.today:
        return
    share = 0.5 if customer.plot.people.on_track else 1.6
    open_share = sum(place.is_open(day_of(book.today - n)) for n in range(28, 56)) / 28
    target = CORE_A_DAY[customer.scene] * customer.plot.use.busy * share * open_share
    from_day = max(term.starts, place.from_day)
    book.add(
        "objective", f"{customer.key}-objective", account=customer.key, counter=CORE[customer.scene],
        target=round(target, 1), from_day=from_day, to_day=term.ends, per="robot_day", plan=f"{customer.key}-plan",
        agreed_with=f"{customer.key}-champion", text="Agreed in the first review of the term", recorded=from_day,
    )  # fmt: skip


def requests(book: Book, customer: Customer, from_day: int, robots: list[str], rng: Random) -> None:
    """Tickets, solved in time, and promises, kept."""
    day, n = from_day + rng.randrange(10, 40), 1
    while day <= book.last - 4:
        open_days = rng.randrange(1, 4)
        book.add(
            "ticket", f"{customer.key}-t{n}", account=customer.key, opened_day=day, robot=rng.choice(robots),
            urgency="normal" if rng.random() < NORMAL else "low", closed_day=day + open_days, sla_day=day + 5,
            subject=rng.choice(_TICKETS),
        )  # fmt: skip
        day, n = day + rng.randrange(50, 110), n + 1
    stuck = customer.plot.body.stuck_from
    if stuck is not None:
        book.add(
            "ticket", f"{customer.key}-wheel", account=customer.key, opened_day=book.today - stuck,
            robot=robots[0], urgency="urgent", sla_day=book.today - 2, subject="Wheel blocked, robot does not move",
        )  # fmt: skip
    for n, text in enumerate(_PROMISES, 1):
        made = from_day + 70 * n
        if made <= book.last:
            book.add(
                "promise", f"{customer.key}-p{n}", account=customer.key, made_day=made, due_day=made + 21,
                text=text, kept_day=book.until(made + 17), by=customer.csm,
            )  # fmt: skip
