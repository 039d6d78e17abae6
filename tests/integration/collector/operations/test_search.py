"""The search: every role finds what it may open and nothing else, and how many there are; page by page."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from collector import config
from collector import context as context_of
from collector.access.caller import COMMAND_LINE, INSIDE, SEES_FLEET, SEES_ROBOTS, Caller, Role
from collector.fleet.scope import EVERYTHING, Scope, account_id_of
from collector.operations import search as of_search
from collector.operations.search import OF_EACH, OF_ONE, SORTS, Search
from collector.store.tables.fleet import robot, skill_state
from collector.success.finding import Found
from tests import fleets, plain_facts, portfolios

FINDS = {"accounts": SEES_ROBOTS, "robots": SEES_ROBOTS, "skills": SEES_FLEET, "contacts": INSIDE, "contracts": INSIDE}
NAMED = {"accounts": "acme", "robots": "hall", "skills": "guide", "contacts": "director", "contracts": "a1"}


@pytest.fixture
def context(store):
    fleets.one_of_everything(store)
    portfolios.fill(store)
    with store.write() as connection:
        row_id = connection.scalar(select(robot.c.id).where(robot.c.name == "hall-7"))
        state = {"skill": "guide", "version": "1.0.0", "state": "active", "at": fleets.NOON}
        connection.execute(insert(skill_state).values(robot_id=row_id, **state))
    return context_of.of(config.load({}), store, lambda: float(fleets.NOON), COMMAND_LINE)


def found(context, role, text, scope=EVERYTHING, **more):
    asked = replace(context, caller=Caller(1, role.value, role, scope))
    return of_search.search(asked, Search(text=text, **more))


@pytest.mark.parametrize("role", Role)
def test_each_role_finds_the_sorts_that_it_may_open(context, role):
    assert set(SORTS) == set(FINDS)
    for sort, may in FINDS.items():
        whole = getattr(found(context, Role.ADMIN, NAMED[sort]), sort)
        assert whole.total, f"the control: there is one of the {sort}"
        seen = getattr(found(context, role, NAMED[sort]), sort)
        assert seen == (whole if role in may else Found([], 0)), sort


def test_who_sees_one_account_finds_its_own_alone(context):
    with context.store.read() as connection:
        beta = account_id_of(connection, "BETA")
    seen = found(context, Role.RESELLER, "a", Scope.of(beta))
    assert [one.account for one in seen.accounts.items] == ["BETA"]
    assert {one.robot for one in found(context, Role.CUSTOMER, "-", Scope.of(beta)).robots.items} == {"ktv-2", "park-1"}
    assert "hall-7" in {one.robot for one in found(context, Role.READER, "-").robots.items}, "the control"


def test_how_many_there_are_is_told_and_all_of_them_can_be_read(context):
    with context.store.write() as connection:
        fleets.add(
            connection, "account", *(plain_facts.an_account(id=f"X{n:03}", name=f"Xylo {n:03}") for n in range(70))
        )
    few = found(context, Role.CSM, "xylo").accounts
    assert (len(few.items), few.total) == (OF_EACH, 70)
    pages = [found(context, Role.CSM, "xylo", of="accounts", page=page).accounts for page in (1, 2, 3)]
    assert [len(page.items) for page in pages] == [OF_ONE, 70 - OF_ONE, 0]
    assert [one.account for page in pages for one in page.items] == [f"X{n:03}" for n in range(70)]


def test_a_sign_of_a_pattern_is_a_letter_and_nothing_finds_nothing(context):
    assert found(context, Role.ADMIN, "%").accounts.total == 0
    assert found(context, Role.ADMIN, "  ").accounts.total == 0
