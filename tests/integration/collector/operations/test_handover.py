"""An account goes to another CSM with every call to action of the former one that is not closed, and back."""

import io
from dataclasses import asdict, replace

import pytest
from sqlalchemy import insert, select, update

from collector.accounts.ledger.kinds.registry import KINDS
from collector.operations import account_handover, ctas, imports, ledger
from collector.operations.account_handover import HandOver
from collector.store.tables.fleet import account
from collector.store.tables.notifications import delivery, notice_channel
from collector.store.tables.success import cta, standing
from tests.fleets import NOON, TODAY
from tests.integration.collector.operations.test_calls import as_anna, asked

CSMS = ("csm-anna", "csm-ben")


@pytest.fixture
def anna(tmp_path):
    """A scored portfolio, as csm-anna sees it; ACME has an open, a snoozed, a waiting and a closed call of hers,
    and one that is csm-ben's.
    """
    with as_anna(tmp_path) as anna:
        ids = [added(anna, title) for title in ("open", "snoozed", "digest", "closed", "ben's")]
        asked(ctas.snooze_cta(anna, ctas.SnoozeCta(cta=ids[1], until_day=TODAY + 3)))
        with anna.store.write() as connection:
            waits = {"state": "digest", "given_to": "", "due_day": None}
            connection.execute(update(cta).where(cta.c.id == ids[2]).values(waits))
        asked(ctas.close_cta(anna, ctas.CloseCta(cta=ids[3], outcome="resolved", useful=True)))
        asked(ctas.assign_cta(anna, ctas.AssignCta(cta=ids[4], owner="csm-ben")))
        yield anna


def added(of, title):
    return asked(ctas.add_cta(of, ctas.AddCta(account="ACME", title=title))).cta.id


def calls_of_acme(of):
    """Id -> (owner, state, until when it is snoozed) of each call of ACME."""
    its = select(cta.c.id, cta.c.owner, cta.c.state, cta.c.snoozed_until).join(
        account, account.c.id == cta.c.account_id
    )
    rows = of.read(lambda connection: connection.execute(its.where(account.c.external_id == "ACME")).all())
    return {row.id: tuple(row[1:]) for row in rows}


def test_every_call_that_is_not_closed_goes_along_and_stays_as_it_is(anna):
    before = calls_of_acme(anna)
    hers = {key for key, (owner, state, _) in before.items() if owner == "csm-anna" and state != "closed"}
    assert {before[key][1] for key in hers} == {"open", "snoozed", "digest"}
    done = asked(account_handover.hand_over(anna, HandOver(account="ACME", csm="csm-ben")))
    assert (done.before, set(done.calls)) == ("csm-anna", hers)
    assert calls_of_acme(anna) == {
        key: (("csm-ben" if key in hers else owner), state, until) for key, (owner, state, until) in before.items()
    }
    newest = asked(ctas.one_cta(anna, max(hers))).history[-1]
    assert (newest.event, newest.author) == ("assigned", "csm-anna")


def test_what_went_along_goes_back_and_what_the_other_had_stays(anna):
    before = calls_of_acme(anna)
    done = asked(account_handover.hand_over(anna, HandOver(account="ACME", csm="csm-ben")))
    back = HandOver(account="ACME", csm=done.before, calls=tuple(done.calls))
    assert asked(account_handover.hand_over(anna, back)).calls == done.calls
    assert calls_of_acme(anna) == before


def handed(of, csm):
    return asked(account_handover.hand_over(of, HandOver(account="ACME", csm=csm)))


def corrected(of, csm):
    said = of.read(lambda connection: ledger.current(connection, KINDS["account"], "ACME", None).said)
    return asked(
        ledger.correct_fact(
            of, ledger.CorrectFact(kind=KINDS["account"], key="ACME", fields=asdict(said) | {"csm": csm})
        )
    )


def imported(of, csm):
    table = io.BytesIO(f"id,name,csm\nACME,Acme Museum,{csm}\n".encode())
    return asked(imports.import_table(of, imports.ImportTable(table="accounts", file=table)))


def owners_at(of):
    """Whose ACME is in lists, and whose each of its calls is that is not closed."""
    its = select(standing.c.csm).join(account, account.c.id == standing.c.account_id)
    of_lists = of.read(lambda connection: connection.execute(its.where(account.c.external_id == "ACME")).scalar())
    return of_lists, {owner for owner, state, _ in calls_of_acme(of).values() if state != "closed"}


def told(of):
    """(channel, title, body) of each notice that waits."""
    its = select(notice_channel.c.name, delivery.c.title, delivery.c.body).join(
        notice_channel, notice_channel.c.id == delivery.c.channel_id
    )
    rows = of.read(lambda connection: connection.execute(its.order_by(delivery.c.id)).all())
    return [(row.name, row.title, row.body) for row in rows]


def listens(of):
    with of.store.write() as connection:
        rows = [{"name": csm, "url": "json://example.com", "created_at": 0, "owner": csm} for csm in CSMS]
        connection.execute(insert(notice_channel), rows)


@pytest.mark.parametrize("door", [corrected, imported])
def test_a_csm_is_corrected_at_any_door_and_the_calls_go_along_at_once(anna, door):
    assert owners_at(anna) == ("csm-anna", {"csm-anna", "csm-ben"})
    door(anna, "csm-ben")
    assert owners_at(anna) == ("csm-ben", {"csm-ben"})
    door(anna, "csm-ben")
    assert owners_at(anna) == ("csm-ben", {"csm-ben"}), "who has it already, has it"


def test_an_import_that_is_taken_back_gives_the_account_back(anna):
    before = calls_of_acme(anna)
    done = imported(anna, "csm-ben")
    assert owners_at(anna) == ("csm-ben", {"csm-ben"})
    asked(imports.undo_import(anna, done.import_id))
    assert owners_at(anna)[0] == "csm-anna"
    assert calls_of_acme(anna) == before, "ben keeps what he had there before"


def test_what_came_to_the_new_csm_since_an_import_goes_back_with_the_account(anna):
    done = imported(anna, "csm-ben")
    new = added(replace(anna, clock=lambda: NOON + 60.0), "new")
    assert calls_of_acme(anna)[new][0] == "csm-ben"
    asked(imports.undo_import(anna, done.import_id))
    assert calls_of_acme(anna)[new][0] == "csm-anna"


def test_an_account_without_a_csm_has_calls_of_nobody(anna):
    corrected(anna, None)
    assert owners_at(anna) == ("", {"", "csm-ben"})
    corrected(anna, "csm-anna")
    assert owners_at(anna) == ("csm-anna", {"csm-anna", "csm-ben"})


@pytest.mark.parametrize("door", [handed, corrected, imported])
def test_the_new_csm_is_told_once_for_each_act_and_who_did_it_is_not(anna, door):
    listens(anna)
    calls = sum(owner == "csm-anna" and state != "closed" for owner, state, _ in calls_of_acme(anna).values())
    assert calls > 1
    door(anna, "csm-ben")
    said = f"{calls} calls to action go along. Handed over by csm-anna."
    assert told(anna) == [("csm-ben", "Ben looks after Acme Museum from now on", said)]
    door(anna, "csm-anna")
    assert len(told(anna)) == 1, "she gave it to herself"


def test_a_file_that_gives_several_accounts_tells_each_csm_once(anna):
    listens(anna)
    found = anna.read(lambda connection: connection.execute(select(account.c.external_id, account.c.name)).all())
    names = {row.external_id: row.name for row in found}
    csms = anna.read(
        lambda connection: dict(connection.execute(select(account.c.external_id, standing.c.csm).join(standing)).all())
    )
    hers = sorted(key for key, csm in csms.items() if csm == "csm-anna")
    assert len(hers) > 1
    rows = "".join(f"{key},{names[key]},csm-ben\n" for key in hers)
    table = io.BytesIO(f"id,name,csm\n{rows}".encode())
    asked(imports.import_table(anna, imports.ImportTable(table="accounts", file=table, history=True)))
    ((name, title, body),) = told(anna)
    assert (name, title) == ("csm-ben", f"Ben looks after {len(hers)} more accounts")
    assert {line.removeprefix("• ") for line in body.splitlines()[1:]} == {names[key] for key in hers}
