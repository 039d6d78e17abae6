"""How a command reaches the collector: an operation on the store itself, or the API of one that serves.

Every command that asks or changes something takes `door_options`: --config, --store, --url, --token, --json.
"""

import functools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import click

from collector import config, context
from collector.commands.folding import columns, folded
from collector.commands.remote import Body, Query, RemoteSource
from collector.config import Settings
from collector.errors import CollectorError
from collector.operations.operation import Operation
from collector.values.refusal import Refused

P = TypeVar("P")
Command = TypeVar("Command", bound=Callable[..., Any])
Do = Callable[[Operation[Any, Any], Any], Any]
"""An operation's answer, or CommandRefused."""


class CommandRefused(CollectorError):
    """An operation refused; the message is its reason and its remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """`settings` of --config, --store and the environment. `remote` is None without --url."""

    settings: Settings
    remote: RemoteSource | None
    as_json: bool

    def by_policy(self, file: Path | None) -> "Door":
        """The door whose settings name that health policy; without one, this door."""
        if file is None:
            return self
        if self.remote is not None:
            raise click.UsageError("--policy goes with a store: the collector at --url scores by its own health_policy")
        return replace(self, settings=self.settings.model_copy(update={"health_policy": file}))

    def do(self, operation: Operation[P, Any], request: P) -> Any:
        """The operation's answer on the store of the settings. Raises CommandRefused."""
        with self.opened(writes=operation.writes, makes=operation.makes_store, needs_store=operation.needs_store) as do:
            return do(operation, request)

    @contextmanager
    def opened(self, *, writes: bool, makes: bool, needs_store: bool = True) -> Iterator[Do]:
        """The same for several operations on one open store. `makes`: a missing SQLite file is made."""
        with context.opened(self.settings, time.time, writes=writes, makes=makes, needs_store=needs_store) as opened:

            def do(operation: Operation[Any, Any], request: Any) -> Any:
                answer = operation(opened, request)
                if isinstance(answer, Refused):
                    raise CommandRefused(answer.told("command"))
                return answer

            yield do

    def ask(
        self, operation: Operation[P, Any], request: P, method: str, path: str, *, query: Query = None,
        body: Body = None, stated: Callable[[Any], Any] | None = None,
    ) -> Any:  # fmt: skip
        """The same question to either side, answered as the API's JSON: the one place where --url is told apart.

        `query` leaves out what is None. `body` is JSON, or a file that is sent as it is. `stated` makes the API's
        answer of the operation's, where the two differ.
        """
        if self.remote is None:
            answer = self.do(operation, request)
            return plain(answer if stated is None else stated(answer))
        return self.remote.ask(method, path, query=query, body=body)

    def every(self, operation: Operation[P, Any], wanted: P, path: str, query: Mapping[str, Any]) -> dict[str, Any]:
        """A paged list to its end, as the API's last page. `wanted` has `limit` and `cursor`: of one question."""
        found: list[Any] = []
        following: dict[str, Any] = {}
        while True:
            asked: Any = replace(cast("Any", wanted), **following)
            pages = {"limit": asked.limit, "cursor": asked.cursor}
            page = self.ask(operation, asked, "GET", path, query={**query, **pages})
            found += page["items"]
            if page["next"] is None:
                return {"items": found, "next": None}
            following = {"cursor": page["next"]}

    def download(
        self, operation: Operation[P, Any], request: P, path: str, out: BinaryIO, *, query: Query = None
    ) -> Any:
        """A file from either side, in `out`. The operation's answer; None from a collector at --url."""
        if self.remote is not None:
            return self.remote.download(path, out, query=query)
        answer = self.do(operation, request)
        if isinstance(answer, bytes):  # an operation that writes no file itself
            out.write(answer)
        return answer

    def say(self, value: Any, text: str) -> None:
        """Print `value` as JSON, or the lines that a person reads."""
        as_json = json.dumps(value, ensure_ascii=False, default=str) if self.as_json else None
        click.echo(folded(text, columns()) if as_json is None else as_json)


def plain(value: Any) -> Any:
    """Dataclasses as the API's JSON has them."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return [plain(one) for one in value] if isinstance(value, list) else value


def settings_option(command: Command) -> Command:
    return click.option(
        "--config", "config_file", type=click.Path(path_type=Path), envvar="COLLECTOR_CONFIG", metavar="FILE",
        help="The collector's settings as a TOML file (or COLLECTOR_CONFIG); docs/collector.md lists them.",
    )(command)  # fmt: skip


def store_option(command: Command) -> Command:
    return click.option(
        "--store",
        metavar="URL",
        help="sqlite:///file or postgresql://…; default: the settings', else sqlite:///fleet.db",
    )(command)


def _json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")(command)


def door_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options above; the command gets a `door` instead of them."""

    @functools.wraps(command)
    def with_door(
        *given: Any, config_file: Path | None, store: str | None, url: str | None, token: str | None, as_json: bool,
        **more: Any,
    ) -> None:  # fmt: skip
        if url is not None and store is not None:
            raise click.UsageError("give --store or --url, not both")
        if url is not None and not token:
            raise click.UsageError("--url needs --token (or COLLECTOR_TOKEN); make one with `collector token create`")
        settings = config.load({"store": store}, config_file)
        remote = None if url is None else RemoteSource(url, token or "")
        command(*given, door=Door(settings=settings, remote=remote, as_json=as_json), **more)

    token_option = click.option(
        "--token", envvar="COLLECTOR_TOKEN", metavar="T", help="Bearer token for --url (or COLLECTOR_TOKEN)."
    )
    url_option = click.option(
        "--url", metavar="URL", help="Ask the collector that serves there, e.g. http://127.0.0.1:8380."
    )
    return settings_option(store_option(url_option(token_option(_json_option(with_door)))))


def store_options(command: Callable[..., None]) -> Callable[..., None]:
    """--config, --store and --json, of a command on the store itself; it gets a `door` instead of them."""

    @functools.wraps(command)
    def with_door(*given: Any, config_file: Path | None, store: str | None, as_json: bool, **more: Any) -> None:
        door = Door(settings=config.load({"store": store}, config_file), remote=None, as_json=as_json)
        command(*given, door=door, **more)

    return settings_option(store_option(_json_option(with_door)))


def own_stores_options(command: Callable[..., None]) -> Callable[..., None]:
    """--config and --json, of a command that names its stores as arguments; it gets a `door` instead of them."""

    @functools.wraps(command)
    def with_door(*given: Any, config_file: Path | None, as_json: bool, **more: Any) -> None:
        command(*given, door=Door(settings=config.load({}, config_file), remote=None, as_json=as_json), **more)

    return settings_option(_json_option(with_door))
