"""Options that several commands share, and how answers and refusals are printed."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from typing import Any, TypeVar

import click

from collector import config
from collector.commands.remote import RemoteSource
from collector.exchange.errors import ExchangeError
from collector.language.catalogue import LANGUAGES, SOURCE

Command = TypeVar("Command", bound=Callable[..., Any])

store_option = click.option(
    "--store",
    metavar="URL",
    help="sqlite:///file or postgresql://…; default: COLLECTOR_STORE, else sqlite:///fleet.db",
)
language_option = click.option(
    "--lang", type=click.Choice(LANGUAGES), default=SOURCE, show_default=True, help="Language of the text."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")


def remote_options(command: Command) -> Command:
    """--url and --token: ask a running collector instead of opening its store."""
    token = click.option(
        "--token", envvar="COLLECTOR_TOKEN", metavar="T", help="Bearer token for --url (or COLLECTOR_TOKEN)."
    )
    url = click.option("--url", metavar="URL", help="Ask the collector that serves there, e.g. http://127.0.0.1:8380.")
    return url(token(command))


def now_s() -> int:
    return int(time.time())


def store_url(store: str | None) -> str:
    """The store that a command without --url works on."""
    return config.load({"store": store}).store.get_secret_value()


def remote(url: str, token: str | None, store: str | None) -> RemoteSource:
    if store is not None:
        raise click.UsageError("give --store or --url, not both")
    if not token:
        raise click.UsageError("--url needs --token (or COLLECTOR_TOKEN); make one with `collector token create`")
    return RemoteSource(url, token)


def answer(value: Any, lines: str, *, as_json: bool) -> None:
    """Print `value` as JSON, or the lines that a person reads."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, default=_plain))
    else:
        click.echo(lines)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def refuse(message: str) -> ExchangeError:
    return ExchangeError(message)
