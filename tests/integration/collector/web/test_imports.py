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
from tests.workbooks import workbook_of

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


async def test_an_encoding_is_told_asked_for_and_named_at_the_api_and_by_the_command(site, store, tmp_path):
    kunden = "id,name\nC-1,Galerie Crème\n".encode("cp1252")
    status, answer = await site.ask("POST", "/import/accounts", data=kunden)
    assert status == 422
    assert "as cp1252 it says 'Crème', as cp1250 it says 'Crčme'" in answer["error"]["message"]
    status, done = await site.ask("POST", "/import/accounts/preview?encoding=windows-1252", data=kunden)
    assert (status, done["encoding"], done["sheet"]) == (200, "cp1252", None)
    assert done["first"][0]["fact"]["name"] == "Galerie Crème"
    file = tmp_path / "kunden.csv"
    file.write_bytes(kunden)
    where = ["--store", store.url]
    shown = CliRunner().invoke(
        main_group, ["import", "accounts", str(file), "--encoding", "cp1252", "--preview", *where]
    )
    assert shown.exit_code == 0, shown.output
    assert ", read as cp1252" in shown.output
    usage = "account,robot,day,counter,value\nKöln,hall-9,2026-01-01,interaction,4\n".encode("cp1252")
    status, done = await site.ask("POST", "/import/usage", data=usage)
    assert (status, done["encoding"]) == (200, "cp1252")
    status, answer = await site.ask("POST", "/import/usage?encoding=utf-8", data=usage)
    assert "the file is not in utf-8" in answer["error"]["message"]


async def test_an_exported_csv_begins_with_a_bom_and_json_lines_do_not(site):
    assert (await fetched(site, "/export/accounts"))[1].startswith(b"\xef\xbb\xbfid,")
    assert (await fetched(site, "/export/accounts?format=json"))[1].startswith(b"{")


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
        head = text.decode("utf-8-sig").splitlines()[0].split(",")
        _, lines = await fetched(site, f"/export/{name}?format=json")
        assert all(list(json.loads(line)) == head for line in lines.decode().splitlines())
        _, book = await fetched(site, f"/export/{name}?format=xlsx")
        rows = list(openpyxl.load_workbook(io.BytesIO(book), read_only=True).active.values)
        assert list(rows[0]) == head
        assert len(rows) == len(text.decode().splitlines())


async def test_a_list_is_narrowed_by_days_and_account(site):
    await site.ask("POST", "/import/contracts", data=CONTRACTS)
    text = (await fetched(site, "/export/contracts?account=BETA"))[1].decode("utf-8-sig")
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == ["HT-2"]
    text = (await fetched(site, f"/export/v_robot_day?from={iso(-1)}&to={iso(-1)}&account=BETA"))[1].decode("utf-8-sig")
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


CONTRACT_ROWS = [("id", "account", "starts", "ends"), ("HT-1", "C-1", "2026-01-01", "2026-12-31")]
ACCOUNT_ROWS = [("id", "name"), ("C-1", "Museum")]
VISIT_ROWS = [("account", "day", "direction", "channel"), ("Museum", "2026-05-01", "out", "visit")]
USAGE_ROWS = [("account", "robot", "day", "counter", "value"), ("C-1", "r-9", iso(-3), "dance", 7)]


async def test_a_workbook_is_taken_sheet_after_sheet_in_the_order_of_what_names_what(site):
    sheets = {"拜访记录": VISIT_ROWS, "合同": CONTRACT_ROWS, "greetings": [("hello",)], "accounts": ACCOUNT_ROWS}
    book = workbook_of(**sheets, touches=VISIT_ROWS, usage=USAGE_ROWS, hidden_客户=ACCOUNT_ROWS)
    status, shown = await site.ask("POST", "/import/all/preview", data=book)
    assert status == 200
    assert [(one["kind"], one["created"], one["import_id"]) for one in shown["sheets"]] == [
        ("account", 1, None), ("contract", 1, None), ("touch", 1, None)
    ]  # fmt: skip
    assert shown["usage"]["values"] == 1
    assert (await site.get("/imports"))[1]["items"] == [], "a preview writes nothing"
    status, done = await site.ask("POST", "/import/all?name=crm.xlsx", data=book)
    assert (status, done["refused"], done["ignored"]) == (200, 0, ["拜访记录", "greetings"])
    marks = (await site.get("/imports"))[1]["items"]
    assert [mark["name"] for mark in marks] == ["crm.xlsx: touches", "crm.xlsx: 合同", "crm.xlsx: accounts"]
    status, again = await site.ask("POST", "/import/all", data=book)
    assert {one["unchanged"] for one in again["sheets"]} == {1}, "rows without ids too"


async def test_one_bad_row_of_one_sheet_and_nothing_of_the_workbook_is_written(site):
    bad = [*CONTRACT_ROWS, ("HT-2", "C-9", "2026-01-01", "2026-12-31")]
    book = workbook_of(accounts=ACCOUNT_ROWS, contracts=bad)
    status, answer = await site.ask("POST", "/import/all", data=book)
    assert status == 422
    assert "contracts row 3: account: there is no account C-9" in answer["error"]["message"]
    assert (await site.get("/accounts/C-1"))[0] == 404
    status, some = await site.ask("POST", "/import/all?partial=true", data=book)
    assert (status, some["refused"]) == (200, 1)
    assert (await site.get("/contracts/HT-1"))[0] == 200
    for content, why in [
        (b"id,name\nC-1,Museum\n", "this is no workbook"),
        (workbook_of(people=ACCOUNT_ROWS), "no sheet is called as a table"),
        (workbook_of(contracts=bad, 合同=bad), "hold one table"),
        (workbook_of(usage=[*USAGE_ROWS, ("C-1", "r-9", "x", "dance", 7)]), "sheet usage: 1 bad row,"),
    ]:
        status, answer = await site.ask("POST", "/import/all", data=content)
        assert status == 422
        assert why in answer["error"]["message"]


def test_a_command_takes_a_workbook_and_a_partial_import_exits_with_3(store_url, tmp_path):
    file = tmp_path / "crm.xlsx"
    bad = [*CONTRACT_ROWS, ("HT-2", "C-9", "2026-01-01", "2026-12-31")]
    file.write_bytes(workbook_of(accounts=ACCOUNT_ROWS, contracts=bad))

    def run(*words):
        return CliRunner().invoke(main_group, ["import", "all", str(file), "--store", store_url, *words])

    refused = run()
    assert isinstance(refused.exception, CommandRefused)
    shown = run("--preview", "--partial")
    assert (shown.exit_code, "would be imported" in shown.output) == (0, True)
    some = run("--partial")
    assert (some.exit_code, "row 3: account: there is no account C-9" in some.output) == (3, True)
    file.write_bytes(workbook_of(accounts=ACCOUNT_ROWS, contracts=CONTRACT_ROWS))
    assert run("--partial").exit_code == 0


def test_a_file_of_which_no_row_is_good_leaves_no_new_store_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mutes.csv").write_text("account,measure\nC-9,NONE\n")
    refused = CliRunner().invoke(main_group, ["import", "mutes", "mutes.csv", "--partial"])
    assert isinstance(refused.exception, CommandRefused)
    assert [one.name for one in tmp_path.iterdir()] == ["mutes.csv"]
    (tmp_path / "accounts.csv").write_text("id,name\nA-1,One\n,Two\n")
    CliRunner().invoke(main_group, ["import", "accounts", "accounts.csv", "--partial"])
    assert (tmp_path / "fleet.db").exists(), "the control: one good row makes it"
