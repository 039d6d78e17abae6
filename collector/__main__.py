"""The `collector` command. Errors that an operator can cure are one line on stderr and exit code 2."""

import sys

import click

from collector.commands.backtest import backtest
from collector.commands.cta import cta
from collector.commands.files import export, import_, verify
from collector.commands.keys import store, token
from collector.commands.rates import rates, segments
from collector.commands.scoring import explain, score
from collector.commands.serving import serve
from collector.errors import CollectorError

FAILED = 2  # 1 is verify's answer "not equal"


@click.group(
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


for command in (serve, verify, import_, export, score, explain, rates, segments, cta, backtest, token, store):
    main_group.add_command(command)


def main() -> None:
    try:
        main_group(prog_name="collector")
    except CollectorError as error:
        click.echo(f"collector: {error}", err=True)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
