"""The policy: every weight and threshold of the health model, from one file. Pure.

A file is TOML in which every entry says its value, unit, reason and source. The whole file is read, checked and turned
into plain data once; its hash names it in every score. Nothing has a default outside the file.
"""

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_origin

from collector.health.anomalies.rules import AnomalyRules
from collector.health.errors import PolicyInvalid
from collector.health.model import GROUPS, MEASURES
from collector.health.policy import sections

PROFILES = ("onboarding", "growth", "mature", "renewal")
HASH_CHARS = 16
ENTRY = ("value", "unit", "reason", "source")
UNKNOWN_SCENE = sections.SceneTarget(counter="interaction")
_TOTAL = 100.0
_SCALARS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "clock": sections.Windows, "ages": sections.Ages, "coverage": sections.Coverage, "bands": sections.Bands,
        "peers": sections.PeerRules, "onboarding": sections.OnboardingRules, "momentum": sections.Momentum,
        "usage": sections.UsageRules, "recurring": sections.Recurring, "contacts": sections.ContactRules,
        "response": sections.Response, "reviews": sections.Reviews, "voice": sections.Voice,
        "renewal": sections.RenewalRules, "tickets": sections.TicketRules, "zombie": sections.Zombie,
        "silent": sections.Silent, "single": sections.Single, "ref_refuse": sections.RefRefuse,
        "dark": sections.Dark, "fault": sections.FaultRules, "drop": sections.CapOnly, "stall": sections.Stall,
        "overdue": sections.Overdue, "lapsed": sections.CapOnly, "people": sections.People,
        "incident": sections.IncidentMutes,
    }
)  # fmt: skip
_OTHERS = ("measures", "profiles", "scenes", "severity", "models", "skills", "anomaly")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the file, as a page shows it."""

    value: Any
    unit: str
    reason: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy file as the model uses it. `hash` names it in every score, `entries` ("section.name") explain it."""

    text: str
    hash: str
    entries: Mapping[str, Entry]
    measures: Mapping[str, sections.MeasureRule]
    weights: Mapping[str, Mapping[str, float]]  # profile -> measure -> weight; each profile sums to 100
    profile_days: sections.ProfileDays
    scenes: Mapping[str, sections.SceneTarget]
    severity: Mapping[str, int]
    models: Mapping[str, sections.ModelCurve]
    skills: Mapping[str, tuple[str, ...]]
    anomaly: AnomalyRules
    clock: sections.Windows
    ages: sections.Ages
    coverage: sections.Coverage
    bands: sections.Bands
    peers: sections.PeerRules
    onboarding: sections.OnboardingRules
    momentum: sections.Momentum
    usage: sections.UsageRules
    recurring: sections.Recurring
    contacts: sections.ContactRules
    response: sections.Response
    reviews: sections.Reviews
    voice: sections.Voice
    renewal: sections.RenewalRules
    tickets: sections.TicketRules
    zombie: sections.Zombie
    silent: sections.Silent
    single: sections.Single
    ref_refuse: sections.RefRefuse
    dark: sections.Dark
    fault: sections.FaultRules
    drop: sections.CapOnly
    stall: sections.Stall
    overdue: sections.Overdue
    lapsed: sections.CapOnly
    people: sections.People
    incident: sections.IncidentMutes

    @classmethod
    def load(cls, text: str) -> "Policy":
        """Read a policy file's TOML. Raises PolicyInvalid with the entry and the remedy."""
        entries = _entries(text)
        given = {name.split(".", 1)[0] for name in entries}
        strange = sorted(given - {*_SCALARS, *_OTHERS})
        if strange:
            raise PolicyInvalid(f"policy: there is no section [{strange[0]}]: remove it")
        profiles = _of(entries, "profiles")
        measures = _measures(_of(entries, "measures"))
        groups = {name: profiles.pop(name, None) for name in PROFILES}
        policy = cls(
            text=text,
            hash=hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARS],
            entries=MappingProxyType(entries),
            measures=measures,
            weights={name: _weights(name, groups[name], measures) for name in PROFILES},
            profile_days=_filled(sections.ProfileDays, "profiles", profiles),
            scenes=_tables(sections.SceneTarget, "scenes", _of(entries, "scenes")),
            severity={name: _checked(int, "severity", name, value) for name, value in _of(entries, "severity").items()},
            models=_tables(sections.ModelCurve, "models", _of(entries, "models")),
            skills={
                name: _checked(tuple[str, ...], "skills", name, value) for name, value in _of(entries, "skills").items()
            },
            anomaly=_anomaly(_of(entries, "anomaly")),
            **{name: _filled(kind, name, _of(entries, name)) for name, kind in _SCALARS.items()},
        )
        return _coherent(policy)

    def scene(self, name: str) -> sections.SceneTarget:
        """A scene's core counter and target; of a scene that the policy does not know: interactions, no target."""
        return self.scenes.get(name, UNKNOWN_SCENE)


def _entries(text: str) -> dict[str, Entry]:
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyInvalid(f"policy: not TOML: {error}") from error
    found = {}
    for section, content in read.items():
        if not isinstance(content, dict):
            raise PolicyInvalid(f"policy: {section} stands in no section: put it below one, such as [clock]")
        for name, entry in content.items():
            at = f"[{section}] {name}"
            if not isinstance(entry, dict) or set(entry) != set(ENTRY):
                raise PolicyInvalid(f'policy: {at}: write {{ value = …, unit = "…", reason = "…", source = "…" }}')
            if not all(isinstance(entry[key], str) and entry[key].strip() for key in ENTRY[1:]):
                raise PolicyInvalid(f"policy: {at}: unit, reason and source are texts, none of them empty")
            if entry["unit"].startswith(("share", "probability")) and not _is_share(entry["value"]):
                raise PolicyInvalid(f"policy: {at} is a share: between 0 and 1")
            found[f"{section}.{name}"] = Entry(**entry)
    return found


def _is_share(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, int | float) and 0 <= value <= 1)


def _of(entries: Mapping[str, Entry], section: str) -> dict[str, Any]:
    """The values of one section."""
    return {name.split(".", 1)[1]: entry.value for name, entry in entries.items() if name.startswith(f"{section}.")}


def _filled(kind: type[T], section: str, values: Mapping[str, Any]) -> T:
    wanted = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]  # every kind here is a dataclass
    strange = sorted(set(values) - set(wanted))
    if strange:
        raise PolicyInvalid(f"policy: [{section}] has no {strange[0]}: its entries are {', '.join(wanted)}")
    missing = [name for name, each in wanted.items() if name not in values and each.default is MISSING]
    if missing:
        raise PolicyInvalid(f"policy: [{section}] lacks {missing[0]}: every entry must be there")
    return kind(**{name: _checked(wanted[name].type, section, name, value) for name, value in values.items()})


def _checked(kind: Any, section: str, name: str, value: Any) -> Any:
    """The value as its type wants it. Raises PolicyInvalid."""
    at = f"policy: [{section}] {name}"
    if kind is str or kind is bool:
        if not isinstance(value, kind):
            raise PolicyInvalid(f"{at} is a {'text' if kind is str else 'true or false'}")
        return value
    if get_origin(kind) is tuple:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise PolicyInvalid(f"{at} is a list of texts")
        return tuple(value)
    if get_origin(kind) is Mapping:
        if not isinstance(value, dict):
            raise PolicyInvalid(f"{at} is a table of numbers")
        return {key: _number(float, f"{at}.{key}", each) for key, each in value.items()}
    return _number(int if kind is int else float, at, value)


def _number(kind: type[float], at: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise PolicyInvalid(f"{at} is a number, not negative")
    if kind is int and value != int(value):
        raise PolicyInvalid(f"{at} is a whole number")
    return kind(value)


def _tables(kind: type[T], section: str, values: Mapping[str, Any]) -> dict[str, T]:
    found = {}
    for name, value in values.items():
        if not isinstance(value, dict):
            raise PolicyInvalid(f"policy: [{section}] {name}: its value is a table")
        found[name] = _filled(kind, f"{section}.{name}", value)
    return found


def _measures(values: Mapping[str, Any]) -> dict[str, sections.MeasureRule]:
    found = _tables(sections.MeasureRule, "measures", values)
    if set(found) != set(MEASURES):
        odd = min(set(found) ^ set(MEASURES))
        raise PolicyInvalid(f"policy: [measures] must hold {MEASURES[0]} to {MEASURES[-1]}, each once: look at {odd}")
    for name, rule in found.items():
        if (rule.zero is None) != (rule.full is None) or (rule.zero is not None and rule.zero == rule.full):
            raise PolicyInvalid(f"policy: [measures] {name}: a curve has zero and full, and they differ")
    return found


def _weights(profile: str, groups: Any, measures: Mapping[str, sections.MeasureRule]) -> Mapping[str, float]:
    """The measures' weights in a profile: those inside a group scale along with the group's."""
    if not isinstance(groups, dict) or set(groups) != set(GROUPS):
        raise PolicyInvalid(f"policy: [profiles] {profile}: a weight for each of A, B, C, D, E, F")
    weights: dict[str, float] = {}
    for group, inside in GROUPS.items():
        points = _number(float, f"policy: [profiles] {profile}.{group}", groups[group])
        steady = sum(measures[name].weight for name in inside)
        if steady <= 0:
            raise PolicyInvalid(f"policy: [measures]: the weights of group {group} are all 0: give one a weight")
        weights |= {name: points * measures[name].weight / steady for name in inside}
    if not math.isclose(sum(weights.values()), _TOTAL):
        raise PolicyInvalid(f"policy: [profiles] {profile}: the weights sum to 100")
    return weights


def _anomaly(values: Mapping[str, Any]) -> AnomalyRules:
    try:
        return AnomalyRules.of(values)
    except ValueError as error:
        raise PolicyInvalid(f"policy: {error}") from error


def _coherent(policy: Policy) -> Policy:
    """What single entries cannot say of each other. Raises PolicyInvalid."""
    bands, coverage = policy.bands, policy.coverage
    if not bands.yellow_from < bands.green_from:
        raise PolicyInvalid("policy: [bands] yellow_from is below green_from")
    if coverage.grey_below > coverage.green_from:
        raise PolicyInvalid("policy: [coverage] grey_below is at most green_from")
    if policy.clock.window_open_days < 1 or policy.clock.base_open_days < 1:
        raise PolicyInvalid("policy: [clock] windows have at least one open day")
    if policy.peers.rank_span <= 0:
        raise PolicyInvalid("policy: [peers] rank_span is above 0")
    muted = {*policy.incident.usage, *policy.incident.faults} - set(MEASURES)
    if muted:
        raise PolicyInvalid(f"policy: [incident] there is no measure {min(muted)}: A1 to F3")
    return policy


DEFAULT = Policy.load(Path(__file__).with_name("policy.toml").read_text(encoding="utf-8"))
