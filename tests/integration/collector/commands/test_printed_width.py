"""What commands print of a scored fleet fits a terminal of 80 columns, in both languages."""

import contextlib

import pytest
from click.testing import CliRunner

from collector.__main__ import main_group
from collector.commands.folding import width
from collector.store.engine import open_store
from tests import fleets
from tests.fleets import NOON, TODAY
from tests.policies import a_closing

COLUMNS = 80
PRINTED = (
    ("score",), ("explain", "ACME"), ("explain", "BETA"), ("cta", "list"), ("cta", "show", "1"), ("cta", "precision"),
    ("segments",), ("import", "list"), ("parked", "list"), ("token", "list"), ("sessions", "list"), ("people", "list"),
)  # fmt: skip


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('printed')}/fleet.db"
    with contextlib.closing(open_store(url)) as store:
        fleets.story(store)
        fleets.one_fact_of_each_kind(store)
        fleets.one_cta(store)
        a_closing(store, processes=1).close(TODAY - 1, NOON)
    return url


def lines(url, words, columns):
    environment = {"COLUMNS": columns, "COLLECTOR_BASE_CURRENCY": "EUR"}
    printed = CliRunner().invoke(main_group, [*words, "--store", url], env=environment)
    assert printed.exit_code == 0, printed.output
    return printed.output.splitlines()


@pytest.mark.parametrize("words", PRINTED, ids=" ".join)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_a_command_prints_fits_80_columns(scored, words, language):
    asked = (*words, "--lang", language) if words[0] in {"explain", "segments"} else words
    assert [line for line in lines(scored, asked, str(COLUMNS)) if width(line) > COLUMNS] == []


def test_into_a_pipe_the_lines_go_whole(scored, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert max(width(line) for line in lines(scored, ("cta", "list"), None)) > COLUMNS, "the control"
