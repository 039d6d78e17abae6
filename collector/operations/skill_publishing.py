"""A customer's admin puts a skill on chosen robots, or takes it off: tried first, then done, robot by robot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from collector.access.caller import CHOOSERS
from collector.context import Context
from collector.fleet import desired
from collector.fleet.desired import Stale
from collector.fleet.scope import VisibleRobot
from collector.operations.catalogue import visible_listing
from collector.operations.desired import WishFor, sealed_for, stale_skills, too_much
from collector.operations.operation import account_row, operation
from collector.operations.skill_repository import offers_of, sealing_of
from collector.skillstore.entitlements import reading as entitlements
from collector.skillstore.entitlements.entitlement import EntitledBy, robots_allowed
from collector.skillstore.publishing.plan import Act, Allowance, PublishingPlan, RobotLook, putting, removing
from collector.skillstore.publishing.reading import robots_of_account
from collector.skillstore.repository.offers import Offers
from collector.values.refusal import Refusal, Remedy
from collector.values.texts import ROBOT_MAX_CHARS, bounded
from protocol.messages import Desired, DesiredSkill


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillOnRobots:
    """`robots` empty: all that are with the account today. `version` "": the newest that is offered."""

    account: str
    skill: str
    do: Act
    version: str = ""
    robots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """The plan as it was carried out: robots that were ready have a new document."""

    plan: PublishingPlan
    changed: int


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

    A robot whose document somebody else changes at the same moment refuses the whole act: nothing is changed.
    """
    offers, sealing, now_s = offers_of(context), sealing_of(context), context.now_s()
    made: dict[str, Desired] = {}

    def change(connection: Connection) -> Published:
        made.clear()
        planned = _plan(context, connection, wanted, offers)
        for name in planned.plan.ready:
            one = planned.looks[name]
            skills, settings = _skills(connection, one, wanted, planned)
            if (large := too_much(WishFor(robot=name, skills=skills, settings=settings))) is not None:
                raise Refusal.of(large)
            document = desired.wish(
                connection, one.id, skills, settings, now_s, after_revision=one.revision, account_id=planned.account_id,
                sealed=sealed_for(connection, sealing, name, now_s),
            )  # fmt: skip
            if isinstance(document, Stale):
                reason = f"what {name} shall run, or whose it is, was changed by somebody else meanwhile"
                raise Refusal(reason, "try it again: nothing was changed", "conflict")
            made[name] = document
        return Published(planned.plan, len(made))

    done = context.write(change)
    for name, document in made.items():
        context.services.publish(name, document.model_dump_json().encode())
    return done


def _plan(context: Context, connection: Connection, wanted: SkillOnRobots, offers: Offers) -> _Planned:
    """Raises Refusal."""
    account_id = account_row(context, connection, wanted.account)
    robots = robots_of_account(connection, account_id, context.now_s(), wanted.skill)
    by_name = {one.name: one for one in robots}
    for name in wanted.robots:
        bounded("robot", name, ROBOT_MAX_CHARS)
        if name not in by_name:
            raise Refusal(
                f"there is no robot {name} at {wanted.account} today",
                Remedy("list them", "skills at", "GET /api/v1/accounts/{account}/skills"), "not_found",
            )  # fmt: skip
    chosen = frozenset(wanted.robots or by_name)
    if wanted.do == "remove":
        return _Planned(removing(wanted.skill, robots, chosen), by_name, account_id, "")
    listing = visible_listing(context, connection, wanted.skill)
    release = offers.find(listing.appid, wanted.version)
    if release is None:
        what = f"version {wanted.version[:60]} of {wanted.skill}" if wanted.version else f"version of {wanted.skill}"
        raise Refusal(
            f"there is no {what} that is offered",
            Remedy("list them", "skills catalogue", "GET /api/v1/skills/catalogue/{skill}"), "not_found",
        )  # fmt: skip
    priced = entitlements.priced_of_account(connection, account_id)
    had = [one for one in priced if one.entitlement.skill == wanted.skill]
    theirs = {one.day for one in robots if one.name in chosen}
    paid = [
        one.price
        for one in had
        if any(map(one.entitlement.holds_on, theirs)) and one.entitlement.origin is EntitledBy.CONTRACT_LINE
    ]
    allowance = Allowance(lambda day: robots_allowed((one.entitlement for one in had), day), paid[-1] if paid else None)
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


def _skills(
    connection: Connection, one: RobotLook, wanted: SkillOnRobots, planned: _Planned
) -> tuple[list[DesiredSkill], dict[str, Any]]:
    """What the robot shall run from now on, with its settings: those of a skill that was there before stay."""
    seen = VisibleRobot(one.id, one.name, "")
    before = desired.read(connection, seen).desired if one.has_own_wish else None
    document = Desired(revision=0) if before is None else Desired.model_validate(before.document)
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
