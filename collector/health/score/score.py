"""Readings and peers become a score: normalised, weighted, capped, with a band. Pure.

readings ──▶ each against its absolute curve and its peers ──▶ weighed ──▶ raw ──▶ exceptions ──▶ final, band
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import replace

from collector.health.anomalies.model import Verdict
from collector.health.measures.registry import GROUPS
from collector.health.model import Cap, MeasureScore, Previous, Reading, Readings, Scored
from collector.health.policy.file import Policy
from collector.health.policy.sections import MeasureRule, ModelCurve, PeerRules
from collector.health.score import bands, weighing
from collector.health.score.exceptions import TOP_TIER_ONLY
from collector.health.score.peers import Compared, Peers, PeerTable
from collector.health.score.readings import mute

FULL = 100.0
_TWO, _THREE = 2, 3  # contacts


def score(
    readings: Readings,
    peers: PeerTable,
    policy: Policy,
    previous: Previous | None = None,
    *,
    verdict: Verdict | None = None,
    in_peers: bool = True,
) -> Scored:
    """Score one account's day.

    `previous` is the day before (hysteresis), `verdict` what the anomaly rules say after incidents: DROP, or what a
    common cause explains, which mutes measures. `in_peers`: these readings are among those that `peers` was built of,
    and are left out of their own comparison; false where late data changed them and the table is an earlier one.
    """
    group = peers.choose(readings, policy.peers, in_peers=in_peers)
    said = _incidents(readings.readings, verdict, policy)
    measured = _measured(said, group, policy, readings.model)
    scores = {name: one.score for name, one in measured.items()}
    stale_share = policy.ages.stale_share
    votes = {name: _vote(one, stale_share) for name, one in measured.items()}
    profile = policy.weights[readings.profile]
    shares = weighing.weights(votes, profile)
    weighed = {name: _weighed(one, shares.get(name, 0.0)) for name, one in measured.items()}
    raw = sum(one.weight * (one.score or 0.0) for one in weighed.values()) / FULL if shares else None
    coverage = weighing.coverage(votes, profile)
    least = weighing.assured(said, scores, votes, profile)
    holding = [*readings.exceptions, *_pending(readings, weighed, peers, policy), *_drop(verdict, policy)]
    limits = [*holding, *readings.overrides]
    alarmed = any(cap.value < policy.bands.yellow_from for cap in holding)
    final = bounded(raw, limits, alarmed=alarmed)
    number = bounded(least, limits, alarmed=alarmed)
    banded = bands.decide(
        number, coverage, readings.day, previous, policy,
        at_once=number is not None and number != least, alarmed=alarmed,
    )  # fmt: skip
    return Scored(
        account=readings.account, day=readings.day, policy=policy.hash, profile=readings.profile, raw=raw,
        final=final, computed=bounded(raw, holding, alarmed=alarmed), assured=least, band=banded.band,
        coverage=coverage, caps=ordered(limits, raw), measures=weighed, peer_group=group.label, peer_n=group.n,
        sentiment=readings.sentiment, stage=readings.stage, tags=tuple(sorted({cap.tag for cap in holding if cap.tag})),
        candidate_band=banded.candidate, candidate_days=banded.days,
    )  # fmt: skip


def bounded(value: float | None, limits: Collection[Cap], *, alarmed: bool = False) -> float | None:
    """The number under its caps, then over its floors. Without a number an alarming cap is the number."""
    caps = [cap.value for cap in limits if cap.bound == "cap"]
    floors = [cap.value for cap in limits if cap.bound == "floor"]
    if value is None:
        return min(caps) if alarmed and caps else None
    return max([min([value, *caps]), *floors])


def ordered(limits: Collection[Cap], raw: float | None) -> tuple[Cap, ...]:
    """The one that binds first: a floor that lifts, else the lowest cap; then by value and code."""
    capped = bounded(raw, [cap for cap in limits if cap.bound == "cap"])

    def place(cap: Cap) -> tuple[int, float, str, str]:
        if cap.bound == "floor":
            lifts = capped is not None and cap.value > capped
            return (0 if lifts else 2, -cap.value, cap.code, cap.reason)
        return (1, cap.value, cap.code, cap.reason)

    return tuple(sorted(limits, key=place))


def _incidents(readings: Mapping[str, Reading], verdict: Verdict | None, policy: Policy) -> dict[str, Reading]:
    """The readings, those muted that an incident of ours explains."""
    found = dict(readings)
    if verdict is None:
        return found
    explained = ((verdict.incident, policy.incident.usage), (verdict.faults_incident, policy.incident.faults))
    for incident, names in explained:
        for name in names if incident is not None else ():
            if found[name].state != "muted":
                found[name] = mute(found[name], "incident", {"incident": list(incident or ())})
    return found


def _measured(readings: Mapping[str, Reading], group: Peers, policy: Policy, model: str) -> dict[str, MeasureScore]:
    """Every measure's score, before weights. A muted one is computed and shown, too."""
    rules, halves, own = policy.measures, policy.peers, policy.models.get(model)
    return {name: _measure(reading, rules[name], group, halves, policy, own) for name, reading in readings.items()}


def _measure(
    reading: Reading, rule: MeasureRule, group: Peers, halves: PeerRules, policy: Policy, own: ModelCurve | None
) -> MeasureScore:
    value, target, state, why = reading.value, reading.target, reading.state, reading.why
    compared, points, shown = None, None, value
    if value is not None:
        compared = group.compare(reading, halves) if rule.peers else None
        shown = value if compared is None else compared.value
        points = _halves(_absolute(reading, shown, rule, policy, own), compared, halves)
        if points is None and state != "muted":
            state, why = "na", "no_target"
    if points is None:
        compared, shown = None, value
    elif target is None:
        target = rule.full
    return MeasureScore(
        state=state,
        why=why,
        value=value,
        shrunk=shown if shown != value else None,
        target=target,
        peer_median=compared.median if compared else None,
        peer_percentile=compared.rank if compared else None,
        score=points,
        newest_day=reading.newest_day,
        detail=reading.detail,
    )


def _absolute(
    reading: Reading, value: float, rule: MeasureRule, policy: Policy, own: ModelCurve | None
) -> float | None:
    """0..100 by the measure's own curve, at `value` (shrunk, where it is a rate of counts); None: it has none here.

    `own`: the robot model's curve of C1, where the policy has one.
    """
    name = reading.measure
    if name == "B2":
        momentum = policy.momentum
        return _clip(momentum.at_one + momentum.per_doubling * math.log2(value))
    if name == "D2":
        return _contact_points(value, policy, has_sponsor=bool(reading.count))
    zero, full = rule.zero, rule.full
    if name == "C1" and own is not None:
        zero, full = own.zero, own.full
    if zero is None or full is None:
        return _clip(value)
    if name == "B1":
        if not reading.target:
            return None
        value /= reading.target
    return _clip((value - zero) / (full - zero) * FULL)


def _contact_points(contacts: float, policy: Policy, *, has_sponsor: bool) -> float:
    rules = policy.contacts
    if contacts >= _THREE and has_sponsor:
        return rules.three
    if contacts >= _TWO:
        return rules.two
    return rules.one if contacts else 0.0


def _halves(own: float | None, compared: Compared | None, rules: PeerRules) -> float | None:
    """The absolute half and the peer half; one alone where the other is not there."""
    if compared is None or compared.rank is None:
        return own
    ranked = FULL * min(1.0, max(0.0, (compared.rank - rules.rank_from) / rules.rank_span))
    if own is None:
        return ranked
    share = rules.absolute_share
    return share * own + (1 - share) * ranked


def _clip(points: float) -> float:
    return min(FULL, max(0.0, points))


def _vote(one: MeasureScore, stale_share: float) -> float:
    if one.score is None or one.state in ("na", "muted"):
        return 0.0
    return stale_share if one.state == "stale" else 1.0


def _weighed(one: MeasureScore, weight: float) -> MeasureScore:
    return replace(one, weight=weight, lost=weight * (FULL - (one.score or 0.0)) / FULL) if weight else one


def _pending(readings: Readings, measures: Mapping[str, MeasureScore], peers: PeerTable, policy: Policy) -> list[Cap]:
    """Exceptions that hold now that use and the portfolio are known."""
    found = []
    for cap in readings.pending:
        if cap.code == "ZOMBIE":
            use = usage_at_most(measures, policy)
            if use is not None and use >= policy.zombie.usage_from:
                found.append(replace(cap, evidence={**cap.evidence, "usage": round(use, 1)}))
        elif TOP_TIER_ONLY in cap.evidence and peers.top_arr is not None and readings.arr >= peers.top_arr:
            kept = {name: said for name, said in cap.evidence.items() if name != TOP_TIER_ONLY}
            found.append(replace(cap, evidence={**kept, "top_tier": True}))
    return found


def usage_at_most(measures: Mapping[str, MeasureScore], policy: Policy) -> float | None:
    """Group B's score, with what is unknown or half stale taken as good: missing data hides no leaving customer."""
    points = mass = 0.0
    rules = policy.measures
    for name in GROUPS["B"]:
        one, weight = measures[name], rules[name].weight
        if one.state == "present" and one.score is not None:
            points, mass = points + weight * one.score, mass + weight
        elif one.state == "stale" and one.score is not None:
            points, mass = points + weight * (one.score + FULL) / 2, mass + weight
        elif weighing.is_unknown(one):
            points, mass = points + weight * FULL, mass + weight
    return points / mass if mass else None


def _drop(verdict: Verdict | None, policy: Policy) -> list[Cap]:
    """DROP, where usage fell and no common cause explains it."""
    if verdict is None or not verdict.drop:
        return []
    evidence = {
        "counter": verdict.counter, "p": verdict.p, "ratio": verdict.ratio, "observed": verdict.observed,
        "expected": round(verdict.expected, 1), "since_day": verdict.since_day,
        "demand": verdict.demand.said if verdict.demand else None,
        "fault_before": verdict.fault_before.family if verdict.fault_before else None,
        "robots": list(verdict.fault_before.robots) if verdict.fault_before else [],
    }  # fmt: skip
    return [Cap(code="DROP", value=policy.drop.cap, reason=verdict.rule, evidence=evidence)]
