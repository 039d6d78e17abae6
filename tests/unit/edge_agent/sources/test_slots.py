"""Slots: two living processes never share one, and the dead leave theirs."""

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.clock import Stamp
from edge_agent.counting.readings import Total
from edge_agent.counting.sampler import Sampler
from edge_agent.counting.series import lives
from edge_agent.sources.lines import LineRefused
from edge_agent.sources.memory import Memory
from edge_agent.sources.sharing import Peer, crowded
from edge_agent.sources.slots import FORGOTTEN_AFTER_S, Slots, started


class Machine:
    """Processes that begin and end; a pid may be used again."""

    def __init__(self):
        self.alive = {}

    def started(self, pid):
        return self.alive.get(pid, "")


def known(pid):
    """A process, of a user of its own."""
    return Peer(pid, 1000 + pid)


def table(folder, machine, *, boot="boot-1", most=4):
    return Slots(Memory(folder / "slots.json"), boot, most, machine.started)


def test_a_process_keeps_its_slot_and_another_gets_another(tmp_path):
    slots = table(tmp_path, machine := Machine())
    machine.alive = {1: "a", 2: "b"}
    assert [slots.slot(source, known(pid), 0.0) for source, pid in (("x", 1), ("y", 2), ("x", 1))] == ["0", "1", "0"]


def seated(peers, most):
    """(who got one of `most` places, in this order of asking)."""
    held = []
    for peer in peers:
        if len(held) < most and not crowded(peer, held, most):
            held.append(peer)
    return held


def test_sixty_processes_of_one_user_do_not_lock_out_another_user():
    """The control is the bound for each process alone, which lets one user take every place."""
    crowd = [Peer(pid, 1) for pid in range(1, 1000)]
    held = seated([*crowd, Peer(5000, 2)], 64)
    assert (len(held), held[-1]) == (49, Peer(5000, 2))
    assert len(seated([*crowd, *(Peer(5000 + n, 2) for n in range(1000)), Peer(9000, 3)], 64)) == 48 + 12 + 1
    assert seated([Peer(pid, pid) for pid in range(1, 1000)], 64)[-1] == Peer(64, 64)  # many users share them all
    assert len([peer for peer in seated(crowd * 2, 64) if peer.pid == 1]) == 1
    assert len(seated([Peer(1, 1)] * 64, 64)) == 16


def test_one_user_leaves_slots_to_the_others(tmp_path):
    slots = table(tmp_path, machine := Machine(), most=8)
    machine.alive = dict.fromkeys(range(1, 12), "t")
    for pid in range(1, 7):
        slots.slot(f"x{pid}", Peer(pid, 1), 0.0)
    with pytest.raises(LineRefused, match="too many sources of this user"):
        slots.slot("x7", Peer(7, 1), 0.0)
    assert slots.slot("y", Peer(8, 2), 0.0) == "6"
    assert slots.slot("x1", Peer(1, 1), 0.0) == "0"  # who has a place keeps it
    del machine.alive[1]
    assert slots.slot("x7", Peer(7, 1), 0.0) == "0"


def test_a_skill_that_restarts_a_hundred_times_uses_one_slot(tmp_path):
    slots = table(tmp_path, machine := Machine())
    for pid in range(1, 100):
        machine.alive = {pid: f"t{pid}"}
        assert slots.slot(f"life-{pid}", known(pid), 0.0) == "0"


def test_a_process_that_ended_before_its_line_was_read_keeps_nobody_out(tmp_path):
    slots = table(tmp_path, Machine(), most=1)
    assert slots.slot("x", known(1), 0.0) == "0"
    assert slots.slot("y", known(2), 0.0) == "0"


def test_a_pid_that_is_used_again_is_not_the_same_process(tmp_path):
    slots = table(tmp_path, machine := Machine())
    machine.alive = {1: "early"}
    slots.slot("x", known(1), 0.0)
    machine.alive = {1: "late"}
    assert slots.slot("y", known(1), 0.0) == "0"


def test_after_a_restart_of_the_agent_everybody_has_the_slot_he_had(tmp_path):
    machine = Machine()
    machine.alive = {1: "a", 2: "b"}
    slots = table(tmp_path, machine)
    before = [slots.slot("x", known(1), 0.0), slots.slot("y", known(2), 0.0)]
    again = table(tmp_path, machine)
    assert [again.slot("y", known(2), 9.0), again.slot("x", known(1), 9.0)] == before[::-1]
    assert table(tmp_path, machine, boot="boot-2").slot("y", known(2), 0.0) == "0"


def test_an_unknown_process_keeps_its_slot_for_a_day(tmp_path):
    slots = table(tmp_path, Machine(), most=1)
    slots.slot("x", known(0), 0.0)
    with pytest.raises(LineRefused, match="raise sources"):
        slots.slot("y", known(0), FORGOTTEN_AFTER_S - 1)
    assert slots.slot("y", known(0), FORGOTTEN_AFTER_S + 1) == "0"


def test_a_slot_that_cannot_be_kept_is_not_given(tmp_path):
    slots = table(tmp_path / "none", machine := Machine())
    machine.alive = {1: "a"}
    with pytest.raises(LineRefused, match="later"):
        slots.slot("x", known(1), 0.0)
    (tmp_path / "none").mkdir()
    assert slots.slot("x", known(1), 0.0) == "0"


@pytest.mark.parametrize("text", ["", "[]", '{"boot": "boot-1"}', '{"boot": "boot-1", "slots": {"0": {"who": 1}}}'])
def test_an_unreadable_table_begins_anew(tmp_path, text):
    (tmp_path / "slots.json").write_text(text)
    assert table(tmp_path, Machine()).slot("x", known(0), 0.0) == "0"


class Skills:
    """Processes that say their totals to a real sampler, through a table that may be lost."""

    def __init__(self, folder, *, looks=True):
        self.file, self.machine, self.looks = folder / "slots.json", Machine(), looks
        self.sampler = Sampler(Stamp(1, 0.0, 1_800_000_000, "synced"), window_s=300)
        self.lose(None)

    def lose(self, text):
        """The agent comes back and finds this in the file."""
        if text is not None:
            self.file.write_text(text)
        found = (lambda: lives(self.sampler.totals, "local")) if self.looks else dict
        self.slots = Slots(Memory(self.file), "boot-1", 4, self.machine.started, found)

    def say(self, source, pid, value, mono_s=0.0):
        self.machine.alive[pid] = source
        slot = self.slots.slot(source, known(pid), mono_s)
        self.sampler.take("local", Total("guided_tour", value, source, from_zero=True, series=slot))

    @property
    def counted(self):
        return self.sampler.snapshot()["counts"]["guided_tour"]


@pytest.mark.parametrize(
    "text", ["garbage", "[]", '{"boot": "boot-1"}', '{"boot": "boot-1", "slots": {"0": {"who": 1}}}']
)
@pytest.mark.parametrize(("looks", "counted"), [(True, 170), (False, 270)])
def test_who_counted_before_the_table_was_lost_is_not_counted_twice(tmp_path, text, looks, counted):
    """Without a look at what was counted (the control) a skill loses its place and counts all over again."""
    skills = Skills(tmp_path, looks=looks)
    skills.say("A", 11, 100)
    skills.say("B", 12, 50)
    skills.lose(text)
    skills.say("new", 13, 20)
    skills.say("B", 12, 50)
    skills.say("A", 11, 100)
    assert skills.counted == counted


def test_a_lost_table_keeps_nobody_out_and_after_a_day_the_slots_of_the_dead_are_free(tmp_path):
    skills = Skills(tmp_path)
    for number in range(4):
        skills.say(f"old-{number}", number + 1, 1)
    skills.lose("garbage")
    skills.machine.alive = {}
    assert [skills.slots.slot(f"new-{n}", Peer(0, n), 0.0) for n in range(4)] == ["4", "5", "6", "7"]
    assert skills.slots.slot("late", known(0), FORGOTTEN_AFTER_S + 1) == "0"


@settings(max_examples=60, deadline=None)
@given(moves=st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), max_size=40))
def test_no_two_living_processes_ever_share_a_slot(tmp_path_factory, moves):
    """Each move: a skill speaks, or restarts and speaks; now and then the agent restarts before it."""
    folder, machine = tmp_path_factory.mktemp("slots"), Machine()
    lives, slots = dict.fromkeys(range(6), 0), table(folder, machine, most=6)
    holding = {}
    for skill, restarts, agent_restarts in moves:
        if agent_restarts:
            slots = table(folder, machine, most=6)
        if restarts:
            lives[skill] += 1
            holding.pop(skill, None)
        machine.alive[skill + 1] = f"life-{lives[skill]}"
        slot = slots.slot(f"{skill}-{lives[skill]}", known(skill + 1), 0.0)
        assert holding.setdefault(skill, slot) == slot
        assert len(set(holding.values())) == len(holding)


def test_the_kernel_says_when_a_process_began_and_that_it_ended():
    assert started(os.getpid())
    with subprocess.Popen(["sleep", "60"]) as child:
        assert started(child.pid)
        child.kill()
    assert started(child.pid) == ""
