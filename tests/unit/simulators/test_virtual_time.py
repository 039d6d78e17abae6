"""Time on a virtual loop is that of what happens on it; what waits for ever is said, not waited for."""

import asyncio

import pytest

from simulators import virtual_time
from simulators.errors import SimulationError


def test_a_week_passes_in_the_order_of_its_events():
    async def week():
        seen = []

        async def at(day):
            await asyncio.sleep(day * 86_400)
            seen.append((day, asyncio.get_running_loop().time()))

        await asyncio.gather(*(at(day) for day in (3, 1, 7, 2)))
        return seen

    assert virtual_time.run(week()) == [(day, pytest.approx(day * 86_400.0)) for day in (1, 2, 3, 7)]


def test_a_timeout_is_a_timeout_of_that_time():
    async def late():
        async with asyncio.timeout(3600):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        virtual_time.run(late())


def test_a_task_that_waits_for_what_never_comes_ends_the_run():
    async def never():
        await asyncio.Event().wait()

    with pytest.raises(SimulationError, match="nothing will ever happen"):
        virtual_time.run(never())
