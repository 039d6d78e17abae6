"""A customer's contracts, renewals, steps, invoices and opportunities. Pure."""

from dataclasses import dataclass
from random import Random

from simulators.stories.book import Book
from simulators.stories.cast import Customer

YEAR_DAYS = 365
STEP_DAYS = {"contacted": 156, "reviewed": 126, "proposed": 96, "negotiated": 66, "agreed": 36, "signed": 18}
SKILLS = {
    "exhibition_hall": ("guide", "lead", "directions", "dialog", "solicit"),
    "ktv": ("delivery", "lead", "cruise", "advert"),
    "scenic_spot": ("directions", "dialog", "lead", "advert"),
    "conference": ("checkin", "lead", "reception", "dialog"),
}
OPK_FEE = 1_800  # a year, for one skill package
PAYS_AFTER_DAYS = 21
PAYMENT_DAYS = 30
TAKEN_AWAY_DAYS = 9  # after the end of a contract that was not renewed
NOTICE_DAYS = 45
QUARTER_DAYS = 91
ONE_OFF = 12_000  # installation and mapping, once


@dataclass(frozen=True, slots=True)
class Term:
    """One contract of a customer. `arr` in whole units."""

    id: str
    starts: int
    ends: int
    arr: int


def terms(customer: Customer, today: int) -> list[Term]:
    """The contracts, oldest first: each a year, the newest ends as the story says."""
    money = customer.plot.money
    ends = today + money.renewal_in
    made: list[Term] = []
    arr = float(money.fee * customer.robots)
    for n in range(money.terms_before, -1, -1):
        last = ends - n * YEAR_DAYS
        made.append(Term(f"{customer.key}-c{money.terms_before - n + 1}", last - YEAR_DAYS + 1, last, round(arr)))
        arr *= money.grew
    return made


def left_day(customer: Customer, today: int) -> int | None:
    """The day on which the robots were taken away; None: they are still there."""
    return terms(customer, today)[-1].ends + TAKEN_AWAY_DAYS if customer.plot.money.lost else None


def contracts(book: Book, customer: Customer, rng: Random) -> None:
    """Contracts with their lines, and what became of each at its end."""
    money, made = customer.plot.money, terms(customer, book.today)
    for n, term in enumerate(made):
        signed = term.starts - (10 if n else 7)
        book.add(
            "contract", term.id, account=customer.key, starts=term.starts, ends=term.ends, signed_day=signed,
            currency=money.currency, auto_renews=money.auto, notice_days=30,
            renews=made[n - 1].id if n else None, recorded=signed,
        )  # fmt: skip
        _lines(book, customer, term, first=n == 0)
        _invoices(book, customer, term, rng, last=n == len(made) - 1)
        following = made[n + 1] if n + 1 < len(made) else None
        _renewal(book, customer, term, following)
    _opportunities(book, customer, made)


def _lines(book: Book, customer: Customer, term: Term, *, first: bool) -> None:
    skills = SKILLS[customer.scene]
    parts = [("service", term.arr - OPK_FEE * len(skills), None), *(("opk", OPK_FEE, skill) for skill in skills)]
    signed = term.starts - 10
    for n, (product, amount, skill) in enumerate(parts, 1):
        book.add(
            "line", f"{term.id}-l{n}", account=customer.key, contract=term.id, product=product, amount=f"{amount}.00",
            recurring=True, skill=skill, quantity=customer.robots if product == "service" else 1, recorded=signed,
        )  # fmt: skip
    if first:
        book.add(
            "line", f"{term.id}-setup", account=customer.key, contract=term.id, product="project",
            amount=f"{ONE_OFF}.00", recurring=False, for_success=True, recorded=signed,
        )  # fmt: skip


def _renewal(book: Book, customer: Customer, term: Term, following: Term | None) -> None:
    money, today = customer.plot.money, book.today
    if following is not None or money.steps:
        for step, before in STEP_DAYS.items():
            if term.ends - before <= today:
                book.add(
                    "renewal_step", f"{term.id}-{step}", account=customer.key, contract=term.id, step=step,
                    done_day=term.ends - before,
                )  # fmt: skip
    outcome: dict[str, object] = {"outcome": "pending"}
    if following is not None:
        outcome = {
            "outcome": "renewed", "decided_day": term.ends - 12, "amount": f"{following.arr}.00",
            "currency": money.currency, "new_contract": following.id,
        }  # fmt: skip
    elif money.lost:
        outcome = {
            "outcome": "lost", "decided_day": term.ends - 20, "notice_day": term.ends - NOTICE_DAYS,
            "reason": "robots hardly used",
        }  # fmt: skip
    book.add(
        "renewal", f"{term.id}-renewal", account=customer.key, contract=term.id, due_day=term.ends,
        recorded=min(term.ends - 180, today) if term.ends - 180 > term.starts else term.starts, **outcome,
    )  # fmt: skip


def _invoices(book: Book, customer: Customer, term: Term, rng: Random, *, last: bool) -> None:
    """Quarterly, in advance."""
    overdue = customer.plot.money.overdue if last else 0
    issues = [day for quarter in range(4) if (day := term.starts + quarter * QUARTER_DAYS) <= book.today]
    for quarter, planned in enumerate(issues):
        unpaid = bool(overdue) and quarter == len(issues) - 1
        issued = book.today - overdue - PAYMENT_DAYS if unpaid else planned
        due = issued + PAYMENT_DAYS
        paid = None if unpaid else book.until(issued + PAYS_AFTER_DAYS + rng.randrange(-6, 7))
        book.add(
            "invoice", f"{term.id}-i{quarter + 1}", account=customer.key, issued_day=issued, due_day=due,
            amount=f"{term.arr // 4}.00", currency=customer.plot.money.currency, paid_day=paid,
        )  # fmt: skip


def _opportunities(book: Book, customer: Customer, made: list[Term]) -> None:
    money, today = customer.plot.money, book.today
    if money.upsell:
        won = money.upsell == "won"
        book.add(
            "opportunity", f"{customer.key}-upsell", account=customer.key, kind="upsell", opened_day=today - 60,
            stage=money.upsell, closed_day=today - 20 if won else None, amount=f"{money.fee}.00",
            currency=money.currency, reason="one more robot at the second entrance",
        )  # fmt: skip
        if won:
            book.add(
                "line", f"{made[-1].id}-more", account=customer.key, contract=made[-1].id, product="service",
                amount=f"{money.fee}.00", recurring=True, starts=today - 20, recorded=today - 20,
            )  # fmt: skip
    if customer.referred_by:
        signed = made[0].starts - 7
        book.add(
            "opportunity", f"{customer.referred_by}-referral-{customer.key}", account=customer.referred_by,
            kind="referral", opened_day=signed - 40, stage="won", closed_day=signed, amount=f"{made[0].arr}.00",
            currency=money.currency, referred=customer.key,
        )  # fmt: skip
