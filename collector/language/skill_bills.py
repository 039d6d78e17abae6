"""Bills for skills in sentences: what was billed, what is unknown of it, and what waits for a person."""

from collections.abc import Sequence

from collector.language import figures, names, people
from collector.language.catalogue import LANGUAGES, deferred, gettext, ngettext
from collector.language.pages import Words
from protocol.counters import COUNTERS

_LEFT_OFF = {
    "no_price": deferred("nothing was priced yet when the entitlement began"),
    "overlaps": deferred("another line of this skill covers all robots on the same days"),
    "other_currency": deferred("the contract line is in another currency than the price ({other})"),
    "withdrawn": deferred("the account was withdrawn; what it used until that day is billed"),
}
_MENDS = {
    "no_price": deferred("end it on the day before it began, and sell it again from a day that has a price"),
    "overlaps": deferred("end one of the two"),
    "other_currency": deferred("correct the line’s currency, or price the skill in it"),
    "withdrawn": deferred("end what was sold to it, or put the account into the ledger again"),
}
_NOTE_STATES = {
    "proposed": deferred("waits for a second person"),
    "approved": deferred("given back"),
    "refused": deferred("refused, nothing is given back"),
}
_SAID = {
    "proposed": deferred("The credit note is proposed; another person decides it."),
    "approved": deferred("The credit note is approved."),
    "refused": deferred("The credit note is refused."),
    "contested": deferred("The line is contested; what it rests on is kept until that is settled."),
    "settled": deferred("The dispute is settled."),
}
_CHARGES = ("line_once", "line_account", "line_robot", "line_seat", "line_use")
_MINIMUM = "minimum"  # the line that fills up a month (collector/skillstore/billing/price.py)


def closed_sentence(month: str, bills: int, sums: Sequence[str], language: str) -> str:
    """How the newest closed month stands. `bills` 0: none is closed."""
    if not bills:
        return gettext(language, "No bill is closed yet.")
    return ngettext(
        language, "One bill for {month} is closed: {sums}.", "{n} bills for {month} are closed: {sums}.", bills,
        month=figures.month(month, language), n=figures.number(bills, language), sums=figures.listed(sums, language),
    )  # fmt: skip


def waiting(contested: int, credits_waiting: int, left_off: int, language: str) -> list[str]:
    """What waits for a person, each in a sentence; nothing where nothing does."""
    found = []
    if contested:
        found.append(ngettext(language, "One line is contested.", "{n} lines are contested.", contested, n=contested))
    if credits_waiting:
        found.append(
            ngettext(
                language, "One credit note waits for a second person.",
                "{n} credit notes wait for a second person.", credits_waiting, n=credits_waiting,
            )
        )  # fmt: skip
    if left_off:
        found.append(
            ngettext(
                language, "One contract line is on no bill.", "{n} contract lines are on no bill.", left_off, n=left_off
            )
        )
    return found


def one(month: str, amount: str, lines: int, language: str) -> str:
    """What a bill is, on the telephone."""
    return ngettext(
        language, "{month}: {amount} on one line.", "{month}: {amount} on {n} lines.", lines,
        month=figures.month(month, language), amount=amount, n=figures.number(lines, language),
    )  # fmt: skip


def hours(expected: float | None, missing: float | None, language: str) -> str:
    """How much of the month has arrived. "" where it rests on no robot's counts, and where no robot had the skill."""
    if not expected or missing is None:
        return ""
    if not expected:
        return gettext(language, "no robot-hours are due yet")
    of = figures.short(expected, language)
    if not missing:
        return gettext(language, "all {n} robot-hours have arrived", n=of)
    return gettext(
        language, "{missing} of {n} robot-hours have not arrived", missing=figures.short(missing, language), n=of
    )


def in_dispute(robot: str, day: str, counter: str, amount: str, state: str, language: str) -> str:
    """An amount that is on no bill. `day`: as it is shown."""
    name = names.counter(counter, language) if counter in COUNTERS else counter
    slots = {"robot": robot, "day": day, "counter": name, "amount": amount}
    if state == "refused":
        return gettext(language, "{robot}, {day}: {counter} {amount}, refused by a person", **slots)
    return gettext(language, "{robot}, {day}: {counter} {amount}, waits for a person", **slots)


def disputed_amounts(n: int, language: str) -> str:
    return ngettext(language, "one amount in dispute", "{n} amounts in dispute", n, n=figures.number(n, language))


def contested_lines(n: int, language: str) -> str:
    return ngettext(language, "one line contested", "{n} lines contested", n, n=figures.number(n, language))


def credits_open(n: int, language: str) -> str:
    return ngettext(
        language, "one credit note to decide", "{n} credit notes to decide", n, n=figures.number(n, language)
    )


def delta(month: str, language: str) -> str:
    """Of a line of an earlier month than its bill's."""
    return gettext(language, "of {month}, became known later", month=figures.month(month, language))


def rests_on(robots: int, language: str) -> str:
    """How many; nothing where it rests on none."""
    if not robots:
        return ""
    return ngettext(language, "{n} robot or seat", "{n} robots or seats", robots, n=figures.number(robots, language))


def beyond(robots: int, language: str) -> str:
    """How many were more than were sold; nothing where none was."""
    if not robots:
        return ""
    return ngettext(
        language, "{n} robot more than was sold", "{n} robots more than were sold", robots,
        n=figures.number(robots, language),
    )  # fmt: skip


def more_robots(n: int, language: str) -> str:
    return ngettext(
        language, "{n} more robot is in the XLSX file.", "{n} more robots are in the XLSX file.", n,
        n=figures.number(n, language),
    )  # fmt: skip


def left_off(reason: str, other: str, language: str) -> str:
    return gettext(language, _LEFT_OFF[reason], other=other) if reason in _LEFT_OFF else reason


def mend(reason: str, language: str) -> str:
    return gettext(language, _MENDS[reason]) if reason in _MENDS else ""


def note_state(state: str, language: str) -> str:
    return gettext(language, _NOTE_STATES[state])


def gives_back(account: str, amount: str, language: str) -> str:
    """The question with the size in it."""
    return gettext(
        language, "This gives {amount} back to {account}, and cannot be taken back.", account=account, amount=amount
    )


def charge(name: str, language: str) -> str:
    """What a line charges. A price set on a page names its lines in its maker's language: they are known again."""
    for key in _CHARGES:
        if name in {Words(one)(key) for one in LANGUAGES}:
            return Words(language)(key)
    return gettext(language, "minimum of a month") if name == _MINIMUM else name


def who_and_when(who: str, at: str, language: str) -> str:
    return gettext(language, "{who}, {at}", who=people.who(who, language), at=at) if who else at


def done(kind: str, language: str) -> str:
    """What an address says was done; "": nothing."""
    return gettext(language, _SAID[kind]) if kind in _SAID else ""


def printed(account: str, day: str, language: str) -> str:
    return gettext(language, "Bill of {account}, printed on {day}. A closed bill is never changed.",
                   account=account, day=day)  # fmt: skip
