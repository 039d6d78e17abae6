"""The law of every operation: what is refused leaves the store as it was."""

import io

import pytest
from sqlalchemy import insert, select

from collector import config, context
from collector.access.caller import COMMAND_LINE, Role
from collector.accounts.ledger.kinds.registry import KINDS
from collector.notifications.channels import NewChannel
from collector.operations import ctas, desired, imports, ledger, notices, tokens, webhooks
from collector.operations.operation import operation
from collector.store.tables.fleet import account, metadata
from collector.values.refusal import Refusal, Refused
from tests import fleets
from tests.fleets import NOON, TODAY, iso

TOUCH = KINDS["touch"]
CONTRACTS = b"id,account,starts,ends\nHT-1,ACME,2026-01-01,2026-12-31\nHT-2,NOBODY,2026-02-01,2027-01-31\n"
USAGE = f"account,robot,day,counter,value\nNEW,new-1,{iso(-3)},dance,7\nACME,r 1,x,danse,-1\n".encode()
ROW = {"external_id": "HALF", "name": "half", "created_at": NOON}


@operation(writes=True)
def half_done(asked, _):
    def change(connection):
        connection.execute(insert(account).values(ROW))
        raise Refusal("it went half way", "begin again", "conflict")

    return asked.write(change)


@operation(writes=True)
def half_kept(asked, _):
    """What the law forbids: the refusal comes after the commit."""
    asked.write(lambda connection: connection.execute(insert(account).values(ROW)).inserted_primary_key)
    return Refused("it went half way", "begin again", "conflict")


CASES = [
    (half_done, None, "conflict"),
    (ctas.add_cta, ctas.AddCta(account="ACME", title=" "), "unprocessable"),
    (ctas.add_cta, ctas.AddCta(account="ACME", title="x" * 201), "unprocessable"),
    (ctas.add_cta, ctas.AddCta(account="ACME", title="x", owner="nobody"), "not_found"),
    (ctas.close_cta, ctas.CloseCta(cta=99, outcome="resolved", useful=True), "not_found"),
    (ctas.snooze_cta, ctas.SnoozeCta(cta=99, until_day=TODAY + 1, note="x" * 4_001), "unprocessable"),
    (ctas.finish_task, ctas.FinishTask(cta=99, step=1), "not_found"),
    (tokens.create_token, tokens.CreateToken(name="", role=Role.ADMIN), "unprocessable"),
    (tokens.create_token, tokens.CreateToken(name="a", role=Role.CUSTOMER), "unprocessable"),
    (tokens.create_token, tokens.CreateToken(name="a", role=Role.CUSTOMER, account="NOBODY"), "not_found"),
    (tokens.revoke_token, 99, "not_found"),
    (webhooks.add_webhook, webhooks.AddWebhook(url="ftp://x"), "unprocessable"),
    (webhooks.ping_webhook, 99, "not_found"),
    (webhooks.redeliver, 99, "not_found"),
    (notices.add_channel, NewChannel(name="a\0b", url="json://example.com", language="en"), "unprocessable"),
    (notices.remove_channel, 99, "not_found"),
    (desired.put_desired, desired.WishFor(robot="none", skills=[], settings={}), "not_found"),
    (desired.put_desired, desired.WishFor(robot="hall-7", skills=[], settings={}, after_revision=7), "conflict"),
    (ledger.create_fact, ledger.CreateFact(kind=KINDS["account"], fields={"id": "ACME", "name": "x"}), "conflict"),
    (ledger.withdraw_fact, ledger.OneFact(kind=KINDS["account"], key="ACME"), "conflict"),
    (ledger.end_fact, ledger.EndFact(kind=TOUCH, key="a", last_day=TODAY), "unprocessable"),
    (imports.import_table, imports.ImportTable(table="contracts", file=io.BytesIO(CONTRACTS)), "unprocessable"),
    (imports.import_usage, imports.ImportUsage(file=io.BytesIO(USAGE)), "unprocessable"),
    (imports.undo_import, 99, "not_found"),
]


@pytest.fixture
def inside(store):
    fleets.story(store)
    return context.of(config.load(), store, lambda: NOON, COMMAND_LINE)


def rows(asked):
    """Every row of every table."""

    def read(connection):
        return {name: sorted(map(repr, connection.execute(select(table)))) for name, table in metadata.tables.items()}

    return asked.read(read)


def test_what_is_refused_leaves_the_store_as_it_was(inside):
    before = rows(inside)
    assert sum(map(len, before.values())) > 10
    for act, wanted, kind in CASES:
        refused = act(inside, wanted)
        assert isinstance(refused, Refused), (act.name, wanted)
        assert (act.name, refused.kind) == (act.name, kind)
        assert rows(inside) == before, act.name
    assert isinstance(half_kept(inside, None), Refused)
    assert rows(inside) != before, "the control: what was kept is seen"
