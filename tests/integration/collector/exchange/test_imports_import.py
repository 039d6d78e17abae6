"""Tables into the ledger: all of a file or nothing, idempotent by id, undone by new versions. Both databases."""

import hashlib
import io

import pytest
from sqlalchemy import func, select

from collector.accounts.ledger import facts, writing
from collector.accounts.ledger.facts import Knowledge, Origin
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.exchange.imports import bringing, marks, rows, undoing
from collector.exchange.imports.bringing import Sent
from collector.exchange.imports.facts import ReadingOptions, table_of
from collector.exchange.imports.tray import Tray
from collector.exchange.imports.undoing import NotUndone, Undone
from collector.store.tables.fleet import account
from collector.store.tables.ledger import fact, import_file
from tests.plain_facts import BASE
from tests.policies import FACT_RULES

NOW = 1_780_000_000
ACCOUNTS = "id,name,industry,csm,referred_by\nC-1,Museum,culture,,\nC-2,酒店,hospitality,,C-1\n"
CONTRACTS = "id,account,starts,ends\nHT-1,C-1,2026-01-01,2026-12-31\nHT-2,C-2,2026年2月1日,2027/1/31\n"


def load(store, kind, text, *, now_s=NOW, preview=False, encoding="utf-8", **how):
    """What an import of this text says."""
    content = text if isinstance(text, bytes) else text.encode(encoding)
    mapping = how.pop("mapping", {})
    sent = Sent(
        "file.csv", hashlib.sha256(content).hexdigest(), "Li Wei", now_s, FACT_RULES, now_s // 86_400, mapping, **how
    )
    with Tray(KINDS[kind]) as tray:
        with rows.opened(io.BytesIO(content)) as source:
            tray.take(table_of(KINDS[kind], source, ReadingOptions(BASE, mapping)))
        if preview:
            with store.read() as connection:
                return bringing.preview(connection, tray, sent)
        with store.write() as connection:
            return bringing.bring(connection, tray, sent)


def undo(store, import_id, now_s=NOW + 100):
    with store.write() as connection:
        return undoing.undo(connection, import_id, "Li Wei", now_s)


def standing(store, kind):
    """{id: fact} of what stands and is not withdrawn."""
    with store.read() as connection:
        wanted = select(fact).where(fact.c.kind == kind, fact.c.replaced_at.is_(None), fact.c.withdrawn.is_(False))
        return {row.key: KINDS[kind].load(row.body) for row in connection.execute(wanted)}


def versions(store):
    with store.read() as connection:
        return connection.scalar(select(func.count()).select_from(fact))


def test_a_file_creates_then_leaves_alone_then_corrects_what_changed(store):
    done = load(store, "account", ACCOUNTS)
    assert (done.created, done.corrected, done.unchanged, done.refused) == (2, 0, 0, 0)
    assert standing(store, "account")["C-2"].referred_by == "C-1"
    again = load(store, "account", ACCOUNTS, now_s=NOW + 1)
    assert (again.created, again.corrected, again.unchanged, again.import_id) == (0, 0, 2, None)
    better = load(store, "account", ACCOUNTS.replace("Museum", "City Museum"), now_s=NOW + 2)
    assert (better.created, better.corrected, better.unchanged) == (0, 1, 1)
    assert versions(store) == 3
    with store.read() as connection:
        assert [mark.id for mark in marks.page(connection, limit=10).items] == [better.import_id, done.import_id]
        assert connection.scalar(select(account.c.name).where(account.c.external_id == "C-1")) == "City Museum"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_an_encoding_changes_nothing(store, encoding):
    load(store, "account", ACCOUNTS.replace("name", "名称", 1), encoding=encoding)
    assert standing(store, "account")["C-2"].name == "酒店"


def test_a_field_without_a_column_keeps_what_the_ledger_says_and_an_empty_cell_empties(store):
    load(store, "account", ACCOUNTS)
    done = load(store, "account", "id,name,referred_by\nC-2,Hotel,\n", now_s=NOW + 1)
    assert "industry" in done.absent
    changed = standing(store, "account")["C-2"]
    assert (changed.name, changed.industry, changed.referred_by) == ("Hotel", "hospitality", None)


def test_bad_rows_are_named_and_nothing_is_half_imported_unless_asked_for(store):
    load(store, "account", ACCOUNTS)
    bad = CONTRACTS + (
        "HT-3,C-9,2026-01-01,2026-12-31\n"  # 4: nobody knows C-9
        "HT-4,C-1,2026-12-31,2026-01-01\n"  # 5: ends before it starts
        "HT-1,C-1,2026-01-01,2026-12-31\n"  # 6: the id of row 2
        "=HT,C-1,2026-01-01,03/04/2026\n"  # 7: a formula, and a day that is two
        "HT-5,C-1,2026-01-01,2026-12-31\n"
    )
    before = versions(store)
    refused = load(store, "contract", bad)
    assert refused.import_id is None
    assert refused.refused == 4
    assert versions(store) == before
    said = "\n".join(refused.problems)
    assert "row 4: account: there is no account C-9; correct the id, or create it first" in said
    assert "row 5: ends: 2026-01-01 is before starts (2026-12-31)" in said
    assert "row 6: id: HT-1 stands in row 2 already; keep one of the two rows" in said
    assert "row 7: id: '=HT' would run as a formula" in said
    assert "could be 2026-03-04 or 2026-04-03" in said
    with store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(import_file)) == 1
    some = load(store, "contract", bad, partial=True)  # the control: told to, it takes the good rows
    assert (some.created, some.refused) == (3, 4)
    assert set(standing(store, "contract")) == {"HT-1", "HT-2", "HT-5"}


def test_a_refused_row_takes_those_with_it_that_name_it(store):
    text = "id,name,referred_by,csm\nC-1,One,,nobody\nC-2,Two,C-1,\nC-3,Three,C-2,\nC-4,Four,,\n"
    some = load(store, "account", text, partial=True)
    assert set(standing(store, "account")) == {"C-4"}
    assert (some.created, some.refused) == (1, 3)


def test_a_preview_says_what_would_happen_and_writes_nothing(store):
    load(store, "account", ACCOUNTS)
    text = "客户编号,客户名称,地区,温度\nC-1,Museum,华东,3\nC-3,New,,4\nC-4,,,5\n"
    shown = load(store, "account", text, preview=True)
    assert (shown.created, shown.corrected, shown.refused, shown.import_id) == (1, 1, 1, None)
    assert shown.columns == {"id": "客户编号", "name": "客户名称", "region": "地区"}
    assert shown.ignored == ["温度"]
    assert [(row.row, row.did, row.fact["region"]) for row in shown.first] == [
        (2, "corrected", "华东"),
        (3, "created", ""),
    ]
    assert versions(store) == 2


def test_history_was_known_when_it_happened_and_other_files_since_they_came(store):
    load(store, "account", "id,name,signed_day,recorded_day\nC-1,Museum,2025-01-10,2025-01-20\n", history=True)
    load(store, "contract", "id,account,starts,ends\nHT-1,C-1,2025-02-01,2026-01-31\n", history=True)
    load(store, "contract", "id,account,starts,ends\nHT-2,C-1,2025-02-01,2026-01-31\n")

    def contracts(day, basis):
        with store.read() as connection:
            row_id = connection.scalar(select(account.c.id))
            known = facts.known(connection, [row_id], Knowledge(days.parse(day) * 86_400 + 1, basis))
        return [one.id for one in known[row_id].contracts] if row_id in known else None

    assert contracts("2025-01-19", "recorded") is None
    assert contracts("2025-01-20", "recorded") == []
    assert contracts("2025-02-01", "recorded") == ["HT-1"]
    assert contracts("2025-02-01", "arrived") is None


def test_a_fact_of_the_future_was_not_known_in_the_future(store):
    load(store, "account", "id,name\nC-1,Museum\n")
    load(store, "contract", "id,account,starts,ends\nHT-1,C-1,2090-02-01,2091-01-31\n", history=True)
    with store.read() as connection:
        assert connection.scalar(select(fact.c.recorded_at).where(fact.c.kind == "contract")) == NOW


def test_an_undo_withdraws_what_was_created_and_restores_what_was_corrected(store):
    load(store, "account", ACCOUNTS)
    done = load(store, "account", "id,name\nC-1,Gallery\nC-3,New\n", now_s=NOW + 1)
    before = versions(store)
    assert undo(store, done.import_id) == Undone(done.import_id, withdrawn=1, restored=1)
    assert versions(store) == before + 2, "nothing is deleted"
    assert {key: said.name for key, said in standing(store, "account").items()} == {"C-1": "Museum", "C-2": "酒店"}
    again = undo(store, done.import_id)
    assert isinstance(again, NotUndone)
    assert "already" in again.why


def test_an_import_that_a_later_correction_stands_on_is_not_undone_until_that_is(store):
    first = load(store, "account", ACCOUNTS)
    second = load(store, "account", "id,name\nC-1,Gallery\n", now_s=NOW + 1)
    before = versions(store)
    refused = undo(store, first.import_id)
    assert isinstance(refused, NotUndone)
    assert "account C-1 (version 2, by Li Wei)" in refused.why
    assert versions(store) == before
    assert isinstance(undo(store, second.import_id, NOW + 200), Undone)
    assert isinstance(undo(store, first.import_id, NOW + 300), Undone)
    assert standing(store, "account") == {}


def test_an_import_that_others_refer_to_is_not_undone_until_they_are(store):
    accounts = load(store, "account", ACCOUNTS)
    contracts = load(store, "contract", CONTRACTS, now_s=NOW + 1)
    refused = undo(store, accounts.import_id)
    assert isinstance(refused, NotUndone)
    assert "account C-1 (by contract HT-1)" in refused.why
    assert set(standing(store, "account")) == {"C-1", "C-2"}
    assert isinstance(undo(store, contracts.import_id, NOW + 200), Undone)
    assert isinstance(undo(store, accounts.import_id, NOW + 300), Undone)


def test_a_large_import_is_undone_some_facts_at_a_time_and_refused_as_a_whole(store, monkeypatch):
    monkeypatch.setattr(undoing, "_AT_ONCE", 2)
    rows_ = "".join(f"C-{n},Name\n" for n in range(5))
    done = load(store, "account", "id,name\n" + rows_)
    later = load(store, "account", "id,name\nC-0,Other\nC-4,Other\n")
    refused = undo(store, done.import_id)
    assert "2 facts were changed after this import" in refused.why
    assert len(standing(store, "account")) == 5
    assert undo(store, later.import_id).restored == 2
    assert undo(store, done.import_id).withdrawn == 5
    assert standing(store, "account") == {}


def test_what_somebody_took_back_already_does_not_stand_in_the_way_of_an_undo(store):
    done = load(store, "account", ACCOUNTS)
    with store.write() as connection:
        writing.withdraw(connection, KINDS["account"], ["C-2"], Origin("Wang Fang", NOW + 50))
    assert undo(store, done.import_id) == Undone(done.import_id, withdrawn=1, restored=0)
    assert standing(store, "account") == {}


def test_an_account_that_referred_another_one_is_not_taken_back_before_it(store):
    first = load(store, "account", "id,name\nC-1,Museum\n")
    load(store, "account", "id,name,referred_by\nC-2,Hotel,C-1\n")
    refused = undo(store, first.import_id)
    assert isinstance(refused, NotUndone)
    assert "account C-1 (by account C-2)" in refused.why
    with store.write() as connection:
        (outcome,) = writing.withdraw(connection, KINDS["account"], ["C-1"], Origin("Wang Fang", NOW + 50))
    assert (outcome.did, "account C-2" in outcome.complaints[0].why) == ("refused", True)


def test_an_undone_history_was_never_known(store):
    load(store, "account", "id,name\nC-1,Museum\n", history=True)
    done = load(store, "contract", "id,account,starts,ends\nHT-1,C-1,2025-02-01,2026-01-31\n", history=True)
    undo(store, done.import_id)
    with store.read() as connection:
        row_id = connection.scalar(select(account.c.id))
        known = facts.known(connection, [row_id], Knowledge(days.parse("2025-06-01") * 86_400, "recorded"))
    assert known[row_id].contracts == ()


def test_a_robot_at_two_accounts_on_a_day_is_kept_as_a_conflict_and_named(store):
    load(store, "account", ACCOUNTS)
    text = "id,account,robot,from_day,to_day\nD-1,C-1,hall-7,2026-01-01,\nD-2,C-2,hall-7,2026-03-01,2026-03-31\n"
    unknown = load(store, "deployment", text)
    assert "there is no robot hall-7" in unknown.problems[0]
    done = load(store, "deployment", text, new_robots=True)
    assert done.created == 2
    assert done.conflicts == ["row 3: deployment D-2 contradicts D-1"]


def test_an_account_and_a_csm_are_named_by_a_unique_name_or_mail(store, monkeypatch):
    load(store, "csm", "id,name,email\nM-1,Ada Wu,ada@x.example\n")
    load(
        store,
        "account",
        "id,name,csm\nA-1,Nordlicht,ADA@x.example\nA-2,Twin,ada wu\nA-3,Twin,M-1\nNordstern,Other,M-1\n",
    )
    load(store, "account", "id,name\nA-4,Nordstern\n")
    assert {said.csm for said in standing(store, "account").values() if said.id != "A-4"} == {"M-1"}
    head = "id,Account Name,name\n"
    load(store, "contact", f"{head}P-1,nordlicht,Ann\nP-2,Nordstern,Bob\n")
    assert {key: said.account for key, said in standing(store, "contact").items()} == {"P-1": "A-1", "P-2": "Nordstern"}
    for is_preview in (True, False):
        (said,) = load(store, "contact", f"{head}P-3,Twin,Ann\n", preview=is_preview).problems
        assert said.startswith("row 2: account: several of the kind account are called 'Twin' (A-2, A-3); write the id")
        assert "create it first" not in said
    assert "there is no account Nobody" in load(store, "contact", f"{head}P-3,Nobody,Ann\n").problems[0]
    monkeypatch.setattr(bringing.Namesakes, "resolved", lambda _, items: list(items))
    assert load(store, "contact", f"{head}P-4,Nordlicht,Ann\n").refused == 1  # the control


VISITS = (
    "客户名称,日期,方向,渠道,摘要,是否回复\n"
    "Museum,2026-05-01,外呼,拜访,First visit,否\n"
    "Museum,2026-05-01,外呼,拜访,Second visit,否\n"
    "酒店,5/13/2026,外呼,拜访,First visit,否\n"
)


def test_a_visit_list_without_ids_imports_twice_safely_and_a_corrected_one_corrects(store):
    load(store, "account", ACCOUNTS)
    first = load(store, "touch", VISITS)
    assert (first.created, first.made_ids, first.absent[:1]) == (3, 3, ["contact"])
    again = load(store, "touch", VISITS, now_s=NOW + 1)
    assert (again.created, again.corrected, again.unchanged) == (0, 0, 3)
    shuffled = VISITS.replace("客户名称", "客户编号").replace("Museum", "C-1").replace("酒店", "C-2")
    head, *lines = shuffled.splitlines(keepends=True)
    by_id = load(store, "touch", head + "".join(reversed(lines)), now_s=NOW + 2)
    assert by_id.unchanged == 3, "names and ids, in any order, make the same ids"
    answered = load(store, "touch", VISITS.replace("Second visit,否", "Second visit,是"), now_s=NOW + 3)
    assert (answered.created, answered.corrected, answered.unchanged) == (0, 1, 2)
    other = load(store, "touch", VISITS.replace("Second visit", "Third visit"), now_s=NOW + 4)
    assert (other.created, other.unchanged) == (1, 2), "another visit never overwrites one"
    assert len(standing(store, "touch")) == 4


def test_two_rows_without_ids_that_say_the_same_are_refused_and_so_is_one_that_says_too_little(store, monkeypatch):
    load(store, "account", ACCOUNTS)
    twice = load(store, "touch", VISITS + "Museum,2026-05-01,外呼,拜访,first  VISIT,是\n")
    assert twice.import_id is None
    assert twice.problems[0].startswith("row 5: id: row 2 says the same account, day, direction, channel")
    anonymous = load(store, "survey", "account,day,kind,score\nC-1,2026-05-01,nps,9\nC-1,2026-05-01,nps,2\n")
    assert anonymous.refused == 2
    assert "none can be made without contact; fill one of them" in anonymous.problems[0]
    monkeypatch.setattr(bringing, "made_id", lambda _, said: f"row-{said.summary}")
    control = load(store, "touch", VISITS, preview=True)  # the control: a worse key takes two visits for one
    assert control.refused == 1


def test_some_rows_may_have_ids_and_the_others_not_and_an_undo_takes_back_both(store):
    load(store, "account", ACCOUNTS)
    done = load(store, "ticket", "id,account,opened_day,subject\nT-1,C-1,2026-05-01,Map\n,C-1,2026-05-02,Map\n")
    assert (done.created, done.made_ids) == (2, 1)
    made = next(key for key in standing(store, "ticket") if key != "T-1")
    assert made.startswith("row-")
    undo(store, done.import_id)
    assert standing(store, "ticket") == {}
    assert load(store, "invoice", "id,account,issued_day,due_day,amount\n,C-1,2026-05-01,2026-06-01,5\n").refused == 1


def test_names_with_a_comma_are_looked_up_like_others(store):
    load(store, "csm", "id,name\nM-1,Ann Smith\n")
    load(store, "account", 'id,name,csm\nC-1,"Acme Co., Ltd.","Smith, Ann"\nC-2,A/B Hotels,M-1\n')
    assert standing(store, "account")["C-1"].csm == "M-1"
    text = 'id,account,name\nP-1,"acme co., ltd.",Li Wei\nP-2,A/B Hotels,Wang Fang\n'
    load(store, "contact", text)
    assert {said.account for said in standing(store, "contact").values()} == {"C-1", "C-2"}
    unknown = load(store, "contact", 'id,account,name\nP-3,"Nobody, Inc.",Li Wei\n')
    assert "there is no account Nobody, Inc." in unknown.problems[0]
    assert load(store, "account", 'id,name\n"C,3",Museum\n').refused == 1, "an id of its own has no comma"


@pytest.mark.parametrize(("heading", "cell"), [("Amount (USD)", "7"), ("Amount", "$7")])
def test_a_currency_that_an_amount_says_is_its_own_and_an_empty_amount_keeps_what_stood(store, heading, cell):
    load(store, "account", "id,name,currency\nC-1,Museum,EUR\n")
    load(store, "invoice", "id,account,issued_day,due_day,amount,currency\ni,C-1,2026-01-01,2026-02-01,5,EUR\n")
    stated = f"id,account,issued_day,due_day,{heading}\ni,C-1,2026-01-01,2026-02-01,{cell}\n"
    assert load(store, "invoice", stated).corrected == 1
    assert [(one.amount, one.currency) for one in standing(store, "invoice").values()] == [(700, "USD")]
    load(store, "invoice", "id,account,issued_day,due_day,amount\ni,C-1,2026-01-01,2026-02-01,9\n")
    assert [(one.amount, one.currency) for one in standing(store, "invoice").values()] == [(900, "USD")]  # the control
    assert load(store, "account", "id,name,潜力金额（万元）\nC-1,The Museum,\n").corrected == 1
    assert standing(store, "account")["C-1"].currency == "EUR"
    for is_preview in (True, False):
        (said,) = load(store, "account", "id,name,潜力金额（万元）\nC-1,Museum,5\n", preview=is_preview).problems
        assert said.startswith("row 2: currency: C-1 is in EUR and its amount says CNY")
    named = load(store, "account", "id,name,currency,Potential (USD)\nC-1,Museum,USD,5\nC-2,Hotel,USD,6\n")
    assert (named.corrected, named.created) == (1, 1)
