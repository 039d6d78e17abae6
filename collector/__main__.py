"""The `collector` command. Errors that an operator can cure are one line on stderr and exit code 2."""

import os
import sys
from importlib import import_module

import click

from collector import memory
from collector.errors import CollectorError, ConfigurationError

FAILED = 2  # 1 is verify's answer "not equal"

COMMANDS = {
    "alarm": ("robots", "What a person should look at."),
    "audit": ("people", "Who changed what, newest first."),
    "backtest": ("backtest", "Judge the health score by what happened."),
    "calls": ("calls", "Whom to call next, by account, the most urgent first."),
    "clock": ("clock", "The clock that days are closed by."),
    "cta": ("cta", "Calls to action: what to do next, for which account, and why."),
    "explain": ("scoring", "Say why an account's score is what it is."),
    "export": ("files", "Write a list as CSV, XLSX or JSON lines."),
    "fleet": ("fleet", "What a fleet engineer looks at."),
    "import": ("files:import_", "Bring in what was counted before Fleetward, and what other systems know of accounts."),
    "parked": ("parked", "Judge amounts that no robot can plausibly have counted."),
    "people": ("people", "Invite, list and change the people who sign in."),
    "portfolio": ("portfolio", "Accounts as the last closing left them."),
    "preview": ("scoring", "Say what another health policy would do to every account."),
    "rates": ("rates", "Renewal, upsell, referral and retention rates of a period."),
    "robot": ("robots", "Whose a robot's name is."),
    "score": ("scoring", "Close days and score every account."),
    "segments": ("rates", "Segments with their touch models."),
    "serve": ("serving", "Receive, store and show: MQTT in, pages and API out."),
    "sessions": ("sessions", "The browsers that are signed in to the pages."),
    "settings": ("settings", "Every setting with its value; of a secret whether it is set."),
    "skills": ("skills_tracking:skills", "The repository of skill packages."),
    "store": ("keys", "Look after the database."),
    "today": ("calls", "Whom to call, what is promised and due, what changed."),
    "token": ("keys", "Make, list and revoke the tokens that people and programs sign in with."),
    "touch": ("touch", "Log contacts with customers, and withdraw them."),
    "verify": ("files", "Compare the collector with the truth: per robot, day and counter."),
}  # fmt: skip
"""Command -> its module in collector.commands (`module:name` where it has another name there), and its line of help."""


class Commands(click.Group):
    """Loads a command when it is asked for: charts and statistics take seconds and a hundred megabytes.

    Processes that a command starts import this module again, and only this.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        found: click.Command = getattr(import_module(f"collector.commands.{module}"), name or cmd_name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=(
        "\b\n"
        "collector serve                          run it\n"
        "collector people add --role admin …      invite who looks after it\n"
        "collector verify --truth FILE            prove that it says what was counted"
    ),
)
@click.version_option(package_name="fleetward")
def main_group() -> None:
    """Fleetward's collector: every count of every robot, once."""


def _said(error: CollectorError) -> str:
    """A wrong setting in the language of the terminal."""
    if not isinstance(error, ConfigurationError):
        return str(error)
    catalogue = import_module("collector.language.catalogue")  # the processes that a command starts need none
    said: str = catalogue.of_error(error, catalogue.of_terminal(os.environ))
    return said


def main() -> None:
    memory.relax()
    try:
        main_group(prog_name="collector")
    except CollectorError as error:
        click.echo(f"collector: {_said(error)}", err=True)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
