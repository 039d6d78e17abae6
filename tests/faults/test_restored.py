"""State that is put back from a copy: nothing comes twice, what a source knows is there, the rest is said as lost."""

import asyncio
import contextlib
import json
import random
import shutil
import signal
import sqlite3
import time

import pytest

from edge_agent.counting.count_task import Counting
from edge_agent.counting.readings import Increment
from edge_agent.counting.sampler import Sampler
from edge_agent.outbox.new_file import Stamped
from edge_agent.sources.lines import read_line
from edge_agent.uplink.acks import read_ack
from protocol import codec, records
from tests.faults.field import field, missing
from tests.faults.goes_back import equal, run, table
from tests.faults.put_back import Shelf
from tests.faults.restored import EXPORTED, LIVE, PUSHED, Restored, Step
from tests.faults.unprotected import CONTROLS
from tests.waiting import until

ROUNDS = 8
SEEDS = range(3)


def judged(folder, seed):
    folder.mkdir(exist_ok=True)
    return run(folder, seed, ROUNDS)


def test_random_restores_end_equal_or_lost_and_said(tmp_path):
    """Half of the robots never push. What lost nothing is at least half of all, and ends equal."""
    seen = [one for seed in SEEDS for one in judged(tmp_path / str(seed), seed)]
    print("\n".join(table(seen)))
    assert len(seen) == ROUNDS * len(SEEDS)
    assert len(equal(seen)) >= len(seen) / 2


def fails(folder, law):
    """Whether one of these runs breaks the law."""
    for seed in range(6):
        try:
            judged(folder / str(seed), seed)
        except AssertionError as error:
            return law in str(error)
    return False


@pytest.mark.parametrize("control", CONTROLS[:6], ids=lambda control: control.name)
def test_each_protection_taken_away_is_seen(tmp_path, monkeypatch, control):
    control.off(monkeypatch.setattr)
    assert fails(tmp_path, control.breaks)


async def counted_and_killed(robot, *, settled):
    """A copy with an open window is put back; a process that is killed counts on it, and one that delivers."""
    await robot.start()
    robot.exporter.born_s = robot.true_s + 1
    await robot.push(1)
    await robot.all_heard()
    await robot.deliver()
    await counted_without_a_window(robot, 3)
    shelf = Shelf(robot)
    shelf.copy()
    await robot.all_heard()
    await robot.deliver()
    await robot.stop(clean=False)
    shelf.put_back("outbox", shelf.copies[0])
    for n in (4, 5):
        await robot.start()
        await counted_without_a_window(robot, n)
        if n == 4:
            await robot.push(7)
            await robot.stop(clean=False)
    await robot.deliver()
    await robot.all_heard()
    await robot.deliver()
    assert (robot.stored() == robot.expected()) == settled, robot.seen()
    await robot.stop(clean=True)


async def counted_without_a_window(robot, n):
    robot.count(n)
    for counter, live in (*robot.live.items(), (EXPORTED, robot.exporter)):
        robot.say(counter, live)
    await robot._store()


@pytest.mark.parametrize("settled", [True, False])
def test_what_a_killed_process_counted_on_a_restored_file_is_not_taken_for_the_window_of_the_copy(
    tmp_path, monkeypatch, settled
):
    """The window that was open in the copy was delivered; what came after the restore was not. Control: one window."""
    if not settled:
        monkeypatch.setattr(Sampler, "settle", lambda *_: None)
    robot = Restored(tmp_path, f"sqlite:///{tmp_path / 'collector.db'}", random.Random("killed"))
    try:
        asyncio.run(counted_and_killed(robot, settled=settled))
    finally:
        robot.close()


async def told_while_the_file_goes_back(robot):
    """Programs and StatsD go on while a restored outbox is compared: what they say then has no step among those."""
    await robot.start()
    await robot.all_heard()
    await robot.deliver()
    shelf = Shelf(robot)
    shelf.copy()
    robot.count(50)
    await robot.all_heard()
    await robot.deliver()
    await robot.stop(clean=True)
    shelf.put_back("outbox", shelf.copies[0])
    await robot.start()
    reconcile, told = robot.outbox.reconcile, []

    async def meanwhile(*arguments, **named):
        robot.count(10)
        for counter, live in robot.live.items():
            robot.say(counter, live)
        counter = f"{PUSHED}.meanwhile"
        told.append(robot.counting.take_for("statsd")(Increment(counter, 3)))
        robot.here |= {len(robot.steps)}
        robot.steps.append(Step(counter, 3))
        return await reconcile(*arguments, **named)

    robot.outbox.reconcile = meanwhile
    await robot.deliver()
    robot.outbox.reconcile = reconcile
    assert told == [None], "what cannot be said again is kept"
    await robot.all_heard()
    await robot.deliver()
    return robot.stored() == robot.expected()


@pytest.mark.parametrize("is_held", [True, False])
def test_what_is_told_while_an_outbox_goes_back_is_counted_once(tmp_path, monkeypatch, is_held):
    """The control takes it at once, into the window that the comparison says is empty."""
    if not is_held:
        monkeypatch.setattr(Counting, "_hold", lambda self, source, reading, _held: self.sampler.take(source, reading))
    robot = Restored(tmp_path, f"sqlite:///{tmp_path / 'collector.db'}", random.Random("meanwhile"))
    try:
        assert asyncio.run(told_while_the_file_goes_back(robot)) == is_held, robot.seen()
    finally:
        robot.close()


async def the_same_card_again(robot):
    """A card is put back, runs on and is delivered; then the same card is put back once more."""
    await robot.start()
    robot.exporter.born_s = robot.true_s + 1
    robot.count(10)
    await robot.all_heard()
    await robot.deliver()
    shelf = Shelf(robot)
    shelf.copy()
    for _ in range(2):
        robot.count(50)
        await robot.all_heard()
        await robot.deliver()
        await robot.stop(clean=True)
        shelf.put_back("card", shelf.copies[0])
        await robot.start()
        await robot.all_heard()
        await robot.deliver()
    assert robot.stored() == robot.expected(), robot.seen()
    return (
        robot.rows("SELECT times FROM alarm WHERE kind = 'went_back'"),
        robot.rows("SELECT count(*) FROM stream WHERE closed_at IS NULL"),
    )


def test_a_card_that_is_put_back_again_is_told_again_and_leaves_no_stream_open(tmp_path):
    """The life between has a file of its own, which is no more: its faults would stay open for ever."""
    robot = Restored(tmp_path, f"sqlite:///{tmp_path / 'collector.db'}", random.Random("again"))
    try:
        alarms, streams = asyncio.run(the_same_card_again(robot))
        assert [tuple(one) for one in alarms] == [(2,)]
        assert [tuple(one) for one in streams] == [(1,)]
    finally:
        robot.close()


async def card_then_store(robot, *, twice):
    """A card is put back, and told so; before anything of it arrives the store is put back to before its lost part.

    `twice`: that card was put back before, so that what is lost came from the file that it made then.
    """
    await robot.start()
    robot.exporter.born_s = robot.true_s + 1
    robot.count(10)
    await robot.all_heard()
    await robot.deliver()
    shelf = Shelf(robot)
    shelf.copy()
    shelf.back_up()
    for time_ in range(1 + twice):
        robot.count(50)
        await robot.all_heard()
        await robot.deliver()
        await robot.stop(clean=True)
        shelf.put_back("card", shelf.copies[0])
        await robot.start()
        if twice and time_ == 0:
            await robot.deliver()
    went_back, told = robot._went_back, asyncio.Event()

    async def and_is_cut_off(back):
        await went_back(back)
        robot.wire.up = False
        told.set()

    robot._went_back = and_is_cut_off
    task = asyncio.create_task(robot.deliver())
    await told.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    robot._went_back, robot.wire.up = went_back, True
    await robot.stop(clean=False)
    shelf.put_store_back(shelf.backups[0])
    before = robot.said_lost()
    await robot.start()
    await robot.all_heard()
    await robot.deliver()
    assert robot.stored() == robot.expected(), robot.seen()
    assert robot.lost["guided_tour"] == 50 * (1 + twice), "what was delivered to the store that is no more"
    return robot.said_lost() > before


@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])
@pytest.mark.parametrize("is_told", [True, False], ids=["told", "control"])
def test_a_hole_of_a_card_and_then_the_store_put_back_is_said(tmp_path, monkeypatch, is_told, twice):
    """The new file says what the collector had of the old ones. The control says what the old file itself knew."""
    if not is_told:
        made = Stamped.epoch
        monkeypatch.setattr(
            Stamped, "epoch",
            lambda self, closes, cause, salvaged, *_, **told: made(
                self, closes, cause, salvaged, 1, **told | {"latest": None}
            ),
        )  # fmt: skip
    robot = Restored(tmp_path, f"sqlite:///{tmp_path / 'collector.db'}", random.Random("both"), pushes=False)
    try:
        assert asyncio.run(card_then_store(robot, twice=twice)) == is_told, robot.seen()
    finally:
        robot.close()


async def both_put_back(robot):
    """Outbox and store of one moment; a program that began after it, and was confirmed, lives on."""
    await robot.start()
    robot.exporter.born_s = robot.true_s + 1
    robot.count(10)
    if robot.pushes:
        await robot.push(1)
    await robot.all_heard()
    await robot.deliver()
    shelf = Shelf(robot)
    shelf.copy(store=True)
    robot.born_again(LIVE[0])
    robot.count(5)
    await robot.all_heard()
    robot.live[LIVE[0]].base = 5
    robot.travel(1)
    if robot.pushes:
        await robot.push(100)
    await robot.window()
    await robot.deliver()
    await robot.stop(clean=True)
    shelf.put_both_back(shelf.copies[0])
    before = robot.said_lost()
    await robot.start()
    await robot.all_heard()
    await robot.deliver()
    await robot.window()
    await robot.deliver()
    assert robot.stored() == robot.expected(), robot.seen()
    return robot.said_lost() > before


@pytest.mark.parametrize("pushes", [True, False], ids=["pushes", "control"])
def test_what_a_living_program_proves_to_be_gone_is_counted_and_what_nobody_says_again_is_said(tmp_path, pushes):
    """The control never pushed, and its source's file is ahead of the outbox: nothing can be gone, nothing is said."""
    robot = Restored(tmp_path, f"sqlite:///{tmp_path / 'collector.db'}", random.Random("pair"), pushes=pushes)
    try:
        assert asyncio.run(both_put_back(robot)) == pushes, robot.seen()
    finally:
        robot.close()


def test_an_answer_that_tells_no_time_is_one_if_it_names_the_run():
    """A collector whose clock robots contradict does not say what time it is; robots deliver all the same."""
    told = {"epoch": "e1" * 8, "mark": 3}
    named, late = (read_ack(codec.encode(records.ack(**told, **more))) for more in ({"run": "aaaaaaaa"}, {}))
    assert (named.greets("aaaaaaaa"), named.greets("bbbbbbbb"), late.greets("aaaaaaaa")) == (True, False, False)
    older = read_ack(codec.encode(records.ack(**told, now_ms=1)))
    assert older.greets("aaaaaaaa"), "a collector of the release before"


def stored(it, counter):
    with contextlib.closing(sqlite3.connect(it.store.removeprefix("sqlite:///"))) as connection:
        rows = connection.execute("SELECT totals FROM usage_day").fetchall()
    return sum(json.loads(totals).get(counter, 0) for (totals,) in rows)


@pytest.mark.skipif(missing("mosquitto") is not None, reason=str(missing("mosquitto")))
@pytest.mark.parametrize("what", ["outbox.db*", "*"])
def test_a_skill_at_160_is_160_after_a_restore_and_its_hours_are_not_doubled(tmp_path, what):
    """Real processes: 100 delivered; a copy; 150 delivered; the copy is put back; 160."""
    with field(tmp_path, environment_of=lambda _name: {"EDGE_AGENT_SOURCES": "local,system"}) as it:
        it.start()
        [skill] = it.counts

        def comes_to(tours):
            until(
                lambda: it._has_schema() and stored(it, "guided_tour") == tours,
                lambda: (it.log("agent-0"), it.log("collector-0")),
            )

        def ends():
            it.kill("agent-0", how=signal.SIGTERM)

        skill.add("guided_tour", 100)
        comes_to(100)
        ends()
        folder, copy = tmp_path / "agent-0", tmp_path / "copy"
        shutil.copytree(folder, copy)
        it.start("agent-0")
        skill.add("guided_tour", 50)
        comes_to(150)
        ended_s = time.monotonic()
        ends()
        for path in folder.glob(what):
            path.unlink()
        for path in copy.glob(what):
            shutil.copy2(path, folder / path.name)
        hours, began_s = stored(it, "operating_s"), ended_s
        it.start("agent-0")
        skill.add("guided_tour", 10)
        comes_to(160)
        ends()
        assert stored(it, "guided_tour") == 160
        uptime_s, passed_s = stored(it, "operating_s") - hours, time.monotonic() - began_s
        with contextlib.closing(sqlite3.connect(it.store.removeprefix("sqlite:///"))) as connection:
            [(kind, detail)] = connection.execute("SELECT kind, detail FROM alarm").fetchall()
            lost = connection.execute("SELECT count(*) FROM gap WHERE cause = 'lost'").fetchone()
        assert (kind, detail.rpartition("; ")[2], lost) == ("went_back", "nothing delivered is counted twice", (0,))
        assert uptime_s <= passed_s + 1, "the hours of the lost part came once"


def test_a_total_that_was_confirmed_elsewhere_counts_from_its_base():
    line = read_line({"source": "a", "totals": {"wake_up": 160}, "base": {"wake_up": 150}})
    [total] = line.readings
    assert (total.from_zero, total.base) == (False, 150)
