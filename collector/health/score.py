"""Readings and peers become a score: normalised, weighted, capped, with a band. Pure."""

from collector.health.anomaly_model import Verdict
from collector.health.model import Previous, Readings, Scored
from collector.health.peers import PeerTable
from collector.health.policy import DEFAULT, Policy


def score(
    readings: Readings,
    peers: PeerTable,
    policy: Policy = DEFAULT,
    previous: Previous | None = None,
    *,
    verdict: Verdict | None = None,
    in_peers: bool = True,
) -> Scored:
    """Score one account's day.

    `previous` is the day before (hysteresis), `verdict` what the anomaly rules say (after incidents: DROP, and what an
    incident mutes). `in_peers`: these readings are among those that `peers` was built of, and are left out of their own
    comparison; false where late data changed them and the table is an earlier one.
    """
    raise NotImplementedError
