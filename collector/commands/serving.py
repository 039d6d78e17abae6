"""collector serve"""

import sys
from pathlib import Path
from typing import Any

import click

from collector import app, config
from collector.commands.door import Door, settings_option
from collector.config import Settings
from collector.context import Policies
from collector.log import configure
from collector.operations import people
from collector.operations.people import NewLink

_METAVARS = {"store": "URL", "mqtt": "URL", "listen": "HOST:PORT", "part": "I/N"}


def _settings_as_flags(command: click.Command) -> click.Command:
    """One flag for each setting, so that whatever a file may say can be said on the command line."""
    for name, field in Settings.model_fields.items():
        flag = f"--{name.replace('_', '-')}"
        default = field.default.get_secret_value() if hasattr(field.default, "get_secret_value") else field.default
        help_ = f"{field.description or ''} [default: {default}]" if default != "" else field.description
        if isinstance(default, bool):
            declaration = [f"{flag}/--no-{flag[2:]}"]
            command.params.append(click.Option(declaration, default=None, help=help_))
        else:
            command.params.append(click.Option([flag], metavar=_METAVARS.get(name, "VALUE"), help=help_))
    return command


@click.command(
    epilog=(
        "\b\n"
        "collector serve                       everything default: fleet.db, localhost\n"
        "collector serve --config FILE         flags win over the file, and that over\n"
        "                                      COLLECTOR_…\n"
        "collector serve --store postgresql://fleet@db/fleet --mqtt mqtts://broker:8883"
    )
)
@settings_option
def serve(config_file: Path | None, **flags: Any) -> None:
    """Receive, store and show: MQTT in, pages and API out. Stops cleanly on Ctrl-C or SIGTERM.

    Put a TLS proxy in front of it when others than this machine use the pages, and set --secure-cookies.
    """
    settings = config.load(flags, config_file)
    configure(settings.log_level, settings.log_form)
    config.check_together(settings)
    Policies(settings).check()
    address = f"{settings.address_of_pages}/"
    link = app.when_there(settings, lambda: first_link(settings)) if sys.stdout.isatty() else None

    def ready() -> None:
        click.echo(f"Pages and API: {address}")
        if link is not None:
            click.echo(f"Nobody administers it yet. Whoever opens this link does; it works once, for a day:\n{link}")
        sys.stdout.flush()

    app.run(settings, ready)


def first_link(settings: Settings) -> str | None:
    """The link that makes the first admin; None when there is one."""
    made: NewLink | None = Door(settings=settings, remote=None, as_json=False).do(people.first_link, None)
    return None if made is None else made.link


_settings_as_flags(serve)
