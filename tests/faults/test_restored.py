"""State that is put back from a copy: nothing comes twice, what a source knows is there, the rest is said as lost."""

import contextlib
import json
import shutil
import signal
import sqlite3
import time

import pytest

from collector.ingest import went_back
from edge_agent.outbox import Outbox
from edge_agent.outbox.recovery import parted
from edge_agent.sources.lines import read_line
from edge_agent.uplink.acks import read_ack
from protocol import codec, records
from tests.faults.field import field, missing
from tests.faults.restored import run
from tests.waiting import until

ROUNDS = 4


def judged(folder, seed):
    folder.mkdir(exist_ok=True)
    return run(folder, seed, ROUNDS)


@pytest.mark.parametrize("seed", [2, 3, 8, 9])
def test_random_restores_end_equal_or_lost_and_said(tmp_path, seed):
    seen = judged(tmp_path, seed)
    assert seen["harmless"] >= ROUNDS / 2
    if seed % 2:  # a robot that never pushes loses nothing, so nothing is said
        assert (seen["harmless"], seen["said"]) == (ROUNDS, 0)


def fails(folder, law, seeds=(3, 9, 5, 7)):
    """Whether one of these runs breaks the law."""
    for seed in seeds:
        try:
            judged(folder / str(seed), seed)
        except AssertionError as error:
            return law in str(error)
    return False


def test_without_the_runs_of_a_file_counts_come_twice(tmp_path, monkeypatch):
    """The control: a hello of the release before."""
    hello = Outbox.hello
    told = ("runs", "newest", "new")
    monkeypatch.setattr(
        Outbox, "hello", lambda self, mark: {k: v for k, v in hello(self, mark).items() if k not in told}
    )
    assert fails(tmp_path, "not")


def test_without_taking_out_what_the_collector_has_counts_come_twice(tmp_path, monkeypatch):
    """The control."""
    monkeypatch.setattr(parted, "corrections", lambda _steps, _back: {})
    assert fails(tmp_path, "not {")


def test_always_saying_lost_breaks_the_law(tmp_path, monkeypatch):
    """The control: *lost* may be said only of counts that exist at neither side."""
    back = went_back._back
    monkeypatch.setattr(went_back, "_back", lambda *arguments: back(*arguments) | {"lost": True})
    assert fails(tmp_path, "said, and not lost")


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
        assert (kind, detail.rpartition("; ")[2], lost) == ("went_back", "nothing is counted twice", (0,))
        assert uptime_s <= passed_s + 1, "the hours of the lost part came once"


def test_a_total_that_was_confirmed_elsewhere_counts_from_its_base():
    line = read_line({"source": "a", "totals": {"wake_up": 160}, "base": {"wake_up": 150}})
    [total] = line.readings
    assert (total.from_zero, total.base) == (False, 150)
