"""Files in and out by operation: one answer at every door, permissions within, no turn held while a file is read."""

import asyncio
import io
from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from collector import config, context
from collector.__main__ import main_group
from collector.access.caller import COMMAND_LINE, Caller, Role
from collector.commands.door import CommandRefused
from collector.exchange.errors import RemoteError
from collector.exchange.imports import rows
from collector.fleet.scope import Scope, account_id_of
from collector.operations import exports, imports
from collector.store.tables.fleet import robot
from collector.values.refusal import Refused
from tests import fleets
from tests.fleets import NOON, iso

CONTRACTS = "id,account,starts,ends\nHT-1,ACME,2026-01-01,2026-12-31\nHT-2,NOBODY,2026-02-01,2027-01-31\n"
USAGE = f"account,robot,day,counter,value\nACME,r-1,{iso(-3)},dance,7\n"
WAIT_S, DEADLOCK_S = 120, 0.5


@pytest.fixture
def inside(store):
    """The context of the command line on a small fleet, as of noon today."""
    fleets.story(store)
    settings = config.load({"store": store.url.render_as_string(hide_password=False)})
    return context.of(settings, store, lambda: NOON, COMMAND_LINE)


def as_customer(inside, account):
    with inside.store.read() as connection:
        scope = Scope.of(account_id_of(connection, account))
    return inside.seen_by(Caller(7, "Li Wei", Role.CUSTOMER, scope, account))


def invoke(*words):
    return CliRunner().invoke(main_group, [str(word) for word in words])


async def test_a_refused_file_is_refused_alike_by_a_command_by_a_command_with_url_and_by_the_api(
    store, store_url, tmp_path, monkeypatch
):
    monkeypatch.setattr(rows, "FILE_MAX_BYTES", 1_000)
    fleets.story(store)
    files = {
        "contracts": CONTRACTS.encode(),
        "usage": USAGE.encode() + b"ACME,r 1,x,danse,-1\n",
        "accounts": b"id,name\n" + b"A,B\n" * 300,
        "robots": b"id\n1\n",
    }
    says = {
        "contracts": "row 3: account: there is no account NOBODY",
        "usage": "row 3: robot: 'r 1'",
        "accounts": "the file has more than 1000 bytes",
        "robots": "there is no table 'robots'",
    }
    async with fleets.site(store) as site:
        far = ["--url", site.url, "--token", site.secrets["admin"]]
        for name, content in files.items():
            status, answer = await site.ask("POST", f"/import/{name}", data=content)
            assert status == {"accounts": 413, "robots": 404}.get(name, 422)
            error = answer["error"]
            assert says[name] in error["message"]
            if name == "robots":  # no such command
                continue
            file = tmp_path / f"{name}.csv"
            file.write_bytes(content)
            remote = (await asyncio.to_thread(invoke, "import", name, file, *far)).exception
            assert isinstance(remote, RemoteError)
            own = error["remedy"].replace("partial=true", "`--partial`")
            assert str(remote) == f"{error['message']}; {own}"
            if store.dialect == "postgresql":  # SQLite's one writer is the site
                here = (await asyncio.to_thread(invoke, "import", name, file, "--store", store_url)).exception
                assert isinstance(here, CommandRefused)
                assert says[name] in str(here)
                assert own in str(here)


async def test_a_file_is_read_while_others_write_and_only_the_writing_takes_the_turn(inside):
    """Each read of the file waits until somebody else has written: it never ends where the reader has the turn."""
    parts = fleets.Parts(context=inside, monotonic=lambda: 0.0)

    class Slow(io.BytesIO):
        patience_s = WAIT_S

        def read(self, *size):
            def write():
                with inside.store.write() as connection:
                    connection.execute(select(robot.c.id)).all()

            inside.store.pool.submit(write).result(timeout=self.patience_s)
            return super().read(*size)

    for operation in (imports.import_table, imports.import_usage):
        file = Slow((USAGE if operation is imports.import_usage else CONTRACTS.replace("NOBODY", "BETA")).encode())
        wanted = (
            imports.ImportUsage(file=file)
            if operation is imports.import_usage
            else imports.ImportTable(table="contracts", file=file)
        )
        done = await parts.do(operation, inside, wanted)
        assert not isinstance(done, Refused)
        file.seek(0)
        file.patience_s = DEADLOCK_S
        with pytest.raises(TimeoutError):  # the control: run as every other change is
            await parts.do(replace(operation, long=False), inside, wanted)


def exported(inside, name, **how):
    out = io.BytesIO()
    done = exports.export_list(inside, exports.ExportList(list=name, form="csv", out=out, **how))
    return (
        done
        if isinstance(done, Refused)
        else [line.split(",") for line in out.getvalue().decode("utf-8-sig").splitlines()]
    )


def test_a_customer_takes_out_its_own_robots_and_no_list_of_the_vendors(inside):
    customer = as_customer(inside, "BETA")
    _, *own = exported(customer, "usage")
    _, *every = exported(inside, "usage")
    assert {line[0] for line in own} == {"BETA"}
    assert {line[0] for line in every} == {"ACME", "BETA"}
    assert exported(customer, "contracts").kind == "forbidden"
    assert exported(customer, "usage", account="ACME").kind == "not_found"
    assert imports.list_imports(customer, imports.ListImports(limit=9)).kind == "forbidden"


def test_who_imported_is_who_asked(inside):
    content = CONTRACTS.replace("NOBODY", "BETA").encode()
    staff = inside.seen_by(Caller(3, "Wang Fang", Role.STAFF, COMMAND_LINE.scope))
    done = imports.import_table(staff, imports.ImportTable(table="contract", file=io.BytesIO(content)))
    assert (done.created, done.refused) == (2, 0)
    (mark,) = imports.list_imports(inside, imports.ListImports(limit=9)).items
    assert (mark.author, mark.name) == ("Wang Fang", "contracts")
    assert imports.undo_import(inside, mark.id).withdrawn == 2
    (mark,) = imports.list_imports(inside, imports.ListImports(limit=9)).items
    assert mark.undone_by == "command line"
    assert imports.undo_import(inside, mark.id).kind == "conflict"
    assert imports.undo_import(inside, 99).kind == "not_found"


def test_a_command_that_only_reads_makes_no_store_and_an_import_makes_one(tmp_path):
    store, file = tmp_path / "fleet.db", tmp_path / "usage.csv"
    file.write_text(USAGE)
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("id,name\nA,B\n")
    where = ["--store", f"sqlite:///{store}"]
    for words in (
        ("export", "usage"), ("export", "v_score"), ("import", "list"), ("verify", "--truth", file),
        ("import", "accounts", accounts, "--preview"),
    ):  # fmt: skip
        done = invoke(*words, *where)
        assert "does not exist" in str(done.exception), words
        assert not store.exists(), words
    assert invoke("import", "accounts", accounts, *where).exit_code == 0
    assert store.exists()


def test_a_template_needs_no_store(tmp_path):
    out = tmp_path / "form.xlsx"
    assert invoke("import", "template", "all", "--out", out, "--store", f"sqlite:///{tmp_path}/none.db").exit_code == 0
    assert out.read_bytes().startswith(b"PK")
    refused = invoke("import", "template", "robots", "--out", out)
    assert "there is no table 'robots'; tables: resellers" in str(refused.exception)


def test_the_store_of_the_settings_file_is_read_and_written(tmp_path):
    settings, file = tmp_path / "collector.toml", tmp_path / "usage.csv"
    settings.write_text(f'store = "sqlite:///{tmp_path}/named.db"\n')
    file.write_text(USAGE)
    assert invoke("import", "usage", file, "--config", settings).output.startswith("imported: 1 values")
    assert (tmp_path / "named.db").exists()
    assert f"ACME,r-1,{iso(-3)},dance,7" in invoke("export", "usage", "--config", settings).output
    assert invoke("verify", "--truth", file, "--config", settings).output.startswith("equal: 1 robots")
