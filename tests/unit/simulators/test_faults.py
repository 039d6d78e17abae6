"""Whatever a fault plan does, what was counted arrives once. On the broker in memory."""

import asyncio
import dataclasses
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from protocol.stream import BatchVerdict
from simulators.broker import Broker, Weather
from simulators.errors import PlanError
from simulators.faults import PLANS, Plan, read
from simulators.fleet import Fleet, Orders
from tests.fleet_collector import Committed, truth

START_S = 1_761_494_400
ORDERS = Orders(
    robots=4,
    seed=3,
    start_s=START_S,
    end_s=START_S + 43_200,
    connects_per_s=1e6,
    batch=12,
    backoff_first_s=0.02,
    backoff_max_s=0.3,
)
FAST = Plan(ack_timeout_s=0.3)
# The same trouble as the named plans, in a tenth of the time.
TROUBLE = {
    "doubled": Plan(doubled=0.3, ack_timeout_s=0.3),
    "swallowed": Plan(swallowed=0.2, ack_timeout_s=0.3),
    "reordered": Plan(delay_s=0.1, ack_timeout_s=0.3),
    "cut": Plan(cut_every_s=0.03, ack_timeout_s=0.3),
    "partitioned": Plan(partition_every_s=0.05, partition_s=0.3, ack_timeout_s=0.3),
    "crashing": Plan(crash_every_s=0.2, swallowed=0.1, ack_timeout_s=0.3),
    "storm": Plan(storm_at_s=(0.02, 0.05), ack_timeout_s=0.3),
    "cloned": Plan(cloned=2, ack_timeout_s=0.3),
    "clock": Plan(clock_1970=1.0, ack_timeout_s=0.3),
    "full": Plan(capacity=24, swallowed=0.2, ack_timeout_s=0.3),
}


async def delivered(
    orders: Orders, broker: Broker | None = None, *, stop_after_s: float | None = None
) -> tuple[Fleet, Committed]:
    """A fleet that lived through `orders`, and what a collector had committed at its end."""
    broker = broker or Broker()
    committed = Committed(lambda *_: None, ZoneInfo(orders.timezone))
    link = await broker.dial("collector", None, ("fw/1/up/#", "fw/1/presence/+"), committed.heard, lambda: None)
    committed.answer = lambda topic, payload: link.publish(topic, payload, qos=0)
    fleet = Fleet(orders, broker)
    if stop_after_s:
        asyncio.get_running_loop().call_later(stop_after_s, fleet.stop)
    await fleet.run()
    return fleet, committed


@pytest.mark.parametrize("name", list(TROUBLE))
async def test_counts_arrive_once_through(name: str) -> None:
    fleet, committed = await delivered(dataclasses.replace(ORDERS, faults=TROUBLE[name]))
    assert fleet.undelivered() == 0
    assert dict(committed.totals) == truth(fleet.counted())
    assert committed.broken == 0


async def test_the_trouble_is_real() -> None:
    """The control: a plan that changed nothing would prove nothing."""
    fleet, committed = await delivered(dataclasses.replace(ORDERS, faults=TROUBLE["swallowed"]))
    assert fleet.tally.resent > 0
    assert committed.verdicts[BatchVerdict.GAP] > 0
    fleet, _ = await delivered(dataclasses.replace(ORDERS, faults=TROUBLE["cut"]))
    assert fleet.tally.connects > ORDERS.robots
    fleet, _ = await delivered(dataclasses.replace(ORDERS, faults=TROUBLE["full"]))
    assert sum(u.outbox.merges for u in fleet.uplinks) > 0
    fleet, _ = await delivered(dataclasses.replace(ORDERS, faults=TROUBLE["crashing"]))
    assert fleet.tally.crashes > 0


async def test_a_robot_without_a_clock_sends_nothing_before_it_knows_the_time() -> None:
    _, committed = await delivered(dataclasses.replace(ORDERS, faults=TROUBLE["clock"]))
    syncs = Counter(r.get("sync", "synced") for r in committed.taken)
    assert syncs["unsynced"] == 0
    assert syncs["restamped"] > 0
    assert min(r["at"] for r in committed.taken) >= START_S


async def test_two_outboxes_under_one_name_stay_two_streams() -> None:
    _, committed = await delivered(dataclasses.replace(ORDERS, faults=TROUBLE["cloned"]))
    streams = Counter(robot for robot, _ in committed.marks)
    assert sorted(streams.values()) == [1, 1, 2, 2]


async def test_a_fleet_that_lives_its_history_again_counts_nothing_twice() -> None:
    broker = Broker()
    first, committed = await delivered(ORDERS, broker)
    again = Fleet(ORDERS, broker)
    await again.run()
    assert again.tally.batches == again.tally.rewound == 0
    assert dict(committed.totals) == truth(first.counted()) == truth(again.counted())


async def test_numbers_the_collector_has_already_force_a_new_epoch() -> None:
    broker = Broker()
    _, committed = await delivered(ORDERS, broker)
    stolen = next(iter(committed.marks))
    committed.marks[stolen] = 10_000
    again = Fleet(ORDERS, broker)
    await again.run()
    assert again.undelivered() == 0
    assert again.tally.rewound == 1
    assert len(committed.marks) == ORDERS.robots + 1


async def test_an_interrupted_history_can_be_lived_again() -> None:
    broker = Broker()
    fleet, committed = await delivered(dataclasses.replace(ORDERS, speed=1e5), broker, stop_after_s=0.3)
    assert sum(truth(fleet.counted()).values()) > 0
    again = Fleet(ORDERS, broker)
    await again.run()
    assert dict(committed.totals) == truth(again.counted())


async def test_bad_weather_at_the_broker_is_survived_too() -> None:
    weather = {"lost": 0.2, "doubled": 0.2, "delay_s": 0.05}
    broker = Broker(inbound=Weather(1, **weather), outbound=Weather(2, **weather))
    fleet, committed = await delivered(dataclasses.replace(ORDERS, faults=FAST), broker)
    assert dict(committed.totals) == truth(fleet.counted())


def test_a_plan_is_read_from_a_file_or_by_name(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("doubled = 0.5\nstorm_at_s = [1, 2.5]\n")
    assert read(str(path)) == Plan(doubled=0.5, storm_at_s=(1, 2.5))
    assert read("rough") is PLANS["rough"]


@pytest.mark.parametrize("text", ["swallowd = 0.5\n", "doubled = 1.5\n", "capacity = 3\n", "= =\n"])
def test_a_plan_that_cannot_be_is_refused_with_its_remedy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(PlanError):
        read(str(path))
