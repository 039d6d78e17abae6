"""`collector --help` says what each command is for without loading it; what a command asks for is quoted."""

import copy
import subprocess
import sys
from importlib import import_module

import click
import pytest

from collector.__main__ import COMMANDS, main_group
from collector.commands import help_pages, robots
from tests.waiting import DEADLINE_S


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_line_of_a_command_is_how_its_own_help_begins(name):
    place, line = COMMANDS[name]
    module, _, other = place.partition(":")
    command = getattr(import_module(f"collector.commands.{module}"), other or name)
    assert " ".join(command.help.split()).startswith(line.removesuffix("."))


def test_help_loads_neither_the_database_nor_statistics():
    code = (
        "import sys; from click.testing import CliRunner; from collector.__main__ import main_group; "
        "done = CliRunner().invoke(main_group, ['--help']); assert 'verify' in done.output, done.output; "
        "sys.exit(','.join({'sqlalchemy', 'scipy', 'aiohttp', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    assert done.stderr.strip() == ""


def paths(group, context, before=()):
    for name in group.list_commands(context):
        command = copy.copy(group.get_command(context, name))
        command._help_option = None  # click keeps the one of the context that asked first, in whichever test
        below = click.Context(command, parent=context, info_name=name)
        yield (*before, name), below
        if isinstance(command, click.Group):
            yield from paths(command, below, (*before, name))


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_the_help_in_the_file_is_what_the_command_itself_says(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    root = click.Context(main_group, info_name="collector", **main_group.context_settings)
    found = list(paths(main_group, root))
    assert len(found) > 100
    for words, context in found:
        assert help_pages.page(main_group, [*words, "--help"]) == context.get_help(), words


def test_help_of_a_command_loads_no_command():
    code = (
        "import sys; from collector.__main__ import main_group; from collector.commands import help_pages; "
        "asked = [['cta', '--help'], ['cta', 'list', '-h'], ['score', '--help'], ['backtest', '--help']]; "
        "assert all('Usage: collector' in help_pages.page(main_group, one) for one in asked); "
        "sys.exit(','.join({'sqlalchemy', 'scipy', 'aiohttp', 'pydantic', 'collector.config'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize("words", [["--help"], ["cta"], ["cta", "list", "--limit", "3"], ["nothing", "--help"], []])
def test_what_asks_for_no_help_of_a_command_goes_to_the_command(words):
    assert help_pages.page(main_group, words) is None


class Asked:
    """A door that notes the path that it is asked for."""

    def __init__(self):
        self.path = ""

    def ask(self, _operation, _request, _method, path):
        self.path = path
        return {"epoch": "a", "robot": "b", "twin_epoch": "c", "twin": "d"}

    def say(self, *_):
        pass


def test_the_name_of_a_twin_is_quoted_in_the_address():
    door = Asked()
    robots.swap.callback.__wrapped__(door=door, twin="hall/7~12?x")
    assert door.path == "/robots/hall%2F7~12%3Fx/swap"
