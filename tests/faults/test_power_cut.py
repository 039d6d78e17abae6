"""A power cut at any moment loses nothing that was acknowledged; without the sync at commit it does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import powercut
from tests.faults.field import missing
from tests.faults.power_cut import agent_holds, collector_holds, cut

pytestmark = pytest.mark.skipif(missing("strace") is not None, reason=str(missing("strace")))

AGENT = ("tests.faults.agent_commits", "outbox.db", agent_holds)
COLLECTOR = ("tests.faults.collector_commits", "collector.db", collector_holds)
Program = tuple[str, str, Callable[[Path, int], str | None]]


@pytest.mark.parametrize("program", [AGENT, COLLECTOR], ids=["agent", "collector"])
def test_no_acked_record_is_lost_and_no_file_breaks_in_any_power_cut(program: Program) -> None:
    module, file, check = program
    verdict = cut(module, ["40"], file, check, seed=1, subsets=2, most=1200)
    assert verdict.states >= 700
    assert not verdict.lost, verdict.lost[:3]
    assert not verdict.broken, verdict.broken[:3]


@pytest.mark.parametrize("program", [AGENT, COLLECTOR], ids=["agent", "collector"])
def test_control_without_a_sync_at_commit_acked_records_are_lost(program: Program) -> None:
    module, file, check = program
    verdict = cut(module, ["12", "weak"], file, check, seed=1, subsets=0, most=120)
    assert verdict.lost


def test_unsynced_writes_may_be_missing_and_synced_ones_never_are() -> None:
    events = [
        powercut.Event("create", "a"),
        powercut.Event("write", "a", 0, b"old"),
        powercut.Event("sync", "a"),
        powercut.Event("write", "a", 0, b"new"),
        powercut.Event("ack", data=b"ack 1"),
        powercut.Event("sync", "a"),
    ]
    seen = {(s.event, s.variant): s.files.get("a") for s in powercut.states(events, seed=1)}
    assert seen[2, "nothing"] == b"old"
    assert {seen[3, "nothing"], seen[3, "everything"]} == {b"old", b"new"}
    assert seen[5, "nothing"] == b"new"
