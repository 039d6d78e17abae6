"""People: invite, list and change them; what they may see; their one-time links."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from collector.access import links, people
from collector.access.caller import ADMINS, OF_PEOPLE, OF_SOME_ACCOUNTS, Role
from collector.access.links import Purpose
from collector.access.people import Person
from collector.accounts.ledger import facts
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.context import Context
from collector.language.catalogue import LANGUAGES, SOURCE
from collector.operations.operation import account_row, operation
from collector.values.paging import Page
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import NAME_MAX_CHARS, none_of, taken

_LIST = Remedy("list them", "people list", "GET /api/v1/people", "/admin/people")
MAIL_MAX_CHARS = 254
ACCOUNTS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPeople:
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPerson:
    """`csm`: an id of the ledger, whose accounts are the person's own.

    `accounts`: what a customer's admin or a reseller sees. `lang` None: the language of the person who invites; where a
    token of no person does, English.
    """

    mail: str
    name: str
    lang: str | None = None
    roles: Sequence[Role]
    csm: str | None = None
    accounts: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePerson:
    """What is None stays as it is. `csm` empty: nobody's accounts are the person's own."""

    person: int
    name: str | None = None
    lang: str | None = None
    roles: Sequence[Role] | None = None
    csm: str | None = None
    accounts: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFor:
    person: int


@dataclass(frozen=True, slots=True)
class NewLink:
    """Whoever opens it sets a password, once and until then. It is shown this once."""

    link: str
    purpose: Purpose
    expires_at: str


@dataclass(frozen=True, slots=True)
class NewPerson:
    person: Person
    invitation: NewLink


@operation(roles=ADMINS)
def list_people(context: Context, wanted: ListPeople) -> Page[Person]:
    """Everybody by mail address, also who was disabled."""
    return context.read(lambda connection: people.listed(connection, limit=wanted.limit, cursor=wanted.cursor))


@operation(roles=ADMINS)
def one_person(context: Context, person: int) -> Person:
    """One of them. Refuses an unknown one."""
    return context.read(lambda connection: _one(connection, person))


@operation(roles=ADMINS, writes=True, makes_store=True)
def add_person(context: Context, wanted: AddPerson) -> NewPerson:
    """Invite somebody: the link in the answer lets them set a password. Refuses a mail address that is taken."""
    mail, name = mail_of(wanted.mail), taken("name", wanted.name, NAME_MAX_CHARS)
    chosen = None if wanted.lang is None else language_of(wanted.lang)
    roles = _roles(wanted.roles)

    def change(connection: Connection) -> NewPerson:
        if people.row_by_mail(connection, mail) is not None:
            raise Refusal(Sentence("{mail} is somebody already", mail=mail), _LIST, "conflict")
        accounts = _accounts(context, connection, roles, wanted.accounts)
        made = people.add(
            connection, mail=mail, name=name, language=chosen or _of_who_invites(context, connection),
            roles=roles, csm=_csm(connection, wanted.csm),
            account_ids=accounts, stamp=secrets.token_hex(16), now_s=context.now_s(),
        )  # fmt: skip
        return NewPerson(_one(connection, made), _link(context, connection, "invitation", made))

    return context.write(change)


@operation(roles=ADMINS, writes=True)
def change_person(context: Context, wanted: ChangePerson) -> Person:
    """Name, language, roles, CSM, accounts. New roles or accounts end the person's sessions.

    Refuses to take the last admin's role.
    """

    def change(connection: Connection) -> Person:
        row, admins = _row(connection, wanted.person), people.admins(connection)
        values: dict[str, str | None] = {}
        if wanted.name is not None:
            values["name"] = taken("name", wanted.name, NAME_MAX_CHARS)
        if wanted.lang is not None:
            values["language"] = language_of(wanted.lang)
        if wanted.csm is not None:
            values["csm"] = _csm(connection, wanted.csm or None)
        before = people.one(connection, wanted.person)
        assert before is not None
        roles = frozenset(before.roles) if wanted.roles is None else _roles(wanted.roles)
        named = before.accounts if wanted.accounts is None else wanted.accounts
        if wanted.roles is not None and wanted.accounts is None and not roles <= OF_SOME_ACCOUNTS:
            named = ()
        accounts = _accounts(context, connection, roles, named)
        values["roles"] = people.words_of(roles)
        people.change(connection, row.id, **values)
        people.give(connection, row.id, accounts)
        _keep_an_admin(connection, admins)
        after = _one(connection, row.id)
        if (after.roles, after.accounts, after.csm) != (before.roles, before.accounts, before.csm):
            people.end_sessions(connection, row.id, secrets.token_hex(16))
        return after

    return context.write(change)


@operation(roles=ADMINS, writes=True)
def disable_person(context: Context, person: int) -> Person:
    """No sign-in any more: sessions, links and the person's tokens end at once. Refuses the last admin."""

    def change(connection: Connection) -> Person:
        row, admins = _row(connection, person), people.admins(connection)
        if row.disabled_at is None:
            people.change(connection, row.id, disabled_at=context.now_s())
            links.end_of(connection, row.id)
            people.end_sessions(connection, row.id, secrets.token_hex(16))
        _keep_an_admin(connection, admins)
        return _one(connection, row.id)

    return context.write(change)


@operation(roles=ADMINS, writes=True)
def enable_person(context: Context, person: int) -> Person:
    """The person may sign in again, as before."""

    def change(connection: Connection) -> Person:
        row = _row(connection, person)
        people.change(connection, row.id, disabled_at=None)
        return _one(connection, row.id)

    return context.write(change)


@operation(roles=ADMINS, writes=True)
def link_person(context: Context, wanted: LinkFor) -> NewLink:
    """A new one-time link to set a password; earlier ones end. Refuses somebody who is disabled."""

    def change(connection: Connection) -> NewLink | Refused:
        row = _row(connection, wanted.person)
        if row.disabled_at is not None:
            remedy = Remedy(
                "let them in again first",
                f"people enable {row.id}",
                f"POST /api/v1/people/{row.id}/enable",
                f"/admin/people/{row.id}",
            )
            return Refused(Sentence("person {id} is disabled", id=row.id), remedy, "conflict")
        return _link(context, connection, "invitation" if row.password is None else "password", row.id)

    return context.write(change)


@operation(roles=ADMINS, writes=True)
def drop_second_factor(context: Context, person: int) -> Person:
    """For a lost phone without recovery codes: the password alone opens, until the person sets a new one up."""

    def change(connection: Connection) -> Person:
        row = _row(connection, person)
        people.change(connection, row.id, totp_secret=None, totp_set=False, totp_step=None, recovery="[]")
        people.end_sessions(connection, row.id, secrets.token_hex(16))
        return _one(connection, row.id)

    return context.write(change)


@operation(roles=ADMINS, writes=True)
def first_link(context: Context, _: None) -> NewLink | None:
    """The link that makes the first admin; None when there is one who may sign in."""

    def change(connection: Connection) -> NewLink | None:
        return None if people.admins(connection) else _link(context, connection, "first", None)

    return context.write(change)


def _link(context: Context, connection: Connection, purpose: Purpose, person_id: int | None) -> NewLink:
    secret = secrets.token_urlsafe(32)
    expires_s = links.make(connection, secret, purpose, person_id, context.now_s())
    return NewLink(f"{context.settings.address_of_pages}/link/{secret}", purpose, days.rfc3339(expires_s))


def _row(connection: Connection, person: int) -> Row[Any]:
    row = people.row_of(connection, person)
    if row is None:
        raise Refusal(Sentence("there is no person {person}", person=person), _LIST, "not_found")
    return row


def _one(connection: Connection, person: int) -> Person:
    _row(connection, person)
    found = people.one(connection, person)
    assert found is not None
    return found


def _keep_an_admin(connection: Connection, before: set[int]) -> None:
    if before and not people.admins(connection):
        remedy = Remedy("make somebody else one first", "people role", "PUT /api/v1/people/{person}", "/admin/people")
        raise Refusal("this is the last admin", remedy, "conflict")


def mail_of(text: str) -> str:
    """An address as it is kept. Raises Refusal."""
    mail = taken("mail", text, MAIL_MAX_CHARS).lower()
    name, _, host = mail.partition("@")
    if not name or not host or "@" in host or any(c.isspace() for c in mail):
        raise Refusal(
            Sentence("mail: {mail!r} is no address", mail=mail[:60]), "write it as name@example.com", "unprocessable"
        )
    return mail


def _of_who_invites(context: Context, connection: Connection) -> str:
    """The language of the caller's own pages, also of a person behind a token."""
    person = context.caller.person_id
    row = None if person is None else people.row_of(connection, person)
    return SOURCE if row is None else str(row.language)


def language_of(lang: str) -> str:
    """One of those that there are. Raises Refusal."""
    if lang not in LANGUAGES:
        reason, remedy = none_of(lang, LANGUAGES)
        raise Refusal(Sentence("lang: {reason}", reason=reason), remedy, "unprocessable")
    return lang


def _roles(roles: Sequence[Role]) -> frozenset[Role]:
    wanted = frozenset(roles)
    if not wanted or not wanted <= OF_PEOPLE:
        remedy = Sentence(
            "name one or several of: {roles}", roles=", ".join(role.value for role in Role if role in OF_PEOPLE)
        )
        raise Refusal("a person needs roles of people", remedy, "unprocessable")
    if wanted & OF_SOME_ACCOUNTS and not wanted <= OF_SOME_ACCOUNTS:
        raise Refusal(
            "somebody who sees some accounts only has no role that sees all of them",
            "give a role that sees some accounts alone, or not at all", "unprocessable",
        )  # fmt: skip
    return wanted


def _accounts(context: Context, connection: Connection, roles: frozenset[Role], named: Sequence[str]) -> set[int]:
    """Row ids of the accounts that these roles see. Raises Refusal."""
    is_of_some = roles <= OF_SOME_ACCOUNTS
    if is_of_some != bool(named) or len(named) > ACCOUNTS_MAX:
        raise Refusal(
            "a customer's admin and a reseller see accounts that are named, everybody else names none",
            Sentence("name 1 to {accounts_max} accounts with these roles, and only then", accounts_max=ACCOUNTS_MAX),
            "unprocessable",
        )
    return {account_row(context, connection, one) for one in named}


def _csm(connection: Connection, csm: str | None) -> str | None:
    if csm is None:
        return None
    found = facts.newest(connection, KINDS["csm"], csm)
    if found is None or found.withdrawn:
        remedy = Remedy("list them", "export csms", "GET /api/v1/csms", "/portfolio/capacity")
        raise Refusal(Sentence("there is no CSM {csm}", csm=csm[:60]), remedy, "not_found")
    return csm
