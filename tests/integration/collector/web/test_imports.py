"""Tables through the API and the commands: preview, import, undo, templates, exports; and who may."""

import io
import json

import openpyxl
import pytest
from click.testing import CliRunner

from collector.__main__ import main_group
from collector.accounts.ledger.kinds.registry import KINDS
from collector.commands.door import CommandRefused
from collector.exchange.lists import NAMES
from tests import fleets
from tests.fleets import iso

CONTRACTS = "id,account,starts,ends\nHT-1,ACME,2026-01-01,2026-12-31\nHT-2,BETA,2026年2月1日,2027/1/31\n"


@pytest.fixture
async def site(store):
    fleets.story(store)
    async with fleets.site(store) as site:
        yield site


async def test_a_file_is_previewed_imported_listed_and_undone(site):
    status, shown = await site.ask("POST", "/import/contracts/preview", data=CONTRACTS)
    assert (status, shown["created"], shown["import_id"]) == (200, 2, None)
    assert shown["first"][1]["fact"]["starts"] == "2026-02-01"
    status, done = await site.ask("POST", "/import/contract?name=ledger.csv", data=CONTRACTS)
    assert (status, done["created"]) == (200, 2)
    assert (await site.get("/contracts/HT-2"))[1]["ends"] == "2027-01-31"
    (mark,) = (await site.get("/imports"))[1]["items"]
    assert (mark["name"], mark["created"], mark["undone_at"]) == ("ledger.csv", 2, None)
    assert (await site.ask("POST", f"/imports/{mark['id']}/undo"))[1]["withdrawn"] == 2
    status, again = await site.ask("POST", f"/imports/{mark['id']}/undo")
    assert status == 409
    assert "already" in again["error"]["message"]


async def test_bad_rows_are_named_and_nothing_is_imported(site):
    bad = CONTRACTS + "HT-3,NOBODY,2026-01-01,2026-12-31\n"
    status, answer = await site.ask("POST", "/import/contracts", data=bad)
    assert status == 422
    assert "row 4: account: there is no account NOBODY" in answer["error"]["message"]
    assert "partial=true" in answer["error"]["remedy"]
    assert (await site.get("/contracts"))[1]["items"] == []
    status, some = await site.ask("POST", "/import/contracts?partial=true", data=bad)
    assert (status, some["created"], some["refused"]) == (200, 2, 1)


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/import/contracts", b"\xd0\xcf\x11\xe0 old", "save it as XLSX"),
        ("/import/contracts", b"PK\x03\x04 broken", "this is no XLSX file, or a damaged one"),
        ("/import/contracts", b"a,b\n1,2\n", "no heading of a column is known"),
        ("/import/contracts", b"", "the file is empty"),
        ("/import/contracts?sheet=x", b"id\n1\n", "a CSV file has one sheet"),
        ("/import/contracts?timezone=Mars", b"id\n1\n", "is no time zone"),
        ("/import/contracts?map=%7B%22a%22%3A%22strats%22%7D", b"id\n1\n", "did you mean starts?"),
    ],
)
async def test_a_file_that_is_no_table_is_refused_with_the_remedy(site, path, body, says):
    status, answer = await site.ask("POST", path, data=body)
    assert status == 422
    assert says in answer["error"]["message"]


async def test_only_those_inside_see_and_only_writers_write(site):
    assert (await site.ask("POST", "/import/contracts", "reader", data=CONTRACTS))[0] == 403
    for path in ("/imports", "/export/accounts", "/templates/accounts"):
        assert (await site.ask("GET", path, "customer"))[0] == 403
    assert (await site.ask("GET", "/export/nothing"))[0] == 404
    assert (await site.ask("POST", "/import/robots", data="x"))[0] == 404


async def fetched(site, path):
    headers = {"Authorization": f"Bearer {site.secrets['reader']}"}
    async with site.client.get(f"{site.url}/api/v1{path}", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return answer.headers, await answer.read()


async def test_every_list_is_exported_in_every_form(site):
    await site.ask("POST", "/import/contracts", data=CONTRACTS)
    for name in NAMES:
        headers, text = await fetched(site, f"/export/{name}")
        assert headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
        head = text.decode().splitlines()[0].split(",")
        _, lines = await fetched(site, f"/export/{name}?format=json")
        assert all(list(json.loads(line)) == head for line in lines.decode().splitlines())
        _, book = await fetched(site, f"/export/{name}?format=xlsx")
        rows = list(openpyxl.load_workbook(io.BytesIO(book), read_only=True).active.values)
        assert list(rows[0]) == head
        assert len(rows) == len(text.decode().splitlines())


async def test_a_list_is_narrowed_by_days_and_account(site):
    await site.ask("POST", "/import/contracts", data=CONTRACTS)
    text = (await fetched(site, "/export/contracts?account=BETA"))[1].decode()
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == ["HT-2"]
    text = (await fetched(site, f"/export/v_robot_day?from={iso(-1)}&to={iso(-1)}&account=BETA"))[1].decode()
    assert {line.split(",")[0] for line in text.splitlines()[1:]} == {"ktv-2", "park-1"}


async def test_a_body_that_is_not_in_its_encoding_is_refused_and_no_bug(site):
    for path, how in (("/import/contracts", {"data": CONTRACTS}), ("/accounts", {"data": b"{}"})):
        headers = {"Content-Encoding": "gzip", "Connection": "close"}
        status, answer = await site.ask("POST", path, headers=headers, **how)
        assert (status, answer["error"]["remedy"]) == (400, "send it without Content-Encoding"), path


async def test_a_list_of_an_unknown_account_is_refused_instead_of_empty(site):
    status, answer = await site.get("/export/contracts?account=NOBODY")
    assert (status, answer["error"]["message"]) == (404, "there is no account NOBODY")


async def test_a_template_is_a_table_of_its_kind(site):
    _, text = await fetched(site, "/templates/touches?format=csv")
    assert text.startswith(b"\xef\xbb\xbfid ")
    _, book = await fetched(site, "/templates/all")
    titles = openpyxl.load_workbook(io.BytesIO(book), read_only=True).sheetnames
    assert titles[:-1] == [kind.path for kind in KINDS.values()]


def invoke(*words):
    return CliRunner().invoke(main_group, [*words])


def test_the_commands_import_show_undo_and_export(tmp_path, store_url, store):
    store.close()  # the commands open it themselves
    where = ["--store", store_url]
    accounts, contracts = tmp_path / "accounts.csv", tmp_path / "合同.csv"
    accounts.write_bytes("编号,名称\nACME,博物馆\nBETA,=HYPERLINK\n".encode("gbk"))
    refused = invoke("import", "accounts", str(accounts), *where)
    assert isinstance(refused.exception, CommandRefused)
    assert "row 3: name: '=HYPERLINK' would run as a formula" in str(refused.exception)
    accounts.write_bytes("编号,名称\nACME,博物馆\nBETA,'=HYPERLINK\n".encode("gbk"))
    assert invoke("import", "accounts", str(accounts), *where).output.startswith(
        "imported from accounts.csv: 2 created"
    )
    contracts.write_text(CONTRACTS.replace("account", "Kunde"), encoding="utf-16")
    mapping = json.dumps({"Kunde": "account"})
    shown = invoke("import", "contract", str(contracts), "--map", mapping, "--preview", *where).output
    assert "row 3 created: id=HT-2, account=BETA, starts=2026-02-01, ends=2027-01-31" in shown
    done = json.loads(invoke("import", "contracts", str(contracts), "--map", mapping, "--json", *where).output)
    assert "2 created" in invoke("import", "list", *where).output.replace("      2", "2")
    out = tmp_path / "out.xlsx"
    assert invoke("export", "accounts", "--format", "xlsx", "--out", str(out), *where).exit_code == 0
    names = [row[1] for row in openpyxl.load_workbook(out).active.values]
    assert names == ["name", "博物馆", "'=HYPERLINK"]
    again = invoke("import", "accounts", str(out), *where).output
    assert "0 created, 0 corrected, 2 unchanged" in again, "what export writes import reads"
    assert "2 withdrawn" in invoke("import", "undo", str(done["import_id"]), *where).output
    assert isinstance(invoke("import", "undo", "99", *where).exception, CommandRefused)
    form = tmp_path / "form.csv"
    assert invoke("import", "template", "touches", "--out", str(form)).exit_code == 0
    assert invoke("import", "touches", str(form), *where).output.startswith("imported from form.csv: 0 created")
