"""With whom we spoke, who answered, and what was seen: contacts, touches, surveys, references, signals. Pure."""

from random import Random

from simulators.stories.book import Book
from simulators.stories.cast import Customer
from simulators.stories.names import person

CHANNELS = ("phone", "email", "visit", "chat", "video")
EVERY_DAYS = 9
ANSWERED = 0.9
ONLY_DAYS = 120
SURVEY_EVERY_DAYS = 120
EDIT_EVERY_DAYS = 11


def contact(customer: Customer, role: str) -> str:
    return f"{customer.key}-{role}"


def people(book: Book, customer: Customer, from_day: int) -> None:
    """Contacts, and every conversation with them."""
    said = customer.plot.people
    for role in said.roles:
        left = book.today - said.left if said.left is not None and role == said.only else None
        name, title = person(customer.key, customer.name, role)
        book.add(
            "contact", contact(customer, role), account=customer.key, name=name,
            role=role, title=title, since_day=from_day, left_day=left, language="zh", recorded=from_day,
        )  # fmt: skip


def touches(book: Book, customer: Customer, from_day: int, rng: Random) -> None:
    """Outreach in turn to everyone we know, and now and then a call from them."""
    story, day, n = customer.plot.people, from_day + 3, 0
    talk_day = 0
    while day <= book.last:
        back = book.today - day
        role = story.only if story.only and back <= ONLY_DAYS else story.roles[n % len(story.roles)]
        mute = _mute(customer, role, back)
        # A person who answers at all is answering within the newest three weeks: chance is no story of its own.
        answers = not mute and (rng.random() < ANSWERED or back <= 3 * EVERY_DAYS)
        answered_day = day + rng.randrange(0, 3)
        if answers and answered_day <= book.today:
            talk_day = day
        replied = answers and answered_day <= book.today
        book.add(
            "touch", f"{customer.key}-o{n + 1}", account=customer.key, day=day, direction="out",
            channel=CHANNELS[n % len(CHANNELS)], contact=contact(customer, role), csm=customer.csm,
            answered="yes" if replied else "no", answered_day=answered_day if replied else None,
            occasion="planned", hours=0.5,
        )  # fmt: skip
        if n % 4 == 3 and not mute and talk_day == day:  # noqa: PLR2004 - every fourth time they call, too
            called = min(day + 4, book.today)
            book.add(
                "touch", f"{customer.key}-in{n + 1}", account=customer.key, day=called, direction="in",
                channel="phone", contact=contact(customer, role), csm=customer.csm, occasion="reactive", hours=0.3,
            )  # fmt: skip
        day, n = day + EVERY_DAYS + rng.randrange(-1, 2), n + 1


def _mute(customer: Customer, role: str, back: int) -> bool:
    story = customer.plot.people
    if story.mute_from is not None and back <= story.mute_from:
        return True
    if story.left is not None and role == story.only and back <= story.left:
        return True
    return role == "sponsor" and story.sponsor_mute_from is not None and back <= story.sponsor_mute_from


def voices(book: Book, customer: Customer, from_day: int, rng: Random) -> None:
    """Surveys, what they would say of us to others, and what the CSM thinks."""
    story, day, n = customer.plot.people, from_day + 45, 1
    who = contact(customer, story.only or "champion")
    while day <= book.last - 5:
        back = book.today - day
        mute = _mute(customer, story.only or "champion", back)
        score = None if story.nps is None or mute else max(0, min(10, story.nps + rng.randrange(-1, 2)))
        book.add(
            "survey", f"{customer.key}-nps{n}", account=customer.key, day=day, kind="nps", contact=who, score=score,
            answered_day=None if score is None else day + 2,
        )  # fmt: skip
        day, n = day + SURVEY_EVERY_DAYS, n + 1
    if story.reference:
        _reference(book, customer)
    if story.sentiment is not None:
        book.add(
            "sentiment", f"{customer.key}-sentiment", account=customer.key, day=book.today - 5, value=story.sentiment,
            by=customer.csm,
        )  # fmt: skip


def _reference(book: Book, customer: Customer) -> None:
    story = customer.plot.people
    outcome_day = book.today - story.reference_day
    asked = outcome_day - 12
    withdrawn = story.reference == "withdrawn"
    reason = {"accepted": "", "declined": "not now", "withdrawn": "not content with the navigation"}[story.reference]
    book.add(
        "reference", f"{customer.key}-reference", account=customer.key, asked_day=asked - (40 if withdrawn else 0),
        kind="case" if withdrawn else "reference", outcome=story.reference, outcome_day=outcome_day,
        accepted_day=asked if withdrawn else None, reason=reason,
    )  # fmt: skip


def signals(book: Book, customer: Customer, from_day: int, rng: Random) -> None:
    """The customer's own edits of the configuration, small exports, and what a story adds."""
    story, day, n = customer.plot.people, from_day + 8, 1
    while day <= min(book.last, book.today - story.edits_until):
        book.add(
            "signal", f"{customer.key}-edit{n}", account=customer.key, day=day, signal="config_edit",
            count=rng.randrange(1, 5),
        )  # fmt: skip
        day, n = day + EDIT_EVERY_DAYS + rng.randrange(-2, 3), n + 1
    if story.export is not None:
        for back in range(story.export + 60, book.today - from_day, 60):
            book.add(
                "signal", f"{customer.key}-export{back}", account=customer.key, day=book.today - back,
                signal="data_export", count=1, note="monthly figures",
            )  # fmt: skip
        book.add(
            "signal", f"{customer.key}-export", account=customer.key, day=book.today - story.export,
            signal="data_export", count=14, note="everything since the beginning",
        )  # fmt: skip
    if story.competitor is not None:
        book.add(
            "signal", f"{customer.key}-competitor", account=customer.key, day=book.today - story.competitor,
            signal="competitor", note="another maker's robot on trial in the foyer",
        )  # fmt: skip
