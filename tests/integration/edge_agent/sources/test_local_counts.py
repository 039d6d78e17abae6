"""The local endpoint with counting and outbox behind it: `ok` is said of what is stored, and of nothing else."""

import asyncio
import contextlib
import json
from collections import Counter
from dataclasses import replace

import pytest

import edge_agent.outbox  # noqa: F401  it and counting name each other: this one comes first
from edge_agent.client import Counts, NotCounted, count_once
from edge_agent.clock import Clock, ClockSample
from edge_agent.counting import refused, sampler, series
from edge_agent.counting.count_task import Counting
from edge_agent.counting.episodes import OPEN_MAX, EpisodeTracker
from edge_agent.counting.sampler import Sampler
from edge_agent.outbox import Outbox, OutboxSettings
from edge_agent.sources.local import Local, Options
from tests.sources import around, until

NOON = 1_800_014_400


class Robot:
    """Counting on a real outbox, heard through a real socket; the clock stands until it is moved."""

    def __init__(self, folder):
        self.folder, self.mono_s = folder, 1000.0

    async def __aenter__(self):
        settings = OutboxSettings("R-1")
        self.outbox = await Outbox.open(
            self.folder / "outbox.db", settings=settings, hardware="h", boot_id="boot-1", now_s=NOON
        )
        clock = Clock(self.outbox.boot, self.outbox.last_seen_s)
        restored = await self.outbox.restore()
        counted = Sampler(clock.stamp(self._read()), window_s=300, totals=restored.totals, window=restored.window)
        episodes = EpisodeTracker(restored.episodes)
        self.counting = Counting(
            self.outbox, clock, self._read, counted, episodes, tick_s=10, window_s=300, checkpoint_s=60
        )
        surroundings = around(self.folder, commit=self.counting.commit)
        surroundings = replace(surroundings, lives=lambda source: series.lives(counted.totals, source))
        self.local = Local("local", Options(), surroundings)
        self._serving = asyncio.create_task(self.local.run(self.counting.take_for("local")))
        await self.local.listening.wait()
        return self

    async def __aexit__(self, *_):
        self._serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._serving
        await self.outbox.close()

    def _read(self):
        return ClockSample("boot-1", self.mono_s, NOON + self.mono_s - 1000, disciplined=True)

    async def tick(self, after_s):
        self.mono_s += after_s
        await self.counting.tick()

    async def stored(self):
        """Sums of every window in the outbox."""
        await self.tick(300)
        records = await self.records()
        return sum((Counter(r["counts"]) for r in records if r["kind"] == "window"), Counter())

    async def records(self):
        batch = await self.outbox.batch(1, 500)
        return json.loads(batch.text)["records"] if batch else []

    async def ask(self, *lines):
        reader, writer = await asyncio.open_unix_connection(self.local.path, limit=2**20)
        answers = []
        for line in lines:
            writer.write(json.dumps(line).encode() + b"\n")
            answers.append(json.loads(await reader.readline()))
        writer.close()
        return answers


def own(counts, prefix="skill."):
    return {name: n for name, n in counts.items() if name.startswith(prefix)}


async def test_five_hundred_names_in_one_window_are_all_stored(tmp_path):
    async with Robot(tmp_path) as robot:
        lines = [{"totals": {f"skill.c{i}": 1 for i in range(at, at + 100)}, "source": "a", "durable": True}
                 for at in range(0, 500, 100)]  # fmt: skip
        assert await robot.ask(*lines) == [{"ok": True, "durable": True}] * 5
        assert own(await robot.stored()) == {f"skill.c{i}": 1 for i in range(500)}


async def test_a_total_that_falls_within_one_process_is_held_and_named_once(tmp_path):
    async with Robot(tmp_path) as robot:
        for value, base in ((100, 0), (105, 100), (104, 105), (104, 105), (110, 105)):
            said = {"totals": {"wake_up": value}, "base": {"wake_up": base}, "source": "a", "durable": True}
            assert await robot.ask(said) == [{"ok": True, "durable": True}]
        assert [each["reason"].split(":")[0] for each in robot.counting.sampler.refusals.shown()] == ["fell"]
        found = await robot.stored()
        assert (found["wake_up"], found["readings_refused"]) == (110, 1)


async def test_a_process_that_starts_anew_counts_from_zero_below_the_last_one(tmp_path):
    """The control: its id is another."""
    async with Robot(tmp_path) as robot:
        for source, value in (("a", 105), ("b", 104)):
            (answer,) = await robot.ask({"totals": {"wake_up": value}, "source": source, "durable": True})
            assert answer["ok"]
        assert (await robot.stored())["wake_up"] == 209


async def test_a_name_without_room_is_answered_with_the_reason_and_taken_when_there_is_room(tmp_path, monkeypatch):
    monkeypatch.setattr(sampler, "COUNTERS_MAX", 3)
    async with Robot(tmp_path) as robot:
        one_shots = await robot.ask(*({"count": f"skill.c{i}"} for i in range(3)))
        assert one_shots == [{"ok": True, "durable": True}] * 3
        (answer,) = await robot.ask({"count": "skill.c3"})
        assert (answer["ok"], answer["durable"]) == (False, False)
        assert answer["later"]["skill.c3"].startswith("too_many_counters: ")
        with pytest.raises(NotCounted, match="too_many_counters"):
            await asyncio.to_thread(count_once, "skill.c3", 1, robot.local.path)
        totals = {"totals": {"skill.c1": 1, "skill.c4": 5}, "source": "a", "durable": True}
        (answer,) = await robot.ask(totals)
        assert (answer["ok"], list(answer["later"])) == (False, ["skill.c4"])
        await robot.tick(300)
        assert await robot.ask(totals) == [{"ok": True, "durable": True}]
        assert own(await robot.stored()) == {"skill.c0": 1, "skill.c1": 2, "skill.c2": 1, "skill.c4": 5}


async def test_the_client_says_again_what_was_refused_and_takes_it_for_confirmed_only_when_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(sampler, "COUNTERS_MAX", 300)
    async with Robot(tmp_path) as robot:
        counts = Counts(robot.local.path, flush_s=0.01)
        for i in range(2500):
            counts.add(f"skill.c{i}")
        await until(lambda: counts.refused)
        assert not await asyncio.to_thread(counts.close, 1.0)
        for _ in range(90):
            await robot.tick(300)
            if await asyncio.to_thread(counts.close, 1.0):
                break
        assert counts._base == counts._totals
        assert own(await robot.stored()) == {f"skill.c{i}": 1 for i in range(2500)}


async def test_sixty_processes_with_forty_counters_each_are_all_stored(tmp_path):
    async with Robot(tmp_path) as robot:
        for n in range(60):
            totals = {f"skill.c{i}": 10 for i in range(40)}
            (answer,) = await robot.ask({"totals": totals, "source": f"p{n}", "durable": True})
            assert answer == {"ok": True, "durable": True}
            robot.local._slots._holders[str(n)].pid = 0  # all sixty live; here they are one
        assert own(await robot.stored()) == {f"skill.c{i}": 600 for i in range(40)}


async def test_a_series_without_room_is_never_answered_ok(tmp_path, monkeypatch):
    monkeypatch.setattr(series, "SERIES_MAX", 50)
    async with Robot(tmp_path) as robot:
        said = {f"skill.c{i}": 1 for i in range(80)}
        (answer,) = await robot.ask({"totals": said, "source": "a", "durable": True})
        assert not answer["ok"]
        assert len(answer["later"]) == 30
        assert own(await robot.stored()) == {name: 1 for name in said if name not in answer["later"]}


async def test_a_thousand_fault_codes_are_taken_or_refused_by_name(tmp_path):
    async with Robot(tmp_path) as robot:
        faults = [{"fault": {"family": "touch", "code": f"c{i}", "active": True}} for i in range(1000)]
        answers = await robot.ask(*faults)
        assert [answer["ok"] for answer in answers] == [True] * OPEN_MAX + [False] * (1000 - OPEN_MAX)
        assert answers[-1]["later"]["fault"].startswith("too_many_faults: ")
        await robot.tick(10)
        await until(lambda: not robot.counting._waiting)
        stored = Counter(r["family"] for r in await robot.records() if r["kind"] == "fault")
        assert stored["touch"] == OPEN_MAX
        assert stored["agent"] == refused.FAULTS_MAX + 1
        named = [r["ref"] for r in await robot.records() if r.get("code") == refused.CODE]
        assert named[0] == f"local touch.c{OPEN_MAX}"
        assert robot.counting.sampler.refused == {"too_many_faults": 1000 - OPEN_MAX}


async def test_a_client_says_a_refused_fault_again_and_forgets_what_has_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("opk_skills.runtime.counts.AGAIN_S", 0.02)
    monkeypatch.setattr("opk_skills.runtime.counts.FAULTS_MAX", 2)
    async with Robot(tmp_path) as robot:
        robot.counting.episodes._open_max = 1
        counts = Counts(robot.local.path, flush_s=0.01)
        counts.fault("touch", "a")
        counts.fault("touch", "b")
        counts.fault("touch", "c")
        await until(lambda: len(counts.refused) == 2)
        counts.healed("touch", "a")
        await until(lambda: [c.code for c in robot.counting.episodes.open_conditions() if c.family == "touch"] == ["b"])
        await until(lambda: "fault touch a " not in counts._faults)
        counts.fault("touch", "d")
        await until(lambda: "too_many_faults" in counts.refused.get("fault touch d ", ""))
        assert await asyncio.to_thread(counts.close)


async def test_series_of_a_process_that_ended_are_gone_and_its_counts_stay(tmp_path, monkeypatch):
    monkeypatch.setattr("edge_agent.sources.slots.RETIRE_AFTER_S", 0.0)
    monkeypatch.setattr("edge_agent.sources.local.SWEEP_S", 0.01)
    async with Robot(tmp_path) as robot:
        answers = await robot.ask({"totals": {"distance_m": 2.6}, "source": "a", "durable": True})
        assert answers == [{"ok": True, "durable": True}]
        robot.local._slots._holders["0"].started = "another life"  # the pid is ours: as if it were used again
        await until(lambda: list(robot.counting.sampler.totals) == [("local", "distance_m|~")])
        await robot.ask({"totals": {"distance_m": 2.6}, "source": "b", "durable": True})
        assert (await robot.stored())["distance_m"] == 5
        back = await robot.ask({"totals": {"distance_m": 2.6}, "source": "a"})
        assert back[0]["ok"]
        assert (await robot.stored())["distance_m"] == 5
