"""A robot that never connected, with 256 open faults in an outbox that is full: end to end, with a real collector."""

import asyncio
import time

import pytest

from collector.store.engine import open_store
from collector.store.tables import fleet as t
from edge_agent.config import load
from edge_agent.counting.count_task import Counting
from edge_agent.counting.episodes import OPEN_MAX
from edge_agent.counting.readings import Condition, Increment
from edge_agent.errors import StorageFull
from edge_agent.outbox import Outbox, OutboxSettings
from edge_agent.uplink.senses import Senses
from edge_agent.uplink.uplink import Uplink
from tests.batches import rows_of, totals
from tests.faults.restored import Wire, new_store
from tests.faults.test_agent_app import DESCRIPTION, TRUE_TIME_S, Board, counting_on
from tests.waiting import DEADLINE_S, until_async

SIZE = 96 * 1024  # less than the openings of 256 faults need
SETTINGS = load({"robot": "r1", "mqtt_url": "mqtt://127.0.0.1:1", "upload_s": "1"}, {})


@pytest.fixture
def wire(tmp_path):
    (tmp_path / "collector.db").write_bytes(new_store())
    store = open_store(f"sqlite:///{tmp_path / 'collector.db'}")
    link = Wire(store, lambda: TRUE_TIME_S + 7200)
    link.store = store
    yield link
    store.close()


async def opened(folder):
    settings = OutboxSettings("r1", max_bytes=SIZE, reserve_bytes=0)
    return await Outbox.open(
        folder / "outbox.db", settings=settings, hardware="", boot_id="boot-1", now_s=0, mono_s=100
    )


async def filled(counting, board):
    """Faults open, and something is counted with each few of them; how much was counted."""
    counted = 0
    for n in range(OPEN_MAX):
        told(counting, n, active=True)
        if n % 8 == 7:
            counted += await window(counting, board)
    assert counting.trouble_kind == "outbox_full", "faults wait that there is no room for"
    return counted


def told(counting, n, *, active):
    counting.take_for("test")(Condition("navigation", f"c{n}", active=active, detail=f"{n} " * 80 * active))


async def window(counting, board):
    """One count, confirmed as durable."""
    counting.take_for("test")(Increment("guided_tour", 1))
    await counting.commit()
    board.pass_s(10)
    await counting.tick()
    return 1


def uplink_of(outbox, counting, wire):
    senses = Senses(
        time.monotonic, lambda: TRUE_TIME_S, lambda: 1, lambda: counting.episodes.open_faults, counting.learn,
        lambda: DESCRIPTION,
        lambda known, compared, pushes: counting.answered(told=known, compared=compared, pushes=pushes),
    )  # fmt: skip
    return Uplink(SETTINGS, outbox, wire, senses, lambda: 0.0)


async def test_it_connects_and_delivers_its_counts_and_its_faults_close(tmp_path, wire):
    board, outbox = Board(TRUE_TIME_S, disciplined=True), await opened(tmp_path)
    counting = await counting_on(outbox, board)
    counted = await filled(counting, board)
    for n in range(OPEN_MAX):
        told(counting, n, active=False)
    for _ in range(20):
        counted += await window(counting, board)
    assert outbox.held == 1, "it has never connected"
    for _ in range(20):  # what waits goes in as soon as there is room, in pieces
        uplink = uplink_of(outbox, counting, wire)
        task = asyncio.create_task(uplink.run())
        await until_async(lambda: task.done() or outbox.held == outbox.newest + 1)  # noqa: B023  it is awaited here
        uplink.leave()
        await asyncio.wait_for(task, DEADLINE_S)
        if not counting.trouble:
            break
        board.pass_s(10)
        await counting.tick()
    assert not counting.trouble, counting.trouble
    assert {key[2]: n for key, n in totals(wire.store).items() if key[2] == "guided_tour"} == {"guided_tour": counted}
    episodes = rows_of(wire.store, t.fault_episode)
    assert (len(episodes), sum(row["closed_at"] is None for row in episodes)) == (OPEN_MAX, 0)
    await outbox.close()


async def test_all_at_once_or_nothing_what_waits_never_finds_room(tmp_path, wire, monkeypatch):
    """The control: more than the whole outbox waits."""

    async def nothing(_self, waiting):
        return waiting

    monkeypatch.setattr(Counting, "_in_pieces", nothing)
    with pytest.raises(AssertionError, match="cannot be merged further"):
        await test_it_connects_and_delivers_its_counts_and_its_faults_close(tmp_path, wire)


async def test_without_counts_of_their_own_transaction_a_waiting_fault_refuses_them(tmp_path, monkeypatch):
    """The control: everything in one transaction, or nothing."""
    append = Counting._append

    async def all_or_nothing(self, found, stored, *, pushed):
        if self._waiting_refused and not any(record["kind"] == "fault" for record in found):
            raise StorageFull("refused with the faults")
        self._waiting_refused = True
        await append(self, found, stored, pushed=pushed)
        self._waiting_refused = False

    monkeypatch.setattr(Counting, "_waiting_refused", False, raising=False)
    monkeypatch.setattr(Counting, "_append", all_or_nothing)
    board, outbox = Board(TRUE_TIME_S, disciplined=True), await opened(tmp_path)
    with pytest.raises(StorageFull):
        await filled(await counting_on(outbox, board), board)
    await outbox.close()
