"""One cause behind many alarms: found, named once, and the single alarms muted. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from collector.calendar import days
from collector.health.anomalies.falls import Statistics, Verdict
from collector.health.anomalies.rules import AnomalyRules

Cause = Literal["firmware", "model", "region", "skill", "scene", "date"]
Of = Literal["usage", "faults", "silence"]
_NARROWER: tuple[Cause, ...] = ("skill", "firmware", "model", "region", "scene")
_CAUSES: Mapping[str, Cause] = {cause: cause for cause in _NARROWER}
BACKGROUND = 0.02  # share of accounts that alarm by chance on a day, where the others cannot say


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`of` says what happened together: usage fell, faults of `family` rose, nothing was heard or counted on T."""

    cause: Cause
    value: str  # which firmware; of a skill `guide 1.4.2`; of a date the day
    day: int  # T
    since_day: int  # the accounts' changes began on (median)
    of: Of
    family: str = ""
    accounts: tuple[str, ...] = ()  # that alarm, in order
    sharing: int = 0  # accounts that share the cause and can be judged
    others_share: float = 0.0  # of the accounts without it that alarm


@dataclass(frozen=True, slots=True)
class _Alarms:
    """One day's alarms of one sort: who can be judged, who alarms since when, and what each could share."""

    since: Mapping[str, int]  # account -> the day on which its change began
    judged: frozenset[str]
    sharing: Mapping[tuple[str, str], frozenset[str]]  # cause -> judged accounts


def find(found: Sequence[Statistics], verdicts: Mapping[str, Verdict], rules: AnomalyRules) -> tuple[Incident, ...]:
    """The incidents of the day, each account in at most one of usage and one of each family's faults."""
    fell = {name: verdict.since_day or verdict.day for name, verdict in verdicts.items() if verdict.state == "fell"}
    judged = frozenset(name for name, verdict in verdicts.items() if verdict.state in {"fell", "steady"})
    incidents = _of_alarms(found, fell, judged, rules, "usage", "")
    rises: dict[str, dict[str, int]] = {}
    for one in found:
        for rise in one.faults:
            rises.setdefault(rise.family, {})[one.account] = rise.since_day
    everybody = frozenset(one.account for one in found if one.state not in {"no_deployment", "not_arrived"})
    for family, since in sorted(rises.items()):
        incidents += _of_alarms(found, since, everybody, rules, "faults", family)
    quiet = {name: verdict.day for name, verdict in verdicts.items() if verdict.silent}
    may_be_quiet = frozenset(name for name, verdict in verdicts.items() if verdict.silent is not None)
    return (*incidents, *_of_alarms(found, quiet, may_be_quiet, rules, "silence", ""))


def muted(verdicts: Mapping[str, Verdict], incidents: Sequence[Incident]) -> Mapping[str, Verdict]:
    """The verdicts with their incidents named: `drop` is false for those whose fall one explains."""
    fell, rose = _named(incidents, "usage"), _named(incidents, "faults")
    return {
        account: replace(verdict, incident=fell.get(account), faults_incident=rose.get(account))
        if account in fell or account in rose
        else verdict
        for account, verdict in verdicts.items()
    }


def rejoined(
    found: Sequence[Statistics], verdicts: Mapping[str, Verdict], standing: Sequence[Incident]
) -> tuple[Incident, ...]:
    """The day's incidents for accounts that are judged again by themselves (late data), as `muted` takes them.

    One that alarms is explained by the incident that named it, else by the first whose cause it shares.
    """
    joined: dict[int, list[str]] = {}
    for one in found:
        alarms = {("usage", "")} if verdicts[one.account].state == "fell" else set()
        alarms |= {("faults", rise.family) for rise in one.faults}
        for of, family in sorted(alarms):
            near = [at for at, each in enumerate(standing) if (each.of, each.family) == (of, family)]
            named = [at for at in near if one.account in standing[at].accounts]
            shared = [at for at in near if (standing[at].cause, standing[at].value) in one.causes]
            for at in [*named, *shared][:1]:
                joined.setdefault(at, []).append(one.account)
    return tuple(replace(standing[at], accounts=tuple(sorted(names))) for at, names in sorted(joined.items()))


def _named(incidents: Sequence[Incident], of: Literal["usage", "faults"]) -> dict[str, tuple[str, str]]:
    return {
        account: (incident.cause, incident.value)
        for incident in incidents
        if incident.of == of
        for account in incident.accounts
    }


def _of_alarms(
    found: Sequence[Statistics],
    since: Mapping[str, int],
    judged: frozenset[str],
    rules: AnomalyRules,
    of: Of,
    family: str,
) -> list[Incident]:
    """Greedy: the least likely cause first, its accounts taken out, until no cause is left; then the date alone."""
    day = found[0].day if found else 0
    sharing: dict[tuple[str, str], set[str]] = {}
    for one in found:
        if one.account in judged:
            for shared_cause in one.causes_of_silence if of == "silence" else one.causes:
                sharing.setdefault(shared_cause, set()).add(one.account)
    left = {account: at for account, at in since.items() if account in judged}
    incidents: list[Incident] = []
    while len(left) >= rules.incident_min_accounts:
        alarms = _Alarms(left, judged, {cause: frozenset(inside) for cause, inside in sharing.items()})
        best = _most_unlikely(alarms, rules) or _same_date(alarms, rules)
        if best is None:
            break
        cause, value, members, shared, others = best
        incidents.append(
            Incident(
                cause=cause, value=value, day=day, since_day=int(median(left[name] for name in members)), of=of,
                family=family, accounts=tuple(sorted(members)), sharing=shared, others_share=others,
            )
        )  # fmt: skip
        left = {account: at for account, at in left.items() if account not in members}
        judged = judged - frozenset(members)
        sharing = {cause: inside - frozenset(members) for cause, inside in sharing.items()}
    return incidents


_Found = tuple[Cause, str, frozenset[str], int, float]


def _most_unlikely(alarms: _Alarms, rules: AnomalyRules) -> _Found | None:
    """The cause whose accounts alarm most beyond the rate of the others; the narrower one where two are alike."""
    best: tuple[tuple[float, int, int, str], _Found] | None = None
    for (cause, value), inside in sorted(alarms.sharing.items()):
        members = frozenset(alarms.since.keys() & inside)
        if len(members) < rules.incident_min_accounts or len(members) <= rules.incident_share * len(inside):
            continue
        outside = len(alarms.judged) - len(inside)
        others = (len(alarms.since) - len(members)) / outside if outside else 0.0
        from scipy.special import bdtrc  # noqa: PLC0415 - it loads for a quarter of a second; most starts judge nothing

        chance = float(bdtrc(len(members) - 1, len(inside), max(others, BACKGROUND)))
        rank = (chance, len(inside), _NARROWER.index(_CAUSES[cause]), value)
        if chance < rules.incident_p and (best is None or rank < best[0]):
            best = rank, (_CAUSES[cause], value, members, len(inside), others)
    return best[1] if best else None


def _same_date(alarms: _Alarms, rules: AnomalyRules) -> _Found | None:
    """Many accounts that share nothing but the days on which it began: a holiday, the weather, our own outage."""
    dated = sorted((day, account) for account, day in alarms.since.items())
    best: list[tuple[int, str]] = []
    first = 0
    for last, (day, _) in enumerate(dated):
        while dated[first][0] <= day - rules.incident_window_days:
            first += 1
        if last + 1 - first > len(best):
            best = dated[first : last + 1]
    if len(best) < rules.incident_min_accounts or len(best) <= rules.incident_share * len(alarms.judged):
        return None
    day = int(median(at for at, _ in best))
    members = frozenset(account for _, account in best)
    outside = len(alarms.judged) - len(members)
    others = (len(alarms.since) - len(members)) / outside if outside else 0.0
    return "date", days.iso(day), members, len(alarms.judged), others
