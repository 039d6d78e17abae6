"""A skill that was put on robots, or taken off, is on them as it was before: with its version and its settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import CHOOSERS
from collector.context import Context
from collector.fleet.skills.wishes import WishBefore, before_of
from collector.operations.desired import publish
from collector.operations.operation import operation
from collector.operations.skill_publishing import (
    NAMED,
    allowance_of,
    document_before,
    robots_named,
    wish_as_seen,
)
from collector.operations.skill_repository import offers_of, sealing_of
from collector.skillstore.entitlements import reading as entitlements
from collector.skillstore.publishing.plan import PlannedRobot, RobotLook, putting, removing
from collector.skillstore.recalled import recalled_by_people
from collector.skillstore.repository.offers import Offers
from collector.values.refusal import Refusal, Remedy
from collector.values.sentence import Sentence
from protocol.messages import Desired, DesiredSkill

ROBOTS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBackPublishing:
    """`revisions`: by robot, as the act that is taken back answered them."""

    account: str
    skill: str
    revisions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """By robot the version that it has again; "": the skill is off it, as before."""

    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Back:
    look: RobotLook
    before: WishBefore


@operation(roles=CHOOSERS)
def try_take_back(context: Context, wanted: TakeBackPublishing) -> TakenBack:
    """What taking back would bring. Refuses as taking back does; nothing is changed."""
    offers = offers_of(context)
    return context.read(lambda connection: _said(_plan(context, connection, wanted, offers)[1]))


@operation(roles=CHOOSERS, writes=True)
def take_back_publishing(context: Context, wanted: TakeBackPublishing) -> TakenBack:
    """Each robot has the skill as before the act, with its settings of then; all of them, or none.

    Refuses what somebody changed since, a version that is offered no more, and what the account may not have today.
    """
    offers, sealing = offers_of(context), sealing_of(context)
    made: dict[str, Desired] = {}

    def change(connection: Connection) -> TakenBack:
        made.clear()
        account_id, backs = _plan(context, connection, wanted, offers)
        for one in backs:
            document = document_before(connection, one.look)
            skills, settings = _with(document, wanted.skill, one.before), document.settings
            made[one.look.name] = wish_as_seen(context, connection, sealing, account_id, one.look, skills, settings)
        context.touched(made)
        return _said(backs)

    done = context.write(change)
    publish(context, made.items())
    return done


def _plan(
    context: Context, connection: Connection, wanted: TakeBackPublishing, offers: Offers
) -> tuple[int, list[_Back]]:  # fmt: skip
    """(the account's row, what each robot has again). Raises Refusal."""
    if not 0 < len(wanted.revisions) <= ROBOTS_MAX:
        raise Refusal(
            Sentence("{count} robots", count=len(wanted.revisions)),
            Sentence("name 1 to {robots_max} with their revisions", robots_max=ROBOTS_MAX),
            "invalid",
        )
    account_id, by_name = robots_named(context, connection, wanted.account, wanted.skill, wanted.revisions)
    found, changed = list[_Back](), list[str]()
    for name, revision in sorted(wanted.revisions.items()):
        look = by_name[name]
        before = before_of(connection, look.id, account_id, wanted.skill, revision)
        if before is None:
            changed.append(name)
        else:
            found.append(_Back(look, before))
    if changed:
        raise Refusal(
            Sentence("{skill} was changed since on {changed}", skill=wanted.skill[:60], changed=_named(changed)),
            _LOOK,
            "conflict",
        )
    against = _against(connection, wanted.skill, account_id, by_name, found, offers)
    if against:
        what = _named([f"{one.robot} ({one.code})" for one in against])
        raise Refusal(Sentence("it cannot be put back on {what}", what=what), _LOOK, "conflict")
    return account_id, found


_LOOK = Remedy("look at what they run; nothing was changed", "skills at", "GET /api/v1/accounts/{account}/skills")


def _against(
    connection: Connection, skill: str, account_id: int, by_name: Mapping[str, RobotLook], backs: list[_Back],
    offers: Offers,
) -> list[PlannedRobot]:  # fmt: skip
    """Robots that may not have what they had, by the same rules as when it is put on them."""
    offers = offers.without(recalled_by_people(connection))
    robots, refused = list(by_name.values()), list[PlannedRobot]()
    priced = entitlements.priced_of_account(connection, account_id)
    allowance = allowance_of(priced, skill, {one.look.day for one in backs})
    for digest in {one.before.digest for one in backs}:
        chosen = {one.look.name for one in backs if one.before.digest == digest}
        if not digest:
            plan = removing(skill, robots, chosen)
        elif (release := offers.offered.get(digest)) is None:
            refused += [PlannedRobot(name, "refused", "not_offered", "", "", 0) for name in sorted(chosen)]
            continue
        else:
            gone = digest in offers.recalled
            plan = putting(release, robots, chosen, offers.offered, allowance, is_recalled=gone)
        refused += [one for one in plan.robots if one.verdict == "refused"]
    return refused


def _with(document: Desired, skill: str, before: WishBefore) -> list[DesiredSkill]:
    now = next((one for one in document.skills if one.skill == skill), None)
    others = [one for one in document.skills if one.skill != skill]
    if not before.digest:
        return others
    settings = before.settings if before.settings is not None else {} if now is None else now.settings
    return [*others, DesiredSkill(skill=skill, version=before.version, digest=before.digest, settings=settings)]


def _said(backs: list[_Back]) -> TakenBack:
    return TakenBack({one.look.name: one.before.version for one in backs})


def _named(words: list[str]) -> str:
    more = len(words) - NAMED
    return ", ".join([*words[:NAMED], *([f"{more} more"] if more > 0 else [])])
