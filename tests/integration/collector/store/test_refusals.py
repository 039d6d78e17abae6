"""What the database refuses is refused by its right name, in the same words on SQLite and PostgreSQL."""

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError

from collector import config, context
from collector.access.caller import COMMAND_LINE
from collector.operations import operation as operation_module
from collector.operations.operation import operation
from collector.store.tables.fleet import account, robot
from collector.store.tables.notifications import delivery, webhook
from collector.values.refusal import Refused

NOW = 1_780_000_000
ACME = insert(account).values(external_id="ACME", name="Acme", created_at=NOW)
AT_ONCE = ("somebody else wrote this at the same moment", "outdated")
NAMED = ("this names something that is gone, or something else names this", "conflict")
LARGE = ("a number is larger or smaller than the store can hold", "invalid")
CHARACTERS = ("a text holds characters that cannot be stored", "invalid")
NO_RECEIVER = insert(delivery).values(event="ping", title="", body="{}", made_at=NOW, state="dead", tries=0, answer="")
CASES = {
    "an id that stands": (ACME, AT_ONCE),
    "a row that is not there": (NO_RECEIVER.values(webhook_id=99), NAMED),
    "a broken rule": (NO_RECEIVER, ("a value breaks a rule of the store: ck_delivery_one_receiver", "unprocessable")),
    "nothing where something must be": (
        insert(account).values(external_id="BETA", name=None, created_at=NOW),
        ("a value is missing that the store needs: account.name", "unprocessable"),
    ),
    "a number that is too large": (insert(account).values(external_id="B", name="B", created_at=10**30), LARGE),
    "half a character": (insert(account).values(external_id="B\ud800", name="B", created_at=NOW), CHARACTERS),
}


@operation(writes=True)
def executed(asked, statement):
    return asked.write(lambda connection: str(connection.execute(statement).inserted_primary_key))


@operation()
def read(asked, question):
    return asked.read(lambda connection: connection.execute(question).all())


@pytest.fixture
def inside(store):
    settings = config.load({"store": store.url.render_as_string(hide_password=False)})
    made = context.of(settings, store, lambda: NOW, COMMAND_LINE)
    assert isinstance(executed(made, ACME), str)
    return made


@pytest.mark.parametrize("case", CASES)
def test_what_a_database_refuses_is_named_as_what_it_is(inside, case):
    statement, wanted = CASES[case]
    refused = executed(inside, statement)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.kind) == wanted
    assert refused.remedy
    assert [row.external_id for row in read(inside, select(account))] == ["ACME"]
    assert not read(inside, select(webhook))


def test_a_question_with_half_a_character_is_refused_too(inside):
    refused = read(inside, select(robot).where(robot.c.name == "r\ud800"))
    assert (refused.reason, refused.kind) == CHARACTERS


def test_a_nul_is_a_character_and_no_number_on_postgresql(inside):
    refused = executed(inside, insert(account).values(external_id="B\0", name="B", created_at=NOW))
    if inside.store.dialect == "postgresql":
        assert (refused.reason, refused.kind) == CHARACTERS
    else:
        assert isinstance(refused, str)  # SQLite stores it; the borders leave it out


def test_a_wrong_statement_is_a_bug_and_no_refusal(inside):
    """The control: not everything that a database says is the caller's fault, or the store's."""
    with pytest.raises((ProgrammingError, OperationalError)):
        read(inside, text("SELECT * FROM nowhere"))


def test_a_rule_that_is_broken_would_end_in_an_error_without_its_name(inside, monkeypatch):
    """The control: what nobody names reaches the caller as a failure."""
    monkeypatch.setattr(operation_module, "refusal_of", lambda _: None)
    for case in ("a number that is too large", "half a character"):
        with pytest.raises((DataError, OverflowError, UnicodeEncodeError)):
            executed(inside, CASES[case][0])
