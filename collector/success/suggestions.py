"""For accounts that use little: what places of the same industry and scene with high use have and use, and they lack.

Pure. A suggestion names its evidence: how many of the high users have it, and their use beside that of the others. It
is what is common among them, not a proof that it is the cause; a suggestion with too few behind it is not made.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from collector.success.sections import SuggestionRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """An account's period. `intensity`: the scene's core counter per active robot-day; None: unknown.

    `skills` are installed on at least one of its robots, `uses` how often each was used (absent: not countable),
    `settings` what its robots are set to, as `skill.name` or `name` -> value in JSON.
    """

    account: str
    industry: str
    scene: str
    intensity: float | None
    skills: frozenset[str] = frozenset()
    uses: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def has_and_uses(self, skill: str, uses_min: int) -> bool:
        return skill in self.skills and self.uses.get(skill, uses_min) >= uses_min


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Install a skill, use one that is there, or set something. `high` of `high_users` have it.

    `with_it` and `without_it` are the medians of all peers' use, with and without; None where nobody is on that side.
    """

    kind: Literal["install", "use", "set"]
    what: str
    value: str | None
    high: int
    high_users: int
    with_it: float | None
    without_it: float | None


@dataclass(frozen=True, slots=True)
class Suggestions:
    """For one account. `peers` of the same industry and scene; `why` says why there is nothing to compare with."""

    account: str
    industry: str
    scene: str
    intensity: float | None
    peers: int
    high_users: int
    high_intensity: float | None
    items: tuple[Suggestion, ...]
    why: Literal["", "no_industry_or_scene", "too_few_peers", "uses_much"] = ""


def suggest(mine: Use, others: Iterable[Use], rules: SuggestionRules) -> Suggestions:
    """Nothing is suggested to an account that is itself among the high users."""
    peers = [
        one
        for one in others
        if one.account != mine.account
        and (one.industry, one.scene) == (mine.industry, mine.scene)
        and one.intensity is not None
    ]
    if not (mine.industry and mine.scene):
        return _nothing(mine, 0, "no_industry_or_scene")
    ranked = sorted(peers, key=lambda one: (-(one.intensity or 0.0), one.account))
    high = ranked[: round(len(ranked) * rules.high_share)]
    if len(high) < rules.high_min:
        return _nothing(mine, len(peers), "too_few_peers")
    least = high[-1].intensity
    assert least is not None
    if mine.intensity is not None and mine.intensity >= least:
        return _nothing(mine, len(peers), "uses_much")
    items = [*_skills(mine, peers, high, rules), *_settings(mine, peers, high, rules)]
    items.sort(key=lambda one: (-one.high, -_lift(one), one.what, one.value or ""))
    return Suggestions(
        mine.account, mine.industry, mine.scene, mine.intensity, len(peers), len(high), _middle(high), tuple(items)
    )


def _nothing(mine: Use, peers: int, why: Literal["no_industry_or_scene", "too_few_peers", "uses_much"]) -> Suggestions:
    return Suggestions(mine.account, mine.industry, mine.scene, mine.intensity, peers, 0, None, (), why)


def _skills(mine: Use, peers: Sequence[Use], high: Sequence[Use], rules: SuggestionRules) -> list[Suggestion]:
    least = rules.uses_min
    found = []
    for skill in sorted({skill for one in high for skill in one.skills}):
        having = [one for one in high if one.has_and_uses(skill, least)]
        if mine.has_and_uses(skill, least) or len(having) < rules.have_share * len(high):
            continue
        with_it = [one for one in peers if one.has_and_uses(skill, least)]
        without = [one for one in peers if not one.has_and_uses(skill, least)]
        kind: Literal["install", "use"] = "use" if skill in mine.skills else "install"
        found.append(Suggestion(kind, skill, None, len(having), len(high), _middle(with_it), _middle(without)))
    return found


def _settings(mine: Use, peers: Sequence[Use], high: Sequence[Use], rules: SuggestionRules) -> list[Suggestion]:
    """Settings of skills that the account has, or of the robot itself, at the value that most high users chose."""
    found = []
    for name in sorted({name for one in high for name in one.settings}):
        skill, dot, _ = name.partition(".")
        if dot and skill not in mine.skills:
            continue
        chosen = [one.settings[name] for one in high if name in one.settings]
        value = max(sorted(set(chosen)), key=chosen.count)
        if mine.settings.get(name) == value or chosen.count(value) < rules.have_share * len(high):
            continue
        with_it = [one for one in peers if one.settings.get(name) == value]
        without = [one for one in peers if one.settings.get(name) != value]
        found.append(Suggestion("set", name, value, chosen.count(value), len(high), _middle(with_it), _middle(without)))
    return found


def _middle(some: Sequence[Use]) -> float | None:
    values = [one.intensity for one in some if one.intensity is not None]
    return median(values) if values else None


def _lift(one: Suggestion) -> float:
    return (one.with_it or 0.0) - (one.without_it or 0.0)
