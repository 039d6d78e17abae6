"""One database of all lists: the rows of the exports, keys that hold, words that are found, and no secret."""

import csv
import io
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from collector import config, context
from collector.__main__ import main_group
from collector.access import tokens
from collector.access.caller import COMMAND_LINE, Role
from collector.exchange import portable
from collector.exchange.lists import NAMES
from collector.operations import exports, imports, webhooks
from collector.store.tables.notifications import notice_channel, webhook
from collector.values.refusal import Refused
from tests import fleets

SECRET, CHANNEL = "correct-horse-battery", "json://user:s3cretpassw0rd@example.com"


@pytest.fixture
def inside(store):
    fleets.story(store)
    fleets.one_fact_of_each_kind(store)
    fleets.one_cta(store)
    fleets.scored(store)
    with store.write() as connection:
        tokens.create(connection, SECRET, name="bi", role=Role.READER, account_external_id=None, now_s=fleets.NOON)
    settings = config.load({"store": store.url.render_as_string(hide_password=False)})
    made = context.of(settings, store, lambda: fleets.NOON, COMMAND_LINE)
    webhooks.add_webhook(made, webhooks.AddWebhook(url="https://example.com/hook"))
    with store.write() as connection:
        connection.execute(notice_channel.insert().values(name="hall", url=CHANNEL, created_at=fleets.NOON))
    return made


@pytest.fixture
def written(inside, tmp_path):
    path = tmp_path / "fleet-copy.db"
    done = exports.export_database(inside, exports.ExportDatabase(path=path))
    assert not isinstance(done, Refused), done
    with closing(sqlite3.connect(path)) as connection:
        yield path, connection


def rows_of(connection, table):
    return connection.execute(f"SELECT count(*) FROM [{table}]").fetchone()[0]


def test_every_list_is_a_table_with_the_rows_of_its_export(inside, written):
    _, connection = written
    some = 0
    for name in NAMES:
        out = io.BytesIO()
        done = exports.export_list(inside, exports.ExportList(list=name, form="csv", out=out))
        assert rows_of(connection, name) == done.rows, name
        some += bool(done.rows)
        heading = next(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"))))
        assert [row[1] for row in connection.execute(f"PRAGMA table_info([{name}])")] == heading
    assert some > 30
    told = dict(connection.execute("SELECT name, rows FROM about").fetchall())
    assert set(told) == set(NAMES)


def test_keys_hold_and_every_value_has_the_type_of_its_column(written):
    _, connection = written
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    links = {row[2] for row in connection.execute("PRAGMA foreign_key_list(touches)")}
    assert {"accounts", "contacts", "csms"} <= links
    for name in NAMES:
        for _, column, kind, _, _, key in connection.execute(f"PRAGMA table_info([{name}])").fetchall():
            found = {row[0] for row in connection.execute(f"SELECT DISTINCT typeof([{column}]) FROM [{name}]")}
            allowed = {"TEXT": {"text"}, "INTEGER": {"integer"}, "REAL": {"real", "integer"}}[kind]
            assert found - {"null"} <= allowed, (name, column, kind, found)
            assert not key or "null" not in found, (name, column)
    indexed = {row[0] for row in connection.execute("SELECT tbl_name FROM sqlite_master WHERE type = 'index'")}
    assert {"touches", "v_robot_day", "v_score", "usage"} <= indexed


def test_words_are_found_in_both_languages_and_the_portfolio_is_a_view(inside, tmp_path):
    text = "id,name\nC-9,北京市博物馆\nC-8,City Gallery\n".encode()
    assert imports.import_table(inside, imports.ImportTable(table="accounts", file=io.BytesIO(text))).created == 2
    path = tmp_path / "copy.db"
    exports.export_database(inside, exports.ExportDatabase(path=path))
    with closing(sqlite3.connect(path)) as connection:
        search = "SELECT id FROM accounts WHERE rowid IN (SELECT rowid FROM accounts_fts WHERE accounts_fts MATCH ?)"
        assert connection.execute(search, ["博物馆"]).fetchall() == [("C-9",)]
        assert connection.execute(search, ["galler"]).fetchall() == [("C-8",)]
        assert connection.execute(search, ["opera"]).fetchall() == []
        seen = connection.execute("SELECT id, band, open_calls FROM portfolio WHERE id = 'ACME'").fetchone()
        assert seen[0] == "ACME"
        assert seen[1] in {"red", "yellow", "green", "grey"}


def test_nothing_in_it_lets_anybody_in(written, store):
    path, _ = written
    content = path.read_bytes()
    with store.read() as connection:
        hashes = [row[0] for row in connection.exec_driver_sql("SELECT hash FROM api_token")]
        keys = [row[0] for row in connection.exec_driver_sql("SELECT value FROM store_fact")]
        signing = [row.secret for row in connection.execute(webhook.select())]
        channels = [row.url for row in connection.execute(notice_channel.select())]
    secrets = [SECRET, "s3cretpassw0rd", *hashes, *signing, *channels, *(key for key in keys if len(key) > 20)]
    assert len(secrets) > 4
    assert [secret for secret in secrets if secret.encode() in content] == []
    assert b"ACME" in content, "the control: what is in it is found so"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_is_there_whole_or_not_at_all_and_ids_are_as_they_are(inside, tmp_path):
    path = tmp_path / "copy.db"
    path.write_bytes(b"before")

    def fails(name):
        raise sqlite3.OperationalError(f"disk full at {name}")

    with pytest.raises(sqlite3.OperationalError):
        portable.write(path, NAMES, fails, 0, "1")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.glob("*.partial")) == []
    odd = b"id,name\n'none,Odd\n"
    imports.import_table(inside, imports.ImportTable(table="accounts", file=io.BytesIO(odd)))
    exports.export_database(inside, exports.ExportDatabase(path=path))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT id FROM accounts WHERE name = 'Odd'").fetchone() == ("none",)
    refused = exports.export_database(inside, exports.ExportDatabase(path=tmp_path / "no" / "copy.db"))
    assert isinstance(refused, Refused)
    assert "choose a file" in refused.remedy


def run(*words):
    return CliRunner().invoke(main_group, [str(word) for word in words])


def test_commands_write_all_of_it_or_the_views_alone(inside, store_url, tmp_path):
    path = tmp_path / "copy.db"
    inside.store.close()
    done = run("export", "--to-sqlite", path, "--store", store_url)
    assert (done.exit_code, f"in {len(NAMES)} tables to {path}" in done.stderr) == (0, True), done.output
    assert run("export", "--store", store_url).exit_code == 2
    assert run("export", "usage", "--to-sqlite", path, "--store", store_url).exit_code == 2
    bi = tmp_path / "bi.db"
    copied = run("store", "copy", "--views-only", store_url, f"sqlite:///{bi}")
    assert copied.exit_code == 0, copied.output
    with closing(sqlite3.connect(bi)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert tables - {"sqlite_stat1"} == {*portable.VIEWS, "about"}
        assert rows_of(connection, "v_score") == 2
    again = run("store", "copy", "--views-only", store_url, f"sqlite:///{bi}")
    assert "TO is there" in str(again.exception)
    other = run("store", "copy", "--views-only", store_url, "postgresql://x@y/z")
    assert "TO is no SQLite file" in str(other.exception)


async def test_the_api_sends_the_same_database(inside, tmp_path):
    async with fleets.site(inside.store) as site:
        headers = {"Authorization": f"Bearer {site.secrets['reader']}"}
        async with site.client.get(f"{site.url}/api/v1/export/all", headers=headers) as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, "application/vnd.sqlite3")
            (tmp_path / "got.db").write_bytes(await answer.read())
        headers = {"Authorization": f"Bearer {site.secrets['customer']}"}
        async with site.client.get(f"{site.url}/api/v1/export/all", headers=headers) as answer:
            assert answer.status == 403
    with closing(sqlite3.connect(tmp_path / "got.db")) as connection:
        assert rows_of(connection, "accounts") >= 2
