"""The ledger in both databases: what is written, corrected, withdrawn, ended; what was known when."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from collector.accounts import claims, reading, writing
from collector.accounts.kinds import money, relations, who
from collector.accounts.kinds.registry import KINDS
from collector.accounts.ledger import Knowledge, Origin, known, newest, row_ids
from collector.accounts.writing import Terms
from collector.fleet import days
from collector.store import tables as t
from tests.batches import NOON

HOUR = 3600
DAY = days.of(NOON, "UTC")
ACCOUNT, DEPLOYMENT, TOUCH, CONTACT, CONTRACT, LINE, CSM = (
    KINDS[key] for key in ("account", "deployment", "touch", "contact", "contract", "line", "csm")
)


def at(hours, **more):
    return Origin("test", NOON + hours * HOUR, **more)


def acme(**more):
    return who.Account(id="ACME", name="Acme Museum", **more)


def stay(key, account, first, last=None, robot="hall-7", **more):
    return who.Deployment(id=key, account=account, robot=robot, from_day=DAY + first,
                          to_day=None if last is None else DAY + last, **more)  # fmt: skip


def touch(key="t-1", account="ACME", **more):
    return relations.Touch(id=key, account=account, day=DAY, direction="out", channel="email", **more)


def did(outcomes):
    return [outcome.did for outcome in outcomes]


def why(outcomes):
    return [complaint.text for outcome in outcomes for complaint in outcome.complaints]


@pytest.fixture
def books(store):
    """A connection in one transaction, with two accounts and a robot."""
    with store.write() as connection:
        connection.execute(insert(t.robot).values(name="hall-7", first_seen_at=NOON))
        writing.write(connection, ACCOUNT, [acme(), who.Account(id="BETA", name="Beta KTV")], at(0))
        yield connection


def ledger(connection, knowledge=Knowledge(), account="ACME"):
    row = row_ids(connection, [account])[account]
    return known(connection, [row], knowledge).get(row)


def rows(connection):
    wanted = select(t.deployment.c.fact_key, t.deployment.c.from_day, t.deployment.c.to_day)
    return sorted((key, first - DAY, None if last is None else last - DAY)
                  for key, first, last in connection.execute(wanted))  # fmt: skip


def test_a_correction_is_a_new_version_and_what_was_known_before_stays(books):
    (first,) = writing.write(books, TOUCH, [touch()], at(1))
    (again,) = writing.write(books, TOUCH, [touch()], at(2))
    (corrected,) = writing.write(books, TOUCH, [touch(answered="yes")], at(3))
    assert did([first, again, corrected]) == ["created", "unchanged", "corrected"]
    assert (first.version, again.row_id, corrected.version) == (1, first.row_id, 2)
    assert ledger(books, Knowledge(NOON)).touches == ()
    assert [said.answered for said in ledger(books, Knowledge(NOON + HOUR)).touches] == ["no"]
    assert [said.answered for said in ledger(books, Knowledge(NOON + 3 * HOUR)).touches] == ["yes"]
    assert [entry.said.answered for entry in reading.history(books, TOUCH, "t-1", limit=9).items] == ["yes", "no"]
