"""What `export` writes `import` reads: a store's facts and usage in a new one, also of robots of nobody."""

import csv

import pytest
from click.testing import CliRunner

from collector.__main__ import main_group
from collector.exchange import lists
from collector.store.engine import open_store
from tests import batches, fleets

MOVED = (*lists.OF_KINDS, "usage")


def invoke(*words):
    done = CliRunner().invoke(main_group, [str(word) for word in words])
    assert done.exit_code == 0, f"{words}: {done.exception!r}"
    return done


def exported(url, folder):
    folder.mkdir()
    for name in MOVED:
        invoke("export", name, "--out", folder / name, "--store", url)
    return {name: (folder / name).read_text("utf-8-sig") for name in MOVED}


def with_accounts_and_one_robot_of_nobody(store):
    fleets.story(store)
    of_nobody(store)


def of_nobody(store):
    batches.commit(store, batches.message("loose-1", [batches.window(1, {"dance": 3, "observed_s": 300})]))


@pytest.mark.parametrize("told", [with_accounts_and_one_robot_of_nobody, of_nobody])
def test_everything_that_was_exported_stands_in_the_store_that_imported_it(tmp_path, told):
    old, new = (f"sqlite:///{tmp_path}/{name}.db" for name in ("old", "new"))
    store = open_store(old)
    told(store)
    store.close()
    files = exported(old, tmp_path / "old")
    nobodys = [row for row in csv.DictReader(files["usage"].splitlines()) if not row["account"]]
    assert {(row["robot"], row["counter"], row["value"]) for row in nobodys} >= {("loose-1", "dance", "3")}
    for name in MOVED:
        more = {"deployments": ["--new-robots"], "usage": ["--without-account"]}.get(name, [])
        invoke("import", name, tmp_path / "old" / name, "--store", new, *more)
    assert exported(new, tmp_path / "new") == files


def test_a_row_without_an_account_changes_no_deployment(tmp_path):
    """The robot is with ACME that day, and a file that says nothing of accounts does not end that."""
    url = f"sqlite:///{tmp_path}/fleet.db"
    head, day = "account,robot,day,counter,value\n", fleets.iso(-3)
    for number, row in enumerate((f"ACME,r-1,{day},dance,7\n", f",r-1,{day},guided_tour,2\n")):
        file = tmp_path / f"{number}.csv"
        file.write_text(head + row)
        invoke("import", "usage", file, "--without-account", "--store", url)
    rows = list(csv.DictReader(invoke("export", "usage", "--store", url).stdout.lstrip("\ufeff").splitlines()))
    assert {(row["account"], row["counter"], row["value"]) for row in rows} == {
        ("ACME", "dance", "7"), ("ACME", "guided_tour", "2"),
    }  # fmt: skip
