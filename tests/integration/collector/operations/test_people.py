"""People, their links, their tokens, and the log of what they did; on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from collector import config, context
from collector.access import people as store_of_people
from collector.access.caller import COMMAND_LINE, OF_PEOPLE, THE_CLOCK, Role
from collector.access.web_sessions import Holder
from collector.accounts.ledger.facts import NOW
from collector.context import Services
from collector.operations import audit, ctas, desired, ledger, notices, people, sessions, sign_in, tokens, webhooks
from collector.operations.operation import operation
from collector.operations.people import AddPerson, ChangePerson, LinkFor
from collector.operations.sign_in import PasswordShown, UseLink
from collector.store.tables.people import audit as audit_table
from collector.store.tables.people import person, person_link
from collector.values.refusal import Refusal, Refused
from tests import fleets
from tests.fleets import NOON, TODAY

GOOD = "four words are good"


@pytest.fixture
def admin(store, clock):
    fleets.story(store)
    settings = config.load({"public_url": "https://fleet.example"})
    return context.of(settings, store, clock, COMMAND_LINE, Services(password_cost=fleets.CHEAP))


@pytest.fixture
def process(admin):
    return admin.seen_by(THE_CLOCK)


def secret_of(link):
    assert link.link.startswith("https://fleet.example/link/")
    return link.link.rpartition("/")[2]


def invited(admin, mail="li@example.com", roles=(Role.CSM,), **more):
    made = people.add_person(admin, AddPerson(mail=mail, name="Li Wei", lang="zh", roles=roles, **more))
    assert not isinstance(made, Refused), made
    return made


def settled(admin, process, mail="li@example.com", roles=(Role.CSM,), **more):
    """Somebody who has set a password, as a caller."""
    made = invited(admin, mail, roles, **more)
    number = sign_in.use_link(process, UseLink(secret=secret_of(made.invitation), password=GOOD))
    assert number == made.person.id
    return as_person(admin, number)


def as_person(admin, number):
    with admin.store.read() as connection:
        return admin.seen_by(store_of_people.caller_of(connection, number))


def refused(answer, kind):
    assert isinstance(answer, Refused), answer
    assert answer.kind == kind, answer
    assert answer.remedy
    return answer


def test_the_first_admin_is_whoever_uses_the_first_link_and_only_once(admin, process):
    link = people.first_link(process, None)
    assert sign_in.see_link(process, secret_of(link)).purpose == "first"
    assert sign_in.see_link(process, secret_of(link)).purpose == "first", "opening a link uses nothing up"
    newer = people.first_link(process, None)
    refused(sign_in.see_link(process, secret_of(link)), "not_found")
    mine = UseLink(secret=secret_of(newer), password=GOOD, mail="Boss@Example.com", name="Boss", lang="en")
    number = sign_in.use_link(process, mine)
    refused(sign_in.use_link(process, replace(mine, mail="other@example.com")), "not_found")
    assert people.first_link(process, None) is None
    found = people.one_person(admin, number)
    assert (found.mail, found.roles, found.state) == ("boss@example.com", [Role.ADMIN], "active")


def test_who_says_no_language_gives_the_new_person_the_own_one(admin, process):
    boss = settled(admin, process, "boss@example.com", (Role.ADMIN,))  # reads Chinese

    def language(of, mail, **more):
        made = people.add_person(of, AddPerson(mail=mail, name="N", roles=(Role.VIEWER,), **more))
        return made.person.language

    assert language(boss, "a@example.com") == "zh"
    assert language(boss, "b@example.com", lang="en") == "en", "what is said holds"
    assert language(admin, "c@example.com") == "en", "the control: nobody's language is known"


def test_a_link_is_over_when_its_time_is_and_the_store_keeps_no_secret_of_it(admin, process, clock):
    made = invited(admin)
    secret = secret_of(made.invitation)
    with admin.store.read() as connection:
        assert secret not in str(connection.execute(select(person_link)).all())
    clock.now += 7 * 86_400 - 1
    assert not isinstance(sign_in.see_link(process, secret), Refused), "the control: it stands until then"
    clock.now += 1
    refused(sign_in.see_link(process, secret), "not_found")
    refused(sign_in.use_link(process, UseLink(secret=secret, password=GOOD)), "not_found")
    again = people.link_person(admin, LinkFor(person=made.person.id))
    assert sign_in.use_link(process, UseLink(secret=secret_of(again), password=GOOD)) == made.person.id


@pytest.mark.parametrize("password", ["x" * 11, "x" * 257, "li@example.com"])
def test_a_password_is_judged_by_its_length_and_what_is_refused_uses_no_link_up(admin, process, password):
    secret = secret_of(invited(admin).invitation)
    refused(sign_in.use_link(process, UseLink(secret=secret, password=password)), "unprocessable")
    assert isinstance(sign_in.use_link(process, UseLink(secret=secret, password="x" * 12)), int), "the control"


def test_only_the_right_password_of_somebody_who_may_sign_in_proves_it_and_nobody_learns_who_exists(admin, process):
    who = settled(admin, process)
    right = PasswordShown(mail=" LI@example.com ", password=GOOD)
    assert sign_in.check_password(process, right).person == who.caller.person_id
    wrong = [
        sign_in.check_password(process, PasswordShown(mail="li@example.com", password=GOOD + "x")),
        sign_in.check_password(process, PasswordShown(mail="nobody@example.com", password=GOOD)),
        sign_in.check_password(process, PasswordShown(mail=invited(admin, "new@example.com").person.mail, password="")),
    ]
    people.disable_person(admin, who.caller.person_id)
    wrong.append(sign_in.check_password(process, right))
    assert [refused(one, "not_found") for one in wrong] == [sign_in.WRONG] * 4


def test_a_password_kept_at_another_cost_is_kept_anew_at_its_next_use(admin, process):
    who = settled(admin, process)

    def kept():
        with admin.store.read() as connection:
            return store_of_people.row_of(connection, who.caller.person_id).password

    before = kept()
    shown = PasswordShown(mail="li@example.com", password=GOOD)
    dearer = replace(process, services=Services(password_cost=replace(fleets.CHEAP, passes=2)))
    sign_in.check_password(process, shown)
    assert kept() == before, "the control: at the same cost it stays"
    assert not isinstance(sign_in.check_password(dearer, shown), Refused)
    assert "t=2" in kept()
    assert not isinstance(sign_in.check_password(dearer, shown), Refused)


def test_new_roles_a_new_password_and_disabling_end_sessions_and_a_new_name_does_not(admin, process):
    who = settled(admin, process).caller.person_id

    def begin(nonce):
        begun = sessions.BeginSession(holder=Holder(person=who), nonce=nonce, address="", expires_s=NOON + 60)
        return sessions.begin_session(process, begun)

    def stands(nonce):
        shown = sessions.SessionShown(holder=Holder(person=who), nonce=nonce)
        return not isinstance(sessions.caller_of_session(process, shown), Refused)

    before = begin("a").stamp
    people.change_person(admin, ChangePerson(person=who, name="Li Wei Wei"))
    assert stands("a"), "the control"
    people.change_person(admin, ChangePerson(person=who, roles=[Role.VIEWER]))
    assert not stands("a")
    assert begin("b").stamp != before, "a copy of the old cookie proves nothing"
    link = people.link_person(admin, LinkFor(person=who))
    assert stands("b")
    sign_in.use_link(process, UseLink(secret=secret_of(link), password=GOOD + "!"))
    assert not stands("b")
    begin("c")
    people.disable_person(admin, who)
    assert not stands("c")
    refused(begin("d"), "not_found")
    people.enable_person(admin, who)
    assert begin("e").name == "Li Wei Wei"


def test_the_last_admin_stays_one(admin, process):
    boss = settled(admin, process, "boss@example.com", (Role.ADMIN,)).caller.person_id
    refused(people.disable_person(admin, boss), "conflict")
    refused(people.change_person(admin, ChangePerson(person=boss, roles=[Role.VIEWER])), "conflict")
    assert people.one_person(admin, boss).roles == [Role.ADMIN]
    settled(admin, process, "second@example.com", (Role.ADMIN,))
    assert people.disable_person(admin, boss).state == "disabled", "the control: not the last any more"


@pytest.mark.parametrize(
    ("roles", "accounts", "kind"),
    [
        ([], [], "unprocessable"),
        ([Role.STAFF], [], "unprocessable"),
        ([Role.CUSTOMER_ADMIN], [], "unprocessable"),
        ([Role.CUSTOMER_ADMIN, Role.CSM], ["BETA"], "unprocessable"),
        ([Role.CSM], ["BETA"], "unprocessable"),
        ([Role.CUSTOMER_ADMIN], ["NOBODY"], "not_found"),
    ],
)
def test_roles_and_accounts_fit_together_or_are_refused(admin, roles, accounts, kind):
    wanted = AddPerson(mail="a@example.com", name="A", lang="en", roles=roles, accounts=accounts)
    refused(people.add_person(admin, wanted), kind)
    assert not isinstance(people.add_person(admin, replace(wanted, roles=[Role.RESELLER], accounts=["BETA"])), Refused)


def test_a_customers_admin_sees_the_named_accounts_of_today_and_loses_them_at_once(admin, process):
    who = settled(admin, process, roles=(Role.CUSTOMER_ADMIN,), accounts=["BETA"])
    chosen = ledger.ListFacts(kind=ledger.KINDS["account"], limit=10, knowledge=NOW)

    def seen(asked):
        return [one["id"] for one in ledger.list_accounts(asked, chosen).items]

    assert seen(who) == ["BETA"]
    both = ChangePerson(person=who.caller.person_id, accounts=["ACME", "BETA"])
    assert people.change_person(admin, both).accounts == ["ACME", "BETA"]
    assert seen(as_person(admin, who.caller.person_id)) == ["ACME", "BETA"]


def made_by(asked, role, **more):
    return tokens.create_token(asked, tokens.CreateToken(name="t", role=role, **more))


def caller_by(process, made):
    found = tokens.caller_of_secret(process, made.secret)
    return None if isinstance(found, Refused) else process.seen_by(found)


def test_no_token_is_above_its_maker_and_it_falls_with_its_maker(admin, process):
    csm = settled(admin, process)
    for role in Role:
        answer = made_by(csm, role, account="BETA" if role is Role.CUSTOMER else None)
        assert isinstance(answer, Refused) == (role in {
            Role.ADMIN, Role.HEAD_OF_CS, Role.FLEET_ENGINEER, Role.FINANCE, Role.RELEASE_MANAGER, Role.STAFF,
            Role.PUBLISHER, Role.SKILL_REVIEWER, Role.CUSTOMER_ADMIN,  # which puts skills on robots
        }), role  # fmt: skip
    token = made_by(csm, Role.CSM)
    holder = caller_by(process, token)
    assert (holder.caller.person_id, holder.caller.csm) == (csm.caller.person_id, csm.caller.csm)
    assert not isinstance(ctas.list_ctas(holder, ctas.ListCtas(limit=1)), Refused)
    people.change_person(admin, ChangePerson(person=csm.caller.person_id, roles=[Role.FLEET_ENGINEER]))
    refused(ctas.list_ctas(caller_by(process, token), ctas.ListCtas(limit=1)), "forbidden")
    people.disable_person(admin, csm.caller.person_id)
    assert caller_by(process, token) is None


def test_a_customers_admin_makes_no_token_that_sees_more(admin, process):
    own = settled(admin, process, roles=(Role.CUSTOMER_ADMIN,), accounts=["BETA"])
    refused(made_by(own, Role.CUSTOMER, account="ACME"), "not_found")
    refused(made_by(own, Role.READER), "forbidden")
    made = made_by(own, Role.CUSTOMER_ADMIN)
    assert caller_by(process, made).caller.scope == own.caller.scope
    refused(tokens.revoke_token(settled(admin, process, "b@example.com"), made.token.id), "not_found")
    assert [one.id for one in tokens.list_tokens(own, tokens.ListTokens(limit=9)).items] == [made.token.id]
    refused(made_by(caller_by(process, made), Role.CUSTOMER_ADMIN), "forbidden")
    assert not isinstance(tokens.revoke_token(own, made.token.id), Refused), "the control: its own it may"


SECRETS = ("planted-password", "planted-token", "planted-note", "planted-webhook")


def acts(admin):
    return audit.list_acts(admin, audit.ListActs(limit=100)).items


def test_every_act_is_one_row_and_no_secret_is_in_any(admin, process):
    who = settled(admin, process, roles=(Role.HEAD_OF_CS, Role.ADMIN))
    before = len(acts(admin))
    touch = {
        "id": "t1",
        "account": "BETA",
        "day": TODAY,
        "summary": "planted-note",
        "direction": "out",
        "channel": "phone",
    }
    done = [
        ledger.create_fact(who, ledger.CreateFact(kind=ledger.KINDS["touch"], fields=touch)),
        ctas.add_cta(who, ctas.AddCta(account="BETA", title="planted-note")),
        webhooks.add_webhook(who, webhooks.AddWebhook(url="https://planted-webhook.example/x")),
        made_by(who, Role.READER),
        desired.put_desired(who, desired.WishFor(robot="ktv-2", skills=[], settings={"planted-note": "x"})),
    ]
    refused(
        ctas.close_cta(who, ctas.CloseCta(cta=99, outcome="resolved", useful=True, note="planted-note")), "not_found"
    )
    assert not [one for one in done if isinstance(one, Refused)], done
    found = acts(admin)[: len(acts(admin)) - before]
    assert [(one.act, one.who, one.person) for one in reversed(found)] == [
        (name, "Li Wei", who.caller.person_id)
        for name in ("create_fact", "add_cta", "add_webhook", "create_token", "put_desired")
    ]
    assert found[-1].about == {"kind": "touch", "id": "t1", "account": "BETA"}
    with admin.store.read() as connection:
        text = str(connection.execute(select(audit_table)).all())
    assert not [word for word in (*SECRETS, GOOD, done[3].secret, done[2].secret) if word in text]


def test_an_act_that_fails_leaves_no_row_and_a_row_stands_only_with_its_act(admin):
    @operation(roles=OF_PEOPLE, writes=True)
    def goes_wrong(asked, _):
        def change(connection):
            connection.execute(update(person).values(name="x"))
            raise Refusal("it went wrong", "begin again", "conflict")

        return asked.write(change)

    invited(admin)
    before = len(acts(admin))
    refused(goes_wrong(admin, None), "conflict")
    assert len(acts(admin)) == before


def test_the_database_refuses_to_change_or_remove_a_row_of_the_log(admin):
    invited(admin)
    for statement in (update(audit_table).values(who="nobody"), delete(audit_table)):
        with pytest.raises(DBAPIError, match="append-only"), admin.store.write() as connection:
            connection.execute(statement)
    assert [one.who for one in acts(admin)] == ["command line"], "the control: the row is there"


def test_what_the_process_does_by_itself_is_not_in_the_log(admin, process):
    people.first_link(process, None)
    notices.list_channels(admin, None)
    assert acts(admin) == []
