"""The `collector` command. Errors that an operator can cure are one line on stderr and exit code 2."""

import sys
from importlib import import_module

import click

from collector import memory
from collector.errors import CollectorError

FAILED = 2  # 1 is verify's answer "not equal"

COMMANDS = {
    "serve": "serving", "verify": "files", "import": "files:import_", "export": "files", "score": "scoring",
    "explain": "scoring", "rates": "rates", "segments": "rates", "cta": "cta", "backtest": "backtest", "token": "keys",
    "store": "keys", "clock": "clock", "parked": "parked", "robot": "robots", "alarm": "robots",
}  # fmt: skip
"""Command -> its module in collector.commands, and its name there where it is another one."""


class Commands(click.Group):
    """Loads a command when it is asked for: charts and statistics take seconds and a hundred megabytes.

    Processes that a command starts import this module again, and only this.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(f"collector.commands.{module}"), name or cmd_name)
        return found


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=(
        "\b\n"
        "collector serve                          run it\n"
        "collector token create --role admin …    make the token to sign in with\n"
        "collector verify --truth FILE            prove that it says what was counted"
    ),
)
@click.version_option(package_name="fleetward")
def main_group() -> None:
    """Fleetward's collector: every count of every robot, once."""


def main() -> None:
    memory.relax()
    try:
        main_group(prog_name="collector")
    except CollectorError as error:
        click.echo(f"collector: {error}", err=True)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
