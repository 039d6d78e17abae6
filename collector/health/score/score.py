"""Readings and peers become a score: normalised, weighted, capped, with a band. Pure.

readings ──▶ each against its absolute curve and its peers ──▶ weighed ──▶ raw ──▶ exceptions ──▶ final, band
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import replace

from collector.health.anomalies.model import Verdict
from collector.health.measures.registry import GROUPS, OF_SCENE
from collector.health.model import Cap, MeasureScore, Previous, Reading, Readings, Scored
from collector.health.policy.file import Policy
from collector.health.policy.sections import MeasureRule, ModelCurve, PeerRules
from collector.health.score import bands, weighing
from collector.health.score.exceptions import TOP_TIER_ONLY
from collector.health.score.peers import Compared, LeftOut, Peers, PeerTable
from collector.health.score.readings import mute

FULL = 100.0


def score(
    readings: Readings,
    peers: PeerTable,
    policy: Policy,
    previous: Previous | None = None,
    *,
    verdict: Verdict | None = None,
    left_out: LeftOut = "itself",
) -> Scored:
    """Score one account's day.

    `previous` is the day before (hysteresis), `verdict` what the anomaly rules say after incidents: DROP, or what a
    common cause explains, which mutes measures. `left_out`: what of `peers` is this account; "itself":
    its readings are among those that the table was built of. Late data makes them others than it was built of.
    """
    group = peers.choose(readings, policy.peers, left_out)
    said = _incidents(readings.readings, verdict, policy)
    measured = _measured(said, group, policy, readings.model)
    scores = {name: one.score for name, one in measured.items()}
    stale_share = policy.ages.stale_share
    votes = {name: vote_of(one, stale_share) for name, one in measured.items()}
    profile = policy.weights[readings.profile]
    shares = weighing.weights(votes, profile)
    coverage = weighing.coverage(votes, {name: one.known for name, one in measured.items()}, profile)
    raw = least = None
    partial = sum(weight * (scores[name] or 0.0) for name, weight in shares.items()) / FULL if shares else None
    if shares and coverage >= policy.coverage.grey_below:  # else no number: what little is known is not the account
        measured = {name: _weighed(one, shares.get(name, 0.0)) for name, one in measured.items()}
        raw, least, partial = partial, weighing.assured(said, scores, votes, profile), None
    holding = [*readings.exceptions, *_pending(readings, measured, peers, policy), *_drop(verdict, policy)]
    limits = [*holding, *readings.overrides]
    alarmed = any(cap.value < policy.bands.yellow_from for cap in holding)
    final = bounded(raw, limits, alarmed=alarmed)
    number = bounded(least, limits, alarmed=alarmed)
    banded = bands.decide(
        number, coverage, readings.day, previous, policy,
        at_once=number is not None and number != least,
        alarmed=number is not None and number < policy.bands.yellow_from,
    )  # fmt: skip
    if banded.band == "grey":
        final = None
    return Scored(
        account=readings.account, day=readings.day, policy=policy.hash, profile=readings.profile, raw=raw,
        final=final, computed=bounded(raw, holding, alarmed=alarmed), assured=least, band=banded.band,
        coverage=coverage, caps=ordered(limits, raw), measures=measured, peer_group=group.label, peer_n=group.n,
        sentiment=readings.sentiment, stage=readings.stage, tags=tuple(sorted({cap.tag for cap in holding if cap.tag})),
        candidate_band=banded.candidate, candidate_days=banded.days, blind_spots=readings.blind_spots,
        partial=partial,
    )  # fmt: skip


def by_what_is_known(scored: Scored) -> float | None:
    """The number, or where too little is known for one what that little would make, below its caps: to rank by."""
    return bounded(scored.partial, scored.caps) if scored.final is None else scored.final


def bounded(value: float | None, limits: Collection[Cap], *, alarmed: bool = False) -> float | None:
    """The number under its caps, then over its floors. Without a number an alarming cap takes its place."""
    caps = [cap.value for cap in limits if cap.bound == "cap"]
    floors = [cap.value for cap in limits if cap.bound == "floor"]
    if value is None:
        return max([min(caps), *floors]) if alarmed and caps else None
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
        if target is None and reading.measure in OF_SCENE:
            target = None if compared is None else compared.median
            if not target and reading.measure == "B6":
                target = policy.usage.kinds_alone
        points = _halves(_absolute(reading, shown, target, rule, policy, own), compared, halves)
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
        known=reading.known,
        shrunk=shown if shown != value else None,
        target=target,
        peer_median=compared.median if compared else None,
        peer_percentile=compared.rank if compared else None,
        score=points,
        newest_day=reading.newest_day,
        detail=reading.detail,
    )


def _absolute(
    reading: Reading, value: float, target: float | None, rule: MeasureRule, policy: Policy, own: ModelCurve | None
) -> float | None:
    """0..100 by the measure's own curve, at `value` (shrunk, where it is a rate of counts); None: it has none here.

    `target`: the scene's, or what its peers' median is where the scene has none.
    `own`: the robot model's curve of C1, where the policy has one.
    """
    name = reading.measure
    if name == "B2":
        momentum = policy.momentum
        return _clip(momentum.at_one + momentum.per_doubling * math.log2(value))
    if name == "D2":
        return _contact_points(reading.count or 0.0, policy)
    zero, full = rule.zero, rule.full
    if name == "C1" and own is not None:
        zero, full = own.zero, own.full
    if zero is None or full is None:
        return _clip(value)
    if name == "B5":
        share = math.log(max(value, zero) / zero) / math.log(full / zero)
        return policy.rhythm.usual * min(1.0, max(0.0, share))
    if name in OF_SCENE:
        if not target:
            return None
        value /= target
    return _clip((value - zero) / (full - zero) * FULL)


def _contact_points(weight: float, policy: Policy) -> float:
    """The points of so many contacts, each as its role weighs; between whole ones in a straight line."""
    rules = policy.contacts
    steps = (0.0, rules.one, rules.two, rules.three)
    whole = min(int(weight), len(steps) - 1)
    above = steps[min(whole + 1, len(steps) - 1)]
    return steps[whole] + (weight - whole) * (above - steps[whole])


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


def vote_of(one: MeasureScore, stale_share: float) -> float:
    """What share of its weight counts: none of one that is absent or muted, less of a stale one."""
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
        elif TOP_TIER_ONLY in cap.evidence and _is_top(readings.arr, peers.top_arr):
            kept = {name: said for name, said in cap.evidence.items() if name != TOP_TIER_ONLY}
            found.append(replace(cap, evidence={**kept, "top_tier": True}))
    return found


def _is_top(arr: int | None, top_arr: int | None) -> bool:
    """It is known to be of the top tier."""
    return arr is not None and top_arr is not None and arr >= top_arr


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
