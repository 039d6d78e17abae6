"""The `opk` command: write, check, build, read and run skills, and what can be counted."""

import click

from opk_skills.commands import making, running, shown, signing, workflows
from opk_skills.commands.speaking import LANGUAGE
from opk_skills.commands.speaking import run as run_command
from opk_skills.language import gettext

_HELP = gettext(
    LANGUAGE,
    "Skill packages (OPK) for service robots: make one, check it, build it, run it.\n\n"
    "Begin with `opk new NAME`, then `opk run NAME`. The manual is docs/skills.md.",
)


@click.group(help=_HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="fleetward")
def cli() -> None:
    pass


for command in (
    making.new, making.lint, making.build, making.inspect, running.run, signing.key, signing.sign, signing.verify,
    making.migrate, shown.list_, shown.show, shown.counters,
    workflows.workflow,
):  # fmt: skip
    cli.add_command(command)


def main() -> None:
    """Entry point: an error of ours is one line, or one for each problem, and exit code 1."""
    run_command(cli)


if __name__ == "__main__":
    main()
