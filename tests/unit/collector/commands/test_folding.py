"""Lines that are folded to the terminal."""

import pytest

from collector.commands.folding import columns, folded, width


def test_a_line_of_a_table_goes_on_under_its_last_column():
    row = "ACME      red     49.0  the robots are dark: one of two was not heard of since the day before"
    assert folded(row, 60).split("\n") == [
        "ACME      red     49.0  the robots are dark: one of two was",
        "                        not heard of since the day before",
    ]


def test_a_sentence_goes_on_a_little_further_in_and_loses_no_word():
    said = "  one two three four five six seven eight nine ten"
    assert folded(said, 24).split("\n")[1].startswith("    ")
    assert folded(said, 24).split() == said.split()
    assert folded(said, 80) == said


def test_chinese_is_folded_between_its_characters_and_no_mark_begins_a_line():
    said = "\u6570\u636e\u7f3a\u5931\uff0c" * 12
    lines = folded(said, 41).split("\n")
    assert all(width(line) <= 41 for line in lines)
    assert not any(line.lstrip().startswith("\uff0c") for line in lines)
    assert "".join(line.strip() for line in lines) == said


def test_an_address_stays_whole():
    link = "https://example.com/" + "a" * 90
    assert link in folded(f"open {link} once", 60).split("\n")[1]


@pytest.mark.parametrize("most", range(40, 90))
def test_a_command_to_copy_stays_on_one_line(most):
    said = "there are none yet: bring them in (`collector import accounts FILE`, then `collector score`) and ask again"
    text = folded(said, most)
    assert ("(`collector import accounts FILE`," in text, "`collector score`)" in text) == (True, True), text
    assert text.split() == said.split()


@pytest.mark.parametrize(("said", "most"), [("80", 80), ("12", 40), (None, None)])
def test_it_is_folded_where_somebody_looks(monkeypatch, said, most):
    monkeypatch.delenv("COLUMNS", raising=False)
    if said is not None:
        monkeypatch.setenv("COLUMNS", said)
    assert columns() == most
    assert folded("a b " * 100, None) == "a b " * 100
