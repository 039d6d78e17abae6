"""The command `edge-agent`. Each command loads only what it needs: `run` stays light."""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edge_agent import config
from edge_agent.config import Settings
from edge_agent.errors import AgentError, ConfigError, NotAllowed
from edge_agent.version import VERSION

STDOUT = 1
EXAMPLES = """examples:
  edge-agent run --mqtt-url mqtt://127.0.0.1:1883 --state-dir ./state --window-s 5 --upload-s 1
  edge-agent status                  what the agent on this robot does; reads the file when it is down
  edge-agent status --json           the same for a program
  edge-agent doctor                  is everything in place? each line that is not ok says the remedy
  edge-agent count guided_tour 1     count from a script; durable when it returns
  edge-agent export --csv > held.csv what is still on this robot
  edge-agent setup --dry-run         what would be installed on this robot
  edge-agent page                    the status as a local page for a phone
  edge-agent pin                     set the PIN that acts on that page ask for

Settings: a flag wins over the file (--config, /etc/edge-agent/agent.toml), the file over EDGE_AGENT_*.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """As `_main`; where nobody reads on (`| head`), it ends without a word, as a program that SIGPIPE ends."""
    try:
        code = _main(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # what is still to be flushed at the end goes there
        return 128 + signal.SIGPIPE
    return code


def _main(arguments: Sequence[str] | None) -> int:
    """0: done. 1: it could not be done, or doctor found a failure. 2: wrong call or settings. 3: see count."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in _APART:
        return _APART[words[0]](words[1:])
    chosen = vars(_parser(words[:1]).parse_args(words))
    command, file = chosen.pop("command"), chosen.pop("config")
    options: dict[str, Any] = {name: chosen.pop(name) for name in ("json", "csv", "lang", "forgive") if name in chosen}
    flags = {name: value for name, value in chosen.items() if value is not None}
    try:
        settings = config.load(flags, os.environ, Path(file) if file else None)
        return _COMMANDS[command](settings, options)
    except (NotAllowed, PermissionError) as error:
        return _denied(error, options)
    except ConfigError as error:
        print(f"edge-agent: {_in_language(error, options)}", file=sys.stderr)
        return 2
    except AgentError as error:
        print(f"edge-agent: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _setup(words: list[str]) -> int:
    from edge_agent.setup import __main__ as setup  # noqa: PLC0415  a command loads only what it needs

    return setup.main(words)


def _pair(words: list[str]) -> int:
    from edge_agent.setup import pairing  # noqa: PLC0415  a command loads only what it needs

    return pairing.main(words)


def _count(words: list[str]) -> int:
    """Count; the socket is where the variables say that the agent keeps its own, if nobody names it."""
    from edge_agent import client  # noqa: PLC0415  a command loads only what it needs

    environ = os.environ
    folder = environ.get(f"{config.PREFIX}RUNTIME_DIR") or environ.get(f"{config.PREFIX}STATE_DIR")
    for option in ("--state-dir", "--runtime-dir"):  # as the other commands name the agent's folders
        if option in words[:-1]:
            at = words.index(option)
            folder = words[at + 1]
            words = [*words[:at], *words[at + 2 :], "--socket", str(Path(folder) / "count.sock")]
    if folder and "--socket" not in words and client.VARIABLE not in environ:
        words = [*words, "--socket", str(Path(folder) / "count.sock")]
    return client.main(words)


def _in_language(error: ConfigError, options: Mapping[str, Any]) -> str:
    """In the language that was asked for, if there is such a one."""
    from edge_agent.status import catalogue  # noqa: PLC0415  a command loads only what it needs

    language = options.get("lang") or catalogue.of_terminal(os.environ)
    return catalogue.sentence(language if language in catalogue.LANGUAGES else catalogue.SOURCE, error.sentence)


def _denied(error: NotAllowed | PermissionError, options: Mapping[str, Any]) -> int:
    """Say which group to join, in the language that was asked for if there is such a one."""
    from edge_agent.status import access, catalogue  # noqa: PLC0415  a command loads only what it needs

    path = error.path if isinstance(error, NotAllowed) else Path(str(error.filename or "."))
    language = options.get("lang") or catalogue.of_terminal(os.environ)
    text, remedy = access.denied(path, language if language in catalogue.LANGUAGES else catalogue.SOURCE)
    print(f"edge-agent: {text}: {remedy}", file=sys.stderr)
    return 2


class _Help(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal, found without shutil: argparse makes one for each option, and shutil loads 0.4 MiB."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    with contextlib.suppress(KeyError, ValueError):
        return int(os.environ["COLUMNS"])
    with contextlib.suppress(OSError):
        return os.get_terminal_size(STDOUT).columns or 80
    return 80


def _parser(wanted: Sequence[str]) -> argparse.ArgumentParser:
    """With the settings of the wanted command only: `run` keeps what it needs for as long as it runs."""
    parser = argparse.ArgumentParser(
        prog="edge-agent",
        description="Counts what this robot does and delivers every count once.",
        epilog=EXAMPLES,
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=f"edge-agent {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, help_ in (
        ("run", "collect and deliver until SIGTERM"),
        ("status", "what the agent on this robot does"),
        ("doctor", "check everything that counts need to arrive"),
        ("export", "the records that are still on this robot"),
        ("page", "serve the status as a local page"),
        ("pin", "set the PIN that acts on the page ask for"),
    ):
        description = f"{help_[0].upper()}{help_[1:]}."
        command = commands.add_parser(name, help=help_, description=description, formatter_class=_Help)
        command.add_argument("--config", metavar="FILE", help=f"TOML file [{config.FILE_DEFAULT} if it exists]")
        if name == "status":
            command.add_argument("--json", action="store_true", help="one JSON document")
        if name in {"status", "doctor"}:
            command.add_argument("--lang", metavar="LANGUAGE", help="language of the text, such as zh [the terminal's]")
        if name == "pin":
            command.add_argument("--forgive", action="store_true", help="forget wrong tries; the PIN stays")
        if name == "export":
            form = command.add_mutually_exclusive_group()
            form.add_argument("--json", action="store_true", help="one record per line (default)")
            form.add_argument("--csv", action="store_true", help="one line per counter and window")
            form.add_argument("--to-sqlite", metavar="FILE", help="a database, with what doctor finds")
        if name in wanted:
            _add_settings(command)
    commands.add_parser(
        "count", help="count from a script: count NAME [N] [--socket PATH | --state-dir PATH]", add_help=False
    )
    commands.add_parser("pair", help="give this robot its name: pair CODE --centre URL", add_help=False)
    commands.add_parser("setup", help="install on this robot, once, as root; --dry-run, --undo", add_help=False)
    return parser


def _add_settings(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("settings")
    for setting in config.SETTABLE:
        type_, said = config.meaning(setting.name)
        kind = {int: "N", float: "N", Path: "PATH", str: "TEXT"}.get(type_, "NAME,NAME")
        flag = f"--{setting.name.replace('_', '-')}"
        group.add_argument(flag, dest=setting.name, metavar=kind, help=said.help.replace("%", "%%"))
    unconfined = "the same as --skills unconfined: not isolated, and only with a broker on this machine"
    group.add_argument("--skills-unconfined", dest="skills", action="store_const", const="unconfined", help=unconfined)


def _run(settings: Settings, _options: Mapping[str, Any]) -> int:
    import asyncio  # noqa: PLC0415  a command loads only what it needs

    from edge_agent import app, log  # noqa: PLC0415  as above

    os.umask(0o077)  # as the unit does: counts and identity are the agent's own; its sockets say whom they let in
    log.configure(settings.log_level, settings.log_format)
    try:
        asyncio.run(app.run(settings, os.environ))
    except* AgentError as group:
        raise _first(group) from None
    return 0


def _first(group: BaseExceptionGroup[AgentError]) -> AgentError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, AgentError)
    return error


def _status(settings: Settings, options: Mapping[str, Any]) -> int:
    import json  # noqa: PLC0415  a command loads only what it needs

    from edge_agent.status import doctor, offline, text  # noqa: PLC0415  as above
    from edge_agent.status.control import ask  # noqa: PLC0415  as above

    status = ask(doctor.control_socket(settings))
    if status is None and not offline.exists(settings):
        raise ConfigError(
            "no agent runs here and {state_dir} holds no outbox: name it with --state-dir", state_dir=settings.state_dir
        )
    shown = status or offline.status(settings)
    language = _language(options)
    said = (
        json.dumps(shown, ensure_ascii=False, indent=1) if options["json"] else "\n".join(text.lines(shown, language))
    )
    print(said)
    return 0 if status else 1


def _language(options: Mapping[str, Any]) -> str:
    """The language that is asked for. Raises ConfigError for one without a catalogue."""
    from edge_agent.status.catalogue import LANGUAGES, of_terminal  # noqa: PLC0415  a command loads only what it needs

    language: str = options["lang"] or of_terminal(os.environ)
    if language not in LANGUAGES:
        raise ConfigError(
            "--lang: {language} is no language of this agent: use one of {languages}",
            language=language,
            languages=", ".join(LANGUAGES),
        )
    return language


def _doctor(settings: Settings, options: Mapping[str, Any]) -> int:
    from edge_agent.status import doctor  # noqa: PLC0415  a command loads only what it needs

    failed = False
    for finding in doctor.examine(settings, _language(options)):
        print(finding, flush=True)
        failed = failed or finding.grade == "fail"
    return 1 if failed else 0


def _export(settings: Settings, options: Mapping[str, Any]) -> int:
    from edge_agent.status import export, offline  # noqa: PLC0415  a command loads only what it needs

    if not offline.exists(settings):
        raise ConfigError("{state_dir} holds no outbox: name it with --state-dir", state_dir=settings.state_dir)
    if to_sqlite := options.get("to_sqlite"):
        return _export_database(settings, Path(to_sqlite))
    write = export.write_csv if options["csv"] else export.write_json
    written = write(offline.held_records(settings), sys.stdout)
    print(f"{written} records", file=sys.stderr)
    return 0


def _export_database(settings: Settings, path: Path) -> int:
    import sqlite3  # noqa: PLC0415  a command loads only what it needs

    from edge_agent.status import doctor, offline  # noqa: PLC0415  as above

    try:
        from edge_agent.status import tables  # noqa: PLC0415  as above
    except ImportError as error:
        raise ConfigError("sqlite-utils is not installed: pip install 'fleetward[diagnostics]'") from error
    try:
        written = tables.write(path, offline.held_records(settings), doctor.examine(settings, "en"))
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(
            "{path} cannot be written ({detail}): choose a file that this user may write", path=path, detail=str(error)
        ) from error
    print(f"{written} records to {path}", file=sys.stderr)
    return 0


def _page(settings: Settings, _options: Mapping[str, Any]) -> int:
    from edge_agent import log  # noqa: PLC0415  a command loads only what it needs
    from edge_agent.status import page  # noqa: PLC0415  as above

    log.configure(settings.log_level, settings.log_format)
    page.serve(settings)
    return 0


def _pin(settings: Settings, options: Mapping[str, Any]) -> int:
    from edge_agent.status.pin import Pins  # noqa: PLC0415  a command loads only what it needs

    pins = Pins.of(settings.state_dir)
    if options["forgive"]:
        pins.forgive()
        print("wrong tries are forgotten")
        return 0
    pins.set(_typed_pin())
    print("the PIN is set; phones that knew the one before ask for it again")
    return 0


def _typed_pin() -> str:
    """Twice from a terminal, where it is not shown; the first line of a pipe. Raises ConfigError."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    from getpass import getpass  # noqa: PLC0415  as above

    pin = getpass("PIN: ")
    if getpass("once more: ") != pin:
        raise ConfigError("the two are not the same: nothing was set")
    return pin


_APART = {"count": _count, "setup": _setup, "pair": _pair}  # that have words of their own, and no settings
_COMMANDS = {"run": _run, "status": _status, "doctor": _doctor, "export": _export, "page": _page, "pin": _pin}

if __name__ == "__main__":
    sys.exit(main())
