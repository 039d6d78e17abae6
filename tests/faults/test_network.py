"""Loss, delay, duplicates, reordering and a partition between robots and the centre: every count arrives once."""

from pathlib import Path

import pytest

from tests.faults.field import missing
from tests.faults.network import Weather, possible
from tests.faults.storm import count_through

WANTING = possible() or missing("mosquitto", "ip")
pytestmark = [pytest.mark.skipif(WANTING is not None, reason=str(WANTING)), pytest.mark.timeout(600)]


def test_every_count_arrives_once_through_loss_duplicates_reordering_and_a_partition(tmp_path: Path) -> None:
    it, verdict = count_through(tmp_path, seconds=15, cut_s=6, seed=5)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr + it.log("agent-0") + it.log("collector-0")


def test_control_nothing_arrives_while_the_network_is_cut(tmp_path: Path) -> None:
    it, verdict = count_through(tmp_path, seconds=4, cut_s=0, seed=6, weather=Weather(cut=True), heal=False)
    assert verdict.returncode == 1, it.log("collector-0")
