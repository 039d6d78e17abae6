"""A score, explained: what it is, what it lost and where, what changed it, what would lift it, what it rests on.

The numbers come from the stored score as they are; nothing is computed again, so an explanation never disagrees with
what was shown that day. Points lost sum to 100 - raw over all measures; a change's parts sum to the difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from collector.calendar import days
from collector.health.explain import findings
from collector.health.explain.decompose import ScoreChange, change, rounded
from collector.health.model import BlindSpot, BlindSpotCause, Cap, MeasureScore, Scored
from collector.health.policy.file import Policy
from collector.language import figures, names, score
from collector.language.catalogue import gettext
from collector.language.signals import with_people


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureExplained:
    """One measure. `weight` is what it weighed (all sum to 100), `lost` = weight × (100 - score) / 100.

    `known`: share of its days that is known; it weighs in the coverage and in `assured`.
    """

    measure: str
    name: str
    state: str
    why: str
    value: float | None
    written: str
    known: float
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
class BlindSpotExplained:
    """What should be known and is not: `days` of the `of_days` looked at, by one cause.

    Of robots these are open days of the window; `robots`: the most missing on one day.
    """

    cause: BlindSpotCause
    text: str
    days: int
    of_days: int
    from_day: str
    to_day: str
    last_day: str | None
    robots: int


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
    blind_spots: list[BlindSpotExplained]
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
    lang: str,
    policy: Policy,
    incidents: Sequence[str] = (),
    people: Mapping[str, str] = MappingProxyType({}),
) -> Explanation:
    """Explain a score. `earlier`: days before -> the score then (7 and 28). `robots`: row id -> name, for evidence.

    `incidents` names common causes that keep this account's own alerts quiet; `policy` the borders of bands; `people`
    contacts by id, for the sentences: evidence keeps the ids.
    """
    measures = [_measure(measure, said, robots, lang) for measure, said in scored.measures.items()]
    changes = [(ago, change(before, scored)) for ago, before in sorted(earlier.items())]
    telemetry = [m.newest_day for m in measures if m.newest_day is not None and m.measure[0] in findings.TELEMETRY]
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
        blind_spots=[_blind_spot(one, lang) for one in scored.blind_spots],
        sentiment=scored.sentiment,
        tags=list(scored.tags),
        caps=[_cap(scored, cap, robots, lang) for cap in scored.caps],
        measures=measures,
        losses=findings.losses(scored),
        changes=[_change(ago, found, lang) for ago, found in changes],
        lifts=[Lift(name=one.name, text=score.lift(one, lang), points=one.points) for one in findings.lifts(scored)],
        suppressed=_suppressed(scored, incidents, lang),
        sentences=score.sentences(_with_people(scored, people), [found for _, found in changes], robots, policy, lang),
    )


def _with_people(scored: Scored, people: Mapping[str, str]) -> Scored:
    if not people:
        return scored
    return replace(scored, caps=tuple(replace(one, evidence=with_people(one.evidence, people)) for one in scored.caps))


def _measure(measure: str, said: MeasureScore, robots: Mapping[int, str], language: str) -> MeasureExplained:
    evidence = findings.named(said.detail, robots)
    return MeasureExplained(
        measure=measure,
        name=names.measure(measure, language),
        state=said.state,
        why=names.reason(said.why, language) if said.why else "",
        value=said.value,
        written="" if said.value is None else names.written(measure, said.value, language),
        known=said.known,
        shrunk=said.shrunk,
        target=said.target,
        peer_median=said.peer_median,
        peer_percentile=said.peer_percentile,
        score=said.score,
        weight=said.weight,
        lost=said.lost,
        newest_day=None if said.newest_day is None else days.iso(said.newest_day),
        evidence=evidence,
        links=findings.links(evidence),
    )


def _blind_spot(one: BlindSpot, language: str) -> BlindSpotExplained:
    return BlindSpotExplained(
        cause=one.cause,
        text=score.blind_spot(one, language),
        days=one.days,
        of_days=one.of,
        from_day=days.iso(one.from_day),
        to_day=days.iso(one.to_day),
        last_day=None if one.last_day is None else days.iso(one.last_day),
        robots=one.robots,
    )


def _cap(scored: Scored, cap: Cap, robots: Mapping[int, str], language: str) -> CapExplained:
    evidence = findings.named(cap.evidence, robots)
    return CapExplained(
        code=cap.code,
        bound=cap.bound,
        value=cap.value,
        binds=findings.binds(scored, cap),
        text=names.phrase(cap.code, language),
        reason=cap.reason,
        tag=cap.tag,
        until_day=None if cap.until_day is None else days.iso(cap.until_day),
        evidence=evidence,
        links=findings.links(evidence),
    )


def _change(ago: int, found: ScoreChange, language: str) -> ChangeExplained:
    parts = () if found.difference is None else rounded(found.parts, found.difference)
    return ChangeExplained(
        days=ago,
        from_day=days.iso(found.from_day),
        before=found.before,
        after=found.after,
        difference=found.difference,
        parts=[
            PartExplained(kind=part.kind, name=part.name, text=score.part(part, language), points=part.points)
            for part in parts
        ],
    )


def _suppressed(scored: Scored, incidents: Sequence[str], language: str) -> list[Suppressed]:
    muted = [
        Suppressed(name=measure, text=names.measure(measure, language), why=names.reason(reason, language))
        for measure, reason in findings.muted(scored).items()
    ]
    why = names.reason("incident", language)
    return [*muted, *(Suppressed(name="incident", text=text, why=why) for text in incidents)]


def text_of(found: Mapping[str, Any], language: str) -> str:
    """The explanation for a terminal, from the API's JSON."""
    said = found["explanation"]
    lines = [*said["sentences"]]
    if found["newer_version"] is not None:
        lines.append(
            gettext(
                language, "Version {version} of this day; version {newer} was made later, of what arrived since.",
                version=found["version"], newer=found["newer_version"],
            )
        )  # fmt: skip
    incidents = [one["text"] for one in said["suppressed"] if one["name"] == "incident"]
    lines += [gettext(language, "Incident: {text}.", text=text) for text in incidents]
    if found["left_day"] is not None:
        day = figures.iso_day(found["left_day"], language)
        text = gettext(language, "This customer has left: this is its last score, none is made from {day} on.", day=day)
        lines.insert(0, text)
    lost = sorted((one for one in said["measures"] if one["lost"] > 0), key=lambda one: -one["lost"])
    if lost:
        lines += ["", gettext(language, "Points lost:"), *(_lost(one, language) for one in lost)]
    if found["robots"]:
        counter = names.counter(found["robots"][0]["counter"], language)
        lines += ["", gettext(language, "Robots, {counter} on the last open days (as many before):", counter=counter)]
        if not all(one["is_then"] for one in found["robots"]):
            lines.append("  " + gettext(language, "as they stand now: an older release added these days up"))
    lines += [_robot(one, language) for one in found["robots"]]
    lines += [_conflict(one, language) for one in found["conflicts"]]
    return "\n".join(lines)


def _lost(one: Mapping[str, Any], language: str) -> str:
    points = f"{figures.number(one['lost'], language, 1):>5}"
    return "  " + gettext(
        language, "{points}  {measure}: {value}", points=points, measure=one["name"], value=one["written"]
    )


def _robot(one: Mapping[str, Any], language: str) -> str:
    last, before = (
        gettext(language, "unknown") if one[key] is None else figures.number(one[key], language)
        for key in ("last", "before")
    )
    said = one["faults"]
    faults = [f"{names.family(family, language)} {n}" for family, n in sorted((said or {}).items())]
    return "  " + gettext(
        language, "{robot}: {last} ({before}), faults {faults}", robot=one["robot"], last=last, before=before,
        faults=gettext(language, "not told") if said is None else figures.listed(faults, language) or "0",
    )  # fmt: skip


def _conflict(one: Mapping[str, Any], language: str) -> str:
    return "  " + gettext(
        language,
        "{robot} is also claimed by {account} from {day}: it counts for nobody on shared days",
        robot=one["robot"], account=one["account"], day=figures.iso_day(one["from_day"], language),
    )  # fmt: skip
