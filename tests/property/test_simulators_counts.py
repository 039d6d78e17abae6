"""Laws of the simulated fleet for any seed: windows add up to the truth, and the weather changes nothing."""

import asyncio
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators import virtual_time
from simulators.broker import Broker, Weather
from simulators.chance import part, poisson
from simulators.faults import Plan
from simulators.fleet import Fleet, Orders
from simulators.outbox import Outbox
from simulators.robot import GRID_S, Rhythm, Robot
from simulators.scenes import SCENES
from tests.fleet_collector import Committed, truth

ZONES = ("Asia/Shanghai", "Asia/Kathmandu", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe")
starts = st.integers(1_600_000_000 // GRID_S, 1_900_000_000 // GRID_S).map(lambda n: n * GRID_S)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    scene=st.sampled_from(sorted(SCENES)),
    zone=st.sampled_from(ZONES),
    start_s=starts,
    window_s=st.sampled_from((60, 300, 900)),
    hours=st.integers(1, 60),
)
def test_windows_add_up_to_the_truth_and_stay_within_a_day(
    seed: int, scene: str, zone: str, start_s: int, window_s: int, hours: int
) -> None:
    robot = Robot("r", SCENES[scene], seed, ZoneInfo(zone), start_s, Rhythm(window_s))
    summed: dict[int, Counter[str]] = defaultdict(Counter)
    written: list[dict[str, Any]] = []
    robot.release(start_s + hours * 3600, lambda record: written.append(record) or len(written))
    for record in written:
        if record["kind"] == "window":
            ends = (record["at"], record["at"] + record["span"] - 1)
            first, last = (datetime.fromtimestamp(t, ZoneInfo(zone)).date() for t in ends)
            assert first == last
            summed[(first - date(1970, 1, 1)).days].update(record["counts"])
    assert {day: dict(counts) for day, counts in summed.items() if counts} == robot.counted


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(st.sampled_from(("count", "count", "count", "send", "forget", "fault")), max_size=200))
def test_an_outbox_of_any_size_keeps_every_count_and_every_number(steps: list[str]) -> None:
    outbox = Outbox("r", "0" * 16, capacity=20)
    at, counted, forgotten = 0, 0, 0
    for step in steps:
        at += 300
        if step == "count":
            outbox.append({"kind": "window", "boot": 1, "at": at, "span": 300, "counts": {"interaction": 1}})
            counted += 1
        elif step == "fault":
            outbox.append({"kind": "fault", "boot": 1, "at": at})
        elif step == "send":
            outbox.batch(outbox.held, 5, outbox.newest)
        else:
            held = [r for r in outbox.records() if r["seq"] <= outbox.sent_through]
            forgotten += sum(r.get("counts", {}).get("interaction", 0) for r in held)
            outbox.forget(outbox.sent_through)
    held = outbox.records()
    assert forgotten + sum(r.get("counts", {}).get("interaction", 0) for r in held) == counted
    covered = [n for r in held for n in range(r.get("first", r["seq"]), r["seq"] + 1)]
    assert covered == list(range(outbox.held, outbox.newest + 1))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), lost=st.floats(0, 0.4), doubled=st.floats(0, 0.5), delay_s=st.floats(0, 0.02))
def test_any_weather_delivers_every_count_once(seed: int, lost: float, doubled: float, delay_s: float) -> None:
    """In virtual time: against the wall clock a busy machine's own slowness met the time limit of an ack."""

    async def lived() -> tuple[Fleet, Committed]:
        orders = Orders(2, seed, 1_761_494_400, 1_761_494_400 + 20_000, connects_per_s=1e6, batch=10, backoff_max_s=0.2)
        plan = Plan(seed=seed, swallowed=lost / 2, ack_timeout_s=0.1)
        broker = Broker(Weather(seed, lost, 0, doubled, delay_s), Weather(seed + 1, lost, 0, doubled, delay_s))
        committed = Committed(lambda *_: None, ZoneInfo(orders.timezone))
        link = await broker.dial("collector", None, ("fw/1/up/#",), committed.heard, lambda: None)
        committed.answer = lambda topic, payload: link.publish(topic, payload, qos=0)
        clock = asyncio.get_running_loop().time
        fleet = Fleet(replace(orders, faults=plan), broker, clock=clock, wall=lambda: orders.end_s + int(clock()))
        await fleet.run()
        return fleet, committed

    fleet, committed = virtual_time.run(lived())
    assert dict(committed.totals) == truth(fleet.counted())


@given(seed=st.integers(0, 10**6), whole=st.integers(0, 10**6), share=st.floats(0, 1))
def test_a_part_is_never_more_than_the_whole(seed: int, whole: int, share: float) -> None:
    assert 0 <= part(Random(seed), whole, share) <= whole


@given(seed=st.integers(0, 10**6), mean=st.floats(0, 1000))
def test_events_are_never_negative(seed: int, mean: float) -> None:
    assert poisson(Random(seed), mean) >= 0
