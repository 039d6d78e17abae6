"""A customer's admin puts a skill on chosen robots, or takes it off: tried first, then done, robot by robot."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from collector.access.caller import CHOOSERS
from collector.context import Context
from collector.errors import DocumentTooLarge
from collector.fleet import desired
from collector.fleet.desired import Stale
from collector.fleet.scope import VisibleRobot
from collector.operations.catalogue import known_skill, visible_listing
from collector.operations.desired import WishFor, publish, sealed_for, stale_skills, too_large, too_much
from collector.operations.operation import account_row, operation
from collector.operations.skill_repository import offers_of, sealing_of
from collector.skillstore.entitlements import reading as entitlements
from collector.skillstore.entitlements.entitlement import EntitledBy, robots_allowed
from collector.skillstore.entitlements.reading import PricedEntitlement
from collector.skillstore.publishing.plan import (
    Act,
    Allowance,
    Differs,
    PublishingPlan,
    RobotLook,
    differs,
    putting,
    removing,
)
from collector.skillstore.publishing.reading import robots_of_account
from collector.skillstore.recalled import recalled_by_people
from collector.skillstore.repository.offers import Offers
from collector.skillstore.sealing import Sealing
from collector.values.refusal import Refusal, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import ROBOT_MAX_CHARS, bounded
from protocol.messages import Desired, DesiredSkill

NAMED = 5  # of many robots, in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillOnRobots:
    """`robots` empty: all that are with the account today. `version` "": the newest that is offered.

    `seen`: the dry run that is confirmed (`PublishingPlan.seen`); "": whatever happens is wanted.
    """

    account: str
    skill: str
    do: Act
    version: str = ""
    robots: tuple[str, ...] = ()
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """The plan as it was carried out: robots that were ready have a new document.

    `revisions`: of that document, by robot, where another package is wished by it: what takes the act back names them.
    """

    plan: PublishingPlan
    changed: int
    revisions: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Planned:
    """`looks`: all robots of the account by name. `digest` "": nothing is put there."""

    plan: PublishingPlan
    looks: Mapping[str, RobotLook]
    account_id: int
    digest: str


@operation(roles=CHOOSERS)
def try_skill(context: Context, wanted: SkillOnRobots) -> PublishingPlan:
    """What would happen on each robot, when, and what it costs. Nothing is changed.

    Refuses an unknown account, skill or version, and a robot that is not with the account today.
    """
    offers = offers_of(context)
    return context.read(lambda connection: _plan(context, connection, wanted, offers).plan)


@operation(roles=CHOOSERS, writes=True)
def publish_skill(context: Context, wanted: SkillOnRobots) -> Published:
    """Do what the dry run says: each robot that is ready gets a new document, all in one transaction.

    Refuses a confirmed dry run that says something else by now, with what changed. A robot whose document somebody
    else changes at the same moment refuses the whole act: nothing is changed.
    """
    offers, sealing = offers_of(context), sealing_of(context)
    made: dict[str, Desired] = {}

    def change(connection: Connection) -> Published:
        made.clear()
        planned = _plan(context, connection, wanted, offers)
        if wanted.seen and (other := differs(planned.plan, wanted.seen)) is not None:
            raise _changed(planned.plan, other)
        for name in planned.plan.ready:
            one = planned.looks[name]
            skills, settings = _skills(connection, one, wanted, planned)
            made[name] = wish_as_seen(context, connection, sealing, planned.account_id, one, skills, settings)
        other_package = {name for name in made if planned.looks[name].wished.get(wanted.skill, "") != planned.digest}
        context.touched(made)
        return Published(planned.plan, len(made), {name: made[name].revision for name in sorted(other_package)})

    done = context.write(change)
    publish(context, made.items())
    return done


def wish_as_seen(
    context: Context, connection: Connection, sealing: Sealing | None, account_id: int, one: RobotLook,
    skills: list[DesiredSkill], settings: dict[str, Any],
) -> Desired:  # fmt: skip
    """The next document of a robot that was looked at in this transaction. Raises Refusal, which ends the whole act."""
    if (refused := too_much(WishFor(robot=one.name, skills=skills, settings=settings))) is not None:
        raise Refusal.of(refused)
    now_s = context.now_s()
    try:
        document = desired.wish(
            connection, one.id, skills, settings, now_s, after_revision=one.revision, account_id=account_id,
            sealed=sealed_for(connection, sealing, one.name, now_s),
        )  # fmt: skip
    except DocumentTooLarge as large:
        raise Refusal.of(too_large(one.name, large)) from large
    if isinstance(document, Stale):
        reason = Sentence(
            "what {name} shall run, or whose it is, was changed by somebody else meanwhile", name=one.name
        )
        raise Refusal(reason, "try it again: nothing was changed", "conflict")
    return document


def _changed(plan: PublishingPlan, other: Differs) -> Refusal:
    """What is another now than somebody has confirmed."""
    reason = Sentence(
        "since the dry run it has changed: {then} robots were to change, now {count}",
        then=other.ready_then or "?",
        count=len(plan.ready),
    )
    told = [f"{one.robot} {one.verdict} {one.code}".rstrip() for one in (other.robots or ())[:NAMED]]
    more = len(other.robots or ()) - len(told)
    named = "; ".join([*told, *([f"+ {more}"] if more > 0 else [])])
    return Refusal(
        Sentence("{reason} ({named})", reason=reason, named=named) if named else reason,
        Remedy("look at the dry run again: nothing was changed", "skills try",
               "POST /api/v1/accounts/{account}/skills/try"),
        "conflict",
    )  # fmt: skip


def robots_named(
    context: Context, connection: Connection, account: str, skill: str, robots: Iterable[str]
) -> tuple[int, dict[str, RobotLook]]:
    """(the account's row, its robots of today by name). Raises Refusal, too where one of `robots` is none of them."""
    account_id = account_row(context, connection, account)
    by_name = {one.name: one for one in robots_of_account(connection, account_id, context.now_s(), skill)}
    for name in robots:
        bounded("robot", name, ROBOT_MAX_CHARS)
        if name not in by_name:
            raise Refusal(
                Sentence("there is no robot {name} at {account} today", name=name, account=account),
                Remedy("list them", "skills at", "GET /api/v1/accounts/{account}/skills"), "not_found",
            )  # fmt: skip
    return account_id, by_name


def _plan(context: Context, connection: Connection, wanted: SkillOnRobots, offers: Offers) -> _Planned:
    """Raises Refusal."""
    account_id, by_name = robots_named(context, connection, wanted.account, wanted.skill, wanted.robots)
    robots = list(by_name.values())
    chosen = frozenset(wanted.robots or by_name)
    if wanted.do == "remove":
        if not any(wanted.skill in one.wished for one in robots):
            known_skill(context, connection, wanted.skill, {skill for one in robots for skill in one.wished})
        return _Planned(removing(wanted.skill, robots, chosen), by_name, account_id, "")
    listing = visible_listing(context, connection, wanted.skill)
    offers = offers.without(recalled_by_people(connection))
    release = offers.find(listing.appid, wanted.version)
    if release is None:
        raise Refusal(
            Sentence(
                "there is no version {version} of {skill} that is offered",
                version=wanted.version[:60],
                skill=wanted.skill
            )
            if wanted.version
            else Sentence("there is no version of {skill} that is offered", skill=wanted.skill),
            Remedy("list them", "skills catalogue", "GET /api/v1/skills/catalogue/{skill}"), "not_found",
        )  # fmt: skip
    priced = entitlements.priced_of_account(connection, account_id)
    allowance = allowance_of(priced, wanted.skill, {one.day for one in robots if one.name in chosen})
    stale = {
        one.name
        for one in robots
        if one.wished.get(wanted.skill) == release.sha256
        and wanted.skill in stale_skills(one, [each.entitlement for each in priced], context.now_s())
    }
    plan = putting(
        release,
        robots,
        chosen,
        offers.offered,
        allowance,
        is_recalled=release.sha256 in offers.recalled,
        stale=stale,
    )
    return _Planned(plan, by_name, account_id, release.sha256)


def allowance_of(priced: Iterable[PricedEntitlement], skill: str, on_days: Collection[int]) -> Allowance:
    """What an account may have of a skill. `on_days`: today, where its robots are."""
    had = [one for one in priced if one.entitlement.skill == skill]
    paid = [
        one.price
        for one in had
        if any(map(one.entitlement.holds_on, on_days)) and one.entitlement.origin is EntitledBy.CONTRACT_LINE
    ]
    price = paid[-1] if paid else None
    return Allowance(
        lambda day: robots_allowed((one.entitlement for one in had), day), price, bool(paid) and price is None
    )


def document_before(connection: Connection, one: RobotLook) -> Desired:
    """What the robot is to run by this account's wish; an empty one where it wished nothing."""
    before = desired.read(connection, VisibleRobot(one.id, one.name, "")).desired if one.has_own_wish else None
    return Desired(revision=0) if before is None else Desired.model_validate(before.document)


def _skills(
    connection: Connection, one: RobotLook, wanted: SkillOnRobots, planned: _Planned
) -> tuple[list[DesiredSkill], dict[str, Any]]:
    """What the robot shall run from now on, with its settings: those of a skill that was there before stay."""
    document = document_before(connection, one)
    settings = {each.skill: each.settings for each in document.skills}
    skills = [each for each in document.skills if each.skill != wanted.skill]
    if wanted.do == "put":
        skills.append(
            DesiredSkill(
                skill=wanted.skill, version=planned.plan.version, digest=planned.digest,
                settings=settings.get(wanted.skill, {}),
            )
        )  # fmt: skip
    return skills, document.settings
