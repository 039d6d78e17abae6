"""The n-th system call fails: nothing that was acknowledged is lost. All n up to 200 run in `make soak`."""

import pytest

from tests.faults.field import missing
from tests.faults.power_cut import agent_holds, collector_holds
from tests.faults.syscalls import FAILURES, fail_each

pytestmark = pytest.mark.skipif(missing("strace") is not None, reason=str(missing("strace")))


@pytest.mark.parametrize("failure", FAILURES, ids=lambda f: f"{f[0]}-{f[1].split('=')[1]}")
def test_the_outbox_keeps_what_it_acked_when_a_system_call_fails(failure: tuple[str, str]) -> None:
    met, lost = fail_each("tests.faults.agent_commits", "outbox.db", agent_holds, (1, 9, 33), [failure])
    assert met
    assert not lost, lost


@pytest.mark.parametrize("failure", [("pwrite64", "error=ENOSPC"), ("fdatasync", "error=EIO")], ids=["ENOSPC", "EIO"])
def test_the_collector_keeps_what_it_acked_when_a_system_call_fails(failure: tuple[str, str]) -> None:
    met, lost = fail_each("tests.faults.collector_commits", "collector.db", collector_holds, (2, 9), [failure])
    assert met
    assert not lost, lost
