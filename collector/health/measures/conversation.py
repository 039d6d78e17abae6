"""What was said between us and the customer by the end of day T: messages out, and what people answered. Pure.

A machine's reply is none. An answer that came after T has not come.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from collector.accounts.ledger.kinds.relations import Survey, Touch
from collector.accounts.ledger.view import AccountLedger


@dataclass(frozen=True, slots=True)
class Outreach:
    """Something that we sent. `fact` is the ledger's field, `answered_day` when a person replied."""

    day: int
    channel: str
    contact: str | None
    answered_day: int | None
    fact: str  # touches, surveys
    id: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A person of the customer's spoke to us: an inbound contact, an answered message, an answered survey."""

    day: int
    contact: str | None
    fact: str
    id: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """Both in order of day, then id. `newest_day` is the newest record of a contact, whoever began it."""

    outreach: tuple[Outreach, ...]
    replies: tuple[Reply, ...]
    newest_day: int | None


def conversation(ledger: AccountLedger, day: int) -> Conversation:
    """Everything up to the end of `day`."""
    outreach = [
        _sent(each, day) for each in ledger.touches if each.day <= day and each.direction == "out" and not each.is_bare
    ]
    outreach += [
        Outreach(each.day, "survey", each.contact, survey_day(each, day), "surveys", each.id)
        for each in ledger.surveys
        if each.day <= day
    ]
    outreach.sort(key=lambda each: (each.day, each.id))
    replies = [
        Reply(each.day, each.contact, "touches", each.id)
        for each in ledger.touches
        if each.day <= day and each.direction == "in" and each.spoken_day is not None
    ]
    replies += [
        Reply(each.answered_day, each.contact, each.fact, each.id) for each in outreach if each.answered_day is not None
    ]
    replies.sort(key=lambda each: (each.day, each.id))
    newest = max([each.day for each in outreach] + [each.day for each in replies], default=None)
    return Conversation(tuple(outreach), tuple(replies), newest)


def _sent(touch: Touch, day: int) -> Outreach:
    spoken = touch.spoken_day
    answered = None if spoken is None or spoken > day else spoken
    return Outreach(touch.day, touch.channel, touch.contact, answered, "touches", touch.id)


def survey_day(survey: Survey, day: int) -> int | None:
    """When a survey was answered; None: not by the end of `day`."""
    if survey.score is None:
        return None
    answered = survey.day if survey.answered_day is None else survey.answered_day
    return answered if answered <= day else None


def listed(items: Iterable[Outreach | Reply]) -> dict[str, list[str]]:
    """Evidence: the facts' ids by the ledger's field."""
    found: dict[str, list[str]] = {}
    for each in items:
        found.setdefault(each.fact, []).append(each.id)
    return found
