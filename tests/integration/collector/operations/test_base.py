"""A fact that does not say its currency or its time zone is in the installation's, whoever says it."""

import contextlib
import io

import pytest
from click.testing import CliRunner

from collector import config, context
from collector.__main__ import main_group
from collector.access.caller import THE_CLOCK
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.registry import KINDS
from collector.operations import imports, ledger
from collector.store.engine import open_store
from collector.values.refusal import Refused
from collector.web.api.ledger import body_of
from tests.batches import NOON

EURO = {"base_currency": "EUR", "base_timezone": "Europe/Berlin"}
SETTINGS = [(EURO, ("EUR", "Europe/Berlin")), ({}, ("CNY", "UTC"))]
OTHER = {"currency": "USD", "timezone": "America/Chicago"}
LEFT_AWAY = {
    "csm": {"name": "Ana"},
    "account": {"name": "Acme"},
    "contract": {"account": "account-1", "starts": "2026-01-01", "ends": "2026-12-31"},
    "cost": {"day": "2026-01-01", "category": "sales", "amount": "5.00"},
}


def asked(store, settings):
    return context.of(config.load(settings), store, lambda: NOON, THE_CLOCK)


def said_by(asking, kind, **fields):
    """What a fact says that is created as the API creates it, and is then corrected to say the same."""
    body = body_of(kind)(id=f"{kind.key}-1", **LEFT_AWAY[kind.key], **fields)
    given = {name: getattr(body, name) for name in kind.model.__dataclass_fields__}
    made = ledger.create_fact(asking, ledger.CreateFact(kind=kind, fields=given))
    corrected = ledger.correct_fact(asking, ledger.CorrectFact(kind=kind, key=made["id"], fields=given))
    assert {**made, "version": 0} == {**corrected, "version": 0}
    return made


@pytest.mark.parametrize(("settings", "base"), SETTINGS)
def test_what_the_api_is_not_told_is_the_settings(store, settings, base):
    asking = asked(store, settings)
    for kind in (KINDS[key] for key in LEFT_AWAY):
        made = said_by(asking, kind)
        assert (made["currency"], made.get("timezone", base[1])) == base, kind.key


def test_what_the_api_is_told_stands_whatever_the_settings_say(store):
    asking = asked(store, EURO)
    for kind in (KINDS[key] for key in LEFT_AWAY):
        made = said_by(asking, kind, **{name: OTHER[name] for name in kind.from_base})
        assert {name: made[name] for name in kind.from_base} == {name: OTHER[name] for name in kind.from_base}


def imported(asking, table, text):
    return imports.import_table(asking, imports.ImportTable(table=table, file=io.BytesIO(text.encode())))


def standing(asking, table):
    found = ledger.list_facts(asking, ledger.ListFacts(kind=KINDS[table], knowledge=NOW, limit=20))
    return {item["id"]: (item["currency"], item.get("timezone")) for item in found.items}


@pytest.mark.parametrize(("settings", "base"), SETTINGS)
def test_what_a_file_does_not_say_is_the_settings_and_what_it_says_stands(store, settings, base):
    asking = asked(store, settings)
    imported(asking, "account", "id,name,currency,timezone\nA,A,,\nB,B,USD,America/Chicago\n")
    imported(asking, "account", "id,name\nC,C\n")
    assert standing(asking, "account") == {"A": base, "B": ("USD", "America/Chicago"), "C": base}
    imported(
        asking,
        "contract",
        "id,account,starts,ends,currency\nK,A,2026-01-01,2026-12-31,\nL,A,2026-01-01,2026-12-31,USD\n",
    )
    assert standing(asking, "contract") == {"K": (base[0], None), "L": ("USD", None)}
    imports.import_usage(
        asking,
        imports.ImportUsage(file=io.BytesIO(b"account,robot,day,counter,value\nD,r-1,2026-01-01,interaction,7\n")),
    )
    assert standing(asking, "account")["D"] == base


def test_a_fact_keeps_the_currency_that_it_was_said_in_when_the_setting_changes(store):
    imported(asked(store, {}), "account", "id,name\nA,A\n")
    done = imported(asked(store, EURO), "account", "id,name\nA,Another name\n")
    assert done.corrected == 1
    assert standing(asked(store, EURO), "account") == {"A": ("CNY", "UTC")}


@pytest.mark.parametrize(("sign", "settings", "currency"), [
    ("¥", {}, "CNY"), ("¥", EURO, None), ("€", EURO, "EUR"), ("$", EURO, "USD"), ("", EURO, "EUR"),
])  # fmt: skip
def test_a_sign_beside_an_amount_is_not_read_as_the_bases(store, sign, settings, currency):
    """¥ in a store of EUR is refused: it is CNY or JPY, and nobody says which."""
    done = imported(asked(store, settings), "cost", f"id,day,category,amount\nG,2026-01-01,sales,{sign}5\n")
    assert isinstance(done, Refused) is (currency is None)
    if currency is None:
        assert "its sign says CNY and the currency EUR" in done.details[0]
    else:
        assert standing(asked(store, settings), "cost") == {"G": (currency, None)}


@pytest.mark.parametrize(("settings", "base"), SETTINGS)
def test_the_import_command_obeys_the_settings(store_url, tmp_path, settings, base):
    file = tmp_path / "accounts.csv"
    file.write_text("id,name\nA,A\n", encoding="utf-8")
    given = {f"COLLECTOR_{name.upper()}": value for name, value in settings.items()}
    done = CliRunner().invoke(main_group, ["import", "accounts", str(file), "--store", store_url], env=given)
    assert done.exit_code == 0, done.output
    with contextlib.closing(open_store(store_url)) as opened:
        assert standing(asked(opened, {}), "account") == {"A": base}
