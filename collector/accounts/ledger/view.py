"""One account's ledger as somebody knew it at one moment: the input of rates, lifecycle, health and calls to action.

Pure. The store's reads make it (`facts.py`). Facts whose day lies after the day that is judged are in
it where they were known already (a contract that starts next month); fields that tell a later end of the story
(`closed_day`, `answered_day`, `paid_day`, `decided_day`, `left_day`, …) may lie after that day too, when history was
imported in one piece: every rule compares them with its own day and never looks ahead.
"""

from dataclasses import dataclass

from collector.accounts.ledger.kinds import care, money, relations, who


@dataclass(frozen=True, slots=True, order=True)
class Unread:
    """An account, or a fact of none, that a report could not read or reckon with. It is in none of the figures."""

    kind: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLedger:
    """Everything known of one account; each kind in order of day, then id. `row_id`: the account's row in the store."""

    row_id: int
    account: who.Account
    sites: tuple[who.Site, ...] = ()
    closures: tuple[who.Closure, ...] = ()
    contacts: tuple[who.Contact, ...] = ()
    deployments: tuple[who.Deployment, ...] = ()
    contracts: tuple[money.Contract, ...] = ()
    lines: tuple[money.ContractLine, ...] = ()
    renewals: tuple[money.Renewal, ...] = ()
    renewal_steps: tuple[money.RenewalStep, ...] = ()
    opportunities: tuple[money.Opportunity, ...] = ()
    invoices: tuple[money.Invoice, ...] = ()
    touches: tuple[relations.Touch, ...] = ()
    surveys: tuple[relations.Survey, ...] = ()
    tickets: tuple[relations.Ticket, ...] = ()
    promises: tuple[relations.Promise, ...] = ()
    references: tuple[relations.Reference, ...] = ()
    signals: tuple[relations.SignalSeen, ...] = ()
    reviews: tuple[relations.Review, ...] = ()
    sentiments: tuple[relations.Sentiment, ...] = ()
    handovers: tuple[care.Handover, ...] = ()
    onboarding: tuple[care.Onboarding, ...] = ()
    objectives: tuple[care.Objective, ...] = ()
    stages: tuple[care.StageSet, ...] = ()
    mutes: tuple[care.Mute, ...] = ()
    overrides: tuple[care.Override, ...] = ()


FIELD_OF_KIND = {
    "site": "sites", "closure": "closures", "contact": "contacts", "deployment": "deployments",
    "contract": "contracts", "line": "lines", "renewal": "renewals", "renewal_step": "renewal_steps",
    "opportunity": "opportunities", "invoice": "invoices", "touch": "touches", "survey": "surveys",
    "ticket": "tickets", "promise": "promises", "reference": "references", "signal": "signals", "review": "reviews",
    "sentiment": "sentiments", "handover": "handovers", "onboarding": "onboarding", "objective": "objectives",
    "stage": "stages", "mute": "mutes", "override": "overrides",
}  # fmt: skip
"""Kind -> field of AccountLedger."""
