"""What the commands say of themselves fits a terminal of 80 columns."""

import unicodedata

import click
from click.testing import CliRunner

from collector.__main__ import main_group

COLUMNS = 80


def width(line):
    """Columns of a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def commands(group, words=()):
    yield words
    if isinstance(group, click.Group):
        for name in group.list_commands(click.Context(group)):
            yield from commands(group.get_command(click.Context(group), name), (*words, name))


def test_the_help_of_every_command_fits_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    too_wide, lines = [], 0
    for words in commands(main_group):
        shown = CliRunner().invoke(main_group, [*words, "--help"], terminal_width=COLUMNS, prog_name="collector")
        assert shown.exit_code == 0, words
        lines += len(shown.output.splitlines())
        too_wide += [(*words, line) for line in shown.output.splitlines() if width(line) > COLUMNS]
    assert lines > 1_000
    assert too_wide == []
    assert width("客户成功") == 8, "the control"
