"""Settings of the agent: read once at the start, frozen afterwards.

Flags over file over environment over defaults. Each setting is one field below; its flag
(`--state-dir`), its key in the TOML file (`state_dir`) and its variable (`EDGE_AGENT_STATE_DIR`)
follow from the name, and its meaning stands in docs/agent.md. Sources are configured in the file:

    [sources]
    enabled = ["system", "local", "statsd"]
    [sources.statsd]
    port = 8125

Anything wrong raises ConfigError with one line that says the remedy. Secrets are read from files
when the link connects (so that a rotated password is taken up) and never enter a log line.
"""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, get_args
from urllib.parse import unquote, urlsplit

from edge_agent.deferred import Sentence
from edge_agent.errors import ConfigError, NotAllowed
from edge_agent.skills.readiness import window_of
from protocol.limits import BATCH_MAX_RECORDS, ROBOT_ID

PREFIX = "EDGE_AGENT_"
NOT_SETTINGS = {f"{PREFIX}CONFIG", f"{PREFIX}COUNT_SOCKET"}  # where the file is; where a counting program finds us
FILE_DEFAULT = Path("/etc/edge-agent/agent.toml")
HOUR_S = 3600
SCHEMES = {"mqtt": (1883, False), "mqtts": (8883, True)}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a setting is for (shown by --help and docs/agent.md) and between which numbers it may lie."""

    help: str
    low: float = 0
    high: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can set. Units are in the names."""

    robot: Annotated[
        str, Meaning("identity of this robot: user name at the broker and part of its topics [host name]")
    ] = ""
    state_dir: Annotated[Path, Meaning("folder of the outbox; survives reboots")] = Path("/var/lib/edge-agent")
    runtime_dir: Annotated[Path, Meaning("folder of the Unix sockets [systemd's, else state_dir]")] = Path()
    mqtt_url: Annotated[str, Meaning("broker: mqtt://host:1883 or mqtts://host:8883")] = field(
        default="mqtt://127.0.0.1:1883", repr=False
    )
    mqtt_version: Annotated[str, Meaning("auto, 5 or 3.1.1; auto tries 5 first")] = "auto"
    mqtt_username: Annotated[str, Meaning("user name at the broker [the robot, once there is a password]")] = ""
    mqtt_password_file: Annotated[Path, Meaning("file with the password [systemd credential mqtt_password]")] = Path()
    tls_ca_file: Annotated[Path, Meaning("CA certificates to trust [credential mqtt_ca, else the system's]")] = Path()
    tls_cert_file: Annotated[Path, Meaning("client certificate [credential mqtt_cert]")] = Path()
    tls_key_file: Annotated[Path, Meaning("its private key [credential mqtt_key]")] = Path()
    keepalive_s: Annotated[
        int, Meaning("silence after which MQTT pings; above upload_s it costs nothing", low=10, high=65535)
    ] = 1200
    sample_s: Annotated[float, Meaning("seconds between two readings of a source", low=0.1, high=300)] = 10.0
    window_s: Annotated[int, Meaning("length of a window; divides an hour", low=1, high=HOUR_S)] = 300
    checkpoint_s: Annotated[
        int,
        Meaning("seconds that counts of StatsD are at risk; a write is 10 kB of flash", low=1, high=HOUR_S),
    ] = 150
    upload_s: Annotated[
        int, Meaning("seconds between uploads; each robot has its own moment in it", low=1, high=86_400)
    ] = 900
    batch_records: Annotated[int, Meaning("records in one batch at most", low=1, high=BATCH_MAX_RECORDS)] = 100
    outbox_max_mb: Annotated[
        int, Meaning("size of the outbox file; above it old windows are merged", low=1, high=4096)
    ] = 64
    sources: Annotated[tuple[str, ...], Meaning("sources to run, separated by commas")] = ("system", "local", "statsd")
    timezone: Annotated[str, Meaning("IANA name of the robot's time zone [the system's]")] = ""
    model: Annotated[str, Meaning("model of the robot, as the fleet page shows it")] = ""
    rom: Annotated[str, Meaning("system version of the robot, as the fleet page shows it")] = ""
    skills: Annotated[str, Meaning("off, systemd (a unit, a user and limits each) or unconfined (development)")] = "off"
    skills_dir: Annotated[
        Path, Meaning("folder of the skills' sockets; it outlives the agent [skills in runtime_dir]")
    ] = Path()
    skills_body: Annotated[Path, Meaning("Unix socket of the robot's body, which skills move and speak with")] = Path()
    skills_repository: Annotated[
        str, Meaning("address of the repository of skill packages: https://host:port; empty: nothing is fetched")
    ] = ""
    skills_repository_ca: Annotated[Path, Meaning("CA certificates that know the repository [the system's]")] = Path()
    skills_core: Annotated[str, Meaning("version of the robot's core, such as 2.8.0 [not judged]")] = ""
    skills_capabilities: Annotated[
        tuple[str, ...], Meaning("what the robot's body can do, separated by commas: go_to, speak, …")
    ] = ()
    skills_switch: Annotated[
        str, Meaning("when skills are exchanged: idle (no task), or docked (at the charger besides)")
    ] = "idle"
    skills_switch_charge: Annotated[
        int, Meaning("least charge of the battery for that, in %; 0: not asked", low=0, high=100)
    ] = 0
    skills_window: Annotated[
        str, Meaning("hours of the robot's day for that, such as 22:00-06:00; empty: at any hour")
    ] = ""
    skills_language: Annotated[str, Meaning("language that skills speak, such as zh; no skill runs without it")] = ""
    page_listen: Annotated[str, Meaning("address of `edge-agent page`, the local status page")] = "127.0.0.1:8099"
    log_level: Annotated[str, Meaning("debug, info, warning or error")] = "info"
    log_format: Annotated[str, Meaning("text, json or auto (text on a terminal)")] = "auto"
    source_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def broker(self) -> "Broker":
        return broker_of(self.mqtt_url)


@dataclass(frozen=True, slots=True)
class Broker:
    """Where to connect. The password of a URL is kept out of every repr."""

    host: str
    port: int
    tls: bool
    username: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


SETTABLE = tuple(f for f in fields(Settings) if f.name != "source_options")
_NAMES = tuple(f.name for f in SETTABLE)


def meaning(name: str) -> tuple[Any, Meaning]:
    """(type, meaning) of a setting."""
    type_, said = get_args(next(f.type for f in SETTABLE if f.name == name))
    return type_, said


def load(flags: Mapping[str, str], environ: Mapping[str, str], file: Path | None = None) -> Settings:
    """The settings in force. `file` None means EDGE_AGENT_CONFIG, else the default file if it is there.

    Raises ConfigError.
    """
    chosen = file or (Path(environ[f"{PREFIX}CONFIG"]) if environ.get(f"{PREFIX}CONFIG") else None)
    if chosen is None and FILE_DEFAULT.is_file():
        chosen = FILE_DEFAULT
    written, options = _read_file(chosen) if chosen else ({}, {})
    raw: dict[str, tuple[Any, str]] = {k: (v, "default") for k, v in _from_system(environ).items()}
    raw |= {k: (v, f"{PREFIX}{k.upper()}") for k, v in _from_environment(environ).items()}
    raw |= {k: (v, f"{k} in {chosen}") for k, v in written.items()}
    raw |= {k: (v, f"--{k.replace('_', '-')}") for k, v in flags.items()}
    values = {f.name: _parse(f.name, *raw[f.name]) for f in SETTABLE if f.name in raw}
    if "sources" not in raw and options:
        values["sources"] = tuple(dict.fromkeys((*Settings().sources, *options)))
    if "sources" in flags:  # a trial of some sources; the file's tables of the others stay where they are
        options = {name: table for name, table in options.items() if name in values["sources"]}
    settings = Settings(**values, source_options=MappingProxyType(options))
    _check_together(settings)
    return settings


def broker_of(url: str) -> Broker:
    """Parse a broker's URL. Raises ConfigError."""
    remedy = Sentence("write it as mqtt://host:1883 or mqtts://host:8883")
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ConfigError(
            "mqtt_url: scheme {scheme!r} is unknown: {remedy}", scheme=parts.scheme or "missing", remedy=remedy
        )
    try:
        port = parts.port
    except ValueError as error:
        raise ConfigError("mqtt_url: {detail}: {remedy}", detail=str(error), remedy=remedy) from error
    if not parts.hostname or parts.path not in {"", "/"}:
        raise ConfigError("mqtt_url: a host and nothing after the port was expected: {remedy}", remedy=remedy)
    default_port, tls = SCHEMES[parts.scheme]
    return Broker(
        parts.hostname, port or default_port, tls, unquote(parts.username or ""), unquote(parts.password or "")
    )


def credentials(settings: Settings) -> tuple[str, str]:
    """(user name, password) as they are now; a password file wins over the URL. Raises ConfigError."""
    broker = settings.broker
    password = broker.password
    if is_set(settings.mqtt_password_file):
        try:
            password = settings.mqtt_password_file.read_text().strip("\r\n")
        except OSError as error:
            raise ConfigError(
                "mqtt_password_file: {detail}: give the agent's user read access", detail=error.strerror
            ) from error
    username = settings.mqtt_username or broker.username or (settings.robot if password else "")
    return username, password


def skills_folder(settings: Settings) -> Path:
    """Where the sockets of skills lie, and what the agent tells the store process of the robot."""
    runtime_dir = settings.runtime_dir if is_set(settings.runtime_dir) else settings.state_dir
    return settings.skills_dir if is_set(settings.skills_dir) else runtime_dir / "skills"


def is_set(path: Path) -> bool:
    """An unset path is Path()."""
    return path != Path()


def _from_system(environ: Mapping[str, str]) -> dict[str, Any]:
    """What systemd and the host say, below everything the operator says."""
    found: dict[str, Any] = {"robot": re.sub(r"[^A-Za-z0-9_.:-]", "-", socket.gethostname())[:64] or "robot"}
    if environ.get("STATE_DIRECTORY"):
        found["state_dir"] = environ["STATE_DIRECTORY"].split(":")[0]
    if environ.get("RUNTIME_DIRECTORY"):
        found["runtime_dir"] = environ["RUNTIME_DIRECTORY"].split(":")[0]
    if folder := environ.get("CREDENTIALS_DIRECTORY"):
        names = {"mqtt_password_file": "mqtt_password", "tls_ca_file": "mqtt_ca"}
        names |= {"tls_cert_file": "mqtt_cert", "tls_key_file": "mqtt_key"}
        found |= {key: Path(folder, name) for key, name in names.items() if Path(folder, name).is_file()}
    if zone := _system_timezone(environ):
        found["timezone"] = zone
    return found


def _system_timezone(environ: Mapping[str, str]) -> str:
    if environ.get("TZ", "").count("/"):
        return environ["TZ"].lstrip(":")
    try:
        return Path("/etc/localtime").readlink().as_posix().partition("zoneinfo/")[2]
    except OSError:
        return ""  # no symlink on this system: the collector shows the robot in UTC until it is told


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in _NAMES:
            raise ConfigError(
                "{name} is not a setting: {remedy}",
                name=variable,
                remedy=_nearest(name, lambda n: PREFIX + n.upper()),
            )
        found[name] = value
    return found


def _read_file(path: Path) -> tuple[dict[str, Any], dict[str, Mapping[str, Any]]]:
    """(settings, source sections) of a TOML file."""
    import tomllib  # noqa: PLC0415  a robot that is configured by its environment never pays for the parser

    try:
        table = tomllib.loads(path.read_text())
    except PermissionError as error:
        raise NotAllowed(path) from error
    except OSError as error:
        raise ConfigError(
            "{path}: {detail}: create it or name another with --config", path=path, detail=error.strerror
        ) from error
    except ValueError as error:
        raise ConfigError("{path}: {detail}: correct this line of TOML", path=path, detail=str(error)) from error
    sections = table.pop("sources", {})
    if not isinstance(sections, dict):
        raise ConfigError('{path}: sources is a table: write [sources] and enabled = ["system"] under it', path=path)
    if "enabled" in sections:
        table["sources"] = sections.pop("enabled")
    for name in table:
        if name not in _NAMES:
            raise ConfigError(
                "{path}: {name} is not a setting: {remedy}", path=path, name=name, remedy=_nearest(name, str)
            )
    for name, section in sections.items():
        if not isinstance(section, dict):
            raise ConfigError(
                "{path}: [sources] holds enabled and one table per source: move {name} into its table",
                path=path,
                name=name,
            )
    return table, sections


def _nearest(name: str, spell: Any) -> Sentence:
    import difflib  # noqa: PLC0415  only a misspelt setting needs it

    near = difflib.get_close_matches(name, _NAMES, n=1, cutoff=0.5)
    if near:
        return Sentence("did you mean {name}?", name=spell(near[0]))
    return Sentence("see `edge-agent run --help` for all of them")


def _parse(name: str, value: Any, origin: str) -> Any:
    """One raw value as the field's type, within its limits. Raises ConfigError."""
    type_, limits = meaning(name)
    if type_ is Path:
        return Path(str(value)).expanduser() if str(value) else Path()
    if type_ is str:
        return str(value)
    try:
        if type_ not in (int, float):
            items = value.split(",") if isinstance(value, str) else list(value)
            return tuple(str(item).strip() for item in items if str(item).strip())
        number = type_(value)
        if isinstance(value, bool) or (isinstance(value, float) and number != value):
            raise TypeError(value)  # noqa: TRY301  12.5 is no number of whole seconds
    except (ValueError, TypeError) as error:
        kinds = {int: Sentence("a whole number"), float: Sentence("a number")}
        kind = kinds.get(type_, Sentence("a list of names"))
        raise ConfigError(
            "{origin}: {value!r} is not {kind}: correct {name}", origin=origin, value=value, kind=kind, name=name
        ) from error
    if not limits.low <= number <= limits.high:
        raise ConfigError(
            "{origin}: {value} is outside {low:g} to {high:g}: choose a value within",
            origin=origin,
            value=value,
            low=limits.low,
            high=limits.high,
        )
    return number


def _check_together(settings: Settings) -> None:
    """What one field alone cannot say."""
    if not ROBOT_ID.fullmatch(settings.robot):
        raise ConfigError(
            "robot: {robot!r} is not an identity: letters, digits, _ . : - and at most 64 of them", robot=settings.robot
        )
    _ = settings.broker
    if HOUR_S % settings.window_s:
        raise ConfigError(
            "window_s: {window_s} does not divide an hour: choose 60, 300 or 900", window_s=settings.window_s
        )
    for name, allowed in (
        ("mqtt_version", ("auto", "5", "3.1.1")),
        ("log_level", ("debug", "info", "warning", "error")),
        ("log_format", ("auto", "text", "json")),
        ("skills", ("off", "systemd", "unconfined")),
        ("skills_switch", ("idle", "docked")),
    ):
        if getattr(settings, name) not in allowed:
            raise ConfigError(
                "{name}: {value!r} is unknown: choose {allowed}",
                name=name,
                value=getattr(settings, name),
                allowed=", ".join(allowed),
            )
    _check_skills(settings)
    for name in ("mqtt_password_file", "tls_ca_file", "tls_cert_file", "tls_key_file"):
        path = getattr(settings, name)
        if is_set(path) and not path.is_file():
            raise ConfigError("{name}: {path} does not exist: create it or correct the path", name=name, path=path)
    if is_set(settings.tls_cert_file) != is_set(settings.tls_key_file):
        raise ConfigError("tls_cert_file and tls_key_file belong together: set both or neither")
    if is_set(settings.tls_cert_file) and not settings.broker.tls:
        raise ConfigError("tls_cert_file is set but mqtt_url has no TLS: write mqtts://")


def _check_skills(settings: Settings) -> None:
    try:
        window_of(settings.skills_window)
    except ValueError:
        raise ConfigError(
            "skills_window: {skills_window!r} is no span: write it as 22:00-06:00", skills_window=settings.skills_window
        ) from None
    if settings.skills == "off":
        return
    if not settings.skills_language:
        raise ConfigError("skills_language: it is not set: write the language that skills speak here, such as zh or en")
    if settings.skills == "unconfined" and not is_loopback(settings.broker.host):
        raise ConfigError(
            "skills: unconfined skills are not isolated, and {host} is another machine: set skills to "
            "systemd, or use a broker on 127.0.0.1",
            host=settings.broker.host,
        )


def is_loopback(host: str) -> bool:
    """Whether this is this machine by its address, or localhost."""
    numbers = host.split(".")
    of_four = len(numbers) == 4 and all(n.isdecimal() and len(n) < 4 for n in numbers)  # noqa: PLR2004  of IPv4
    return host in {"localhost", "::1"} or (of_four and numbers[0] == "127")
