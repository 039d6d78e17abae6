"""API: people who sign in, and the log of what everybody did."""

from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from collector.access.audit import Act
from collector.access.caller import OF_PEOPLE, Role
from collector.access.people import Person
from collector.language.catalogue import Language
from collector.operations import audit, people, profile
from collector.operations.operation import Done
from collector.operations.people import MAIL_MAX_CHARS, NewLink, NewPerson
from collector.operations.profile import Profile
from collector.values.paging import Page
from collector.web.api.parameters import ExternalId, Name, Paged
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "people"
_ROLES = [role.value for role in Role if role in OF_PEOPLE]
Mail = Annotated[str, Field(json_schema_extra={"minLength": 3, "maxLength": MAIL_MAX_CHARS})]
Roles = Annotated[list[Role], Field(json_schema_extra={"items": {"type": "string", "enum": _ROLES}})]


class ActsQuery(Paged):
    person: int | None = Field(None, ge=1, description="of one person's acts")
    act: str | None = Field(None, max_length=60, description="of one kind, by its name: create_fact")


class PersonBody(Body):
    """`csm`: a CSM's id in the ledger. `accounts`: of a customer's admin or a reseller, and only then.

    `lang`: left away or null, that of the person who invites.
    """

    mail: Mail
    name: Name
    lang: Language | None = None
    roles: Roles
    csm: ExternalId | None = None
    accounts: list[ExternalId] = Field(default_factory=list)


class PersonChange(Body):
    """What is left away or null stays as it is. `csm` empty: none."""

    name: Name | None = None
    lang: Language | None = None
    roles: Roles | None = None
    csm: str | None = None
    accounts: list[ExternalId] | None = None


class LanguageBody(Body):
    lang: Language


async def list_people(call: Call, query: Paged) -> Page[Person]:
    return await call.do(people.list_people, people.ListPeople(limit=query.limit, cursor=query.cursor))


async def one_person(call: Call, _: Query) -> Person:
    return await call.do(people.one_person, call.number("person"))


async def add_person(call: Call, _: Query, body: PersonBody) -> NewPerson:
    """The answer's link lets the person set a password. Send it by a way that nobody else reads; it opens once."""
    return await call.do(people.add_person, people.AddPerson(**body.model_dump()))


async def change_person(call: Call, _: Query, body: PersonChange) -> Person:
    wanted = people.ChangePerson(person=call.number("person"), **body.model_dump())
    return await call.do(people.change_person, wanted)


async def disable_person(call: Call, _: Query) -> Person:
    return await call.do(people.disable_person, call.number("person"))


async def enable_person(call: Call, _: Query) -> Person:
    return await call.do(people.enable_person, call.number("person"))


async def link_person(call: Call, _: Query) -> NewLink:
    return await call.do(people.link_person, people.LinkFor(person=call.number("person")))


async def drop_second_factor(call: Call, _: Query) -> Person:
    return await call.do(people.drop_second_factor, call.number("person"))


async def my_profile(call: Call, _: Query) -> Profile:
    return await call.do(profile.my_profile, None)


async def change_my_language(call: Call, _: Query, body: LanguageBody) -> Done:
    return await call.do(profile.change_language, body.lang)


async def list_acts(call: Call, query: ActsQuery) -> Page[Act]:
    wanted = audit.ListActs(limit=query.limit, person=query.person, act=query.act, cursor=query.cursor)
    return await call.do(audit.list_acts, wanted)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/people", _TAG, "Everybody who may sign in, by mail address", Page[Person], list_people,
          query=Paged, operation=people.list_people),
    Route("POST", "/people", _TAG, "Invite somebody", NewPerson, add_person, body=PersonBody,
          operation=people.add_person, status=HTTPStatus.CREATED, secret=True),
    Route("GET", "/people/{person}", _TAG, "One of them", Person, one_person, operation=people.one_person),
    Route("PUT", "/people/{person}", _TAG, "Change name, language, roles, CSM, accounts", Person, change_person,
          body=PersonChange, operation=people.change_person),
    Route("POST", "/people/{person}/disable", _TAG, "No sign-in any more; sessions and tokens end", Person,
          disable_person, operation=people.disable_person),
    Route("POST", "/people/{person}/enable", _TAG, "Let somebody in again", Person, enable_person,
          operation=people.enable_person),
    Route("POST", "/people/{person}/link", _TAG, "A new one-time link to set a password", NewLink, link_person,
          operation=people.link_person, secret=True),
    Route("DELETE", "/people/{person}/second-factor", _TAG, "Take a lost second factor away", Person,
          drop_second_factor, operation=people.drop_second_factor),
    Route("GET", "/me", _TAG, "Who is asking, and what they may do", Profile, my_profile, operation=profile.my_profile),
    Route("PUT", "/me/language", _TAG, "The language in which the pages open for the caller", Done, change_my_language,
          body=LanguageBody, operation=profile.change_language),
    Route("GET", "/audit", _TAG, "Who changed what, newest first", Page[Act], list_acts, query=ActsQuery,
          operation=audit.list_acts),
)  # fmt: skip
