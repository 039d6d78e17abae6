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
from collector.operations.desired import follow_moves
from collector.store.tables.fleet import account, counter_support, deployment, desired, gauge, robot, skill_state
from collector.store.tables.ledger import fact
from collector.success import reads
from collector.web.api import openapi
from collector.web.api.routes import ROUTES
from protocol import codec, limits, topics
from protocol.messages import DesiredSkill
from tests import batches, fleets
from tests.fleets import NOON, TODAY, iso
from tests.groups import groups_of

DAY_S = 86_400
SECRET = "opensesame"
BEFORE = NOON - 4 * DAY_S  # park-1 is ACME's until TODAY - 3, then BETA's
SKILL = DesiredSkill(skill=SECRET, version="1", digest="sha256:0", settings={"code": SECRET})
PAGES = ("/", "/robots/park-1", "/accounts")


def row_of(connection):
    return connection.scalar(select(robot.c.id).where(robot.c.name == "park-1"))


SAYS = ({"skill": SECRET, "reason": SECRET},)


def report(store, revision, at_s, skills=SAYS):
    document = {"v": 1, "robot": "park-1", "revision": revision, "skills": [*skills]}
    groups_of(store).commit({0: decode(topics.reported("park-1"), codec.encode(document))}, at_s)


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
        wishes.wish(connection, row_id, [SKILL], {"wifi": SECRET}, BEFORE, sealed=wishes.unsealed)
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
    for asked in ("sees_state", "sees_wish"):
        monkeypatch.setattr(VisibleRobot, asked, lambda *_: True)
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
        report(planted, 2, NOON, [])  # the robot has let go of the old skill, on BETA's day
        assert await shows(planted, "BETA", NOON) == set()
        report(planted, 2, NOON)  # the control: the answer to a wish of BETA's days
        assert "/robots/{robot}/desired" in await shows(planted, "BETA", NOON)


def told_this_morning(store):
    """The secret in what park-1 tells an hour before NOON, on the day on which it moves."""
    rows = fleets.Writer("park-1", rows=[{}] * 95)
    rows.breaks(NOON - 3600, family="navigation", code=SECRET, detail=SECRET, ref=SECRET)
    rows.rows.append(batches.lifecycle(rows.seq, "configuration", {"place": SECRET}, at=NOON - 3600))
    rows.rows = rows.rows[95:]
    rows.send(store, NOON - 3600)
    with store.write() as connection:
        row_id = row_of(connection)
        connection.execute(
            insert(skill_state).values(
                robot_id=row_id,
                skill=SECRET,
                version=SECRET,
                digest=SECRET,
                state="active",
                reason=SECRET,
                at=NOON - 3600,
            )
        )
        readings = json.dumps({SECRET: [1, 2, 3]})
        connection.execute(gauge.update().where(gauge.c.robot_id == row_id).values(at=NOON - 3600, readings=readings))


@pytest.mark.parametrize(
    ("booked_s", "hidden"), [(NOON - 60, True), (None, True), (NOON - 2 * DAY_S, False)],
    ids=["booked at noon", "nobody knows when", "control: booked before that day"],
)  # fmt: skip
async def test_what_a_robot_told_on_the_day_of_its_move_before_the_move_is_not_the_new_customers(
    store, booked_s, hidden
):
    fleets.story(store)
    told_this_morning(store)
    correct(store, *MOVED_TODAY)
    if booked_s is not None:
        with store.write() as connection:
            row_id = row_of(connection)
            connection.execute(
                deployment.update()
                .where(deployment.c.robot_id == row_id, deployment.c.from_day == TODAY)
                .values(fact_key="D-moved")
            )
            connection.execute(
                insert(fact).values(
                    kind="deployment", key="D-moved", version=1, arrived_at=booked_s, recorded_at=booked_s, body="{}"
                )
            )
    found = await shows(store, "BETA", NOON + 1)
    assert (found == set()) is hidden, found
    if not hidden:
        assert found >= {"/robots/{robot}/skills", "/robots/{robot}/events", "/faults", "/robots/park-1"}


async def test_what_the_next_account_wishes_of_a_skill_of_the_one_before_is_its_own(planted):
    """The same package, wished before the wipe: nothing of it changes but whose it is."""
    async with fleets.site(planted, clock=lambda: NOON) as site:
        _, waits = await site.get("/skills/waiting", "customer")
    assert (waits["wished"], waits["robots"]) == (0, 0), "what the account before wished is not counted"
    with planted.write() as connection:
        wishes.wish(connection, row_of(connection), [SKILL], {}, NOON, sealed=wishes.unsealed)
    report(planted, 2, NOON)
    async with fleets.site(planted, clock=lambda: NOON) as site:
        _, waits = await site.get("/skills/waiting", "customer")
        _, shown = await site.get("/robots/park-1/skills/history", "customer")
    assert (waits["wished"], waits["robots"]) == (1, 1)
    assert [(one["kind"], one["skill"]) for one in shown["items"]] == [("report", SECRET), ("wish", SECRET)]


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


def test_a_moved_robot_whose_licences_are_too_large_stops_no_other(planted):
    """`sealed` stands for the signature, whose licences are the new account's."""
    of_a_size = {"licences": "x" * limits.DESIRED_MAX_BYTES}
    with planted.write() as connection:
        (told,) = wishes.follow_moves(connection, NOON, lambda _: lambda *_: of_a_size)
        assert (told.robot, told.document, told.is_whole) == ("park-1", None, False)
        (told,) = wishes.follow_moves(connection, NOON, lambda _: lambda *_: None)
        assert (told.document.revision, told.is_whole) == (2, True), "the control: it was kept waiting, not lost"


async def test_a_moved_robot_that_cannot_be_told_has_an_alarm_until_it_is(planted, monkeypatch):
    async with fleets.site(planted) as site:
        with monkeypatch.context() as patch:
            patch.setattr(limits, "DESIRED_MAX_BYTES", 10)
            assert follow_moves(site.parts.context, None) == 0
        _, held = await site.get("/alarms?uncleared=true")
        assert [(one["robot"], one["kind"]) for one in held] == [("park-1", "licences_untold")]
        assert follow_moves(site.parts.context, None) == 1
        assert (await site.get("/alarms?uncleared=true"))[1] == []


async def test_a_robot_that_stays_keeps_what_it_should_run(planted):
    """The control of the wipe: the same document on a day of ACME's."""
    async with fleets.site(planted, clock=lambda: BEFORE + DAY_S) as site:
        assert follow_moves(site.parts.context, None) == 0
        assert site.published == []


def correct(store, *stays):
    """The claims on park-1 as somebody books them anew: of these days, all of them."""
    with store.write() as connection:
        row_id = row_of(connection)
        names = {row.external_id: row.id for row in connection.execute(select(account))}
        connection.execute(deployment.delete().where(deployment.c.robot_id == row_id))
        for name, first, last in stays:
            values = {"robot_id": row_id, "account_id": names[name], "from_day": first, "to_day": last}
            connection.execute(insert(deployment).values(**values))


MOVED_TODAY = (("ACME", TODAY - 20, TODAY - 1), ("BETA", TODAY, None))
MOVES = {  # the claims as they stood when ACME wished at NOON, and as they are afterwards
    "on the day of the wish": ((("ACME", TODAY - 20, None),), MOVED_TODAY),
    "booked late, from before the wish": (
        (("ACME", TODAY - 20, None),), (("ACME", TODAY - 20, TODAY - 6), ("BETA", TODAY - 5, None)),
    ),
    "corrected to have been another's all the time": ((("ACME", TODAY - 20, None),), (("BETA", TODAY - 20, None),)),
}  # fmt: skip


def wished_by_acme(store, stays):
    correct(store, *stays)
    with store.write() as connection:
        connection.execute(desired.delete())
        wishes.wish(connection, row_of(connection), [SKILL], {"wifi": SECRET}, NOON, sealed=wishes.unsealed)
    report(store, 1, NOON + 1)


WISHED = {"/robots/{robot}/desired", "/robots/park-1", "/robots/{robot}/skills/facts"}
OF_ITS_ACCOUNT = {"/robots/{robot}/skills/history", "/skills/waiting", "/accounts/{account}/skills"}
"""Where the statement asks for the wish's account; the last is asked for ACME's robots alone."""


@pytest.mark.parametrize("move", MOVES)
async def test_a_wish_stays_the_accounts_that_had_the_robot_when_it_was_made(move, store):
    """The account before meets its wish until the move, which is the control; the next one never does."""
    fleets.story(store)
    then, now = MOVES[move]
    wished_by_acme(store, then)
    assert await shows(store, "ACME", NOON + 2) == WISHED | OF_ITS_ACCOUNT
    correct(store, *now)
    assert await shows(store, "BETA", NOON + 2) == set()
    async with fleets.site(store, clock=lambda: NOON + 60) as site:
        assert follow_moves(site.parts.context, None) == 1
        ((_, document),) = site.published
        assert json.loads(document) == {"v": 1, "revision": 2, "skills": [], "settings": {}}
        report(store, 1, NOON + 61)  # the robot still says what it ran
        assert await shows(store, "BETA", NOON + 62) == set()
        assert follow_moves(site.parts.context, None) == 0
        with store.write() as connection:
            assert (
                wishes.wish(connection, row_of(connection), [], {"own": 1}, NOON + 63, sealed=wishes.unsealed).revision
                == 3
            )
        assert await shows(store, "BETA", NOON + 64) == set()
        report(store, 3, NOON + 65)
        assert "/robots/{robot}/desired" in await shows(store, "BETA", NOON + 66)


async def test_a_wish_of_the_next_account_before_the_wipe_ends_the_report_too(store):
    fleets.story(store)
    wished_by_acme(store, MOVES["on the day of the wish"][0])
    correct(store, *MOVED_TODAY)
    with store.write() as connection:
        wishes.wish(connection, row_of(connection), [], {"own": 1}, NOON + 3, sealed=wishes.unsealed)
    report(store, 1, NOON + 4)
    assert await shows(store, "BETA", NOON + 5) == set()
    async with fleets.site(store, clock=lambda: NOON + 60) as site:
        assert follow_moves(site.parts.context, None) == 0


def test_what_the_account_before_wished_is_no_setting_of_the_next_ones(store):
    """Suggestions compare the settings of accounts. The control is the account before, until the move."""
    fleets.story(store)
    wished_by_acme(store, MOVES["on the day of the wish"][0])
    with store.read() as connection:
        ids = {row.external_id: row.id for row in connection.execute(select(account))}
        before = reads._settings(connection, list(ids.values()), TODAY)
    correct(store, *MOVED_TODAY)
    with store.read() as connection:
        after = reads._settings(connection, list(ids.values()), TODAY)
    assert (before, after) == ({ids["ACME"]: {f"{SECRET}.code": f'"{SECRET}"', "wifi": f'"{SECRET}"'}}, {})


async def test_by_the_day_alone_the_next_account_meets_the_wish_of_the_one_before(store, monkeypatch):
    """The control: what was decided before the account stood with the wish."""
    monkeypatch.setattr(VisibleRobot, "sees_wish", lambda seen, _, at_s: seen.sees_moment(at_s))
    fleets.story(store)
    wished_by_acme(store, MOVES["on the day of the wish"][0])
    correct(store, *MOVED_TODAY)
    assert await shows(store, "BETA", NOON + 2) == WISHED


async def test_what_was_wished_for_a_robot_that_nobody_had_is_said_again_to_its_first_account(planted):
    with planted.write() as connection:
        row_id = row_of(connection)
        at = NOON - 40 * DAY_S
        connection.execute(desired.update().where(desired.c.robot_id == row_id).values(at=at, account_id=None))
    async with fleets.site(planted, clock=lambda: NOON - 15 * DAY_S) as site:
        assert follow_moves(site.parts.context, None) == 1
        ((_, document),) = site.published
    assert json.loads(document)["settings"] == {"wifi": SECRET}
