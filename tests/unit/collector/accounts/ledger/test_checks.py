"""What a fact must keep beyond the types of its fields: every complaint names the field and the remedy."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from collector.accounts.ledger.checks import KnownRefs, complaints, refers_to
from collector.accounts.ledger.kinds.noted import CustomField
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.web.api import ledger as api_ledger
from collector.web.api import openapi
from tests.policies import FACT_RULES

TODAY = days.parse("2026-05-29")
FACTS = openapi.examples()[api_ledger.FACTS]
KNOWN = KnownRefs(
    {
        "account": {"ACME": "ACME", "BETA": "BETA"},
        "csm": {"csm-1": None},
        "reseller": {"reseller-1": None},
        "site": {"site-1": "ACME", "site-9": "BETA"},
        "contract": {"contract-1": "ACME", "contract-9": "BETA"},
        "contact": {"contact-1": "ACME", "contact-9": "BETA"},
        "custom_field": dict.fromkeys(("tier", "floor", "opened", "badge")),
    },
    frozenset({"hall-7"}),
    custom_fields={
        "tier": CustomField(id="tier", name="Service tier", form="choice", choices="gold|silver\nbronze"),
        "floor": CustomField(id="floor", name="Floor", form="number"),
        "opened": CustomField(id="opened", name="Opened", form="date"),
        "badge": CustomField(id="badge", name="Badge", of="contact"),
    },
)


def wrong(kind, /, rules=FACT_RULES, **changed):
    said = KINDS[kind].adapter.validate_python({**FACTS[kind], **changed})
    return [(complaint.field, complaint.text) for complaint in complaints(KINDS[kind], said, KNOWN, rules, TODAY)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_every_kind_is_sound_and_comes_back_from_the_store_as_it_was(kind):
    assert wrong(kind) == []
    said = KINDS[kind].adapter.validate_python(FACTS[kind])
    assert KINDS[kind].load(KINDS[kind].dump(said)) == said


@pytest.mark.parametrize(
    ("kind", "changed", "field", "says"),
    [
        ("touch", {"account": "NOBODY"}, "account", "create it first"),
        ("touch", {"contact": "contact-9"}, "contact", "belongs to account BETA"),
        ("touch", {"answered_day": "2026-05-19"}, "answered_day", "2026-05-19 is before day (2026-05-20)"),
        ("custom_field", {"choices": " | "}, "choices", "a choice without choices"),
        ("custom_field", {"form": "date"}, "choices", "a date has no choices"),
        ("custom_value", {"value": "lead"}, "value", "one of gold, silver, bronze"),
        ("custom_value", {"field": "floor", "value": "two"}, "value", "'two' is no number"),
        ("custom_value", {"field": "opened", "value": "5/3/2026"}, "value", "write a day as"),
        ("custom_value", {"record": "contact-1"}, "record", "a field of the account itself"),
        ("custom_value", {"field": "badge"}, "record", "name the contact that it is of"),
        ("custom_value", {"field": "badge", "record": "contact-9"}, "record", "belongs to account BETA"),
        ("custom_value", {"field": "none"}, "field", "there is no custom_field none"),
        ("note", {"day": "2026-06-15"}, "day", "still to come"),
        ("account", {"csm": "nobody"}, "csm", "there is no csm nobody"),
        ("account", {"referred_by": "ACME"}, "referred_by", "it names itself"),
        ("account", {"potential": "-1"}, "potential", "negative"),
        ("deployment", {"robot": "hall-8"}, "robot", "there is no robot hall-8"),
        ("deployment", {"site": "site-9"}, "site", "name a site of ACME"),
        ("deployment", {"to_day": "2026-04-30"}, "to_day", "give 2026-05-01 or later"),
        ("contract", {"ends": "2025-02-28"}, "ends", "is before starts"),
        ("contract", {"terminated_day": "2027-03-01"}, "terminated_day", "after the contract's end"),
        ("line", {"contract": "contract-9"}, "contract", "belongs to account BETA"),
        ("renewal", {"outcome": "renewed"}, "decided_day", "give the day of the decision"),
        ("renewal", {"decided_day": "2027-01-01"}, "decided_day", "still pending"),
        ("renewal", {"outcome": "partial", "decided_day": "2027-01-01"}, "amount", "that remains"),
        ("opportunity", {"stage": "won", "closed_day": "2026-05-01", "referred": "X"}, "referred", "no account X"),
        ("survey", {"kind": "csat"}, "score", "9 is no CSAT score"),
        ("survey", {"score": None}, "score", "there is no score"),
        ("site", {"closes": None}, "closes", "give both hours"),
        ("mute", {"to_day": "2026-08-01"}, "to_day", "end on 2026-07-29 or earlier"),
        ("mute", {"measure": "Z9"}, "measure", "A1, A2"),
        ("mute", {"reason": " "}, "reason", "say why"),
        ("override", {"to_day": "2026-06-19"}, "to_day", "at most 30 days"),
        ("exchange_rate", {"currency": "CNY"}, "base", "against itself"),
        ("onboarding", {"done_at": "2026-05-01T08:59:00+08:00"}, "done_at", "is before started_at"),
    ],
)
def test_what_is_wrong_is_named_with_its_field_and_remedy(kind, changed, field, says):
    found = wrong(kind, **changed)
    assert [name for name, _ in found] == [field]
    assert says in found[0][1]


def test_a_referral_that_is_not_won_may_name_somebody_who_is_no_account_yet():
    assert wrong("opportunity", kind="referral", referred="prospect-1") == []


def test_the_longest_mute_and_override_are_taken():
    assert wrong("mute", to_day="2026-07-29") == []
    assert wrong("override", to_day="2026-06-18") == []


def test_the_measures_that_may_be_muted_and_for_how_long_are_the_policys():
    rules = replace(FACT_RULES, measures=("B5",), mute_days=10, override_days=5)
    assert [field for field, _ in wrong("mute", rules, to_day="2026-07-29")] == ["to_day", "measure"]
    assert [field for field, _ in wrong("override", rules, to_day="2026-06-18")] == ["to_day"]
    longer = replace(FACT_RULES, mute_days=100, override_days=40)
    assert wrong("mute", longer, to_day="2026-07-30") == []
    assert wrong("override", longer, to_day="2026-06-19") == []


def test_a_text_that_no_database_holds_is_refused_at_the_border():
    with pytest.raises(ValidationError):
        KINDS["touch"].adapter.validate_python({**FACTS["touch"], "summary": "a\x00b"})


def test_every_id_that_a_fact_names_is_looked_up():
    said = KINDS["touch"].adapter.validate_python(FACTS["touch"])
    assert {(ref.kind, ref.id) for ref in refers_to(KINDS["touch"], said)} == {
        ("account", "ACME"), ("contact", "contact-1"), ("csm", "csm-1"),
    }  # fmt: skip
