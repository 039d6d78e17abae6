"""What one fact must keep beyond the types of its fields: the ids that it names, the order of its days, its bounds.

Pure. The same complaints meet a person at the API and a row of an imported file; each names the field, what is wrong
and the remedy. Claims of deployments that contradict each other are judged in `claims`, where the robot is known.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from collector.accounts.ledger.kinds.noted import VALUE_MAX_CHARS, CustomField
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.calendar import days
from collector.values import money
from collector.values.refusal import Remedy
from collector.values.sentence import Sentence

CSAT_MIN, CSAT_MAX = 1, 5
_NONE: Mapping[str, CustomField] = MappingProxyType({})
ROBOT = "robot"  # a robot is no fact, but facts name robots


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one field, and what to write instead. `clash`: with what stands already, not in itself."""

    field: str
    why: str
    remedy: Remedy | str
    clash: bool = False

    @property
    def text(self) -> str:
        return Sentence("{field}: {why}; {remedy}", field=self.field, why=self.why, remedy=self.remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRules:
    """What the installation's health policy lets people set: which measures are muted, and for how long at most."""

    measures: tuple[str, ...]
    mute_days: int
    override_days: int

    def longest_days(self, kind: str) -> int | None:
        """Of a fact of that kind; None: as long as it likes."""
        return {"mute": self.mute_days, "override": self.override_days}.get(kind)


@dataclass(frozen=True, slots=True)
class Ref:
    """One id that a fact names. `kind` is a kind of facts, or `robot`."""

    field: str
    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class KnownRefs:
    """The ids that exist: of facts {kind: {id: the account that it belongs to, or None}}, and names of robots.

    `currencies`: {id of a fact that is judged: the currency of its amounts, its own or the one it inherits}.
    `signed`: {account: the day it was signed}, where that is known.
    `custom_fields`: of the values that are judged, by id.
    """

    ids: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    robots: AbstractSet[str] = frozenset()
    currencies: Mapping[str, str] = field(default_factory=dict)
    signed: Mapping[str, int] = field(default_factory=dict)
    custom_fields: Mapping[str, CustomField] = field(default_factory=dict)


# Field -> what it names. `by` and `owner` are people who need not be customer success managers: they are not looked up.
NAMES = MappingProxyType(
    {
        "account": "account", "referred_by": "account", "csm": "csm", "reseller": "reseller", "site": "site",
        "contract": "contract", "renews": "contract", "moved_from": "contract", "new_contract": "contract",
        "contact": "contact", "agreed_with": "contact", "robot": ROBOT,
        "field": "custom_field",
    }
)  # fmt: skip

# (first, then): the second may be the same day, not before.
_IN_ORDER: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "csm": (("from_day", "to_day"),),
        "site": (("from_day", "to_day"),),
        "closure": (("from_day", "to_day"),),
        "contact": (("since_day", "left_day"),),
        "deployment": (("from_day", "to_day"),),
        "contract": (("starts", "ends"), ("starts", "terminated_day")),
        "line": (("starts", "ends"),),
        "opportunity": (("opened_day", "closed_day"),),
        "invoice": (("issued_day", "due_day"), ("issued_day", "paid_day")),
        "touch": (("day", "answered_day"),),
        "survey": (("day", "answered_day"),),
        "ticket": (("opened_day", "closed_day"), ("opened_day", "sla_day")),
        "promise": (("made_day", "due_day"), ("made_day", "kept_day")),
        "reference": (("asked_day", "accepted_day"), ("asked_day", "outcome_day"), ("accepted_day", "outcome_day")),
        "onboarding": (("started_at", "done_at"),),
        "objective": (("from_day", "to_day"),),
        "mute": (("from_day", "to_day"),),
        "override": (("from_day", "to_day"),),
    }
)

# kind -> (field, its value while nothing is decided, the field that says when it was decided)
_DECIDED: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "renewal": ("outcome", "pending", "decided_day"),
        "reference": ("outcome", "pending", "outcome_day"),
        "opportunity": ("stage", "open", "closed_day"),
    }
)
# kind -> its days that say what has happened: none of them is still to come, none lies long before the customer.
HAPPENED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "touch": ("day", "answered_day"),
        "survey": ("day", "answered_day"),
        "ticket": ("opened_day", "closed_day"),
        "promise": ("made_day", "kept_day"),
        "reference": ("asked_day", "accepted_day", "outcome_day"),
        "signal": ("day",),
        "sentiment": ("day",),
        "review": ("held_day",),
        "note": ("day",),
        "attachment": ("day",),
    }
)
AHEAD_DAYS = 1  # it is tomorrow already where the customer is
BEFORE_SIGNING_DAYS = 730  # selling takes that long at most
OLDEST_DAYS = 3_650  # of an account of which nobody says when it was signed

_REASONED = frozenset({"mute", "override", "stage"})
_OF_NO_ACCOUNT = frozenset({"account", "csm", "reseller", "custom_field"})
_OF_OTHERS = frozenset({"moved_from"})  # what it names may be another account's
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_NOT_NEGATIVE = ("potential", "cost_year")


def refers_to(kind: Kind, said: Any, custom_fields: Mapping[str, CustomField] = _NONE) -> list[Ref]:
    """Every id that this fact names and that has to exist. `custom_fields` say of which kind a value's record is."""
    fields = kind.model.__dataclass_fields__
    found = [
        Ref(name, target, value)
        for name, target in NAMES.items()
        if name in fields and (value := getattr(said, name)) is not None
    ]
    if kind.key == "opportunity" and said.referred is not None and said.stage == "won":
        found.append(
            Ref("referred", "account", said.referred)
        )  # before it is won, the referred is nobody's account yet
    if kind.key == "custom_value" and said.record is not None and said.field in custom_fields:
        of = custom_fields[said.field].of
        found += [] if of == "account" else [Ref("record", of, said.record)]
    return found


def complaints(kind: Kind, said: Any, known: KnownRefs, rules: FactRules, today: int) -> list[Complaint]:
    """Everything that is wrong with a fact whose fields are of their types already; empty when nothing is."""
    found = [
        *_order(kind, said),
        *_happened(kind, said, known, today),
        *_length(kind, said, rules.longest_days(kind.key)),
        *_decision(kind, said),
    ]
    found += [*_not_negative(said), *_decimals(kind, said, known)]
    if kind.key == "custom_value" and said.field in known.custom_fields:
        found += _of_value(said, known.custom_fields[said.field])
    if kind.key == "mute":
        found += _unknown_measure(said, rules.measures)
    own = _OWN.get(kind.key)
    if own is not None:
        found += own(said)
    return [*found, *_references(kind, said, known)]


def _references(kind: Kind, said: Any, known: KnownRefs) -> Iterator[Complaint]:
    account = getattr(said, "account", None)
    owners = {None, account} if account in known.ids.get("account", {}) else None  # an unknown account is told once
    for ref in refers_to(kind, said, known.custom_fields):
        if ref.kind == ROBOT:
            if ref.id not in known.robots:
                remedy = "a robot appears when it connects, or by importing its usage; check the name"
                yield Complaint(ref.field, Sentence("there is no robot {id}", id=ref.id), remedy)
            continue
        ids = known.ids.get(ref.kind, {})
        if ref.kind == kind.key and ref.id == said.id:
            yield Complaint(ref.field, "it names itself", "name another one, or leave it empty")
        elif ref.id not in ids:
            path = KINDS[ref.kind].path
            way = Remedy("correct the id, or create it first", f"import {path}", f"POST /api/v1/{path}")
            yield Complaint(ref.field, Sentence("there is no {kind} {id}", kind=ref.kind, id=ref.id), way)
        elif (
            owners is not None
            and ref.field not in _OF_OTHERS
            and ref.kind not in _OF_NO_ACCOUNT
            and ids[ref.id] not in owners
        ):
            remedy = Sentence("name a {kind} of {account}, or correct the account", kind=ref.kind, account=account)
            yield Complaint(
                ref.field,
                Sentence("{kind} {id} belongs to account {ids}", kind=ref.kind, id=ref.id, ids=ids[ref.id]),
                remedy,
            )


def _order(kind: Kind, said: Any) -> Iterator[Complaint]:
    for first, then in _IN_ORDER.get(kind.key, ()):
        begins, ends = getattr(said, first), getattr(said, then)
        if begins is not None and ends is not None and ends < begins:
            shown: Callable[[int], str] = days.rfc3339 if first.endswith("_at") else days.iso
            why = Sentence("{ends} is before {first} ({begins})", ends=shown(ends), first=first, begins=shown(begins))
            yield Complaint(
                then, why, Sentence("give {begins} or later, or correct {first}", begins=shown(begins), first=first)
            )


def _happened(kind: Kind, said: Any, known: KnownRefs, today: int) -> Iterator[Complaint]:
    signed = known.signed.get(getattr(said, "account", ""))
    first = today - OLDEST_DAYS if signed is None else min(signed - BEFORE_SIGNING_DAYS, today)
    for name in HAPPENED.get(kind.key, ()):
        day = getattr(said, name)
        if day is not None and day > today + AHEAD_DAYS:
            remedy = Sentence(
                "give {today} or an earlier day; what is planned is a review, or a call to action",
                today=days.iso(today),
            )
            yield Complaint(name, Sentence("{day} is still to come", day=days.iso(day)), remedy)
        elif day is not None and day < first:
            account, shown, since = said.account, days.iso(day), days.iso(first)
            if signed is None:
                why = Sentence("{day} is more than ten years ago", day=shown)
                remedy = Sentence(
                    "give {first} or a later day, or say first when {account} was signed (`signed_day`)",
                    first=since, account=account
                )  # fmt: skip
            else:
                why = Sentence("{day} is more than two years before {account} was signed", day=shown, account=account)
                remedy = Sentence("give {first} or a later day", first=since)
            yield Complaint(name, why, remedy)


def _length(kind: Kind, said: Any, longest: int | None) -> Iterator[Complaint]:
    if longest is not None and said.to_day - said.from_day + 1 > longest:
        last = days.iso(min(said.from_day + longest - 1, days.DAY_MAX))
        why = Sentence("{count} days are too long", count=said.to_day - said.from_day + 1)
        yield Complaint(
            "to_day",
            why,
            Sentence("at most {longest} days: end on {last} or earlier, and renew it then", longest=longest, last=last),
        )
    if kind.key in _REASONED and not said.reason:
        yield Complaint("reason", "it is empty", "say why, for those who find it later")


def _decision(kind: Kind, said: Any) -> Iterator[Complaint]:
    """A past day must not know of a later decision, so a decision needs its day."""
    if kind.key not in _DECIDED:
        return
    what, undecided, when = _DECIDED[kind.key]
    decided = getattr(said, what) != undecided
    if decided and getattr(said, when) is None:
        yield Complaint(
            when,
            Sentence("{what} is {said}, but not since when", what=what, said=getattr(said, what)),
            "give the day of the decision",
        )
    if not decided and getattr(said, when) is not None:
        yield Complaint(
            when,
            Sentence("{what} is still {undecided}", what=what, undecided=undecided),
            Sentence("set {what} too, or leave {when} empty", what=what, when=when),
        )


def _decimals(kind: Kind, said: Any, known: KnownRefs) -> Iterator[Complaint]:
    for name in kind.amounts:
        amount, currency = getattr(said, name), said.currency or known.currencies.get(said.id)
        if amount is not None and currency is not None and not money.fits(amount, currency):
            most = money.decimals(currency) or "no"
            why = Sentence(
                "{amount} has more decimals than {currency}", amount=money.amount_text(amount, None), currency=currency
            )
            yield Complaint(
                name, why, Sentence("round it: {currency} has {most} decimals", currency=currency, most=most)
            )


def _not_negative(said: Any) -> Iterator[Complaint]:
    for name in _NOT_NEGATIVE:
        value = getattr(said, name, None)
        if value is not None and value < 0:
            yield Complaint(name, "it is negative", "give 0 or more")


def _of_touch(said: Any) -> Iterator[Complaint]:
    if said.is_bare:
        remedy = "name the contact, or write what was said; else it was not answered"
        yield Complaint("summary", "the customer spoke, but who and of what is not said", remedy)


def _of_survey(said: Any) -> Iterator[Complaint]:
    if said.kind == "csat" and said.score is not None and not CSAT_MIN <= said.score <= CSAT_MAX:
        remedy = Sentence(
            "give {csat_min} to {csat_max}, or kind nps for 0 to 10", csat_min=CSAT_MIN, csat_max=CSAT_MAX
        )
        yield Complaint("score", Sentence("{score} is no CSAT score", score=said.score), remedy)
    if said.score is None and said.answered_day is not None:
        yield Complaint("score", "it was answered, but there is no score", "give the score, or no day of the answer")


def _of_renewal(said: Any) -> Iterator[Complaint]:
    if said.outcome == "partial" and said.amount is None:
        yield Complaint("amount", "a partial renewal has an amount", "give the recurring revenue per year that remains")


def _of_site(said: Any) -> Iterator[Complaint]:
    if (said.opens is None) != (said.closes is None):
        missing = "opens" if said.opens is None else "closes"
        yield Complaint(missing, "it is missing", "give both hours as 09:00, or none where the site is always open")


def _unknown_measure(said: Any, measures: Sequence[str]) -> Iterator[Complaint]:
    if said.measure not in measures:
        yield Complaint(
            "measure",
            Sentence("there is no measure {measure!r}", measure=said.measure[:20]),
            Sentence("one of {names}", names=", ".join(measures)),
        )


def _of_exchange_rate(said: Any) -> Iterator[Complaint]:
    if said.currency == said.base:
        yield Complaint("base", "a currency against itself", "give the currency that amounts are told in")


def _of_custom_field(said: Any) -> Iterator[Complaint]:
    if said.form == "choice" and not said.chosen_from:
        yield Complaint("choices", "a choice without choices", "name them, one a line or with | between")
    if said.form != "choice" and said.choices:
        yield Complaint(
            "choices", Sentence("a {form} has no choices", form=said.form), "leave them away, or make its form choice"
        )
    if longest := [word for word in said.chosen_from if len(word) > VALUE_MAX_CHARS]:
        why = Sentence("{longest!r}… is too long", longest=longest[0][:20])
        yield Complaint(
            "choices",
            why,
            Sentence("write each with at most {value_max_chars} characters", value_max_chars=VALUE_MAX_CHARS),
        )


def _of_value(said: Any, of: CustomField) -> Iterator[Complaint]:
    """Its text is of the field's form, and its record is there where the field is not the account's own."""
    if of.form == "number" and not _NUMBER.fullmatch(said.value):
        yield Complaint(
            "value", Sentence("{said!r} is no number", said=said.value[:40]), "write it as 1234.5, without a unit"
        )
    if of.form == "date" and not _is_day(said.value):
        yield Complaint("value", Sentence("{said!r} is no day", said=said.value[:40]), "write a day as 2026-05-01")
    if of.form == "choice" and said.value not in of.chosen_from:
        yield Complaint(
            "value",
            Sentence("{name} has no {said!r}", name=of.name, said=said.value[:40]),
            Sentence("one of {names}", names=", ".join(of.chosen_from)),
        )
    if of.of == "account" and said.record is not None:
        yield Complaint("record", Sentence("{name} is a field of the account itself", name=of.name), "leave it empty")
    if of.of != "account" and said.record is None:
        yield Complaint(
            "record",
            Sentence("{name} is a field of a {of}", name=of.name, of=of.of),
            Sentence("name the {of} that it is of", of=of.of),
        )


def _is_day(text: str) -> bool:
    try:
        days.parse(text)
    except ValueError:
        return False
    return True


def _of_contract(said: Any) -> Iterator[Complaint]:
    if said.terminated_day is not None and said.terminated_day > said.ends:
        why = Sentence("{terminated_day} is after the contract's end", terminated_day=days.iso(said.terminated_day))
        yield Complaint(
            "terminated_day", why, Sentence("give a day up to {ends}, or leave it empty", ends=days.iso(said.ends))
        )


_OWN: Mapping[str, Callable[[Any], Iterator[Complaint]]] = MappingProxyType(
    {
        "touch": _of_touch,
        "survey": _of_survey,
        "renewal": _of_renewal,
        "site": _of_site,
        "exchange_rate": _of_exchange_rate,
        "contract": _of_contract,
        "custom_field": _of_custom_field,
    }
)
