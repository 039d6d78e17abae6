"""A score, explained: what it is, what it lost and where, what changed it, what would lift it, what it rests on. Pure.

The numbers come from the stored score as they are; nothing is computed again, so an explanation never disagrees with
what was shown that day. Points lost sum to 100 - raw over all measures; a change's parts sum to the difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.view import FIELD_OF_KIND
from collector.calendar import days
from collector.health.explain import sentences
from collector.health.explain.decompose import ScoreChange, change, rounded
from collector.health.explain.words import EXCEPTION_WORDS, MEASURE_WORDS, Lang, why, written
from collector.health.model import MEASURES, Cap, MeasureScore, Scored
from collector.health.policy.file import Policy

TOP_LOSSES = 3
TELEMETRY = "ABC"  # groups whose measures are made of the robots' counters
ROBOT_KEYS = frozenset({"robots", "dark", "stuck", "affected", "conflicts"})
_PATHS = {field: KINDS[kind].path for kind, field in FIELD_OF_KIND.items()}
LINKS_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureExplained:
    """One measure. `weight` is what it weighed (all sum to 100), `lost` = weight × (100 - score) / 100."""

    measure: str
    name: str
    state: str
    why: str
    value: float | None
    written: str
    shrunk: float | None
    target: float | None
    peer_median: float | None
    peer_percentile: float | None
    score: float | None
    weight: float
    lost: float
    newest_day: str | None
    evidence: Mapping[str, Any]
    links: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapExplained:
    """An exception that holds (or a person's override). The first one is what binds the score, if one does."""

    code: str
    bound: str
    value: float
    binds: bool
    text: str
    reason: str
    tag: str
    until_day: str | None
    evidence: Mapping[str, Any]
    links: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartExplained:
    """A part of a change, in points as printed: the parts of a change sum to its difference as printed."""

    kind: str
    name: str
    text: str
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeExplained:
    """Against the score of some days before."""

    days: int
    from_day: str
    before: float | None
    after: float | None
    difference: float | None
    parts: list[PartExplained]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """What would lift the score most: the points that solving it gives, everything else as it is."""

    name: str
    text: str
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """An alert or a measure that is kept quiet, and why."""

    name: str
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that a person needs to believe a score, or to doubt it.

    `computed`: without a person's override. `assured`: raw if everything unknown were 0; the band rests on it.
    """

    account: str
    day: str
    final: float | None
    raw: float | None
    computed: float | None
    assured: float | None
    band: str
    coverage: float
    profile: str
    stage: str
    peer_group: str
    peer_n: int
    policy: str
    freshest_day: str | None
    sentiment: int | None
    tags: list[str]
    caps: list[CapExplained]
    measures: list[MeasureExplained]
    losses: list[str]
    changes: list[ChangeExplained]
    lifts: list[Lift]
    suppressed: list[Suppressed]
    sentences: list[str]


def explain(
    scored: Scored,
    earlier: Mapping[int, Scored],
    robots: Mapping[int, str],
    lang: Lang,
    policy: Policy,
    incidents: Sequence[str] = (),
) -> Explanation:
    """Explain a score. `earlier`: days before -> the score then (7 and 28). `robots`: row id -> name, for evidence.

    `incidents` names common causes that keep this account's own alerts quiet; `policy` the borders of bands.
    """
    measures = [_measure(measure, scored.measures[measure], robots, lang) for measure in MEASURES]
    losses = sorted((m for m in measures if m.lost > 0), key=lambda m: (-m.lost, m.measure))[:TOP_LOSSES]
    caps = [_cap(scored, cap, robots, lang) for cap in scored.caps]
    changes = [(ago, change(before, scored)) for ago, before in sorted(earlier.items())]
    telemetry = [m.newest_day for m in measures if m.newest_day is not None and m.measure[0] in TELEMETRY]
    return Explanation(
        account=scored.account,
        day=days.iso(scored.day),
        final=scored.final,
        raw=scored.raw,
        computed=scored.computed,
        assured=scored.assured,
        band=scored.band,
        coverage=scored.coverage,
        profile=scored.profile,
        stage=scored.stage,
        peer_group=scored.peer_group,
        peer_n=scored.peer_n,
        policy=scored.policy,
        freshest_day=max(telemetry, default=None),
        sentiment=scored.sentiment,
        tags=list(scored.tags),
        caps=caps,
        measures=measures,
        losses=[m.measure for m in losses],
        changes=[_change(ago, found, lang) for ago, found in changes],
        lifts=_lifts(scored, lang),
        suppressed=_suppressed(scored, incidents, lang),
        sentences=sentences.of(
            scored, [found for _, found in changes], [m.measure for m in losses], robots, lang, policy
        ),
    )


def _measure(measure: str, said: MeasureScore, robots: Mapping[int, str], lang: Lang) -> MeasureExplained:
    evidence = named(said.detail, robots)
    return MeasureExplained(
        measure=measure,
        name=MEASURE_WORDS[measure].name.say(lang),
        state=said.state,
        why=why(said.why, lang) if said.why else "",
        value=said.value,
        written="" if said.value is None else written(measure, said.value, lang),
        shrunk=said.shrunk,
        target=said.target,
        peer_median=said.peer_median,
        peer_percentile=said.peer_percentile,
        score=said.score,
        weight=said.weight,
        lost=said.lost,
        newest_day=None if said.newest_day is None else days.iso(said.newest_day),
        evidence=evidence,
        links=links(evidence),
    )


def _cap(scored: Scored, cap: Cap, robots: Mapping[int, str], lang: Lang) -> CapExplained:
    evidence = named(cap.evidence, robots)
    return CapExplained(
        code=cap.code,
        bound=cap.bound,
        value=cap.value,
        binds=cap is scored.caps[0] and scored.final != scored.raw,
        text=EXCEPTION_WORDS[cap.code].say(lang),
        reason=cap.reason,
        tag=cap.tag,
        until_day=None if cap.until_day is None else days.iso(cap.until_day),
        evidence=evidence,
        links=links(evidence),
    )


def _change(ago: int, found: ScoreChange, lang: Lang) -> ChangeExplained:
    parts = () if found.difference is None else rounded(found.parts, found.difference)
    return ChangeExplained(
        days=ago,
        from_day=days.iso(found.from_day),
        before=found.before,
        after=found.after,
        difference=found.difference,
        parts=[
            PartExplained(kind=part.kind, name=part.name, text=sentences.part(part, lang), points=part.points)
            for part in parts
        ],
    )


def _lifts(scored: Scored, lang: Lang) -> list[Lift]:
    """The three largest, the binding cap first: until it goes, no measure lifts the score beyond it."""
    found = []
    bound = scored.final is not None and scored.raw is not None and scored.final < scored.raw and scored.caps
    if bound and scored.final is not None and scored.raw is not None:
        others = [cap.value for cap in scored.caps[1:] if cap.bound == "cap"]
        gain = min([scored.raw, *others]) - scored.final
        text = sentences.lift_of_cap(scored.caps[0], lang)
        found.append(Lift(name=scored.caps[0].code, text=text, points=gain))
    by_loss = sorted(((said.lost, measure) for measure, said in scored.measures.items() if said.lost > 0), reverse=True)
    for lost, measure in by_loss:
        found.append(
            Lift(name=measure, text=sentences.lift_of_measure(measure, bound=bool(bound), lang=lang), points=lost)
        )
    return found[:TOP_LOSSES]


def _suppressed(scored: Scored, incidents: Sequence[str], lang: Lang) -> list[Suppressed]:
    muted = [
        Suppressed(name=measure, text=MEASURE_WORDS[measure].name.say(lang), why=why(said.why or "muted", lang))
        for measure, said in scored.measures.items()
        if said.state == "muted"
    ]
    return [*muted, *(Suppressed(name="incident", text=text, why=why("incident", lang)) for text in incidents)]


def named(detail: Mapping[str, Any], robots: Mapping[int, str]) -> dict[str, Any]:
    """Evidence with robots by their names and days as dates."""
    found: dict[str, Any] = {}
    for key, value in detail.items():
        if key in ROBOT_KEYS and isinstance(value, list | tuple):
            found[key] = [robots.get(robot, str(robot)) if isinstance(robot, int) else robot for robot in value]
        elif (key == "day" or key.endswith("_day")) and isinstance(value, int):
            found[key] = days.iso(value)
        elif key == "days" and isinstance(value, list | tuple):
            found[key] = [days.iso(day) if isinstance(day, int) else day for day in value]
        else:
            found[key] = value
    return found


def links(evidence: Mapping[str, Any]) -> list[str]:
    """Where the evidence can be read: addresses of the API. `evidence` is as `named` makes it."""
    found: list[str] = []
    for key, value in evidence.items():
        entries = value if isinstance(value, list | tuple) else [value]
        if key in ROBOT_KEYS:
            found += [f"/api/v1/robots/{robot}" for robot in entries]
        elif key in _PATHS:
            found += [f"/api/v1/{_PATHS[key]}/{entry}" for entry in entries if isinstance(entry, str)]
        elif key in FIELD_OF_KIND and isinstance(value, str):
            found.append(f"/api/v1/{_PATHS[FIELD_OF_KIND[key]]}/{value}")
    return found[:LINKS_MAX]
