"""PostgreSQL's address, connections, and what its refusals of a connection mean.

An address may name several hosts, a primary and its standbys, in each form that libpq and SQLAlchemy know:

    postgresql://u@h1,h2/db          postgresql://u@h1:5432,[::1]:5433/db
    postgresql://u@/db?host=h1,h2&port=5432,5433
    postgresql://u@/db?host=h1:5432&host=h2:5433
"""

import re
import socket
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError

from collector.errors import ConfigurationError

PORT = 5432  # where an address names none
POOL = 4  # connections kept open; as many more are made when they are needed
NAMES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
# Unless the address says otherwise: a host that is gone without a word is noticed in half a minute.
CONNECT_TIMEOUT_S = 10
_LIVENESS = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
_WRITES = frozenset({"read-write", "primary"})
_READ_ONLY = "25006"  # a standby, or a primary that has become one
_PARTS = re.compile(r"(?P<scheme>[\w+]+)://(?P<user>[^:/@]*(?::[^@]*)?@)?(?P<hosts>[^/?]*)(?P<rest>.*)", re.DOTALL)
_HOST = re.compile(r"\[(?P<v6>[0-9a-fA-F:.]+)\](?::(?P<v6_port>.*))?|(?P<name>[^:\[\]]+)(?::(?P<port>.*))?")
_PORT_MAX = 65_535
_FORM = ConfigurationError("write postgresql://user@host/database, or postgresql://user@host1:5432,host2:5432/database")
# What a server says to whoever it will never let in. Other languages of a server are not known: such a start waits.
_NEVER = (
    "authentication failed", "no password supplied", "does not exist", "pg_hba.conf", "not permitted to log in",
    "certificate verify failed", "invalid connection option", "permission denied for database",
)  # fmt: skip
_FOR_NOW = ("08", "53", "57P", "58", "40", "55P03", _READ_ONLY)  # sqlstates


def address(text: str) -> URL:
    """The URL; several hosts stand in its query. Raises ConfigurationError with what to write instead."""
    match = _PARTS.fullmatch(text)
    if match is None:
        raise _wrong(ConfigurationError("cannot be read"))
    try:
        url = make_url(f"postgresql+psycopg://{match['user'] or ''}{match['rest']}")
    except (ArgumentError, ValueError):
        raise _wrong(ConfigurationError("cannot be read")) from None
    hosts = _hosts(match["hosts"], url)
    query: dict[str, str] = {
        key: _single(key, value) for key, value in url.query.items() if key not in {"host", "port"}
    }
    if hosts:
        query["host"] = ",".join(name for name, _ in hosts)
    if any(port for _, port in hosts):
        query["port"] = ",".join(port for _, port in hosts)
    wanted = query.get("target_session_attrs")
    if wanted is not None and wanted not in _WRITES:
        raise ConfigurationError("store: the collector writes: target_session_attrs is read-write or primary")
    if len(hosts) > 1:
        query.setdefault("target_session_attrs", "read-write")
    elif hosts and not hosts[0][0].startswith("/"):  # one host is written as everybody writes it
        ((name, port),) = hosts
        del query["host"]
        query.pop("port", None)
        url = url.set(host=name, port=int(port) if port else None)
    try:
        make_conninfo("", **{key: value for key, value in query.items() if key != "port"})
    except psycopg.Error as error:
        raise _wrong(ConfigurationError("{text}", text=str(error).strip())) from None
    return url.set(query=query)


def _hosts(named: str, url: URL) -> list[tuple[str, str]]:
    """(host, port) of each host, wherever the address names them; an empty port is the default one."""
    asked = url.query.get("host", ())
    tokens = [token for each in _many(asked) for token in each.split(",")]
    if named and not tokens:
        tokens = named.split(",")
    elif named:
        raise _wrong(ConfigurationError("names hosts twice"))
    hosts = [_host(token) for token in tokens]
    ports = [port for each in _many(url.query.get("port", ())) for port in each.split(",")]
    if not ports:
        return hosts
    if any(port for _, port in hosts):
        raise _wrong(ConfigurationError("names ports twice"))
    names = [name for name, _ in hosts] or [""]
    ports = ports * len(names) if len(ports) == 1 else ports
    if len(ports) != len(names):
        raise _wrong(ConfigurationError("has {hosts} hosts and {ports} ports", hosts=len(names), ports=len(ports)))
    return [(name, _port(port)) for name, port in zip(names, ports, strict=True)]


def shown(url: URL) -> str:
    """The address as a person writes it, without the password."""
    if "host" not in url.query:
        return url.render_as_string().replace("postgresql+psycopg://", "postgresql://")
    named = url.query["host"], url.query.get("port", "")
    names, ports = (",".join(_many(each)).split(",") for each in named)
    pairs = zip_longest(names, ports, fillvalue="")
    hosts = ",".join(f"{name}:{port}" if port else name for name, port in pairs)
    user = f"{url.username}@" if url.username else ""
    return f"postgresql://{user}{hosts}/{url.database or ''}"


def hosts(url: URL) -> list[tuple[str, int]]:
    """(host or folder of a socket, port) of each host that the address names, in its order."""
    if url.host:
        return [(url.host, url.port or PORT)]
    names, ports = (",".join(_many(url.query.get(key, ""))).split(",") for key in ("host", "port"))
    pairs = zip_longest(names, ports if len(ports) > 1 else ports * len(names), fillvalue="")
    return [(name, int(port or PORT)) for name, port in pairs if name]


def without_address(url: URL) -> list[str]:
    """Hosts that no name service knows now: libpq names only the last one that it tried."""
    return [name for name, _ in hosts(url) if not name.startswith("/") and not _has_address(name)]


def _has_address(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, None))
    except OSError:
        return False


def _many(value: str | Sequence[str]) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value


def _single(key: str, value: str | Sequence[str]) -> str:
    if not isinstance(value, str):
        raise _wrong(ConfigurationError("says {key} twice", key=key))
    return value


def _host(token: str) -> tuple[str, str]:
    if token.startswith("/"):  # the folder of a socket
        return token, ""
    match = _HOST.fullmatch(token)
    if match is None and token.count(":") > 1 and re.fullmatch(r"[0-9a-fA-F:.]+", token):
        return token, ""  # IPv6 in host=
    if match is None:
        raise _wrong(
            ConfigurationError("names a host {token!r}", token=token)
            if token
            else ConfigurationError("names a host without a name")
        )
    return match["v6"] or match["name"], _port(match["v6_port"] or match["port"] or "")


def _port(text: str) -> str:
    if text and not (text.isascii() and text.isdigit() and 0 < int(text) <= _PORT_MAX):
        raise _wrong(ConfigurationError("names a port {port!r}", port=text))
    return text


def _wrong(what: ConfigurationError) -> ConfigurationError:
    return ConfigurationError("store: the address {what}: {form}", what=what, form=_FORM)


def engine(url: URL, **options: Any) -> Engine:
    """Connections that notice a server that is gone, and leave one that takes no changes any more."""
    defaults = {"connect_timeout": CONNECT_TIMEOUT_S} | _LIVENESS
    given = {name: value for name, value in defaults.items() if name not in url.query}
    made = create_engine(
        url, pool_size=POOL, max_overflow=POOL, pool_pre_ping=True, connect_args=given, **options
    )  # fmt: skip
    event.listen(made, "handle_error", _leave_a_standby)
    return made


def reach(made: Engine) -> None:
    """Connect once, so that what a connection costs is not taken for what is done with it. Raises SQLAlchemyError."""
    with made.connect():
        pass


def reader(url: URL) -> Engine:
    """Several statements of one connection see one moment, and none of them writes."""
    return engine(url, isolation_level="REPEATABLE READ", execution_options={"postgresql_readonly": True})


def _leave_a_standby(context: ExceptionContext) -> None:
    """After a failover the old primary answers as before and takes no changes: the next connection asks every host."""
    read_only = context.execution_context is not None and context.execution_context.execution_options.get(
        "postgresql_readonly"
    )
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY and not read_only:
        context.is_disconnect = True


def is_away(error: BaseException) -> bool:
    """Whether this PostgreSQL may answer later: it starts, stops, is unreachable, full or a standby for now."""
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | psycopg.InternalError):
        return False
    if error.sqlstate:
        return error.sqlstate.startswith(_FOR_NOW)
    return not any(word in str(error) for word in _NEVER)
