"""What is promised and planned is found by the day on which it is due, on both databases."""

import pytest

from collector.accounts.ledger import facts
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.kinds.relations import Promise, Review
from collector.calendar import days
from collector.store.tables.fleet import account
from collector.store.tables.success import standing
from collector.success import agenda
from tests.plain_facts import an_account

TODAY = days.parse("2026-05-15")
AHEAD = 60


def said(store, kind, *them):
    with store.write() as connection:
        row_id = connection.execute(account.select().where(account.c.external_id == "A")).one().id
        facts.append(connection, KINDS[kind], them, [row_id] * len(them), facts.Origin("test", 1))
        return row_id


@pytest.fixture
def planned(store):
    with store.write() as connection:
        row_id = connection.execute(
            account.insert().values(external_id="A", name="A", created_at=1).returning(account.c.id)
        ).scalar_one()
        given = an_account(id="A", name="A")
        facts.append(connection, KINDS["account"], [given], [row_id], facts.Origin("test", 1))

    def ask(limit=9):
        with store.read() as connection:
            return [
                (one.what, one.text, one.due_day - TODAY)
                for one in agenda.planned(connection, None, TODAY, ahead=AHEAD, limit=limit, account_id=row_id)
            ]

    return ask


def promise(name, due, made=-1, **more):
    return Promise(id=name, account="A", made_day=TODAY + made, due_day=TODAY + due, text=name, **more)


def test_it_goes_by_the_due_day_whenever_it_was_made(store, planned):
    said(
        store, "promise", promise("long ago", 1, made=-500), promise("last day", AHEAD), promise("beyond", AHEAD + 1),
        promise("late", -2, made=-30), promise("kept", 3, kept_day=TODAY), promise("forgotten", -401, made=-410),
        promise("not quite", -400, made=-410),
    )  # fmt: skip
    said(store, "review", Review(id="r", account="A", kind="qbr", due_day=TODAY + 2))
    assert planned() == [
        ("promise", "not quite", -400), ("promise", "late", -2), ("promise", "long ago", 1), ("qbr", "", 2),
        ("promise", "last day", AHEAD),
    ]  # fmt: skip


def test_a_limit_keeps_what_is_due_first_not_what_was_made_first(store, planned):
    early = [promise(f"old {number}", AHEAD, made=-50) for number in range(30)]
    said(store, "promise", *early, promise("tomorrow", 1, made=0))
    assert planned(limit=2)[0] == ("promise", "tomorrow", 1)
    assert len(planned(limit=2)) == 2


def test_what_was_never_promised_is_not_planned(store, planned):
    row_id = said(store, "promise", promise("stands", 1), promise("never was", 2))
    with store.write() as connection:
        facts.append(connection, KINDS["promise"], [promise("never was", 2)], [row_id], facts.Origin("test", 2),
                     withdrawn=True)  # fmt: skip
    assert planned() == [("promise", "stands", 1)]


@pytest.mark.usefixtures("planned")
def test_of_everybody_it_is_what_accounts_that_are_there_were_promised(store):
    row_id = said(store, "promise", promise("stands", 1))

    def of(owners):
        with store.read() as connection:
            found = agenda.planned(connection, owners, TODAY, ahead=AHEAD, limit=9)
            return [one.text for one in found]

    assert of(None) == [], "the last closing did not know the account"
    with store.write() as connection:
        connection.execute(standing.insert().values(
            account_id=row_id, day=TODAY - 1, csm="ana", currency="EUR", auto_renews=False, noticed=False, contract="",
            steps=0, cadence_days=30.0, band="green", caps="", stage="", coverage=1.0,
        ))  # fmt: skip
    assert (of(None), of(["ana"]), of(["bo"]), of([])) == (["stands"], ["stands"], [], [])
    with store.write() as connection:
        connection.execute(account.update().values(withdrawn=True))
    assert of(None) == of(["ana"]) == []
