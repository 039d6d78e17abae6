"""How much each measure weighs when some are absent, stale or muted, and what the score is at least. Pure.

Inside a group the weight of what is absent goes to the rest of the group, pro rata; an empty group's to the other
groups. A stale measure counts half: in a group with fresher ones they take over the other half, a group that is stale
as a whole gives half of its weight to the other groups.
"""

from collections.abc import Mapping

from collector.health.measures.registry import GROUPS
from collector.health.model import NOT_APPLICABLE, MeasureScore, Reading

_TOTAL = 100.0


def is_unknown(reading: Reading | MeasureScore) -> bool:
    """Something should be there and is not: unlike what does not apply, and unlike what is muted."""
    return reading.state == "na" and reading.why not in NOT_APPLICABLE


def weights(votes: Mapping[str, float], profile: Mapping[str, float]) -> dict[str, float]:
    """What each measure weighs; all sum to 100. `votes`: measure -> share of its own weight that counts (0..1)."""
    raw: dict[str, float] = {}
    for inside in GROUPS.values():
        counted = {name: profile[name] * votes[name] for name in inside if votes.get(name, 0.0) > 0}
        mass = sum(counted.values())
        if mass <= 0:
            continue
        strength = max(votes[name] for name in counted if counted[name] > 0)
        group = strength * sum(profile[name] for name in inside)
        raw |= {name: group * weight / mass for name, weight in counted.items()}
    total = sum(raw.values())
    return {name: weight / total * _TOTAL for name, weight in raw.items()} if total > 0 else {}


def coverage(votes: Mapping[str, float], known: Mapping[str, float], profile: Mapping[str, float]) -> float:
    """Share of the profile's weight that is known. `known`: of each measure the share of its days that is."""
    return sum(profile[name] * vote * known[name] for name, vote in votes.items()) / sum(profile.values())


def assured(
    readings: Mapping[str, Reading],
    scores: Mapping[str, float | None],
    votes: Mapping[str, float],
    profile: Mapping[str, float],
) -> float | None:
    """The score if everything unknown were 0: what it is at least.

    Unknown are measures that have not arrived, the half of a stale one, and the days of a measure that are not known.
    With more unknown it can only fall, so a band that rests on it never rises because something is missing.
    """
    full, points = {}, {}
    for name, reading in readings.items():
        score, vote = scores.get(name), votes.get(name, 0.0)
        if vote > 0 and score is not None:
            full[name], points[name] = 1.0, score * vote * reading.known
        elif is_unknown(reading):
            full[name], points[name] = 1.0, 0.0
    shares = weights(full, profile)
    if not shares:
        return None
    return sum(weight * points[name] for name, weight in shares.items()) / _TOTAL
