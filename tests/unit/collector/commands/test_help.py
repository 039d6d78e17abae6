"""`collector --help` says what each command is for without loading it; what a command asks for is quoted."""

import subprocess
import sys
from importlib import import_module

import pytest

from collector.__main__ import COMMANDS
from collector.commands import robots
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
