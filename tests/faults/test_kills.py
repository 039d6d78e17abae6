"""Random SIGKILLs of agents, broker and collector: every count arrives once."""

from pathlib import Path

import pytest

from tests.faults.field import field, missing
from tests.faults.kills import kill_at_random

pytestmark = [
    pytest.mark.skipif(missing("mosquitto") is not None, reason=str(missing("mosquitto"))),
    pytest.mark.timeout(600),
]


def test_every_count_arrives_once_when_agent_broker_and_collector_are_killed_at_random(tmp_path: Path) -> None:
    it, verdict = kill_at_random(tmp_path, kills=16, seconds=20, seed=3, agents=2)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr + it.log("collector-0") + it.log("agent-0")
    assert sum(it.truth.values()) > 500


def test_control_a_count_that_the_truth_does_not_know_is_a_difference(tmp_path: Path) -> None:
    with field(tmp_path) as it:
        it.start()
        it.counts[0].add("wake_up", 3)
        it.truth["field-0", "wake_up"] = 2
        verdict = it.settle(20)
    assert verdict.returncode == 1
    assert "wake_up" in verdict.stdout
