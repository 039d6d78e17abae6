"""Names that were refused, as faults."""

import pytest

from edge_agent.clock import Stamp
from edge_agent.counting.episodes import EpisodeTracker
from edge_agent.counting.refused import CODE, QUIET, QUIET_S, SCOPE, RefusedReadings
from edge_agent.outbox.values import OpenEpisode


def at(mono):
    return Stamp(1, mono, 1_800_000_000 + mono)


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_refused_name_of_an_earlier_process_stays_open_until_it_has_been_quiet(goes_on):
    """The control is a process that knows nothing of it: it closes at the first look, and nobody knows why."""
    tracker = EpisodeTracker([OpenEpisode("agent", CODE, "statsd odd", "could_not", "warning", 1, "e", scope=SCOPE)])
    refusals = RefusedReadings()
    if goes_on:
        refusals.go_on(["statsd odd"], 0.0)
    closed = tracker.observe(refusals.conditions(1.0), at(1))
    assert [record["state"] for record in closed] == ([] if goes_on else ["close"])
    if goes_on:
        refusals.add("statsd", "odd", "fell", 1, 10.0)
        assert tracker.observe(refusals.conditions(QUIET_S + 1.0), at(QUIET_S + 1)) == []
        [close] = tracker.observe(refusals.conditions(QUIET_S + 11.0), at(QUIET_S + 11))
        assert (close["state"], close["ref"], close["detail"]) == ("close", "statsd odd", QUIET)
