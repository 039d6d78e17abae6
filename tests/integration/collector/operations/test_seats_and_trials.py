"""Seats and trials: what a customer's admin may change, what is a correction, and what of it customers read."""

from dataclasses import replace

import pytest

from collector.access.caller import Caller, Role
from collector.fleet.scope import EVERYTHING, Scope, account_id_of
from collector.operations import entitlements
from collector.operations.entitlements import EndEntitlement, EndSeat, Entitle, NameSeat
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.values.refusal import Refused
from tests import skill_shops
from tests.fleets import TODAY


@pytest.fixture
def asked(store, tmp_path):
    """BETA may have the lift boy since ten days; whoever asks sits at the command line."""
    skill_shops.five_robots(store)
    made = skill_shops.inside(store, tmp_path)
    skill = skill_shops.published(made, skill_shops.installed(tmp_path), 1).key
    grant = Entitle(account="BETA", skill=skill, origin=EntitledBy.GRANTED, from_day=TODAY - 10, robots_most=3)
    assert not isinstance(entitlements.entitle(made, grant), Refused)
    return made


def seen_by(asked, role):
    scope = EVERYTHING
    if role in {Role.CUSTOMER_ADMIN, Role.CUSTOMER, Role.RESELLER}:
        scope = Scope.of(asked.read(lambda connection: account_id_of(connection, "BETA")))
    return asked.seen_by(Caller(0, "somebody", role, scope, roles=frozenset({role})))


def name_of(holder, from_day=TODAY):
    return NameSeat(account="BETA", skill="lift", holder=holder, from_day=from_day)


@pytest.mark.parametrize("role", [Role.CUSTOMER_ADMIN, Role.FLEET_ENGINEER])
def test_who_entitles_nobody_changes_no_seat_of_a_past_day(asked, role):
    other, csm = seen_by(asked, role), seen_by(asked, Role.CSM)
    assert entitlements.name_seat(other, name_of("Ann", TODAY - 1)).kind == "invalid"
    seat = entitlements.name_seat(other, name_of("Ann"))
    old = entitlements.name_seat(csm, name_of("Bob", TODAY - 5))
    assert isinstance(old, entitlements.SeatShown), "who entitles may correct the past"
    ends = EndSeat(account="BETA", seat=old.id, last_day=TODAY - 1)
    for day in (TODAY - 1, TODAY - 6, 0):
        refused = entitlements.end_seat(other, replace(ends, last_day=day))
        assert (refused.kind, "over" in refused.reason) == ("invalid", True)
        assert "collector " not in str(refused.remedy), "a customer has no such command"
    assert not isinstance(entitlements.end_seat(other, EndSeat(account="BETA", seat=seat.id, last_day=TODAY)), Refused)
    assert entitlements.end_seat(csm, replace(ends, last_day=TODAY - 7)).reason == "it ends before it begins"
    assert not isinstance(entitlements.end_seat(csm, ends), Refused)


def test_one_person_has_one_seat_of_a_skill_at_one_time(asked):
    admin = seen_by(asked, Role.CUSTOMER_ADMIN)
    first = entitlements.name_seat(admin, name_of("Ann"))
    again = entitlements.name_seat(admin, name_of(" Ann ", TODAY + 3))
    assert (again.kind, f"seat {first.id}" in again.reason) == ("conflict", True)
    assert not isinstance(entitlements.name_seat(admin, name_of("Bob")), Refused)
    entitlements.end_seat(admin, EndSeat(account="BETA", seat=first.id, last_day=TODAY + 2))
    assert entitlements.name_seat(admin, name_of("Ann", TODAY + 2)).kind == "conflict"
    assert not isinstance(entitlements.name_seat(admin, name_of("Ann", TODAY + 3)), Refused)


def test_who_cannot_entitle_is_told_whom_to_ask(asked):
    for role, words in ((Role.CUSTOMER_ADMIN, "looks after your account"), (Role.CSM, "entitle it first")):
        refused = entitlements.name_seat(seen_by(asked, role), replace(name_of("Ann"), skill="dance"))
        assert words in str(refused.remedy)


def test_trials_that_follow_one_another_are_one(asked):
    trial = Entitle(
        account="BETA", skill="lift", origin=EntitledBy.TRIAL, from_day=TODAY + 10, to_day=TODAY + 69
    )  # 60 days  # fmt: skip
    assert not isinstance(entitlements.entitle(asked, trial), Refused)
    longer = replace(trial, from_day=TODAY + 70, to_day=TODAY + 102)
    assert entitlements.entitle(asked, longer).kind == "conflict"
    assert not isinstance(entitlements.entitle(asked, replace(longer, to_day=TODAY + 101)), Refused), "92 in all"
    assert entitlements.entitle(asked, replace(longer, from_day=TODAY + 200, to_day=TODAY + 200)).kind == "conflict"


SECRET = "they plan to leave"
READERS = sorted(role for role in Role if role in entitlements.entitlements_of_account.roles)


@pytest.mark.parametrize("role", READERS)
def test_why_an_entitlement_ended_and_its_contract_line_are_read_inside_alone(asked, role):
    [one] = entitlements.entitlements_of_account(asked, "BETA").entitlements
    entitlements.end_entitlement(asked, EndEntitlement(entitlement=one.id, last_day=TODAY, why=SECRET))
    found = entitlements.entitlements_of_account(seen_by(asked, role), "BETA")
    assert (SECRET in str(found)) == (role in entitlements.INSIDE)
    assert found.entitlements[0].robots_most == 3, "the control: the rest is read"
