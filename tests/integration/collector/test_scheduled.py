"""The named jobs call operations; what is refused is logged with its reason, and nothing else hears of it."""

from pathlib import Path

import pytest

import collector
from collector import config, context, scheduled
from collector.access.caller import THE_CLOCK, Caller, Role
from collector.fleet.scope import EVERYTHING
from collector.operations.closing import close_due_days, start_closing
from collector.values.keep import Keep
from collector.values.refusal import Refused
from tests.batches import NOON

HOME = Path(collector.__file__).parent


def refusals(caplog):
    return [(each.job, each.reason) for each in caplog.records if getattr(each, "action", "") == "job_refused"]


@pytest.mark.parametrize("job", ["retention", "wal", "deliveries", "old_deliveries", "closing"])
async def test_a_job_that_is_refused_says_so_in_the_log(store, caplog, job):
    asked = context.of(config.load(), store, lambda: NOON, THE_CLOCK)
    reader = asked.seen_by(Caller(1, "reader", Role.READER, EVERYTHING))
    (found,) = [each for each in scheduled.jobs(reader, Keep()) if each.name == job]
    await found.work()
    ((name, reason),) = refusals(caplog)
    assert name == job
    assert "role reader may not do this; use one of: admin" in reason
    caplog.clear()
    if job != "closing":  # the control: the clock may; a closing needs the process that serves
        (found,) = [each for each in scheduled.jobs(asked, Keep()) if each.name == job]
        assert not isinstance(await found.work(), Refused)
        assert refusals(caplog) == []


def test_what_closes_days_says_that_it_writes():
    assert close_due_days.writes
    assert close_due_days.long
    assert start_closing.writes


def test_one_module_says_what_others_are_told():
    """`import.done`, `cta.opened` and the rest are made in announcements, so that every door tells the same."""
    callers = {
        path.relative_to(HOME).as_posix()
        for path in HOME.rglob("*.py")
        if any(call in path.read_text(encoding="utf-8") for call in ("webhooks.announce(", "notices.tell("))
    }
    assert callers == {"notifications/announcements.py"}
