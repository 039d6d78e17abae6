"""A robot that moves takes nothing with it: what its state says of the time before is not the next customer's."""

import json
import secrets

import pytest
from sqlalchemy import insert, select

from collector.access import tokens
from collector.access.caller import Role
from collector.fleet import desired as wishes
from collector.fleet.scope import VisibleRobot
from collector.ingest.decode import decode
from collector.ingest.transaction import Groups
from collector.operations.desired import follow_moves
from collector.store.tables.fleet import counter_support, desired, gauge, robot, skill_state
from collector.web.api import openapi
from collector.web.api.routes import ROUTES
from protocol import codec, topics
from protocol.messages import DesiredSkill
from tests import batches, fleets
from tests.fleets import NOON, iso

DAY_S = 86_400
SECRET = "opensesame"
BEFORE = NOON - 4 * DAY_S  # park-1 is ACME's until TODAY - 3, then BETA's
SKILL = DesiredSkill(skill=SECRET, version="1", digest="sha256:0", settings={"code": SECRET})
PAGES = ("/", "/robots/park-1", "/accounts")


def row_of(connection):
    return connection.scalar(select(robot.c.id).where(robot.c.name == "park-1"))


def report(store, revision, at_s):
    document = {
        "v": 1, "robot": "park-1", "revision": revision, "skills": [{"skill": SECRET, "reason": SECRET}]
    }  # fmt: skip
    Groups(store).commit({0: decode(topics.reported("park-1"), codec.encode(document))}, at_s)


def plant(store):
    """The secret in every state, fault, event and count of park-1, as of a day on which ACME had it."""
    rows = fleets.Writer("park-1", rows=[{}] * 95)
    rows.breaks(BEFORE, family="navigation", code=SECRET, detail=SECRET, ref=SECRET)
    rows.rows.append(batches.lifecycle(rows.seq, "configuration", {"place": SECRET}, at=BEFORE))
    rows.counts(BEFORE, 1, **{f"{SECRET}.tours": 3})
    rows.rows = rows.rows[95:]
    rows.send(store, BEFORE)
    with store.write() as connection:
        row_id = row_of(connection)
        wishes.wish(connection, row_id, [SKILL], {"wifi": SECRET}, BEFORE)
        connection.execute(
            insert(skill_state).values(
                robot_id=row_id, skill=SECRET, version=SECRET, digest=SECRET, state="active", reason=SECRET, at=BEFORE
            )
        )
        connection.execute(
            insert(counter_support).values(
                robot_id=row_id, counter=f"{SECRET}.visits", supported=True, since_s=BEFORE - 60
            )
        )
        connection.execute(gauge.update().where(gauge.c.robot_id == row_id).values(
            at=BEFORE, readings=json.dumps({SECRET: [1, 2, 3]})
        ))  # fmt: skip
    report(store, 1, BEFORE)


@pytest.fixture
def planted(store):
    fleets.story(store)
    plant(store)
    return store


async def shows(store, account, now_s):
    """The addresses at which that customer's token meets the secret, on that day."""
    async with fleets.site(store, clock=lambda: now_s) as site:
        with store.write() as connection:
            made = tokens.create(
                connection, secrets.token_hex(8), name=account, role=Role.CUSTOMER, account_external_id=account,
                now_s=now_s,
            )  # fmt: skip
        assert isinstance(made, tokens.NewToken)
        found = set()
        names = openapi.path_examples() | {"robot": "park-1"}
        ranges = {"/robots/{robot}/usage": f"?from={iso(-9)}&to={iso(0)}", "/usage": f"?from={iso(-9)}&to={iso(0)}"}
        for route in ROUTES:
            if route.method != "GET":
                continue
            for more in ("", "&by=hour") if route.path == "/robots/{robot}/usage" else ("",):
                path = f"/api/v1{route.path.format(**names)}{ranges.get(route.path, '')}{more}"
                headers = {"Authorization": f"Bearer {made.secret}"}
                async with site.client.get(site.url + path, headers=headers) as answer:
                    if SECRET in await answer.text():
                        found.add(route.path + more)
        await (await site.client.post(f"{site.url}/sign-in", data={"token": made.secret})).release()
        for path in PAGES:
            async with site.client.get(site.url + path) as answer:
                assert answer.status in {200, 403}
                if SECRET in await answer.text():
                    found.add(path)
    return found


async def test_the_new_customer_meets_nothing_of_the_time_before(planted):
    """At every address, whether the robot was told to forget or not. The control is the one before, who meets it."""
    assert await shows(planted, "BETA", NOON) == set()
    assert await shows(planted, "ACME", BEFORE + 60) >= {
        "/robots/{robot}/desired", "/robots/{robot}/skills", "/robots/{robot}/events", "/robots/{robot}/usage",
        "/robots/{robot}/usage&by=hour", "/usage", "/faults", "/robots/park-1",
    }  # fmt: skip


async def test_without_the_days_of_states_the_new_customer_meets_them(planted, monkeypatch):
    """The control: facts with a day are kept apart all the same, states are not."""
    monkeypatch.setattr(VisibleRobot, "sees_state", lambda *_: True)
    found = await shows(planted, "BETA", NOON)
    assert found >= {"/robots/{robot}/desired", "/robots/{robot}/skills", "/robots/{robot}/usage", "/robots/park-1"}
    assert "/usage" not in found


async def test_a_report_of_the_old_wish_that_comes_late_is_not_the_new_customers(planted):
    """The robot says on the new customer's day what it still runs of the old wish."""
    report(planted, 1, NOON)
    assert await shows(planted, "BETA", NOON) == set()
    async with fleets.site(planted) as site:
        assert follow_moves(site.parts.context, None) == 1
        assert await shows(planted, "BETA", NOON) == set()
        report(planted, 2, NOON)  # the control: the answer to a wish of BETA's days
        assert "/robots/{robot}/desired" in await shows(planted, "BETA", NOON)


async def test_open_faults_of_the_time_before_are_not_counted_for_the_new_customer(planted):
    async with fleets.site(planted) as site:
        mine = (await site.get("/robots/park-1", "customer"))[1]["open_faults"]
        ours = (await site.get("/robots/park-1", "staff"))[1]["open_faults"]
        whole = (await site.get("/overview", "customer"))[1]["open_faults"]
    assert (mine, ours) == ({}, {"navigation": 1})
    assert whole == {"navigation": 1}  # ktv-2's, which BETA has had all the time


async def test_what_a_moved_robot_should_run_is_wiped_and_published(planted):
    async with fleets.site(planted) as site:
        assert follow_moves(site.parts.context, None) == 1
        ((name, document),) = site.published
        assert (name, json.loads(document)) == ("park-1", {"v": 1, "revision": 2, "skills": [], "settings": {}})
        assert follow_moves(site.parts.context, None) == 0
        status, shown = await site.get("/robots/park-1/desired", "customer")
    assert (status, shown["desired"]["revision"]) == (200, 2)


async def test_a_robot_that_stays_keeps_what_it_should_run(planted):
    """The control of the wipe: the same document on a day of ACME's."""
    async with fleets.site(planted, clock=lambda: BEFORE + DAY_S) as site:
        assert follow_moves(site.parts.context, None) == 0
        assert site.published == []


async def test_what_was_wished_for_a_robot_that_nobody_had_is_said_again_to_its_first_account(planted):
    with planted.write() as connection:
        row_id = row_of(connection)
        at = NOON - 40 * DAY_S
        connection.execute(desired.update().where(desired.c.robot_id == row_id).values(at=at))
    async with fleets.site(planted, clock=lambda: NOON - 15 * DAY_S) as site:
        assert follow_moves(site.parts.context, None) == 1
        ((_, document),) = site.published
    assert json.loads(document)["settings"] == {"wifi": SECRET}
