"""Which lines of what goes on for days are worth writing."""

import logging
from types import SimpleNamespace

from edge_agent.errors import LinkError
from edge_agent.log import is_milestone
from edge_agent.uplink.uplink import Uplink


def test_the_first_the_tenth_the_hundredth_time_is_a_milestone():
    assert [times for times in range(1, 2001) if is_milestone(times)] == [1, 10, 100, 1000]


def test_a_week_without_a_broker_is_a_handful_of_lines_and_an_answer_begins_anew(caplog, monkeypatch):
    monkeypatch.setattr("edge_agent.uplink.uplink.sender_for", lambda *_: None)
    up = Uplink(SimpleNamespace(upload_s=900), None, None, None, lambda: 0.5)

    def fail(reason, times):
        caplog.clear()
        for _ in range(times):
            up.standing.reason = reason
            up._say(LinkError(reason, f"failed: {reason}"))
        return [record.times for record in caplog.records]

    with caplog.at_level(logging.WARNING):
        assert fail("network", 7 * 1440) == [1, 10, 100, 1000, 10_000]
        assert fail("credentials", 3) == [1], "the control: another reason is news"
        assert fail("network", 5) == []
        up.standing.proven_at_s = 1.0
        assert fail("network", 1) == [1]
        up.standing.proven_at_s = None
        assert fail("network", 5) == []
