"""Every command asks the store that its settings name, and only some make one."""

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from collector import app
from collector.__main__ import main_group
from collector.errors import CollectorError
from collector.store.engine import open_store
from tests.settings_given import WAYS, run


def leaves(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        if isinstance(found, click.Group):
            yield from leaves(found, (*before, name))
        elif found is not None:
            yield (*before, name), found


ONE_TABLE = "accounts"  # the imports of the other tables are the same code
NAMES_STORES = {("store", "copy")}  # its arguments are two stores, whatever the settings say
OF_A_FILE = {("rollout", "trial")}  # its file holds all that it judges
OF_ANOTHER = {("bills", "send")}  # it wants a billing system's key: skillstore/bills/test_usage_events.py
OF_A_FOLDER = "skills"  # keys, drafts and a repository of packages: tests/integration/collector/commands/test_skills.py
ALL = {
    path: command
    for path, command in leaves(main_group)
    if (path[0] != "import" or path[1] in {"list", "undo", "usage", ONE_TABLE})
    and path not in NAMES_STORES | OF_A_FILE | OF_ANOTHER
    and path[0] != OF_A_FOLDER
}
MAKES_A_STORE = {
    ("serve",),
    ("store", "migrate"),
    ("token", "create"),
    ("people", "add"),
    ("import", "usage"),
    ("import", ONE_TABLE),
}
ASKS_A_COLLECTOR = {("clock", "show")}  # only what serves closes days by a clock
ASKS_NO_STORE = {("settings",)}  # it tells what is set, also where no store is yet
VALUES = {
    "title": "Call", "day": "2026-05-01", "until": "2026-05-01", "number": "1", "step": "1", "owner": "ana",
    "name": "n", "account": "ACME", "file": __file__, "truth": __file__, "why": "so",
    "kind": "twin", "twin": "r-1~12345678", "mail": "li@example.com", "person": "1",
    "numbers": "1", "key": "touch-1", "view": "1", "out": "copy.bin", "line": "1", "reason": "so", "amount": "1",
    "value": "v", "address": "http://127.0.0.1:9/", "text": "so", "mention": "1", "skill": "guide", "digest": "0" * 64,
    "word": "vip", "wave": "2", "csm": "ana",
}  # fmt: skip


def least(command: click.Command) -> list[str]:  # what it must be given
    found = []
    for parameter in command.params:
        if parameter.required:
            option = parameter.opts[0] if isinstance(parameter, click.Option) else None
            flag = isinstance(parameter, click.Option) and parameter.is_flag
            found += [option] if option else []
            choice = parameter.type.choices[0] if isinstance(parameter.type, click.Choice) else None
            found += [] if flag else [choice or VALUES[parameter.name]]
    return found


@pytest.mark.parametrize("path", ALL, ids=" ".join)
@pytest.mark.parametrize("way", WAYS)
def test_every_command_asks_the_store_of_its_settings_and_only_some_make_one(tmp_path, monkeypatch, path, way):
    """One of these that ignored the settings would ask for fleet.db, the default."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(app, "run", lambda settings, _: open_store(settings.store.get_secret_value()).close())
    missing = tmp_path / "hall.db"
    given = ["accounts"] if path == ("export",) else least(ALL[path])  # a list, where another option would do as well
    words = [_good_file(tmp_path, path[-1]) if word == __file__ and path[0] == "import" else word
             for word in given]  # fmt: skip
    done = run((*path, *words), WAYS[way]({"store": f"sqlite:///{missing}"}, tmp_path))
    assert not (tmp_path / "fleet.db").exists()
    if path in ASKS_A_COLLECTOR:
        assert not missing.exists()
        assert "--url" in done.output
    elif path in ASKS_NO_STORE:
        assert not missing.exists()
        assert done.exit_code == 0, done.exception
        assert re.search(r"^\* store +set", done.output, re.MULTILINE), "the store that was named, not the default"
    elif path in MAKES_A_STORE:
        assert missing.exists(), done.exception
    else:
        assert not missing.exists()
        assert str(missing) in str(done.exception), done.output


TABLES = {
    "usage": "account,robot,day,counter,value\nACME,hall-7,2026-05-01,foot_traffic,578\n",
    ONE_TABLE: "id,name\nACME,Acme Museum\n",
}


def _good_file(folder, table):
    file = folder / f"{table}.csv"
    file.write_text(TABLES[table])
    return str(file)


REFUSED = [
    ("import", "usage", __file__), ("import", ONE_TABLE, __file__),
    ("token", "create", "--role", "reader", "--name", "x" * 200),
]  # fmt: skip


@pytest.mark.parametrize("command", REFUSED, ids=lambda command: command[1])
def test_what_is_refused_leaves_no_new_store_and_keeps_one_that_stood(tmp_path, command):
    missing, standing = tmp_path / "mispelt.db", tmp_path / "hall.db"
    refused = CliRunner().invoke(main_group, [*command, "--store", f"sqlite:///{missing}"])
    assert isinstance(refused.exception, CollectorError), refused.output
    assert list(tmp_path.iterdir()) == []
    open_store(f"sqlite:///{standing}").close()
    refused = CliRunner().invoke(main_group, [*command, "--store", f"sqlite:///{standing}"])
    assert isinstance(refused.exception, CollectorError)
    assert standing.exists(), "the control: only what the command made is removed"
