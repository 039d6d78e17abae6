"""A fleet on real brokers, with a collector that only keeps marks and sums."""

import asyncio
import csv
import dataclasses
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from simulators.children import answers, free_port
from simulators.faults import Plan
from simulators.fleet import Fleet, Orders
from simulators.mqtt import Dialer
from tests.brokers import Mosquitto
from tests.fleet_collector import FakeCollector, Totals, truth
from tests.waiting import DEADLINE_S

Start = Callable[..., Awaitable[asyncio.subprocess.Process]]
START_S = 1_760_000_400
DAY = Orders(
    robots=8,
    seed=7,
    start_s=START_S,
    end_s=START_S + 86_400,
    connects_per_s=500,
    backoff_first_s=0.1,
    backoff_max_s=0.5,
)


def totals_of(path: Path) -> Totals:
    with path.open(encoding="utf-8") as file:
        return {(row["robot"], row["day"], row["counter"]): int(row["value"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize("version", [5, 4])
async def test_a_fleet_delivers_exactly_what_it_counted(mosquitto: Mosquitto, version: int) -> None:
    async with FakeCollector(mosquitto.url) as committed:
        fleet = Fleet(DAY, Dialer.of(mosquitto.url, version=version))
        await fleet.run()
        await committed.settled(lambda: all(p["state"] == "stopped" for p in committed.presence.values()))
    assert fleet.undelivered() == 0
    assert dict(committed.totals) == truth(fleet.counted())
    assert committed.broken == 0
    assert {p["state"] for p in committed.presence.values()} == {"stopped"}


async def test_a_rough_link_changes_nothing_that_arrives(mosquitto: Mosquitto) -> None:
    plan = Plan(doubled=0.2, swallowed=0.1, delay_s=0.1, cut_every_s=0.5, crash_every_s=2, ack_timeout_s=0.5)
    async with FakeCollector(mosquitto.url) as committed:
        fleet = Fleet(dataclasses.replace(DAY, robots=4, batch=12, faults=plan), Dialer.of(mosquitto.url))
        await fleet.run()
    assert fleet.tally.resent > 0
    assert dict(committed.totals) == truth(fleet.counted())


async def test_a_robot_with_a_wrong_password_gives_up_and_says_why(mosquitto_with_password: Mosquitto) -> None:
    dialer = Dialer.of(mosquitto_with_password.url, passwords={"sim-hall-0001": "wrong"})
    fleet = Fleet(dataclasses.replace(DAY, robots=1), dialer)
    await fleet.run()
    assert "ot authorised" in fleet.uplinks[0].forbidden or "ot authorized" in fleet.uplinks[0].forbidden
    assert fleet.undelivered() > 0
    assert truth(fleet.counted()) == {}


@pytest.fixture
async def fleet_sim() -> AsyncIterator[Callable[..., Awaitable[asyncio.subprocess.Process]]]:
    """Starts `fleet-sim` with arguments; whatever still runs at the end of the test is killed."""
    started: list[asyncio.subprocess.Process] = []

    async def start(*arguments: str) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "simulators", *arguments), stdout=pipe, stderr=pipe
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
def mosquitto_with_password(start_mosquitto, tmp_path: Path) -> Mosquitto:
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    return start_mosquitto(anonymous=False, lines=[f"password_file {passwords}"])


@pytest.fixture
async def embedded(tmp_path: Path, fleet_sim: Start) -> AsyncIterator[tuple[int, Path]]:
    """(port, passwords file) of an embedded broker in a process of its own."""
    passwords = tmp_path / "passwords"
    robots = "".join(f"sim-hall-{n:04d}:secret-{n}\n" for n in range(1, 9))
    passwords.write_text(f"# test\ncollector:secret-c\n{robots}")
    port = free_port()
    process = await fleet_sim("broker", "--listen", f"127.0.0.1:{port}", "--passwords", str(passwords))
    assert process.stdout is not None
    assert b"broker on" in await asyncio.wait_for(process.stdout.readline(), DEADLINE_S)
    yield port, passwords
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), DEADLINE_S) == 0


async def test_the_command_delivers_through_the_embedded_broker_and_writes_the_truth(
    embedded: tuple[int, Path], tmp_path: Path, fleet_sim: Start
) -> None:
    port, passwords = embedded
    file = tmp_path / "truth.csv"
    async with FakeCollector(f"mqtt://127.0.0.1:{port}", user="collector", password="secret-c") as committed:
        process = await fleet_sim(
            *("run", "--robots", "6", "--scene", "exhibition_hall", "--days", "3"),  # it is closed on one weekday
            *("--url", f"mqtt://127.0.0.1:{port}", "--credentials", str(passwords), "--truth", str(file), "--json"),
        )
        out, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert process.returncode == 0
    figures = json.loads(out)
    assert (figures["undelivered_records"], figures["resent_batches"]) == (0, 0)
    assert totals_of(file) == dict(committed.totals)
    assert figures["truth_rows"] == len(committed.totals) > 0


async def test_an_interrupted_run_delivers_what_it_counted_and_writes_it_down(
    mosquitto: Mosquitto, tmp_path: Path, fleet_sim: Start
) -> None:
    file = tmp_path / "truth.csv"
    async with FakeCollector(mosquitto.url) as committed:
        process = await fleet_sim(
            *("run", "--robots", "4", "--days", "1", "--url", mosquitto.url),
            *("--live", "--live-window-s", "1", "--live-upload-s", "1", "--truth", str(file), "--json"),
        )
        await committed.settled(lambda: any(r.get("span") == 1 for r in committed.taken))
        process.send_signal(signal.SIGTERM)
        out, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert process.returncode == 0, out
    assert totals_of(file) == dict(committed.totals)
    assert {r["event"] for r in committed.taken if r["kind"] == "lifecycle"} >= {"start", "counters", "stop"}


async def test_a_broker_that_is_killed_in_the_middle_costs_no_count(mosquitto: Mosquitto) -> None:
    async with FakeCollector(mosquitto.url) as committed:
        fleet = Fleet(dataclasses.replace(DAY, speed=20_000, faults=Plan(ack_timeout_s=1)), Dialer.of(mosquitto.url))
        running = asyncio.create_task(fleet.run())
        await committed.settled(lambda: len(committed.taken) > 100)
        mosquitto.kill()
        mosquitto.start()
        await asyncio.wait_for(running, DEADLINE_S)
    assert fleet.tally.lost_links >= DAY.robots
    assert dict(committed.totals) == truth(fleet.counted())


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("run", "--window-s", "7"), "does not divide 900"),
        (("run", "--url", "http://x"), "write mqtt://"),
        (("run", "--faults", "nothing"), "TOML file"),
        (("run", "--start", "yesterday"), "is no time"),
        (("run", "--timezone", "Mars/Base"), "Mars/Base"),
        (("broker", "--passwords", "/nonexistent"), "one line name:password"),
        (("broker", "--listen", "0.0.0.0:1883", "--passwords", "{passwords}"), "Mosquitto"),
    ],
)
async def test_a_wrong_option_stops_the_start_with_one_line(
    tmp_path: Path, arguments: tuple[str, ...], remedy: str, fleet_sim: Start
) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("collector:c\n")
    process = await fleet_sim(*(a.format(passwords=passwords) for a in arguments))
    _, said = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert process.returncode == 1
    assert said.count(b"\n") == 1
    assert remedy.encode() in said


async def test_nobody_answers_where_nobody_listens() -> None:
    assert not answers(free_port())
