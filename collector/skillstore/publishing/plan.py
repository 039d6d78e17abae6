"""What would happen if a skill were put on some robots, or taken off: the dry run, which publishing follows. Pure.

The centre knows a robot's model, its wishes and what it said last. It does not know the free space, the core and the
capabilities: the robot judges those before it fetches anything, and `untold` says so instead of guessing.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from collector.skillstore.billing.price import FixedCharge, OneOffCharge, Price, UseCharge
from opk_skills.trust.releases import Release
from protocol import limits

Act = Literal["put", "remove"]
Verdict = Literal["ready", "unchanged", "refused"]
When = Literal["", "now", "on_return"]
UNTOLD_ALWAYS = ("space", "core")
LETTERS_MOST = 1_000  # robots of which a plan in short says each: it travels in a form
_HASH_LETTERS = 16
_LETTERS: Mapping[Verdict, str] = {"ready": "y", "unchanged": "u", "refused": "n"}


@dataclass(frozen=True, slots=True)
class RobotLook:
    """A robot of the account. `model` "": not told. `day`: it is that day where the robot is.

    `wished`: digest by skill, of this account's own wish; `revision` of the newest wish, whoever made it.
    `document`: that wish as it is stored, with what was signed.
    `told`: the word of why the skill is not as wished, as the robot said it last.
    """

    id: int
    name: str
    model: str
    day: int
    is_online: bool
    revision: int
    has_own_wish: bool
    wished: Mapping[str, str]
    told: str
    timezone: str
    document: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedRobot:
    """`code`: why it is refused, or what the robot said of the same package before. `other`: the skill in conflict.

    `when` of a robot that is ready: now (at its next safe moment), or when it is connected again.
    """

    robot: str
    verdict: Verdict
    code: str
    other: str
    when: When
    fetches_bytes: int


@dataclass(frozen=True, slots=True)
class ChargeShown:
    """One charge of the price. `amount` in units of the currency, of a month or once; None: by use, not known before.

    `of`: how many robots are counted; None: it does not go by robots.
    """

    name: str
    kind: Literal["one_off", "fixed", "use"]
    each: str
    amount: Decimal | None
    of: int | None


@dataclass(frozen=True, slots=True)
class PublishingPlan:
    """`robots` in the order they were given. `untold`: what only the robots know, judged by them before a download.

    `is_unpriced`: it is paid for, and was sold before it had a price: nobody can say what it costs.
    `seen`: the plan in short. Who confirms it sends it back, and is told when another plan has taken its place.
    """

    act: Act
    skill: str
    version: str
    release: int
    robots: tuple[PlannedRobot, ...]
    untold: tuple[str, ...]
    currency: str
    charges: tuple[ChargeShown, ...]
    seen: str
    is_unpriced: bool = False

    @property
    def ready(self) -> tuple[str, ...]:
        """The names of the robots that it changes."""
        return tuple(one.robot for one in self.robots if one.verdict == "ready")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the account may have. `price` None: nobody pays; or where `is_unpriced`, it was sold before it had a price.

    `robots_most` of a day: on how many robots; None: no limit; 0: it is not entitled.
    """

    robots_most: Callable[[int], int | None]
    price: Price | None
    is_unpriced: bool = False


def putting(
    release: Release,
    robots: Sequence[RobotLook],
    chosen: Collection[str],
    offered: Mapping[str, Release],
    allowance: Allowance,
    *,
    is_recalled: bool,
    stale: Collection[str] = (),
) -> PublishingPlan:
    """`robots`: all of the account, of which `chosen` are asked for. `offered`: releases by digest.

    `stale`: robots whose signed licence is not the one that holds; they are told it, and fetch nothing.

    The limit counts robots that have the skill already, chosen or not, so the first ones by order get what is left.
    """
    held = given = sum(1 for one in robots if release.key in one.wished)
    models, conflicts = frozenset(release.needs.models), _conflicts(release, offered)
    found: list[PlannedRobot] = []
    for one in robots:
        if one.name not in chosen:
            continue
        has = one.wished.get(release.key)
        if has == release.sha256 and one.name not in stale:
            found.append(PlannedRobot(one.name, "unchanged", one.told, "", "", 0))
            continue
        code, other = _against(one, release.key, models, conflicts)
        code = "recalled" if is_recalled else code
        most = allowance.robots_most(one.day)
        if not code and most == 0:
            code = "not_entitled"
        if not code and has is None:
            code = "robots_most" if most is not None and given >= most else ""
            given += 0 if code else 1
        found.append(_planned(one, code, other, 0 if has == release.sha256 else release.length))
    untold = UNTOLD_ALWAYS + (("capabilities",) if release.needs.capabilities else ())
    added = sum(1 for one in found if one.verdict == "ready")
    charges = () if allowance.price is None else tuple(_charges(allowance.price, held, robots, found, release.key))
    currency = "" if allowance.price is None else allowance.price.currency
    return PublishingPlan(
        "put", release.key, release.version, release.release, tuple(found), untold if added else (), currency, charges,
        _seen(release.version, found, charges), allowance.is_unpriced,
    )  # fmt: skip


def removing(skill: str, robots: Sequence[RobotLook], chosen: Collection[str]) -> PublishingPlan:
    """A robot that does not have it is unchanged; what was paid for it goes on until the entitlement ends."""
    found = [
        _planned(one, "", "", 0) if skill in one.wished else PlannedRobot(one.name, "unchanged", "", "", "", 0)
        for one in robots
        if one.name in chosen
    ]
    return PublishingPlan("remove", skill, "", 0, tuple(found), (), "", (), _seen("", found, ()))


@dataclass(frozen=True, slots=True)
class Differs:
    """How a plan is another one than was confirmed. `robots`: whose verdict changed; None: it cannot be said whose."""

    ready_then: str
    robots: tuple[PlannedRobot, ...] | None


def differs(plan: PublishingPlan, confirmed: str) -> Differs | None:
    """None: it is the plan that was confirmed (`PublishingPlan.seen`)."""
    if confirmed == plan.seen:
        return None
    ready_then, _, letters = (*confirmed.split("."), "", "", "")[:3]
    if len(letters) != len(plan.robots):
        return Differs(ready_then, None)
    changed = [one for one, then in zip(plan.robots, letters, strict=True) if then != _LETTERS[one.verdict]]
    return Differs(ready_then, tuple(changed))


def _seen(version: str, robots: Sequence[PlannedRobot], charges: Sequence[ChargeShown]) -> str:
    """How many robots it changes, a hash of all that it says, and a letter for each robot's verdict."""
    said = [(one.robot, one.verdict, one.code, one.other) for one in robots]
    paid = [(one.name, one.kind, one.each, one.amount, one.of) for one in charges]
    whole = hashlib.sha256(repr((version, said, paid)).encode()).hexdigest()[:_HASH_LETTERS]
    letters = "".join(_LETTERS[one.verdict] for one in robots) if len(robots) <= LETTERS_MOST else ""
    return f"{sum(one.verdict == 'ready' for one in robots)}.{whole}.{letters}"


def _planned(one: RobotLook, code: str, other: str, fetches_bytes: int) -> PlannedRobot:
    if code:
        return PlannedRobot(one.name, "refused", code, other, "", 0)
    return PlannedRobot(one.name, "ready", "", "", "now" if one.is_online else "on_return", fetches_bytes)


def _conflicts(release: Release, offered: Mapping[str, Release]) -> frozenset[str]:
    """The digests of other skills that answer to one of its intents."""
    intents = frozenset(release.needs.intents)
    return frozenset(
        digest
        for digest, one in offered.items()
        if one.key != release.key and not intents.isdisjoint(one.needs.intents)
    )


def _against(one: RobotLook, skill: str, models: frozenset[str], conflicts: frozenset[str]) -> tuple[str, str]:
    """What the centre knows to stand against it: a word, and the other skill of a conflict."""
    if one.model and models and one.model not in models:
        return "wrong_model", ""
    if skill not in one.wished and len(one.wished) >= limits.DESIRED_MAX_SKILLS:
        return "too_many_skills", ""
    if not conflicts.isdisjoint(one.wished.values()):
        return "same_intent", next(key for key, digest in one.wished.items() if digest in conflicts)
    return "", ""


def _charges(
    price: Price, held: int, robots: Sequence[RobotLook], planned: Iterable[PlannedRobot], skill: str
) -> Iterable[ChargeShown]:
    having = {one.name for one in robots if skill in one.wished}
    after = held + sum(1 for one in planned if one.verdict == "ready" and one.robot not in having)
    for one in price.charges:
        match one:
            case OneOffCharge():
                yield ChargeShown(one.name, "one_off", "account", one.amount, None)
            case FixedCharge(each="robot"):
                yield ChargeShown(one.name, "fixed", "robot", one.amount * after, after)
            case FixedCharge(each="account"):
                yield ChargeShown(one.name, "fixed", "account", one.amount, None)
            case FixedCharge():
                yield ChargeShown(one.name, "fixed", one.each, None, None)
            case UseCharge():
                yield ChargeShown(one.name, "use", one.counter, None, None)
