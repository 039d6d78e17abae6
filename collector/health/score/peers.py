"""Peer groups of one day: how others of the same industry, scene and model do, and the prior for rates of counts. Pure.

An account is compared with the others, never with itself: the value and the counts that it has in the table (a
`Member`) are taken out before it is ranked or shrunk, also where it is scored again later and reads otherwise. Rates of
counts are drawn to their group by a gamma prior (a, b): shrunk = (x + a) / (E + b), fitted
by moments: mean m = sum x / sum E, and the variance between accounts beyond what a Poisson count of that mean has.

Sums are exact (math.fsum), so the order in which accounts come does not matter.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from collector.health.measures.registry import COUNT_RATES, LOWER_IS_BETTER, MEASURES, OF_SCENE
from collector.health.model import Reading, Readings
from collector.health.policy.file import Policy
from collector.health.policy.sections import PeerRules

LEVELS = 4  # industry x scene x model, scene x model, model, all
_SCENE_LEVELS = 2  # from here on a group mixes scenes
_ALL = "all"
_DIGITS = 9  # of a stored value: enough to tell any two accounts apart


@dataclass(frozen=True, slots=True)
class Sample:
    """One measure in one group. `values` are sorted; of a large group they are its quantiles.

    `sums` of a count rate: x, E, E squared, x squared over E.
    """

    n: int
    values: tuple[float, ...]
    whole: bool  # every value is there
    sums: tuple[float, float, float, float] | None = None

    def median(self, own: float | None) -> float:
        """Of the others: `own` is taken out where every value is there."""
        values, n = self.values, len(self.values)
        gap = n if own is None or not self.whole else bisect_left(values, own)
        n -= gap < n

        def at(index: int) -> float:
            return values[index + (index >= gap)]

        return at(n // 2) if n % 2 else (at(n // 2 - 1) + at(n // 2)) / 2


@dataclass(frozen=True, slots=True)
class Member:
    """What one account is among its peers: the words of its groups, and the readings that count in them."""

    words: tuple[str, str, str]  # industry, scene, model
    readings: Mapping[str, Reading]

    @classmethod
    def of(cls, readings: Readings, measures: Iterable[str]) -> "Member":
        counted = {name: one for name in measures if (one := readings.readings[name]).state in ("present", "stale")}
        return cls((readings.industry, readings.scene, readings.model), counted)


LeftOut = Member | Literal["itself"] | None
"""Which member of the table an account is: the one that its readings make, another (it was read otherwise), or none."""


@dataclass(frozen=True, slots=True)
class PeerGroup:
    """`n` accounts, whatever of them is known."""

    n: int
    samples: Mapping[str, Sample] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure of one account against its peers. `rank` 0..1, higher is better; None: too few to rank among."""

    value: float  # shrunk, where it is a rate of counts
    rank: float | None
    median: float | None
    n: int


@dataclass(frozen=True, slots=True)
class PeerTable:
    """Every peer group of one day. `top_arr`: an account of this ARR or more is of the top tier."""

    groups: Mapping[str, PeerGroup]
    top_arr: int | None
    measures: tuple[str, ...]  # that have a peer half

    def dump(self) -> dict[str, Any]:
        """As JSON: numbers, texts, lists and mappings."""
        return {
            "top_arr": self.top_arr,
            "measures": list(self.measures),
            "groups": {
                key: {
                    "n": group.n,
                    "samples": {
                        name: {"n": one.n, "values": list(one.values), "whole": one.whole, "sums": one.sums}
                        for name, one in group.samples.items()
                    },
                }
                for key, group in self.groups.items()
            },
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "PeerTable":
        """What `dump` gave."""
        groups = {
            key: PeerGroup(
                group["n"],
                {
                    name: Sample(
                        one["n"],
                        tuple(one["values"]),
                        one["whole"],
                        None if one["sums"] is None else tuple(one["sums"]),
                    )
                    for name, one in group["samples"].items()
                },
            )
            for key, group in dumped["groups"].items()
        }
        return cls(groups, dumped["top_arr"], tuple(dumped["measures"]))

    def choose(self, readings: Readings, rules: PeerRules, left_out: LeftOut) -> "Peers":
        """The narrowest group with enough others; the widest, when none has."""
        member = Member.of(readings, self.measures) if left_out == "itself" else left_out
        counted_in = set() if member is None else {key for _, key in keys_of(*member.words)}
        for level, key in keys_of(readings.industry, readings.scene, readings.model):
            group, own = self.groups.get(key), key in counted_in
            if group is not None and (group.n - own >= rules.accounts_min or level == LEVELS - 1):
                scene = self.groups.get(scene_key(readings.scene)) if level >= _SCENE_LEVELS else None
                here = member if member is not None and member.words[1] == readings.scene else None
                others = max(0, group.n - own)
                return Peers(level, label(key), others, group, member if own else None, scene, here)
        return Peers(LEVELS - 1, _ALL, 0, PeerGroup(0), None, None, None)


@dataclass(frozen=True, slots=True)
class Peers:
    """The group that one account is compared with, without itself; `n` others."""

    level: int
    label: str
    n: int
    group: PeerGroup
    member: Member | None  # what of the group is the account itself
    scene: PeerGroup | None  # of any model, where the group mixes scenes: what only the scene gives a meaning is in it
    scene_member: Member | None

    def compare(self, reading: Reading, rules: PeerRules) -> Compared | None:
        """None where this measure cannot be compared here: nobody else has it, or scenes without a target are mixed."""
        own, level, group, member = scaled(reading, self.level), self.level, self.group, self.member
        if own is None and reading.measure in OF_SCENE and self.scene is not None:
            own, level, group, member = scaled(reading, 0), 0, self.scene, self.scene_member
        sample = group.samples.get(reading.measure)
        if own is None or sample is None:
            return None
        value, count, exposure = own
        mine = None if member is None else member.readings.get(reading.measure)
        taken = None if mine is None else scaled(mine, level)
        others = sample.n - (taken is not None)
        if reading.measure in COUNT_RATES and sample.sums is not None:
            left_out = None if taken is None else taken[1:]
            prior = gamma_prior(sample.sums, sample.n, left_out, rules)
            if prior is not None:
                value = (count + prior[0]) / (exposure + prior[1])
        rank, median = None, None
        if others >= rules.accounts_least:
            itself = None if taken is None else _short(taken[0])
            lower = reading.measure in LOWER_IS_BETTER
            # who really had none is not outdone by others who had none: shrinking only draws a bad rate towards them
            ranked = min(value, own[0]) if lower else value
            rank, median = _rank(sample, _short(ranked), itself, lower=lower), sample.median(itself)
        unit = reading.target if self._in_targets(reading) and reading.target else 1.0
        return Compared(value * unit, rank, None if median is None else median * unit, others)

    def _in_targets(self, reading: Reading) -> bool:
        return reading.measure in OF_SCENE and self.level >= _SCENE_LEVELS


def keys_of(industry: str, scene: str, model: str) -> list[tuple[int, str]]:
    """The groups that an account belongs to, the narrowest first; one whose words are not known is left out."""
    words = (industry, scene, model)
    narrower = [(level, "\t".join((str(level), *words[level:]))) for level in range(LEVELS - 1) if all(words[level:])]
    return [*narrower, (LEVELS - 1, _ALL)]


_SCENE = "scene"


def scene_key(scene: str) -> str:
    return f"{_SCENE}\t{scene}"


def _is_scene(key: str) -> bool:
    return key.startswith(f"{_SCENE}\t")


def members(readings: Iterable[Readings], measures: Sequence[str]) -> dict[int, Member]:
    """What of a table each account is, by its row: what `build` takes of it."""
    return {one.row_id: Member.of(one, measures) for one in readings}


def label(key: str) -> str:
    """`hospitality × ktv × tray-4`."""
    return " × ".join(key.split("\t")[1:]) or _ALL


def scaled(reading: Reading, level: int) -> tuple[float, float, float] | None:
    """Value, count and exposure as they are compared on that level; None: they are not."""
    if reading.value is None:
        return None
    count, exposure = reading.count or 0.0, reading.exposure or 0.0
    if reading.measure in OF_SCENE and level >= _SCENE_LEVELS:
        if not reading.target:
            return None
        return reading.value / reading.target, count, exposure * reading.target
    return reading.value, count, exposure


def build(readings: Iterable[Readings], policy: Policy) -> PeerTable:
    """Peer groups of all accounts of one day. Takes an iterator: readings need not be in memory together."""
    measures = tuple(name for name in MEASURES if policy.measures[name].peers)
    sizes: dict[str, int] = {}
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    arrs: list[int | None] = []
    for one in readings:
        arrs.append(one.arr)
        member = Member.of(one, measures)
        for level, key in keys_of(*member.words):
            sizes[key] = sizes.get(key, 0) + 1
            for each in member.readings.values():
                said = scaled(each, level)
                if said is not None:
                    found.setdefault((key, each.measure), []).append(said)
        if one.scene:
            key = scene_key(one.scene)
            sizes[key] = sizes.get(key, 0) + 1
            for name in OF_SCENE & member.readings.keys():
                if not member.readings[name].target and (said := scaled(member.readings[name], 0)) is not None:
                    found.setdefault((key, name), []).append(said)
    kept = {key for key, n in sizes.items() if n >= policy.peers.accounts_min or key == _ALL or _is_scene(key)}
    samples: dict[str, dict[str, Sample]] = {key: {} for key in sorted(kept)}
    for (key, name), seen in sorted(found.items(), key=lambda item: item[0]):
        if key in kept:
            samples[key][name] = _sample(name, seen, policy.peers)
    groups = {key: PeerGroup(sizes[key], of) for key, of in samples.items()}
    return PeerTable(groups, top_tier(arrs, policy.single.top_share), measures)


def _sample(name: str, said: Sequence[tuple[float, float, float]], rules: PeerRules) -> Sample:
    values = sorted(_short(value) for value, _, _ in said)
    n, whole = len(values), len(values) <= rules.quantiles_above
    if not whole:
        last = max(rules.quantiles - 1, 1)
        values = [values[round(i * (n - 1) / last)] for i in range(last + 1)]
    sums = None
    if name in COUNT_RATES:
        rated = [(count, exposure) for _, count, exposure in said if exposure > 0]
        sums = (
            math.fsum(x for x, _ in rated),
            math.fsum(e for _, e in rated),
            math.fsum(e * e for _, e in rated),
            math.fsum(x * x / e for x, e in rated),
        )
    return Sample(n, tuple(values), whole, sums)


def gamma_prior(
    sums: tuple[float, float, float, float], n: int, left_out: tuple[float, float] | None, rules: PeerRules
) -> tuple[float, float] | None:
    """(a, b) of the group without the account's own (count, exposure); None where the others cannot say.

    Others that differ no more than by chance pool as far as `prior_events_max` allows.
    """
    x, exposure, squares, rated = sums
    if left_out is not None and left_out[1] > 0:
        own_x, own_e = left_out
        x, exposure, squares, rated = x - own_x, exposure - own_e, squares - own_e**2, rated - own_x**2 / own_e
        n -= 1
    if n < rules.prior_accounts_min or exposure <= 0 or x <= _TINY * (sums[0] + 1):
        return None
    mean = x / exposure
    between = rated - x * mean - (n - 1) * mean  # sum E (r - m)^2 less what Poisson counts of that mean give
    weight = exposure - squares / exposure
    variance = between / weight if weight > 0 else 0.0
    events = rules.prior_events_max
    if variance > 0:
        events = min(events, mean * mean / variance)
    return events, events / mean


_TINY = 1e-9


def _rank(sample: Sample, value: float, own: float | None, *, lower: bool) -> float:
    """Share of the others that are not better; `lower`: less is better."""
    values, n = sample.values, len(sample.values)
    not_better = n - bisect_left(values, value) if lower else bisect_right(values, value)
    if own is not None and sample.whole:
        not_better -= own >= value if lower else own <= value
        n -= 1
    return min(1.0, max(0.0, not_better / n))


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def top_tier(arrs: Iterable[int | None], share: float) -> int | None:
    """The least ARR of the accounts that make up this share of known ARR, the largest first. None: nobody has any."""
    known = sorted((arr for arr in arrs if arr is not None), reverse=True)
    total, summed = sum(known), 0
    for arr in known:
        if arr <= 0:
            return None
        summed += arr
        if summed >= share * total:
            return arr
    return None
