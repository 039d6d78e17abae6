"""The `collector` command. Errors that an operator can cure are one line on stderr and exit code 2."""

import os
import sys
from importlib import import_module

import click

from collector import memory
from collector.commands import help_pages
from collector.errors import CollectorError, ConfigurationError

FAILED = 2  # 1 is verify's answer "not equal"

COMMANDS = {
    "alarm": ("robots", "What a person should look at."),
    "attachment": ("noted", "Attach files to accounts, at most 10 MB each."),
    "audit": ("people", "Who changed what, newest first."),
    "backtest": ("backtest", "Judge the health score by what happened."),
    "bills": ("skill_bills:bills", "See bills for skills, open their lines, give money back."),
    "calls": ("calls", "Whom to call next, by account, the most urgent first."),
    "clock": ("clock", "The clock that days are closed by."),
    "cta": ("cta", "Calls to action: what to do next, for which account, and why."),
    "drift": ("drift", "Say whether what scores are made of, and what they foretell, is as it was."),
    "explain": ("scoring", "Say why an account's score is what it is."),
    "export": ("files", "Write a list as CSV, XLSX or JSON lines."),
    "field": ("noted", "Define fields of one's own, and set what they say of accounts."),
    "fleet": ("fleet", "What a fleet engineer looks at."),
    "hand-over": ("calls:hand_over", "Give an account to a CSM, with the calls to action of who had it."),
    "import": ("files:import_", "Bring in what was counted before Fleetward, and what other systems know of accounts."),
    "note": ("noted", "Write notes about accounts."),
    "parked": ("parked", "Judge amounts that no robot can plausibly have counted."),
    "people": ("people", "Invite, list and change the people who sign in."),
    "portfolio": ("portfolio", "Accounts as the last closing left them."),
    "preview": ("scoring", "Say what another health policy would do to every account."),
    "rates": ("rates", "Renewal, upsell, referral and retention rates of a period."),
    "robot": ("robots", "Whose a robot's name is."),
    "rollout": ("rollout", "Bring a version to many robots in waves, judged by what customers feel."),
    "score": ("scoring", "Close days and score every account."),
    "segments": ("rates", "Segments with their touch models."),
    "serve": ("serving", "Receive, store and show: MQTT in, pages and API out."),
    "sessions": ("sessions", "The browsers that are signed in to the pages."),
    "settings": ("settings", "Every setting with its value; of a secret whether it is set."),
    "skills": ("skill_store:skills", "The repository of skill packages."),
    "store": ("keys", "Look after the database."),
    "tag": ("noted", "Tag accounts."),
    "today": ("calls", "Whom to call, what is promised and due, what changed."),
    "token": ("keys", "Make, list and revoke the tokens that people and programs sign in with."),
    "touch": ("touch", "Log contacts with customers, and withdraw them."),
    "verify": ("files", "Compare the collector with the truth: per robot, day and counter."),
    "view": ("saved_views", "Save a list as it is narrowed and sorted, open it again, share it."),
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
    help_page = help_pages.page(main_group, sys.argv[1:])
    if help_page is not None:
        try:
            click.echo(help_page)
        except BrokenPipeError:  # nobody reads on: click says as much of the other pages
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where the rest of it goes at the end
            sys.exit(FAILED)
        return
    memory.relax()
    try:
        main_group(prog_name="collector")
    except CollectorError as error:
        click.echo(f"collector: {_said(error)}", err=True)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
