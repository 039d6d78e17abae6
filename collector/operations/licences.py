"""Who may have which skill until when, over all accounts; and the licences that the robots of one were told."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import SEES_FLEET
from collector.calendar import days
from collector.context import Context
from collector.operations.entitlements import EntitlementShown, shown_entitlement
from collector.operations.operation import account_row, operation
from collector.skillstore.entitlements.overview import EntitledAccount, EntitledWhen, entitled_accounts
from collector.skillstore.entitlements.told import LicenceTold, licences_told
from collector.values.paging import Page
from collector.values.texts import NAME_MAX_CHARS, bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntitlements:
    """`account` None: of all; `skill` "": all. `when`: as it stands today; ending: within 30 days."""

    account: str | None = None
    skill: str = ""
    when: EntitledWhen = "now"
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LicencesOf:
    """`limit`: of robots."""

    account: str
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class EntitledShown:
    """`robots`: of the account, on which the skill is wished today; `seats`: of the skill, held today.

    `allowed`: on how many it may be today by all entitlements of the account to it; null: on all.
    """

    entitlement: EntitlementShown
    account_name: str
    robots: int
    allowed: int | None
    seats: int


@dataclass(frozen=True, slots=True)
class LicenceShown:
    """A skill on a robot. `is_licensed` false: it goes by no licence. `until`: when the licence ends, null: it goes on.

    `told_at`: when it was signed; `has_answered`: the robot follows it. `heard_at`: when the robot was heard last.
    `runs_until`: until when it runs at the latest if the robot is heard no more. `code`: licence_over or
    licence_unheard where the robot says that it ended.
    """

    robot: str
    skill: str
    version: str
    is_licensed: bool
    until: str | None
    told_at: str
    has_answered: bool
    is_online: bool
    heard_at: str | None
    runs_until: str | None
    code: str


@operation(roles=SEES_FLEET)
def list_entitlements(context: Context, wanted: ListEntitlements) -> Page[EntitledShown]:
    """Entitlements of all accounts or one, with the robots and seats that use them. Refuses an unknown account."""
    bounded("skill", wanted.skill, NAME_MAX_CHARS)
    today = context.today()

    def read(connection: Connection) -> Page[EntitledShown]:
        scope = context.caller.scope.accounts
        chosen = None if scope is None else sorted(scope)
        if wanted.account is not None:
            chosen = [account_row(context, connection, wanted.account)]
        found, following = entitled_accounts(
            connection, account_ids=chosen, skill=wanted.skill, when=wanted.when, today=today, limit=wanted.limit,
            cursor=wanted.cursor,
        )  # fmt: skip
        return Page([_entitled(context, one) for one in found], following)

    return context.read(read)


@operation(roles=SEES_FLEET)
def licences_of_account(context: Context, wanted: LicencesOf) -> Page[LicenceShown]:
    """The licence of each skill on each robot that is with an account today, by robot. Refuses an unknown account."""

    def read(connection: Connection) -> Page[LicenceShown]:
        row_id = account_row(context, connection, wanted.account)
        found, following = licences_told(
            connection, row_id, context.now_s(), limit=wanted.limit, cursor=wanted.cursor
        )  # fmt: skip
        return Page([_licence(one) for one in found], following)

    return context.read(read)


def _entitled(context: Context, one: EntitledAccount) -> EntitledShown:
    shown = shown_entitlement(context, one.account, one.entitlement)
    return EntitledShown(shown, one.account_name, one.robots, one.allowed, one.seats)


def _licence(one: LicenceTold) -> LicenceShown:
    until = None if one.licence is None else one.licence.until_s
    return LicenceShown(
        one.robot, one.skill, one.version, one.licence is not None, _moment(until), days.rfc3339(one.told_at),
        one.has_answered, one.is_online, _moment(one.heard_at), _moment(one.runs_until), one.code,
    )  # fmt: skip


def _moment(at_s: int | None) -> str | None:
    return None if at_s is None else days.rfc3339(at_s)
