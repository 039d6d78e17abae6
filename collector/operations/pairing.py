"""A robot gets its name: a person makes a one-time code, the robot shows it with its key.

A name is never given to a second key by a code that was made for the first: a person has to say that it replaces it.
"""

import secrets
from dataclasses import dataclass, field

from sqlalchemy import Connection

from collector.access import audit, identities
from collector.access.caller import ADMINS, ENGINEERS, THE_CLOCK
from collector.access.identities import RobotKey
from collector.access.robot_certificates import Authority, BadRequestForm, KeyRequest, asked
from collector.calendar import days
from collector.context import Context
from collector.operations.operation import account_row, operation
from collector.skillstore.repository.folder import Folder
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import NAME_MAX_CHARS, taken
from protocol.limits import ROBOT_ID

_OVER = Refused("this code is wrong, was used, or is over", "ask for a new one in the cockpit", "not_found")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPairing:
    """`replaces`: another key has this name, and shall have it no more."""

    robot: str
    account: str
    site: str = ""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class PairingOffered:
    """The code is in this answer and never shown again."""

    robot: str
    account: str
    site: str
    expires_at: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NameShown:
    """Whose a name is."""

    robot: str
    key: RobotKey | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRobot:
    """What a robot shows: the code, and a certificate request (PEM) that its key has signed."""

    code: str = field(repr=False)
    request: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Paired:
    """`certificate` and `authority` are empty where this collector has none; `root`: of the skills' repository."""

    robot: str
    fingerprint: str
    certificate: str
    authority: str
    root: str


@operation(roles=ENGINEERS, writes=True)
def offer_pairing(context: Context, wanted: OfferPairing) -> PairingOffered | Refused:
    """A code for one robot, for ten minutes and one use. Refuses a name that another key has, unless it is replaced."""
    if not ROBOT_ID.fullmatch(wanted.robot):
        return Refused(
            Sentence("{robot!r} is no robot's name", robot=wanted.robot[:64]),
            Sentence("use letters, digits and {marks}, at most {most}", marks="_ . : -", most=64),
            "invalid",
        )
    site = taken("site", wanted.site, NAME_MAX_CHARS, may_be_empty=True)
    code = "".join(secrets.choice(identities.LETTERS) for _ in range(identities.CODE_CHARS))

    def change(connection: Connection) -> PairingOffered | Refused:
        account_id = account_row(context, connection, wanted.account)
        there = identities.key_of(connection, wanted.robot)
        if there is not None and not wanted.replaces:
            reason = Sentence(
                "{robot} is the name of another key since {since}", robot=wanted.robot, since=there.since[:10]
            )
            remedy = Remedy(
                "take another name, or replace that key", "robot pair --replace",
                f"POST /api/v1/robots/{wanted.robot}/pairing with `replaces`",
            )  # fmt: skip
            return Refused(reason, remedy, "conflict")
        expires_s = identities.offer(
            connection, code, robot=wanted.robot, account_id=account_id, site=site, replaces=wanted.replaces,
            who=context.caller.name, now_s=context.now_s(),
        )  # fmt: skip
        until = days.rfc3339(expires_s)
        return PairingOffered(wanted.robot, wanted.account, site, until, identities.spoken(code))

    return context.write(change)


@operation(roles=ENGINEERS)
def robot_key(context: Context, robot: str) -> NameShown:
    """Which key has that name, since when, and whose code gave it. None: nobody was paired under it."""
    return NameShown(robot, context.read(lambda connection: identities.key_of(connection, robot)))


@operation(roles=ADMINS, writes=True, noted=False)
def pair_robot(context: Context, shown: PairRobot) -> Paired | Refused:
    """Give the name to the key that the robot shows. KeyRequest by the process itself: the code says who may.

    The same key may show a fresh code again, after a card was copied or an answer was lost.
    """
    try:
        one = asked(shown.request)
    except BadRequestForm as error:
        return Refused(str(error), "make it anew: `edge-agent pair CODE`", "invalid")
    now_s, plain = context.now_s(), identities.plain(shown.code)
    standing = context.read(lambda connection: identities.standing(connection, plain, now_s))
    if standing is None:
        return _OVER
    answer = _answer(context, standing.robot, one, now_s)  # first: a code is not used up by what fails here
    if isinstance(answer, Refused):
        return answer

    def change(connection: Connection) -> Paired | Refused:
        there = identities.key_of(connection, standing.robot)
        if there is not None and there.fingerprint != one.fingerprint and not standing.replaces:
            return Refused(
                Sentence("{robot} is the name of another key", robot=standing.robot),
                "a person has to replace it in the cockpit",
                "conflict",
            )
        if not identities.use(connection, standing.id, now_s):
            return _OVER
        identities.give(connection, standing, one.fingerprint, now_s)
        audit.note(connection, THE_CLOCK, "robot_paired", {"robot": standing.robot, "key": one.fingerprint}, now_s)
        return answer

    return context.write(change)


def _answer(context: Context, robot: str, one: KeyRequest, now_s: int) -> Paired | Refused:
    settings = context.settings
    certificate = authority = ""
    if settings.robots_authority is not None:
        ours = Authority(settings.robots_authority)
        try:
            certificate, authority = ours.certificate_of(one, robot, now_s), ours.own_certificate()
        except (OSError, ValueError, TypeError) as error:
            reason = Sentence("the fleet's authority cannot sign: {error}", error=error)
            return Refused(reason, "see to the certificate and the key of the authority, then try again", "unavailable")
    root = Folder(settings.skills_folder).newest("root") if settings.skills_folder is not None else None
    return Paired(robot, one.fingerprint, certificate, authority, (root or b"").decode())
