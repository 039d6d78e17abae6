"""Facts about who: resellers, CSMs, accounts, sites and their closed days, contacts. Pure."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from collector.accounts.ledger.kinds.fields import (
    Amount,
    Count,
    Currency,
    Day,
    Hours,
    Key,
    LanguageTag,
    Name,
    Note,
    Timezone,
    Word,
)

Weekdays = Annotated[str, StringConstraints(pattern=r"^[01]{7}$")]  # Monday to Sunday; 1: open
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
ContactRole = Literal["sponsor", "champion", "admin", "operator", "finance", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reseller:
    """A partner through whom accounts are served."""

    id: Key
    name: Name
    region: Word = ""
    signed_day: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Csm:
    """A person of customer success. `cost_year` is fully loaded; `hours_year` is productive time with customers."""

    id: Key
    name: Name
    email: Word = ""
    team: Word = ""  # a pod or a region
    cost_year: Amount | None = None
    currency: Currency
    hours_year: Hours | None = None
    from_day: Day | None = None
    to_day: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A landed customer. `potential` is the recurring revenue a year that is not sold yet (white space)."""

    id: Key
    name: Name
    industry: Word = ""
    scene: Word = ""  # of most of its robots; part of its peer group
    region: Word = ""
    timezone: Timezone
    currency: Currency
    brand: Annotated[int, Field(ge=0, le=5)] = 0  # how well the name is known; 5: everybody knows it
    referenceable: Annotated[int, Field(ge=0, le=5)] = 0
    employees: Count | None = None
    potential: Amount | None = None
    segment: Word = ""  # set by hand; empty: computed
    csm: Key | None = None
    reseller: Key | None = None
    referred_by: Key | None = None  # another account's id
    signed_day: Day | None = None
    note: Note = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place with robots. Days and hours that it is open make the calendar that usage is judged by."""

    id: Key
    account: Key
    name: Name
    scene: Word = ""
    region: Word = ""
    open_weekdays: Weekdays = "1111111"
    opens: Clock | None = None
    closes: Clock | None = None  # before `opens`: after midnight
    from_day: Day | None = None
    to_day: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Days on which a site (or, without `site`, the whole account) is closed: holidays, rebuilding. Both ends count."""

    id: Key
    account: Key
    from_day: Day
    to_day: Day
    site: Key | None = None
    reason: Word = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person at the customer's. `left_day`, `bounced_day`: since when that person cannot be reached."""

    id: Key
    account: Key
    name: Name
    role: ContactRole = "other"
    title: Word = ""
    email: Word = ""
    phone: Word = ""
    language: LanguageTag = ""
    since_day: Day | None = None
    left_day: Day | None = None
    bounced_day: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A robot with an account from a day to a day, both counting. Empty `to_day`: it is still there."""

    id: Key
    account: Key
    robot: Key
    from_day: Day
    to_day: Day | None = None
    site: Key | None = None
