"""What a person changes of oneself: the password, the second factor, the language; the tour that is shown once."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row

from collector.access import passwords, people, second_factor
from collector.access.caller import EVERYONE, RIGHTS, Role
from collector.access.people import Person
from collector.context import Context
from collector.operations.operation import Done, operation
from collector.operations.people import language_of
from collector.values.refusal import Refusal, Refused

_NOBODY = Refused("a token is no person", "sign in with a mail address and a password", "conflict")
_WRONG = Refused("the password is wrong", "write the one that you sign in with", "wrong_password")
_WRONG_CODE = Refused("this code is wrong", "wait for the app's next code, and see that the phone's clock is right",
                      "wrong_code")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    old: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordAgain:
    """The password, for what it alone should allow."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCode:
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Profile:
    """Who is asking. `person` is null of a token; `recovery_codes`: how many are left; `rights`: of docs/people.md."""

    name: str
    roles: list[Role]
    rights: list[str]
    person: Person | None
    recovery_codes: int


@dataclass(frozen=True, slots=True)
class FactorBegun:
    """What the app takes: by QR code (`address`), or typed (`secret`). It counts when a code of it was shown."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class RecoveryCodes:
    """Each opens once instead of a code of the app. They are shown this once."""

    codes: list[str]


@operation(roles=EVERYONE)
def my_profile(context: Context, _: None) -> Profile:
    """Who is asking, and what they may do."""
    caller = context.caller

    def read(connection: Connection) -> Profile:
        person, left = None, 0
        if caller.person_id is not None and not caller.token_id:
            row = _own(context, connection)
            person, left = people.one(connection, row.id), len(people.recovery_of(row))
        held = [role for role in Role if role in caller.holds]
        return Profile(caller.name, held, [name for name in RIGHTS if name in caller.rights], person, left)

    return context.read(read)


@operation(roles=EVERYONE, writes=True, long=True)
def change_password(context: Context, wanted: ChangePassword) -> Done:
    """All sessions of the person end, this one too. Refuses a wrong old password and a short new one."""
    row = _proved(context, wanted.old)
    if (refused := passwords.refused(wanted.new, row.mail)) is not None:
        raise Refusal.of(refused)
    kept = context.services.passwords.kept(wanted.new)

    def change(connection: Connection) -> Done:
        people.change(connection, row.id, password=kept)
        people.end_sessions(connection, row.id, secrets.token_hex(16))
        return Done()

    return context.write(change)


@operation(roles=EVERYONE, writes=True)
def change_language(context: Context, lang: str) -> Done:
    """The language in which the pages open for this person in a new browser."""
    chosen = language_of(lang)

    def change(connection: Connection) -> Done:
        people.change(connection, _own(context, connection).id, language=chosen)
        return Done()

    return context.write(change)


@dataclass(frozen=True, slots=True)
class Tour:
    """The tour of Today. `waits`: it is shown until the person puts it away; of a token it never waits."""

    waits: bool


@operation(roles=EVERYONE)
def own_tour(context: Context, _: None) -> Tour:
    """Whether the tour waits for the caller, in whatever browser."""
    caller = context.caller
    if caller.person_id is None or caller.token_id:
        return Tour(waits=False)
    return context.read(lambda connection: Tour(waits=not _own(context, connection).toured))


@operation(roles=EVERYONE, writes=True)
def end_tour(context: Context, _: None) -> Done:
    """It is put away, in every browser."""

    def change(connection: Connection) -> Done:
        people.change(connection, _own(context, connection).id, toured=True)
        return Done()

    return context.write(change)


@operation(roles=EVERYONE, writes=True, long=True)
def begin_second_factor(context: Context, wanted: PasswordAgain) -> FactorBegun:
    """A new secret for an app. One that was set up stays good until it is taken away."""
    row = _proved(context, wanted.password)
    if row.totp_set:
        raise Refusal("a second factor is set up already", "take it away first", "conflict")
    secret = second_factor.secret_of(secrets.token_bytes(second_factor.SECRET_BYTES))

    def change(connection: Connection) -> FactorBegun:
        people.change(connection, row.id, totp_secret=secret, totp_step=None)
        return FactorBegun(secret, second_factor.address_of(secret, row.mail))

    return context.write(change)


@operation(roles=EVERYONE, writes=True)
def confirm_second_factor(context: Context, wanted: AppCode) -> RecoveryCodes:
    """From now on a code is asked for at sign-in; other sessions end. Refuses a wrong code."""

    def change(connection: Connection) -> RecoveryCodes | Refused:
        row = _own(context, connection)
        if row.totp_secret is None or row.totp_set:
            return Refused("no second factor is being set up", "begin with it", "conflict")
        step = second_factor.step_of(row.totp_secret, wanted.code, context.now_s(), row.totp_step)
        if step is None:
            return _WRONG_CODE
        people.change(connection, row.id, totp_set=True, totp_step=step)
        people.end_sessions(connection, row.id, secrets.token_hex(16))
        return _new_codes(connection, row.id)

    return context.write(change)


@operation(roles=EVERYONE, writes=True, long=True)
def renew_recovery_codes(context: Context, wanted: PasswordAgain) -> RecoveryCodes:
    """New ones; those before are worthless. Refuses who has no second factor."""
    row = _proved(context, wanted.password)
    if not row.totp_set:
        raise Refusal("no second factor is set up", "set one up first", "conflict")
    return context.write(lambda connection: _new_codes(connection, row.id))


@operation(roles=EVERYONE, writes=True, long=True)
def remove_second_factor(context: Context, wanted: PasswordAgain) -> Done:
    """The password alone opens from now on; other sessions end."""
    row = _proved(context, wanted.password)

    def change(connection: Connection) -> Done:
        people.change(connection, row.id, totp_secret=None, totp_set=False, totp_step=None, recovery="[]")
        people.end_sessions(connection, row.id, secrets.token_hex(16))
        return Done()

    return context.write(change)


@operation(roles=EVERYONE, writes=True)
def unlink_company(context: Context, _: None) -> Done:
    """The company account signs this person in no more. Refuses who has no password: nobody could sign in then."""

    def change(connection: Connection) -> Done | Refused:
        row = _own(context, connection)
        if row.password is None:
            return Refused("no password is set yet", "ask your administrator for a link to set one", "conflict")
        people.unlink(connection, row.id)
        return Done()

    return context.write(change)


def _own(context: Context, connection: Connection) -> Row[Any]:
    caller = context.caller
    row = None if caller.person_id is None or caller.token_id else people.row_of(connection, caller.person_id)
    if row is None:
        raise Refusal.of(_NOBODY)
    return row


def _proved(context: Context, password: str) -> Row[Any]:
    """The caller's row, after the password was right. Raises Refusal."""
    row = context.read(lambda connection: _own(context, connection))
    if not context.services.passwords.is_right(row.password, password):
        raise Refusal.of(_WRONG)
    return row


def _new_codes(connection: Connection, person: int) -> RecoveryCodes:
    codes = [second_factor.code_of(secrets.token_bytes(second_factor.CODE_BYTES)) for _ in range(second_factor.CODES)]
    people.change(connection, person, recovery=people.recovery_text([second_factor.digest(code) for code in codes]))
    return RecoveryCodes(codes)
