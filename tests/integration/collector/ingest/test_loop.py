"""The loop between broker and store: groups, acks after the commit, patience, overload, clean stop. No broker here."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
import psycopg
import pytest

from collector import jobs
from collector.ingest import loop, queue, transaction
from collector.ingest.loop import Ingest
from collector.ingest.queue import Arrival
from collector.store.tables import fleet as t
from protocol import codec, records, topics
from tests.batches import EPOCH, NOON, payload, rows_of, totals, window
from tests.groups import groups_of
from tests.waiting import DEADLINE_S


@dataclass
class Wire:
    """What was sent: acks by robot, and tokens acknowledged to the broker."""

    acks: list[tuple[str, dict]] = field(default_factory=list)
    tokens: list[object] = field(default_factory=list)
    happened: asyncio.Event = field(default_factory=asyncio.Event)

    def settle(self, acks, tokens):
        self.acks += [(robot, orjson.loads(text)) for robot, text in acks]
        self.tokens += tokens
        self.happened.set()

    async def until(self, condition):
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                await self.happened.wait()
                self.happened.clear()


@asynccontextmanager
async def running(store, **groups) -> AsyncIterator[tuple[Ingest, Wire]]:
    wire = Wire()
    ingest = Ingest(groups_of(store, **groups), wire.settle, clock=lambda: NOON + 86_400.0)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ingest.run())
        try:
            yield ingest, wire
        finally:
            ingest.stop()


def arrival(robot, rows, token=None, **more):
    return Arrival(topics.up(robot), payload(robot, rows, **more), asyncio.get_running_loop().time(), token)


def test_the_loop_ends_when_there_is_nothing_to_do(store):
    async def nothing():
        async with running(store):
            pass

    asyncio.run(nothing())


async def test_a_question_is_answered_with_the_time_and_no_mark(store):
    async with running(store) as (ingest, wire):
        text = codec.encode(records.ask(robot="r1"))
        ingest.offer(Arrival(topics.up("r1"), text, asyncio.get_running_loop().time(), "token"))
        await wire.until(lambda: wire.tokens)
    assert wire.acks == [("r1", {"v": 1, "now_ms": int((NOON + 86_400) * 1000)})]
    assert rows_of(store, t.robot) == []


async def test_acks_follow_the_commit_one_for_each_stream(store, monkeypatch):
    monkeypatch.setattr(queue, "TURNS", 30)
    async with running(store) as (ingest, wire):
        for seq in range(1, 31):
            ingest.offer(arrival("r1", [window(seq, {"faces": 1})], token=seq))
            ingest.offer(arrival("r2", [window(seq, {"faces": 1})]))
        await wire.until(lambda: len(wire.tokens) == 30)
    assert sum(totals(store).values()) == 60
    asked = {"v": 1, "epoch": EPOCH, "mark": 30, "describe": True}  # nobody has said yet who they are
    assert dict(wire.acks) == {"r1": asked, "r2": asked}
    assert len(wire.acks) < 10, "marks only grow: the last one says it all"
    assert ingest.figures.verdicts == {"commit": 60}
    assert ingest.figures.ack_latency_s.count == 60


def online(robot):
    said = records.presence(robot=robot, epoch=EPOCH, session=NOON, state="online", at=NOON)
    return Arrival(topics.presence(robot), codec.encode(said), 0.0, "live")


async def test_a_robot_is_seen_online_before_the_backlog_of_others_is_stored(store):
    async with running(store) as (ingest, wire):
        for seq in range(1, 4):
            ingest.offer(arrival("r1", [window(seq, {"faces": 1})], token=seq))
        ingest.offer(online("r2"))
        await wire.until(lambda: len(wire.tokens) == 4)
    assert wire.tokens == ["live", 1, 2, 3]


async def test_a_flood_of_presence_does_not_hold_up_counts(store, monkeypatch):
    monkeypatch.setattr(loop, "GROUP_MESSAGES", 4)
    monkeypatch.setattr(loop, "LIVE_MESSAGES", 2)
    async with running(store) as (ingest, wire):
        for number in range(20):
            ingest.offer(online(f"r{number}"))
        ingest.offer(arrival("r1", [window(1, {"faces": 1})], token="count"))
        await wire.until(lambda: len(wire.tokens) == 21)
    assert wire.tokens.index("count") == 2


async def test_a_hello_is_answered_with_the_mark_and_the_time(store):
    hello = codec.encode(records.hello(robot="r1", epoch=EPOCH, mark=0, held=1))
    async with running(store) as (ingest, wire):
        ingest.offer(Arrival(topics.up("r1"), hello, 0.0))
        await wire.until(lambda: wire.acks)
    assert wire.acks == [("r1", {"v": 1, "epoch": EPOCH, "mark": 0, "now_ms": (NOON + 86_400) * 1000})]


async def test_a_batch_that_came_too_early_waits_for_the_one_before_it(store):
    async with running(store) as (ingest, wire):
        ingest.offer(arrival("r1", [window(2, {"faces": 2})], token="two"))
        await asyncio.sleep(0.05)
        assert not wire.acks
        ingest.offer(arrival("r1", [window(1, {"faces": 1})], token="one"))
        await wire.until(lambda: {"one", "two"} <= set(wire.tokens))
    assert not any(ack.get("gap") for _, ack in wire.acks)
    assert sum(totals(store).values()) == 3


async def test_a_gap_that_stays_is_told(store, monkeypatch):
    monkeypatch.setattr(loop, "EARLY_S", 0.05)
    async with running(store) as (ingest, wire):
        ingest.offer(arrival("r1", [window(2, {"faces": 2})], token="two"))
        await wire.until(lambda: wire.acks)
    assert wire.acks == [("r1", {"v": 1, "epoch": EPOCH, "mark": 0, "gap": True})]
    assert wire.tokens == ["two"]


async def test_rubbish_is_refused_by_its_digest_and_acknowledged_to_the_broker(store):
    async with running(store) as (ingest, wire):
        ingest.offer(Arrival(topics.up("r1"), b"rubbish", 0.0, "token"))
        await wire.until(lambda: wire.tokens)
    [(robot, ack)] = wire.acks
    assert (robot, ack["refused"]) == ("r1", codec.digest(b"rubbish"))
    assert ack["reason"].startswith("format")
    assert ingest.figures.parked == {"format": 1}


@pytest.mark.parametrize("strange", [{"v": 9}, {"robot": "r2"}])
async def test_what_this_collector_cannot_judge_is_parked_and_not_refused(store, strange):
    text = codec.encode(orjson.loads(payload("r1", [window(1, {"faces": 1})])) | strange)
    async with running(store) as (ingest, wire):
        ingest.offer(Arrival(topics.up("r1"), text, 0.0, "token"))
        await wire.until(lambda: wire.tokens)
    assert wire.acks == [], "the robot keeps it: a newer collector will read it"
    assert len(rows_of(store, t.parked)) == 1


async def test_robots_are_asked_to_wait_while_the_queue_is_long(store, monkeypatch):
    monkeypatch.setattr(loop, "QUEUE_MESSAGES", 8)
    monkeypatch.setattr(loop, "GROUP_MESSAGES", 2)
    async with running(store) as (ingest, wire):
        for robot in range(10):
            ingest.offer(arrival(f"r{robot}", [window(1, {"faces": 1})], token=robot))
        assert ingest.full
        await wire.until(lambda: len(wire.tokens) == 10)
        assert not ingest.full
    paused = [ack["pause_s"] for _, ack in wire.acks if "pause_s" in ack]
    assert paused
    assert all(2 <= pause <= 10 for pause in paused)
    assert "pause_s" not in wire.acks[-1][1]


@pytest.mark.parametrize("fair", [True, False], ids=["turns", "control"])
async def test_a_flood_of_one_robot_holds_up_no_other(store, monkeypatch, fair):
    """The control is one line for everybody: the honest one comes behind all that the other has waiting."""
    monkeypatch.setattr(loop, "GROUP_MESSAGES", 20)
    monkeypatch.setattr(queue, "ROBOT_MESSAGES", 80)
    if not fair:
        monkeypatch.setattr(Arrival, "robot", property(lambda _: "one line for all"))
    hello = codec.encode(records.hello(robot="flood", epoch=EPOCH, mark=0, held=1))
    async with running(store) as (ingest, wire):
        for number in range(100):
            ingest.offer(Arrival(topics.up("flood"), hello, 0.0, number))
        if not fair:
            monkeypatch.setattr(queue, "ROBOT_MESSAGES", 81)
        ingest.offer(arrival("honest", [window(1, {"faces": 1})], token="honest"))
        await wire.until(lambda: len(wire.tokens) == 101)
    dropped = 20
    assert wire.tokens[:dropped] == list(range(80, 100)), "the newest are dropped, and acknowledged to the broker"
    assert ingest.figures.dropped == dropped
    before = wire.tokens.index("honest") - dropped
    assert (before <= 4, before == 80) == (fair, not fair)
    pauses = {
        robot: [ack.get("pause_s", 0) for name, ack in wire.acks if name == robot] for robot in ("flood", "honest")
    }
    assert (pauses["flood"][0] > 0) is fair
    assert pauses["flood"][-1] == 0
    assert pauses["honest"] == [0], "only the one that floods is asked to wait"


async def test_a_store_that_refuses_is_tried_until_it_takes_the_group(store):
    failures = iter([OSError("disk is away")] * 3)

    def at_step(step):
        if step == "written" and (error := next(failures, None)):
            raise error

    async with running(store, at_step=at_step) as (ingest, wire):
        ingest.offer(arrival("r1", [window(1, {"faces": 1})], token="one"))
        await wire.until(lambda: wire.tokens)
    assert ingest.figures.retries == 3
    assert sum(totals(store).values()) == 1


@pytest.mark.parametrize("broken", ["apply", "answering"])
async def test_a_bug_in_the_collector_ends_neither_the_loop_nor_a_record(store, monkeypatch, broken):
    def bug(*_args, **_more):
        raise AttributeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(transaction, "apply_batch", bug) if broken == "apply" else patch.setattr(Ingest, "_answers", bug)
        async with running(store) as (ingest, wire):
            ingest.offer(arrival("r1", [window(1, {"faces": 1})]))
    assert ingest.figures.faults + ingest.figures.parked["bug"] == 1
    assert wire.acks == [], "the robot keeps it"
    async with running(store) as (ingest, wire):
        ingest.offer(arrival("r1", [window(1, {"faces": 1})], token="again"))
        await wire.until(lambda: wire.tokens)
    assert wire.acks[-1][1]["mark"] == 1
    assert sum(totals(store).values()) == 1


async def test_a_job_that_fails_runs_again(caplog):
    failures = iter([sqlite3.OperationalError("locked"), psycopg.errors.ReadOnlySqlTransaction(), KeyError("a bug")])

    async def work():
        if error := next(failures, None):
            raise error

    await jobs.every(0.0, "retention", work, rounds=4)
    assert [record.action for record in caplog.records] == ["job_failed", "job_failed", "job_bug"]


async def test_a_stop_commits_and_answers_what_waits(store, monkeypatch):
    monkeypatch.setattr(queue, "ROBOT_MESSAGES", 1_200)
    wire = Wire()
    ingest = Ingest(groups_of(store), wire.settle)
    for seq in range(1, 1201):
        ingest.offer(arrival("r1", [window(seq, {"faces": 1}, at=NOON)], token=seq))
    ingest.stop()
    await ingest.run()
    assert wire.acks[-1][1]["mark"] == len(wire.tokens) == 1200
    assert sum(totals(store).values()) == 1200


async def test_a_message_that_finds_a_bug_in_the_reader_is_parked_and_the_others_go_on(store, monkeypatch):
    def broken(topic, text, original=loop.decode):
        if b"bug" in text:
            raise RuntimeError("nobody thought of this")
        return original(topic, text)

    monkeypatch.setattr(loop, "decode", broken)
    async with running(store) as (ingest, wire):
        ingest.offer(Arrival(topics.up("r1"), b"bug", 0.0, "bug"))
        ingest.offer(arrival("r2", [window(1, {"faces": 1})], token="good"))
        await wire.until(lambda: len(wire.tokens) == 2)
    assert [(p["robot"], p["reason"]) for p in rows_of(store, t.parked)] == [("r1", "bug")]
    assert sum(totals(store).values()) == 1
