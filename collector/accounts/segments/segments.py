"""Which segment, tier and points each account has on a day. Pure; the numbers are in segments.toml.

A segment that somebody set by hand stands. Otherwise strategic is by potential and the rest by ARR, or all by points,
as the file says. The pyramid is apart from both: the top tier is the customers that make up the first half of ARR.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.ledger.kinds.who import Account

Tier = Literal["top", "middle", "base", "none", "unknown"]
TouchKind = Literal["site_visit", "qbr", "health_check", "best_practice"]  # the kinds of a planned review
Share = Annotated[float, Field(gt=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Amount = Annotated[float, Field(ge=0)]  # units of the base currency a year


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PointStep(_Section):
    from_: Amount = Field(alias="from")
    points: Amount


class Steps(_Section):
    reason: str
    steps: tuple[PointStep, ...]

    def of(self, value: float) -> float:
        return max((step.points for step in self.steps if value >= step.from_), default=0.0)


class Each(_Section):
    reason: str
    each: Amount


class OfIndustry(_Section):
    reason: str
    points: Mapping[str, Amount]
    otherwise: Amount


class Points(_Section):
    contract_value: Steps
    white_space: Steps
    brand: Each
    referenceable: Each
    industry: OfIndustry


class Pyramid(_Section):
    reason: str
    top: Share
    middle: Share


class Planned(_Section):
    a_year: Amount
    hours: Amount  # with preparation and follow-up


class SegmentRule(_Section):
    key: str
    en: str
    zh: str
    potential_from: Amount | None = None
    arr_from: Amount | None = None
    points_from: Amount
    cadence_days: Annotated[int, Field(ge=1, le=366)]
    hours_reason: str
    touches: Mapping[TouchKind, Planned]

    @property
    def hours_year(self) -> float:
        """Hours that one account of it takes in a year."""
        return sum(planned.a_year * planned.hours for planned in self.touches.values())

    def takes(self, arr: float, potential: float, points: float, policy: "SegmentPolicy") -> bool:
        if policy.model == "points":
            return points >= self.points_from
        by_potential = self.potential_from is not None and potential >= self.potential_from
        return by_potential or (self.arr_from is not None and arr >= self.arr_from)


class Capacity(_Section):
    reason: str
    hours_year: Positive


class CostLimit(_Section):
    reason: str
    at_most: Share


class SegmentPolicy(_Section):
    """The file as it is. The last segment takes everybody who is left."""

    model: Literal["arr", "points"]
    points: Points
    pyramid: Pyramid
    segment: Annotated[tuple[SegmentRule, ...], Field(min_length=1)]
    capacity: Capacity
    cost_ratio: CostLimit

    @model_validator(mode="after")
    def _last_takes_everybody(self) -> "SegmentPolicy":
        last = self.segment[-1]
        if last.points_from or last.arr_from != 0:
            raise ValueError("the last segment takes everybody: give it arr_from = 0 and points_from = 0")
        if len(self.by_key) != len(self.segment):
            raise ValueError("two segments have one key: name each once")
        return self

    @cached_property
    def by_key(self) -> dict[str, SegmentRule]:
        return {rule.key: rule for rule in self.segment}


def load(text: str) -> SegmentPolicy:
    """A policy from its TOML. Raises ValueError with what is wrong."""
    return SegmentPolicy.model_validate(tomllib.loads(text))


@dataclass(frozen=True, slots=True)
class Placed:
    """One account's place. `Rates.scale` of `arr` and `potential` make one unit of the base currency.

    They, and points that rest on them, are None where no rate is stated. `segment` may be a word that was set by hand;
    it is UNKNOWN where what is not known could make it one or the other.
    """

    account: str
    arr: int | None
    potential: int | None
    segment: str
    by_hand: bool
    tier: Tier
    points: float | None
    points_of: Mapping[str, float | None]


UNKNOWN = ""  # the segment of an account whose size is not known


def points_of(
    account: Account, arr: float | None, potential: float | None, policy: SegmentPolicy
) -> dict[str, float | None]:
    """The points of each criterion; money in units of the base currency."""
    points = policy.points
    return {
        "contract_value": None if arr is None else points.contract_value.of(arr),
        "white_space": None if potential is None else points.white_space.of(potential),
        "industry": points.industry.points.get(account.industry, points.industry.otherwise),
        "brand": account.brand * points.brand.each,
        "referenceable": account.referenceable * points.referenceable.each,
    }


def tiers(arr_of: Mapping[str, int | None], policy: SegmentPolicy) -> dict[str, Tier]:
    """The pyramid, from the largest ARR down; of equals the id decides. Without ARR an account is in no tier.

    An account is in the top tier while those above it have not made up the share yet: the one that crosses it is in.
    One whose ARR is not known is in none that is known.
    """
    known = {account: arr for account, arr in arr_of.items() if arr is not None}
    whole = sum(arr for arr in known.values() if arr > 0)
    found: dict[str, Tier] = {account: "unknown" for account, arr in arr_of.items() if arr is None}
    above = 0
    for account, arr in sorted(known.items(), key=lambda item: (-item[1], item[0])):
        if arr <= 0:
            found[account] = "none"
            continue
        is_top, is_middle = above < policy.pyramid.top * whole, above < policy.pyramid.middle * whole
        found[account] = "top" if is_top else "middle" if is_middle else "base"
        above += arr
    return found


def segment_of(account: Account, arr: float | None, potential: float | None, policy: SegmentPolicy) -> str:
    """Its segment, by hand or by the policy's rules. Every rule is a threshold: where the least and the most that an
    unknown amount can be lead to one segment, it is that one.
    """
    if account.segment:
        return account.segment
    least = _ruled(account, arr or 0.0, potential or 0.0, policy)
    if arr is not None and potential is not None:
        return least
    most = _ruled(account, inf if arr is None else arr, inf if potential is None else potential, policy)
    return least if least == most else UNKNOWN


def _ruled(account: Account, arr: float, potential: float, policy: SegmentPolicy) -> str:
    points = sum(each or 0.0 for each in points_of(account, arr, potential, policy).values())
    return next(rule for rule in policy.segment if rule.takes(arr, potential, points, policy)).key


@dataclass(frozen=True, slots=True)
class Sized:
    """One account's size alone, without the others' that make its tier."""

    potential: int | None
    points_of: Mapping[str, float | None]
    segment: str

    @property
    def points(self) -> float | None:
        known = [points for points in self.points_of.values() if points is not None]
        return sum(known) if len(known) == len(self.points_of) else None


def size(account: Account, arr: int | None, rates: Rates, policy: SegmentPolicy) -> Sized:
    """Its potential, points and segment, from its ARR as these rates convert it."""
    potential = rates.convert(account.potential or 0, account.currency)
    units = None if arr is None else arr / rates.scale
    potential_units = None if potential is None else potential / rates.scale
    of = points_of(account, units, potential_units, policy)
    return Sized(potential, of, segment_of(account, units, potential_units, policy))


def place(accounts: Iterable[tuple[Account, int | None]], rates: Rates, policy: SegmentPolicy) -> dict[str, Placed]:
    """Every account's place by id, from the account and its ARR as these rates convert it."""
    found = sorted(accounts, key=lambda pair: pair[0].id)
    tier_of = tiers({account.id: arr for account, arr in found}, policy)
    placed = {}
    for account, arr in found:
        of = size(account, arr, rates, policy)
        placed[account.id] = Placed(
            account.id, arr, of.potential, of.segment, bool(account.segment), tier_of[account.id], of.points,
            of.points_of,
        )  # fmt: skip
    return placed
