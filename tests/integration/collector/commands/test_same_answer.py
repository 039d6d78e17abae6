"""What a person decides is one operation: asked directly, by a command on the store, by one with --url, or by the API.

Each way gets its own store with the same in it, does the same in the same order, and must say the same. Afterwards the
store is opened anew: what was decided stands.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from collector import config, context
from collector.__main__ import main_group
from collector.access import web_sessions
from collector.access.caller import COMMAND_LINE
from collector.access.web_sessions import Holder
from collector.commands.door import plain
from collector.errors import CollectorError
from collector.operations import clock, fleet, parked_counts, robots, sessions
from collector.operations.operation import Operation
from collector.scores import closed_days
from collector.store.engine import open_store
from collector.store.tables.fleet import ahead
from collector.values.refusal import By, Refused
from tests import fleets
from tests.batches import EPOCH, NEXT_EPOCH, NOON, commit, message, window

FAR = 30_000  # a closed day in 2052
WHO_AND_WHEN = {"decided_at", "decided_by", "now", "done", "ended"}
"""Fields that say who asked and when; and what a command says of an act that has no answer."""


@dataclass(frozen=True)
class Act:
    """One question in its four forms."""

    operation: Operation[Any, Any]
    request: Any
    words: tuple[str, ...]
    method: str
    path: str
    body: Any = None
    more: dict[str, Any] = field(default_factory=dict)


def decide(word: str, number: int) -> Act:
    wanted = parked_counts.DecideParkedCount(parked=number, why="seen")
    operation = {"release": parked_counts.release_parked_count, "refuse": parked_counts.refuse_parked_count}[word]
    words = ("parked", word, str(number), "--why", "seen")
    return Act(operation, wanted, words, "POST", f"/parked-counts/{number}/{word}", {"why": "seen"})


def clear(kind: str, robot: str) -> Act:
    words = ("alarm", "clear", kind, *(("--robot", robot) if robot else ()))
    body = {"kind": kind, "robot": robot}
    return Act(fleet.clear_alarm, fleet.ClearAlarm(kind=kind, robot=robot), words, "POST", "/alarms/clear", body)


def hold(kind: str, robot: str) -> Act:
    words = ("alarm", "hold", kind, "--robot", robot)
    body = {"kind": kind, "robot": robot}
    return Act(fleet.hold_alarm, fleet.ClearAlarm(kind=kind, robot=robot), words, "POST", "/alarms/hold", body)


def swap(twin: str) -> Act:
    return Act(robots.swap_twins, twin, ("robot", "swap", twin), "POST", f"/robots/{twin}/swap")


def end(number: int) -> Act:
    return Act(sessions.end_session, number, ("sessions", "end", str(number)), "DELETE", f"/sessions/{number}")


PARKED = Act(
    parked_counts.list_parked_counts, parked_counts.ListParkedCounts(limit=50), ("parked", "list"), "GET",
    "/parked-counts?limit=50",
)  # fmt: skip
ALARMS = Act(fleet.list_alarms, True, ("alarm", "list"), "GET", "/alarms?uncleared=true")
SESSIONS = Act(sessions.list_sessions, sessions.ListSessions(limit=50), ("sessions", "list"), "GET", "/sessions")
WITHDRAW = Act(clock.withdraw_days, None, ("clock", "withdraw"), "POST", "/clock/withdraw")
CONFIRM = Act(clock.confirm_clock, None, ("clock", "confirm"), "POST", "/clock/confirm")
STORIES = {
    "parked": [PARKED, decide("release", 1), decide("release", 1), decide("refuse", 2), decide("refuse", 99), PARKED],
    "alarms": [
        ALARMS, clear("ahead", ""), clear("ahead", ""), clear("two_epochs", "r1"), clear("two_epochs", "r1"),
        clear("two_epochs", "nobody"), ALARMS, hold("two_epochs", "r1"), hold("two_epochs", "r1"),
        hold("two_epochs", "nobody"), ALARMS,
    ],
    "twins": [swap("r1~0000"), swap("r1"), swap("r2~0000"), swap("r1~0000"), ALARMS],
    "sessions": [SESSIONS, end(1), end(1), SESSIONS],
    "clock": [WITHDRAW, WITHDRAW, CONFIRM],
}  # fmt: skip


def fill(store):
    """Twins, two parked amounts, robots ahead of the store, two sessions, a day that is not over and closed."""
    for n in (1, 2):
        for epoch, faces in ((EPOCH, 1), (NEXT_EPOCH, 10)):
            commit(store, message("r1", [window(n, {"faces": faces})], epoch=epoch))
    for name in ("p1", "p2"):
        rows = [window(1, {"wake_up": 1}, mono=1), window(2, {"wake_up": 10**9}, at=NOON + 300, mono=301)]
        commit(store, message(name, rows), received_s=NOON + 600)
    with store.write() as connection:
        restored = {"from_s": NOON - 600, "to_s": NOON - 300, "noted_at": NOON, "records": 1}
        connection.execute(insert(ahead).values(robot_id=1, **restored))
        closed_days.mark_closed(connection, FAR)


def sign_in(store):
    """The tokens of a site are there: two browsers of the first."""
    with store.write() as connection:
        for nonce in ("a", "b"):
            web_sessions.begin(connection, Holder(token=1), nonce, "192.0.2.7", now_s=NOON, expires_s=4_000_000_000)


def without(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {name: without(value) for name, value in answer.items() if name not in WHO_AND_WHEN}
    if isinstance(answer, str):
        return re.sub(r" by .+? at \S+;", " by somebody;", answer)
    return [without(one) for one in answer] if isinstance(answer, list) else answer


def command(words, *where):
    done = CliRunner().invoke(main_group, [*words, *where, "--json"])
    if isinstance(done.exception, CollectorError):
        return str(done.exception)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


async def by_operation(url: str, acts: list[Act]) -> list[Any]:
    with closing(open_store(url)) as store:
        asked = context.of(config.load({"store": url}), store, time.time, COMMAND_LINE)
        answers = [act.operation(asked, act.request) for act in acts]
    return [one if isinstance(one, Refused) else plain(one) for one in answers]


def told(answers: list[Any], way: str) -> list[Any]:
    """As somebody at that door reads it: a remedy names the act of the own door."""
    by: By = "api" if way == "api" else "command"
    return [without(one.told(by)) if isinstance(one, Refused) else one for one in answers]


async def by_command(url: str, acts: list[Act]) -> list[Any]:
    return [await asyncio.to_thread(command, act.words, "--store", url) for act in acts]


async def by_url(url: str, acts: list[Act]) -> list[Any]:
    with closing(open_store(url)) as store:
        async with fleets.site(store, clock=time.time) as site:
            there = ("--url", site.url, "--token", site.secrets["admin"])
            return [await asyncio.to_thread(command, act.words, *there) for act in acts]


async def by_api(url: str, acts: list[Act]) -> list[Any]:
    found = []
    with closing(open_store(url)) as store:
        async with fleets.site(store, clock=time.time) as site:
            for act in acts:
                more = {} if act.body is None else {"json": act.body}
                status, answer = await site.ask(act.method, act.path, "admin", **more)
                said = answer.get("error") if isinstance(answer, dict) else None
                assert (said is None) == (status < 400), answer
                found.append(answer if said is None else f"{said['message']}; {said['remedy']}")
    return found


WAYS: dict[str, Callable[..., Any]] = {
    "operation": by_operation, "command": by_command, "url": by_url, "api": by_api,
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
async def test_every_way_gives_the_same_answers_and_what_was_decided_stands_after_a_restart(tmp_path, story):
    answers, afterwards = {}, {}
    for way, ask in WAYS.items():
        url = f"sqlite:///{tmp_path / way}.db"
        with closing(open_store(url)) as store:
            fill(store)
            async with fleets.site(store):  # makes the tokens
                sign_in(store)
        acts = STORIES[story]
        answers[way] = without(await ask(url, acts))
        afterwards[way] = without(await ask(url, [PARKED, ALARMS, SESSIONS, WITHDRAW]))
    for way in WAYS:
        assert _said(told(answers[way], way), story) == _said(told(answers["operation"], way), story), way
        assert told(afterwards[way], way) == told(afterwards["operation"], way), way
    refused = [one for one in answers["operation"] if isinstance(one, Refused)]
    assert len(refused) == {"parked": 2, "alarms": 5, "twins": 2, "sessions": 1, "clock": 0}[story]
    begun = {"parked": PARKED, "alarms": ALARMS, "sessions": SESSIONS}.get(story)
    if begun is not None:
        assert answers["operation"][0] != answers["operation"][-1], "the control: something was decided"
        assert answers["operation"][-1] == afterwards["operation"][[PARKED, ALARMS, SESSIONS].index(begun)]


def _said(answers, story):
    if story != "sessions":
        return answers
    return [one if isinstance(one, str) or "items" in one else {} for one in answers]  # an end has nothing to say


async def test_whether_days_are_closed_by_the_clock_is_said_by_the_one_that_serves(tmp_path):
    url = f"sqlite:///{tmp_path / 'fleet.db'}"
    with closing(open_store(url)) as store:
        fill(store)
        async with fleets.site(store) as site:
            there = ("--url", site.url, "--token", site.secrets["admin"])
            said = await asyncio.to_thread(command, ("clock", "show"), *there)
            assert (200, said) == await site.get("/clock", "admin")
            assert said == plain(clock.closing_clock(site.parts.context, None))
            assert said["follows"] is True
    done = CliRunner().invoke(main_group, ["clock", "show", "--store", url])
    assert (done.exit_code, "give --url" in done.output) == (2, True)


async def test_sessions_are_listed_and_ended_for_a_person(tmp_path):
    url = f"sqlite:///{tmp_path / 'fleet.db'}"
    with closing(open_store(url)) as store:
        async with fleets.site(store):
            sign_in(store)

    def said(*words):
        return CliRunner().invoke(main_group, [*words, "--store", url]).output

    assert said("sessions", "list").count("192.0.2.7") == 2
    assert said("sessions", "end", "1") == "session 1 is ended\n"
    assert said("sessions", "end", "2") == "session 2 is ended\n"
    assert said("sessions", "list") == "nobody is signed in\n"


async def test_who_is_no_admin_ends_own_sessions_only(tmp_path):
    with closing(open_store(f"sqlite:///{tmp_path / 'fleet.db'}")) as store:
        async with fleets.site(store, clock=time.time) as site:
            sign_in(store)
            with store.read() as connection:
                (listed, *_) = web_sessions.listed(connection, None, NOON, limit=1, cursor=None).items
            owner = listed.name
            other = "reader" if owner != "reader" else "staff"
            there = ("--url", site.url)
            refused = await asyncio.to_thread(command, ("sessions", "end", "1"), *there, "--token", site.secrets[other])
            assert refused == "there is no session 1; list them: `collector sessions list`"
            answer = await site.ask("DELETE", "/sessions/1", other)
            assert answer[1]["error"]["remedy"] == "list them: GET /api/v1/sessions", "the control: it is the API's own"
            assert await asyncio.to_thread(command, ("sessions", "list"), *there, "--token", site.secrets[other]) == {
                "items": [],
                "next": None,
            }
            done = await asyncio.to_thread(command, ("sessions", "end", "1"), *there, "--token", site.secrets[owner])
            assert done == {"ended": 1}
