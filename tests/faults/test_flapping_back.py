"""A fault that flaps while an outbox is put back from a copy: its openings are counted, or said as lost."""

import asyncio
import random

import pytest

from edge_agent.counting.readings import Condition
from tests.faults.put_back import Shelf
from tests.faults.restored import Restored


@pytest.fixture
def robot(tmp_path):
    found = Restored(tmp_path, f"sqlite:///{tmp_path / 'collector.db'}", random.Random("steady"))
    found.boot = lambda: None  # it stays within one hour
    yield found
    found.close()


def flap(robot, times, code="bumper"):
    for _ in range(times):
        for active in (True, False):
            robot.counting.take_for("x")(Condition("touch", code, active=active))


async def quiet(robot):
    """The fault has closed, and that is delivered."""
    robot.true_s += 400
    await robot.window()
    await robot.deliver()


def stored(robot, code):
    """(openings of what has closed, episodes that are open) at the collector."""
    rows = robot.rows(f"SELECT openings, closed_at FROM fault_episode WHERE code = '{code}'")
    return sum(openings for openings, closed in rows if closed), sum(not closed for _, closed in rows)


def alarms(robot):
    return dict(robot.rows("SELECT kind, detail FROM alarm"))


async def went_back(robot, *, before, since, clean, closed=False):
    """A copy after `before` openings is put back when `since` more have been delivered; `closed`: and the closing."""
    shelf = Shelf(robot)
    await robot.start()
    flap(robot, before)
    await robot.window()
    await robot.deliver()
    await robot.stop(clean=clean)
    shelf.copy()
    await robot.start()
    flap(robot, since)
    await robot.window()
    await robot.deliver()
    if closed:
        await quiet(robot)
    await robot.stop(clean=clean)
    shelf.put_back("outbox", shelf.copies[0])
    await robot.start()
    await robot.deliver()
    await quiet(robot)
    await robot.stop(clean=True)


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("noted", [True, False])
def test_openings_of_the_lost_part_of_a_fault_that_flapped_in_the_copy_are_said_to_be_unknown(robot, clean, noted):
    """`noted`: the note of the runtime folder is there still; a robot that was switched off has none."""
    if not noted:
        robot.start = _without_note(robot)
    asyncio.run(went_back(robot, before=40, since=50, clean=clean))
    openings, still_open = stored(robot, "bumper")
    assert (40 <= openings <= 90, still_open) == (True, 0)
    assert openings == 90 or stored(robot, "openings_unknown") != (0, 0)
    assert "went_back" in alarms(robot)


def _without_note(robot):
    start = robot.start

    async def started():
        for file in robot.runtime.iterdir():
            file.unlink()
        await start()

    return started


@pytest.mark.parametrize("clean", [True, False])
def test_a_fault_that_began_to_flap_in_the_lost_part_is_named_by_an_alarm(robot, clean):
    asyncio.run(went_back(robot, before=3, since=50, clean=clean))
    openings, still_open = stored(robot, "bumper")
    assert still_open == 0
    assert openings < 53, "the control: else there is nothing to say"
    assert "touch.bumper" in alarms(robot)["openings_lost"]


@pytest.mark.parametrize("clean", [True, False])
def test_a_closing_that_comes_again_from_the_copy_takes_no_openings_away(robot, clean):
    """The lost part has delivered the closing with every opening."""
    asyncio.run(went_back(robot, before=40, since=50, clean=clean, closed=True))
    assert stored(robot, "bumper") == (90, 0)
    assert stored(robot, "openings_unknown") != (0, 0), "the robot cannot know that"


def test_a_fault_that_opened_once_in_the_lost_part_is_none_to_speak_of(robot):
    """The control: it ends with the lost part, and had opened once."""
    asyncio.run(went_back(robot, before=3, since=2, clean=True))
    assert stored(robot, "bumper") == (5, 0)
    assert "openings_lost" not in alarms(robot)
    assert stored(robot, "openings_unknown") == (0, 0)
