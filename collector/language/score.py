"""A score in sentences, the most important first, from the numbers as they are stored.

80 → 49 (yellow) in 7 days. Capped at 49 (silent customer): 4 messages since 2026-10-01, no reply.
Raw 76: lost 4.7 on fault burden (5.2 per 100 robot-hours, peers 1.9, n = 34), 1.1 on active robots.
"""

from collections.abc import Mapping, Sequence

from collector.health.explain import findings
from collector.health.explain.decompose import Part, ScoreChange, rounded
from collector.health.explain.findings import PossibleLift
from collector.health.model import BlindSpot, Cap, Scored
from collector.health.policy.file import Policy
from collector.language import figures, names
from collector.language.catalogue import gettext, ngettext
from collector.language.signals import evidence_text
from protocol.counters import FAMILIES

PARTS_SHOWN = 4
SHARE_LOW = 0.999
ALL = "all"  # the widest group of peers


def sentences(
    scored: Scored, changes: Sequence[ScoreChange], robots: Mapping[int, str], policy: Policy, language: str
) -> list[str]:
    """All of them. `policy`: whose borders of bands are named; `robots`: names by row."""
    found = [_headline(scored, changes, language)]
    if held := _why_band(scored, policy, language):
        found.append(held)
    found += [blind_spot(one, language) for one in scored.blind_spots]
    found += [_cap(scored, cap, robots, language) for cap in scored.caps]
    losses = findings.losses(scored)
    if scored.raw is not None and losses and scored.final is not None:
        found.append(_losses(scored, losses, language))
    found += [_incident(*one, language) for one in findings.incidents(scored).items()]
    found += [_change(one, language) for one in changes]
    if not changes and scored.final is not None:
        found.append(gettext(language, "There is no score of a week or four weeks before to compare with."))
    found.append(_basis(scored, language))
    if scored.sentiment is not None:
        found.append(
            gettext(
                language, "The CSM's own view is {n} of 5; it is shown beside the score, not inside it.",
                n=scored.sentiment,
            )
        )  # fmt: skip
    return found


def headline(final: float, band: str, language: str) -> str:
    """`72 (yellow)`, for other sentences."""
    return gettext(language, "{score} ({band})", score=figures.score(final, language), band=names.band(band, language))


def part(cause: Part, language: str) -> str:
    """What a part of a change is called."""
    if cause.kind == "cap":
        return names.signal(cause.name, language)
    if cause.kind == "held":
        return gettext(language, "held back by “{signal}”", signal=names.signal(cause.name, language))
    if cause.kind == "profile":
        return gettext(language, "other weights")
    if cause.kind == "peers":
        return gettext(language, "other customers changed")
    if cause.kind == "policy":
        return gettext(language, "another health policy ({hash})", hash=cause.name[:8])
    name = names.measure(cause.name, language)
    return name if cause.kind == "measure" else gettext(language, "{measure} (data came or went)", measure=name)


def blind_spot(one: BlindSpot, language: str) -> str:
    """What should be known and is not, with its days and its cause."""
    slots = {"period": figures.period(one.from_day, one.to_day, language)}
    since = figures.day(one.from_day, language) if one.last_day is None else figures.day(one.last_day, language)
    match one.cause:
        case "dark":
            return ngettext(
                language,
                "Unknown: {days} of {of} open days, {period}: {n} robot was not heard of.",
                "Unknown: {days} of {of} open days, {period}: up to {n} robots were not heard of.",
                one.robots, days=one.days, of=one.of, **slots,
            )  # fmt: skip
        case "no_file":
            return gettext(
                language, "Unknown: {days} of {of} open days, {period}: no file tells of them.",
                days=one.days, of=one.of, **slots,
            )  # fmt: skip
        case "never_heard":
            return ngettext(
                language,
                "Unknown: {days} of {of} open days, {period}: {n} robot has never been heard of.",
                "Unknown: {days} of {of} open days, {period}: up to {n} robots have never been heard of.",
                one.robots, days=one.days, of=one.of, **slots,
            )  # fmt: skip
        case "contacts":
            return gettext(language, "Unknown: nobody has recorded a contact since {day}.", day=since)
        case "tickets":
            return gettext(language, "Unknown: nobody has recorded a ticket since {day}.", day=since)
    return gettext(language, "Unknown: nobody has recorded an invoice since {day}.", day=since)


def lift(one: PossibleLift, language: str) -> str:
    """What would lift the score: an exception to solve, or a measure to bring to its target."""
    if one.kind == "cap":
        return gettext(language, "lift the cap “{signal}”", signal=names.signal(one.name, language))
    name = names.measure(one.name, language)
    if one.waits:
        return gettext(language, "bring {measure} to its target (shows once the cap is gone)", measure=name)
    return gettext(language, "bring {measure} to its target", measure=name)


def common_cause(family: str, cause: str, value: str, *, customers: int, since_day: int, language: str) -> str:
    """One cause that explains the falls of several customers. `family`: of the faults that rose, or `use`."""
    slots = {
        "cause": names.cause(cause, language),
        "value": names.cause_value(cause, value, language),
        "day": figures.day(since_day, language),
        "family": names.family(family, language),
    }
    if family in FAMILIES:
        return ngettext(
            language,
            "{family} faults rose with {cause} {value} at {n} customer, since {day}",
            "{family} faults rose with {cause} {value} at {n} customers, since {day}",
            customers, **slots,
        )  # fmt: skip
    return ngettext(
        language,
        "use fell with {cause} {value} at {n} customer, since {day}",
        "use fell with {cause} {value} at {n} customers, since {day}",
        customers, **slots,
    )  # fmt: skip


def _headline(scored: Scored, changes: Sequence[ScoreChange], language: str) -> str:
    if scored.final is None and not scored.coverage:
        return gettext(language, "There is nothing to judge by.")
    if scored.final is None:
        return gettext(language, "No score: too little is known.")
    now, band = figures.score(scored.final, language), names.band(scored.band, language)
    week = next((c for c in changes if c.difference is not None), None)
    if week is not None and week.before is not None and figures.score(week.before, language) != now:
        return ngettext(
            language,
            "{before} → {score} ({band}) in {n} day.",
            "{before} → {score} ({band}) in {n} days.",
            week.to_day - week.from_day,
            before=figures.score(week.before, language), score=now, band=band,
        )  # fmt: skip
    return gettext(language, "{score} ({band}).", score=now, band=band)


def _cap(scored: Scored, cap: Cap, robots: Mapping[int, str], language: str) -> str:
    slots = {
        "value": figures.number(cap.value, language),
        "signal": names.signal(cap.code, language),
        "why": evidence_text(cap, robots, language) or names.phrase(cap.code, language),
    }
    if not findings.binds(scored, cap):
        if cap.bound == "cap":
            return gettext(language, "Also holds: {signal} (cap {value}): {why}.", **slots)
        return gettext(language, "Also holds: {signal} (floor {value}): {why}.", **slots)
    if cap.bound == "cap":
        return gettext(language, "Capped at {value} ({signal}): {why}.", **slots)
    return gettext(language, "Held up at {value} ({signal}): {why}.", **slots)


def _losses(scored: Scored, losses: Sequence[str], language: str) -> str:
    parts = []
    for measure in losses:
        said = scored.measures[measure]
        notes = [] if said.value is None else [names.written(measure, said.value, language)]
        if said.peer_median is not None:
            median = names.figure(measure, said.peer_median, language)
            notes.append(gettext(language, "peers {median}, n = {n}", median=median, n=scored.peer_n))
        if said.state == "stale":
            notes.append(gettext(language, "stale"))
        slots = {"points": figures.number(said.lost, language, 1), "measure": names.measure(measure, language)}
        if notes:
            noted = figures.phrases(notes, language)
            parts.append(gettext(language, "{points} on {measure} ({notes})", notes=noted, **slots))
        else:
            parts.append(gettext(language, "{points} on {measure}", **slots))
    raw = figures.number(scored.raw or 0.0, language)
    return gettext(language, "Raw {raw}: lost {parts}.", raw=raw, parts=figures.phrases(parts, language))


def _change(one: ScoreChange, language: str) -> str:
    ago = one.to_day - one.from_day
    if one.difference is None:
        return ngettext(
            language,
            "Over {n} day: one of the days has no number to compare with.",
            "Over {n} days: one of the days has no number to compare with.",
            ago,
        )
    printed = rounded(one.parts, one.difference)
    if not printed:
        return ngettext(language, "Over {n} day: no change.", "Over {n} days: no change.", ago)
    shown = [f"{part(p, language)} {figures.signed(p.points, language)}" for p in printed[:PARTS_SHOWN]]
    if printed[PARTS_SHOWN:]:
        rest = figures.signed(sum(p.points for p in printed[PARTS_SHOWN:]), language)
        shown.append(gettext(language, "the rest {points}", points=rest))
    return ngettext(
        language,
        "Over {n} day {difference}: {parts}.",
        "Over {n} days {difference}: {parts}.",
        ago, difference=figures.signed(one.difference, language), parts=figures.phrases(shown, language),
    )  # fmt: skip


def _basis(scored: Scored, language: str) -> str:
    slots = {
        "known": figures.percent(scored.coverage, language),
        "profile": names.profile(scored.profile, language),
        "peers": _peers(scored, language),
    }
    missing = _missing(scored, language) if scored.coverage < SHARE_LOW else ""
    if missing:
        return gettext(
            language,
            "{known} of the weight is known, weighed for the {profile} profile, {peers}. Not counted: {missing}.",
            missing=missing, **slots,
        )  # fmt: skip
    return gettext(language, "{known} of the weight is known, weighed for the {profile} profile, {peers}.", **slots)


def _peers(scored: Scored, language: str) -> str:
    if not scored.peer_n:
        return gettext(language, "nobody to compare with yet")
    if scored.peer_group == ALL:
        return gettext(language, "compared with all other customers (n = {n})", n=scored.peer_n)
    return gettext(language, "compared with {group} (n = {n})", group=scored.peer_group, n=scored.peer_n)


def _missing(scored: Scored, language: str) -> str:
    """What is not counted, those of one reason together."""
    by_reason: dict[str, list[str]] = {}
    for reason, measures in findings.missing(scored).items():
        by_reason.setdefault(names.reason(reason, language), []).extend(measures)
    groups = [
        gettext(language, "{measures} ({reason})", measures=_measures(measures, language), reason=reason)
        for reason, measures in by_reason.items()
    ]
    return figures.clauses(groups, language)


def _why_band(scored: Scored, policy: Policy, language: str) -> str:
    """Why the band is not the one that the number alone would have; "" where it is."""
    reason = findings.band_reason(scored, policy)
    if reason is None:
        return ""
    known, least = figures.percent(scored.coverage, language), figures.percent(reason.least, language)
    would = names.band(reason.would, language)
    if reason.kind == "grey":
        return gettext(
            language,
            "Only {known} of the weight is known: below {least} there is neither a score nor a band.",
            known=known,
            least=least,
        )
    if reason.kind == "waits":
        return gettext(
            language,
            "Still {band}: the number alone says {would}. A band changes on the second day in a row, or {margin} "
            "points beyond the border.",
            band=names.band(scored.band, language), would=would, margin=figures.number(reason.margin, language),
        )  # fmt: skip
    if reason.kind == "little":
        return gettext(
            language, "Not {would}: only {known} of the weight is known, {would} needs {least}.",
            would=would, known=known, least=least,
        )  # fmt: skip
    assured = figures.number(reason.assured, language)
    return gettext(language, "The band rests on {assured}: whatever is unknown counts 0 for it.", assured=assured)


def _incident(cause: tuple[str, str], measures: Sequence[str], language: str) -> str:
    return gettext(
        language,
        "One incident of ours, {cause} {value}, affects several customers: {measures} do not count meanwhile, and no "
        "alarm is raised for this one alone.",
        cause=names.cause(cause[0], language), value=names.cause_value(*cause, language),
        measures=_measures(measures, language),
    )  # fmt: skip


def _measures(measures: Sequence[str], language: str) -> str:
    return figures.listed([names.measure(one, language) for one in measures], language)
