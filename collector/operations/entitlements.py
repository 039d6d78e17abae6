"""Which account may have which skill, and who has a seat."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import ENTITLERS, INSIDE, SEAT_GIVERS, SEES_ROBOTS
from collector.accounts.ledger import facts
from collector.accounts.ledger.kinds.money import ContractLine
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.context import Context
from collector.operations.catalogue import visible_listing
from collector.operations.desired import publish, tell_again
from collector.operations.operation import Done, account_row, operation
from collector.operations.skill_repository import sealing_of
from collector.skillstore.entitlements import reading, writing
from collector.skillstore.entitlements.entitlement import EntitledBy, Entitlement
from collector.values.refusal import Refusal, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import NAME_MAX_CHARS, WHY_MAX_CHARS, bounded, taken, within
from protocol.messages import Desired

ROBOTS_MOST = 1_000_000
TRIAL_DAYS_MOST = 92


@dataclass(frozen=True, slots=True)
class EntitlementShown:
    """`to_day` null: it goes on; both days count. `robots_most` null: on all robots.

    `contract_line` and `ended_reason` are shown inside alone: customers and resellers read null and "".
    """

    id: int
    account: str
    skill: str
    from_day: str
    to_day: str | None
    origin: EntitledBy
    contract_line: str | None
    robots_most: int | None
    ended_reason: str
    holds_today: bool


@dataclass(frozen=True, slots=True)
class SeatShown:
    """A person of the account who may use the skill; both days count."""

    id: int
    skill: str
    holder: str
    from_day: str
    to_day: str | None


@dataclass(frozen=True, slots=True)
class EntitlementsOfAccount:
    """All that it has and had."""

    account: str
    entitlements: list[EntitlementShown]
    seats: list[SeatShown]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitle:
    """`contract_line`: an id in the ledger, with the origin `contract_line` alone. Days both count."""

    account: str
    skill: str
    origin: EntitledBy
    from_day: int
    to_day: int | None = None
    contract_line: str | None = None
    robots_most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEntitlement:
    """`last_day` counts."""

    entitlement: int
    last_day: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSeat:
    """`holder`: whose seat it is, as the account names that person."""

    account: str
    skill: str
    holder: str
    from_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSeat:
    """`last_day` counts."""

    account: str
    seat: int
    last_day: int


@operation(roles=SEES_ROBOTS)
def entitlements_of_account(context: Context, account: str) -> EntitlementsOfAccount:
    """What an account may have and had, with its seats. Refuses an unknown account."""

    def read(connection: Connection) -> EntitlementsOfAccount:
        row_id = account_row(context, connection, account)
        found = reading.of_account(connection, row_id)
        seats = [
            SeatShown(one.id, one.skill, one.holder, days.iso(one.from_day), _iso(one.to_day))
            for one in reading.seats_of_account(connection, row_id)
        ]
        return EntitlementsOfAccount(account, [shown_entitlement(context, account, one) for one in found], seats)

    return context.read(read)


@operation(roles=ENTITLERS, writes=True)
def entitle(context: Context, wanted: Entitle) -> EntitlementShown:
    """Let an account have a skill.

    Refuses days out of order, a trial without an end or of more than 92 days, a contract line that is not there, is of
    another account or another skill, or is entitled already on one of these days.
    """
    _check(wanted)
    sealing, told = sealing_of(context), dict[str, Desired]()

    def change(connection: Connection) -> EntitlementShown:
        account_id = account_row(context, connection, wanted.account)
        visible_listing(context, connection, wanted.skill)
        if wanted.origin is EntitledBy.CONTRACT_LINE:
            _check_line(connection, wanted, account_id)
        if wanted.origin is EntitledBy.TRIAL:
            _check_trials(wanted, reading.of_account(connection, account_id))
        made = writing.entitle(
            connection,
            {
                "account_id": account_id, "skill": wanted.skill, "from_day": wanted.from_day, "to_day": wanted.to_day,
                "origin": wanted.origin.value, "contract_line": wanted.contract_line,
                "robots_most": wanted.robots_most, "ended_reason": "", "who": context.caller.name,
                "made_at": context.now_s(),
            },
        )  # fmt: skip
        told.update(tell_again(connection, sealing, account_id, wanted.skill, context.now_s()))
        context.touched(told)
        return shown_entitlement(context, wanted.account, made)

    done = context.write(change)
    publish(context, told.items())  # robots that have the skill: their licence is another
    return done


@operation(roles=ENTITLERS, writes=True)
def end_entitlement(context: Context, wanted: EndEntitlement) -> Done:
    """End one on a day that counts still, with the reason. Refuses a later day than it has, and one before it began."""
    why = taken("why", wanted.why, WHY_MAX_CHARS)
    sealing, told = sealing_of(context), dict[str, Desired]()

    def change(connection: Connection) -> Done:
        found = writing.one(connection, wanted.entitlement)
        if found is None:
            raise Refusal(
                Sentence("there is no entitlement {entitlement}", entitlement=wanted.entitlement), _LIST, "not_found"
            )
        if wanted.last_day < found.from_day - 1:
            raise Refusal(
                "it ends before it begins",
                Sentence("end it from {from_day} on", from_day=days.iso(found.from_day - 1)),
                "invalid",
            )
        if found.to_day is not None and wanted.last_day > found.to_day:
            reason = Sentence("it ends on {to_day} already", to_day=days.iso(found.to_day))
            raise Refusal(
                reason,
                Remedy("make another one", "skills entitle", "POST /api/v1/accounts/{account}/entitlements"),
                "conflict",
            )
        # of a day that has begun nowhere yet: nothing ever ran by it, and nothing is ended (Entitlement.has_begun)
        is_early = wanted.last_day < found.from_day and found.from_day > context.today() + 1
        writing.end(connection, wanted.entitlement, wanted.last_day - is_early, why)
        told.update(tell_again(connection, sealing, found.account_id, found.skill, context.now_s()))
        context.touched(told)
        return Done()

    done = context.write(change)
    publish(context, told.items())  # robots that have the skill: their licence is another
    return done


@operation(roles=SEAT_GIVERS, writes=True)
def name_seat(context: Context, wanted: NameSeat) -> SeatShown:
    """Give a person of the account a seat of a skill from a day on.

    Refuses a skill it may not use on that day, a holder who has one then, and a past day, except to those who entitle.
    """
    _check_past(context, "from_day", wanted.from_day)
    holder = taken("holder", wanted.holder, NAME_MAX_CHARS)

    def change(connection: Connection) -> SeatShown:
        account_id = account_row(context, connection, wanted.account)
        had = reading.of_account(connection, account_id)
        if not any(one.skill == wanted.skill and one.holds_on(wanted.from_day) for one in had):
            reason = Sentence(
                "{account} may not use {skill} on {from_day}",
                account=wanted.account,
                skill=wanted.skill[:60],
                from_day=days.iso(wanted.from_day),
            )
            raise Refusal(reason, _ENTITLE if context.caller.may(ENTITLERS) else _ASK_FOR_IT, "conflict")
        for one in reading.seats_of_account(connection, account_id):
            if (one.skill, one.holder) == (wanted.skill, holder) and one.lasts_to(wanted.from_day):
                reason = Sentence(
                    "{holder} has seat {id} of {skill} from {from_day} already",
                    holder=holder,
                    id=one.id,
                    skill=one.skill,
                    from_day=days.iso(one.from_day),
                )
                raise Refusal(reason, "end that one first, or begin after it", "conflict")
        seat_id = writing.seat(
            connection,
            {
                "account_id": account_id, "skill": wanted.skill, "holder": holder, "from_day": wanted.from_day,
                "to_day": None, "who": context.caller.name, "made_at": context.now_s(),
            },
        )  # fmt: skip
        return SeatShown(seat_id, wanted.skill, holder, days.iso(wanted.from_day), None)

    return context.write(change)


@operation(roles=SEAT_GIVERS, writes=True)
def end_seat(context: Context, wanted: EndSeat) -> Done:
    """End a seat on a day that counts still.

    Refuses one that is ended, or of another account, and a past day, except to those who entitle: it changes bills.
    """
    _check_past(context, "last_day", wanted.last_day)

    def change(connection: Connection) -> Done:
        account_id = account_row(context, connection, wanted.account)
        seats = {one.id: one for one in reading.seats_of_account(connection, account_id)}
        one = seats.get(wanted.seat)
        if one is None or one.to_day is not None:
            raise Refusal(
                Sentence("{account} has no seat {seat} that goes on", account=wanted.account, seat=wanted.seat),
                _LIST,
                "not_found",
            )
        if wanted.last_day < one.from_day - 1:
            raise Refusal(
                "it ends before it begins",
                Sentence("end it from {from_day} on", from_day=days.iso(one.from_day - 1)),
                "invalid",
            )
        writing.end_seat(connection, wanted.seat, account_id, wanted.last_day)
        return Done()

    return context.write(change)


_ENTITLE = Remedy("entitle it first", "skills entitle", "POST /api/v1/accounts/{account}/entitlements")
_ASK_FOR_IT = "ask the person who looks after your account for it"
_LIST = Remedy("list them", "skills entitlements", "GET /api/v1/accounts/{account}/entitlements")


def _check_past(context: Context, named: str, day: int) -> None:
    """A seat of a past day is a credit, or a claim, on bills: a correction, of those who entitle."""
    if day < context.today() and not context.caller.may(ENTITLERS):
        reason = Sentence("{named} {day} is over", named=named, day=days.iso(day))
        remedy = Sentence(
            "name {today} or later; the past is corrected by who looks after your account",
            today=days.iso(context.today()),
        )
        raise Refusal(reason, remedy, "invalid")


def _check_trials(wanted: Entitle, had: Iterable[Entitlement]) -> None:
    """Trials that follow one another are one."""
    earlier = [one for one in had if one.skill == wanted.skill and one.origin is EntitledBy.TRIAL]
    tried = sum(max(0, one.to_day - one.from_day + 1) for one in earlier if one.to_day is not None)
    assert wanted.to_day is not None
    if tried + wanted.to_day - wanted.from_day >= TRIAL_DAYS_MOST:
        reason = Sentence(
            "{account} has tried {skill} for {tried} days; {trial_days_most} are the most",
            account=wanted.account,
            skill=wanted.skill,
            tried=tried,
            trial_days_most=TRIAL_DAYS_MOST,
        )
        raise Refusal(reason, "sell it by a contract line, or grant it", "conflict")


def _check(wanted: Entitle) -> None:
    bounded("contract_line", wanted.contract_line, NAME_MAX_CHARS)
    if wanted.to_day is not None and wanted.to_day < wanted.from_day:
        raise Refusal("it ends before it begins", "write the first day first", "invalid")
    if wanted.robots_most is not None:
        within("robots_most", wanted.robots_most, 1, ROBOTS_MOST)
    if (wanted.origin is EntitledBy.CONTRACT_LINE) is not bool(wanted.contract_line):
        raise Refusal(
            "a contract line goes with the origin of contract lines, and with no other", "name both", "invalid"
        )
    if wanted.origin is EntitledBy.TRIAL and (
        wanted.to_day is None or wanted.to_day - wanted.from_day >= TRIAL_DAYS_MOST
    ):
        raise Refusal(
            "a trial ends by itself",
            Sentence("give it a last day within {trial_days_most} days", trial_days_most=TRIAL_DAYS_MOST),
            "invalid",
        )


def _check_line(connection: Connection, wanted: Entitle, account_id: int) -> None:
    key = str(wanted.contract_line)
    found = facts.newest(connection, KINDS["line"], key)
    if found is None or found.withdrawn or found.account_id != account_id:
        raise Refusal(
            Sentence("{account} has no contract line {key}", account=wanted.account, key=key),
            "list its lines in the ledger",
            "not_found",
        )
    line = found.said
    assert isinstance(line, ContractLine)
    if line.skill not in {None, wanted.skill}:
        raise Refusal(
            Sentence("line {key} is of {skill}", key=key, skill=line.skill),
            Sentence("entitle {skill} by it, or correct the line", skill=line.skill),
            "conflict",
        )
    for one in reading.of_account(connection, account_id):
        if one.contract_line == key and one.skill == wanted.skill and _shares_a_day(one, wanted):
            reason = Sentence(
                "line {key} gives {skill} from {from_day} already",
                key=key,
                skill=one.skill,
                from_day=days.iso(one.from_day),
            )
            raise Refusal(reason, "end that one first, or begin after it", "conflict")


def _shares_a_day(one: Entitlement, wanted: Entitle) -> bool:
    begins_after = one.to_day is not None and wanted.from_day > one.to_day
    ends_before = wanted.to_day is not None and wanted.to_day < one.from_day
    return not (begins_after or ends_before)


def _iso(day: int | None) -> str | None:
    return None if day is None else days.iso(day)


def shown_entitlement(context: Context, account: str, one: Entitlement) -> EntitlementShown:
    """Of an account by its external id, as the caller may read it."""
    is_inside = context.caller.may(INSIDE)
    return EntitlementShown(
        one.id, account, one.skill, days.iso(one.from_day), _iso(one.to_day), one.origin,
        one.contract_line if is_inside else None, one.robots_most, one.ended_reason if is_inside else "",
        one.holds_on(context.today()),
    )  # fmt: skip
