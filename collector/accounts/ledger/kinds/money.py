"""Facts about money: contracts and their lines, renewals, opportunities, invoices, exchange rates, costs. Pure.

ARR is the sum of recurring lines' `amount`, which is per year; one-off money never enters it.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from collector.accounts.ledger.kinds.fields import (
    Amount,
    Count,
    Currency,
    Day,
    DayCount,
    Key,
    Note,
    PaperKey,
    Share,
    Word,
)

Outcome = Literal["pending", "renewed", "partial", "lost"]
Product = Literal["service", "opk", "hardware", "project", "other"]
Step = Literal["contacted", "reviewed", "proposed", "negotiated", "agreed", "signed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A contract from `starts` to `ends`, both counting. `renews` names the contract that this one continues.

    `moved_from`: the contract of another account that goes on here, after a merger or a change of the legal customer.
    """

    id: PaperKey
    account: Key
    starts: Day
    ends: Day
    signed_day: Day | None = None
    currency: Currency
    auto_renews: bool = False
    notice_days: DayCount = 0
    renews: PaperKey | None = None
    moved_from: PaperKey | None = None
    terminated_day: Day | None = None  # ended early
    note: Note = ""

    def notice_until(self, end_day: int) -> int:
        """The last day for a notice before `end_day`; the contract's first day where the notice is longer than it.

        A store from before the notice had a bound may hold any number of days.
        """
        return max(self.starts, end_day - self.notice_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractLine:
    """One thing that a contract sells. Recurring: `amount` per year; one-off: `amount` once, on `starts`.

    `skill` names the skill package that an OPK line licenses. `for_success`: paid post-sale work of customer success.
    """

    id: PaperKey
    account: Key
    contract: PaperKey
    product: Product = "service"
    amount: Amount
    recurring: bool = True
    currency: Currency | None = None  # empty: the contract's
    starts: Day | None = None  # empty: the contract's
    ends: Day | None = None
    skill: Key | None = None
    quantity: Count = 1
    for_success: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What becomes of a contract at its end. `amount` is the renewed recurring revenue per year."""

    id: PaperKey
    account: Key
    contract: PaperKey
    due_day: Day
    outcome: Outcome = "pending"
    decided_day: Day | None = None
    amount: Amount | None = None
    currency: Currency | None = None
    new_contract: PaperKey | None = None
    notice_day: Day | None = None  # the customer said that it leaves
    reason: Word = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalStep:
    """A step towards a renewal that was taken."""

    id: PaperKey
    account: Key
    contract: PaperKey
    step: Step
    done_day: Day


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity:
    """More business: an upsell to this account, or a referral by it (`referred` names whom it brought)."""

    id: PaperKey
    account: Key
    kind: Literal["upsell", "referral"]
    opened_day: Day
    stage: Literal["open", "won", "lost"] = "open"
    closed_day: Day | None = None
    amount: Amount | None = None  # per year where recurring
    currency: Currency | None = None
    recurring: bool = True
    referred: Key | None = None
    reason: Word = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """Money asked for. Overdue from the day after `due_day` until `paid_day`.

    A draft and a void one ask for nothing, and neither does a credit note, whose amount is negative; a `paid` one
    without a day was paid nobody knows when.
    """

    id: PaperKey
    account: Key
    issued_day: Day
    due_day: Day
    amount: Amount
    currency: Currency | None = None
    paid_day: Day | None = None
    status: Literal["issued", "paid", "draft", "void"] = "issued"

    def is_owed(self, day: int) -> bool:
        """It is asked for on that day and not paid yet."""
        is_paid = self.status == "paid" if self.paid_day is None else self.paid_day <= day
        return self.amount > 0 and self.status in {"issued", "paid"} and self.issued_day <= day and not is_paid


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """What one unit of `currency` is worth in `base`, from `day` on."""

    id: PaperKey
    currency: Currency
    base: Currency
    day: Day
    worth: Annotated[float, Field(gt=0, le=1e9)]
    source: Word = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a month cost us. CAC takes sales and marketing; the margin takes delivery."""

    id: PaperKey
    day: Day  # any day of the month
    category: Literal["sales", "marketing", "success", "delivery"]
    amount: Amount
    currency: Currency
    segment: Word = ""
    gross_margin: Share | None = None
