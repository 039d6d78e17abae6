"""Facts about the relationship: touches, surveys, tickets, promises, references, signals, reviews. Pure."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from collector.accounts.ledger.kinds.fields import Count, Day, Hours, Key, Note, PaperKey, Word

Channel = Literal["visit", "phone", "video", "email", "chat", "survey", "event", "other"]
Occasion = Literal["planned", "data_driven", "reactive"]
Signal = Literal[
    "competitor", "data_export", "config_edit", "update_declined", "skill_uninstalled", "reorganisation", "other"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """A contact with the customer. Out: `answered` says whether a person replied (`auto` is a machine's reply).

    Coming in, or answered, it says who spoke (`contact`) or what was said (`summary`); else it is not counted as such.
    """

    id: PaperKey
    account: Key
    day: Day
    direction: Literal["in", "out"]
    channel: Channel
    contact: Key | None = None
    csm: Key | None = None
    answered: Literal["yes", "no", "auto"] = "no"
    answered_day: Day | None = None
    occasion: Occasion = "planned"
    hours: Hours | None = None
    summary: Note = ""

    @property
    def is_two_way(self) -> bool:
        """Whether it claims that a person at the customer's spoke."""
        return self.answered == "yes" or (self.direction == "in" and self.answered != "auto")

    @property
    def is_bare(self) -> bool:
        """It claims so, and says neither who spoke nor what was said: a form that was sent empty."""
        return self.is_two_way and self.contact is None and not self.summary

    @property
    def spoken_day(self) -> int | None:
        """When the customer spoke; None: it did not, or nobody can tell."""
        if not self.is_two_way or self.is_bare:
            return None
        return self.day if self.direction == "in" or self.answered_day is None else self.answered_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """NPS 0-10 or CSAT 1-5, sent on `day`. No `score`: not answered, which is counted once, as a missing reply."""

    id: Key
    account: Key
    day: Day
    kind: Literal["nps", "csat"]
    contact: Key | None = None
    score: Annotated[int, Field(ge=0, le=10)] | None = None
    answered_day: Day | None = None
    comment: Note = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A request for help. The service level is breached when it is open after `sla_day`."""

    id: PaperKey
    account: Key
    opened_day: Day
    robot: Key | None = None
    urgency: Literal["low", "normal", "urgent"] = "normal"
    closed_day: Day | None = None
    sla_day: Day | None = None
    subject: Word = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Something we said that we would do, with its day."""

    id: Key
    account: Key
    made_day: Day
    due_day: Day
    text: Note
    kept_day: Day | None = None
    by: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """We asked the customer to speak for us. `reason` is `company_policy` where it may not, for anybody."""

    id: Key
    account: Key
    asked_day: Day
    kind: Literal["reference", "case", "referral", "certificate"] = "reference"
    outcome: Literal["pending", "accepted", "declined", "withdrawn"] = "pending"
    outcome_day: Day | None = None
    accepted_day: Day | None = None  # where it was accepted first and withdrawn later
    reason: Word = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSeen:
    """Something that usage hides: an edit of the configuration, an export, a declined update, a competitor's visit."""

    id: Key
    account: Key
    day: Day
    signal: Signal
    count: Count = 1
    note: Note = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A planned review (quarterly business review, health check). Not held by `due_day`: missed."""

    id: Key
    account: Key
    due_day: Day
    held_day: Day | None = None
    kind: Literal["qbr", "health_check", "best_practice", "site_visit"] = "qbr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentiment:
    """What the CSM thinks, 1 (bad) to 5 (good): shown beside the score, never inside it."""

    id: Key
    account: Key
    day: Day
    value: Annotated[int, Field(ge=1, le=5)]
    by: Key | None = None
    note: Note = ""
