"""Signing in: passwords, second factors and one-time links. Asked by the process itself, before anybody is known.

A refusal never says whether a mail address is known: it is the same for both, and takes the same time.
"""

import secrets
from dataclasses import dataclass, field

from sqlalchemy import Connection

from collector.access import audit, links, passwords, people, second_factor
from collector.access.caller import ADMINS, Role
from collector.access.id_tokens import ProvedIdentity
from collector.access.links import Purpose
from collector.access.tokens import digest
from collector.context import Context
from collector.operations.operation import Done, operation
from collector.operations.people import MAIL_MAX_CHARS, mail_of
from collector.values.refusal import Refusal, Refused
from collector.values.sentence import Sentence
from collector.values.texts import NAME_MAX_CHARS, taken

WRONG = Refused("the mail address or the password is wrong", "try again, or ask your administrator", "not_found")
_WRONG_CODE = Refused("this code is wrong, or was used", "wait for the next code of your app, or use a recovery code",
                      "not_found")  # fmt: skip
_UNLINKED = Refused("nobody has linked this company account", "sign in with a password and link it on your page: /me",
                    "not_found")  # fmt: skip
_LINKED = Refused("this company account is somebody's already", "unlink it there first", "conflict")
_OVER = Refused("this link was used, or is over", "ask your administrator for a new one", "not_found")


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordShown:
    mail: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proved:
    """Whose password it was. `second`: a code is asked for. `stamp`: what the next step rests on."""

    person: int
    second: bool
    stamp: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeShown:
    """A code of the app, or a recovery code, of somebody whose password was right.

    `stamp`: the beginning of the digest of `Proved.stamp`: a step before the password changed counts no more.
    """

    person: int
    code: str = field(repr=False)
    stamp: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkIdentity:
    """Asked by the process itself, for a browser that was signed in as this person and came back from the company."""

    person: int
    identity: ProvedIdentity


@dataclass(frozen=True, slots=True)
class LinkSeen:
    """What a link is for. `mail` and `name` are empty of the first admin, who writes them."""

    purpose: Purpose
    mail: str
    name: str
    expires_at_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UseLink:
    """`mail`, `name` and `lang` are the first admin's; another link knows them."""

    secret: str = field(repr=False)
    password: str = field(repr=False)
    mail: str = ""
    name: str = ""
    lang: str = ""


@operation(roles=ADMINS, writes=True, long=True)
def check_password(context: Context, shown: PasswordShown) -> Proved | Refused:
    """Whose password this is. It is kept anew where it was kept at another cost than today's."""
    mail = shown.mail[:MAIL_MAX_CHARS]
    row = context.read(lambda connection: people.row_by_mail(connection, mail))
    ours = context.services.passwords
    kept = None if row is None or row.disabled_at is not None else row.password
    if not ours.is_right(kept, shown.password) or row is None:
        return WRONG
    if ours.is_cheaper(row.password):
        anew = ours.kept(shown.password)
        context.write(lambda connection: people.change(connection, row.id, password=anew))
    return Proved(row.id, row.totp_set, row.stamp)


@operation(roles=ADMINS, writes=True)
def check_code(context: Context, shown: CodeShown) -> Done:
    """Take a second factor: each code counts once. Refuses a wrong one."""

    def change(connection: Connection) -> Done | Refused:
        row = people.row_of(connection, shown.person)
        if row is None or row.disabled_at is not None or not row.totp_set:
            return _WRONG_CODE
        if not shown.stamp or not digest(row.stamp).startswith(shown.stamp):
            return _WRONG_CODE
        step = second_factor.step_of(row.totp_secret, shown.code, context.now_s(), row.totp_step)
        if step is not None:
            people.change(connection, row.id, totp_step=step)
            return Done()
        left = second_factor.without(people.recovery_of(row), shown.code)
        if left is None:
            return _WRONG_CODE
        people.change(connection, row.id, recovery=people.recovery_text(left))
        _note(context, connection, row.id, "recovery_code_used")
        return Done()

    return context.write(change)


@operation(roles=ADMINS)
def person_of_identity(context: Context, shown: ProvedIdentity) -> int | Refused:
    """Whose company account this is: by issuer and subject together. Refuses one that nobody has linked."""

    def read(connection: Connection) -> int | None:
        found = people.by_identity(connection, shown.issuer, shown.subject)
        return None if found is None or people.caller_of(connection, found) is None else found

    found = context.read(read)
    return _UNLINKED if found is None else found


@operation(roles=ADMINS, writes=True)
def link_identity(context: Context, wanted: LinkIdentity) -> Done:
    """From now on this company account signs the person in. Refuses one that is somebody's already."""

    def change(connection: Connection) -> Done | Refused:
        who = people.caller_of(connection, wanted.person)
        if who is None:
            return _OVER
        owner = people.by_identity(connection, wanted.identity.issuer, wanted.identity.subject)
        if owner is not None:
            return Done() if owner == wanted.person else _LINKED
        people.link_identity(
            connection, wanted.person, wanted.identity.issuer, wanted.identity.subject, context.now_s()
        )
        audit.note(connection, who, "linked_company_account", {}, context.now_s())
        return Done()

    return context.write(change)


@operation(roles=ADMINS)
def see_link(context: Context, secret: str) -> LinkSeen | Refused:
    """What a link is for; nothing changes. Refuses one that was used or is over."""

    def read(connection: Connection) -> LinkSeen | Refused:
        link = links.standing(connection, secret, context.now_s())
        if link is None:
            return _OVER
        row = None if link.person_id is None else people.row_of(connection, link.person_id)
        mail, name = ("", "") if row is None else (row.mail, row.name)
        return LinkSeen(link.purpose, mail, name, link.expires_at)

    return context.read(read)


@operation(roles=ADMINS, writes=True, long=True)
def use_link(context: Context, wanted: UseLink) -> int:
    """Set the password that the link is for, and use the link up: whose it is. The person's sessions end.

    Refuses a password that is too short, and a link that was used or is over.
    """
    seen = context.read(lambda connection: links.standing(connection, wanted.secret, context.now_s()))
    if seen is None:
        raise Refusal.of(_OVER)
    its_mail = wanted.mail
    if seen.person_id is not None:
        of_person = seen.person_id
        row = context.read(lambda connection: people.row_of(connection, of_person))
        its_mail = "" if row is None else row.mail
    if (refused := passwords.refused(wanted.password, its_mail)) is not None:
        raise Refusal.of(refused)
    kept = context.services.passwords.kept(wanted.password)

    def change(connection: Connection) -> int | Refused:
        link = links.standing(connection, wanted.secret, context.now_s())
        if link is None or not links.use(connection, link.id, context.now_s()):
            return _OVER
        person = _first(context, connection, wanted) if link.person_id is None else link.person_id
        people.change(connection, person, password=kept)
        people.end_sessions(connection, person, secrets.token_hex(16))
        _note(context, connection, person, _ACTS[link.purpose])
        return person

    return context.write(change)


def _first(context: Context, connection: Connection, wanted: UseLink) -> int:
    if people.admins(connection):
        raise Refusal.of(_OVER)
    mail, name = mail_of(wanted.mail), taken("name", wanted.name, NAME_MAX_CHARS)
    if people.row_by_mail(connection, mail) is not None:
        raise Refusal(Sentence("{mail} is somebody already", mail=mail), "take another address", "conflict")
    return people.add(
        connection, mail=mail, name=name, language=wanted.lang, roles=[Role.ADMIN], csm=None, account_ids=(),
        stamp=secrets.token_hex(16), now_s=context.now_s(),
    )  # fmt: skip


_ACTS: dict[Purpose, str] = {
    "first": "became_first_admin", "invitation": "took_invitation", "password": "set_new_password",
}  # fmt: skip


def _note(context: Context, connection: Connection, person: int, act: str) -> None:
    who = people.caller_of(connection, person)
    if who is not None:
        audit.note(connection, who, act, {}, context.now_s())
