"""A PostgreSQL's address in each form, what a refusal of it means, and what strangers are told of it."""

import psycopg
import pytest

from collector import config
from collector.errors import ConfigurationError
from collector.store import postgresql
from collector.store.engine import store_url

NAMES = ("host", "port", "user", "password", "dbname", "target_session_attrs")


def asked(text):
    """What libpq is asked for; an empty port is its default one."""
    url = store_url(text)
    _, found = postgresql.engine(url).dialect.create_connect_args(url)
    return {name: found[name] for name in NAMES if found.get(name, ",") != ","}


TWO = {"host": "h1,h2", "user": "u", "dbname": "db", "target_session_attrs": "read-write"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("postgresql://u@h1,h2/db?target_session_attrs=read-write", TWO),
        ("postgresql://u@h1,h2/db", TWO),
        ("postgresql://u@/db?host=h1,h2", TWO),
        ("postgres://u@/db?host=h1&host=h2&target_session_attrs=primary", TWO | {"target_session_attrs": "primary"}),
        ("postgresql://u@h1:5433,h2/db", TWO | {"port": "5433,"}),
        ("postgresql+psycopg://u@h1:1,h2:2/db", TWO | {"port": "1,2"}),
        ("postgresql://u@/db?host=h1:1&host=h2:2", TWO | {"port": "1,2"}),
        ("postgresql://u@/db?host=h1,h2&port=1,2", TWO | {"port": "1,2"}),
        ("postgresql://u@/db?host=h1,h2&port=7", TWO | {"port": "7,7"}),
        ("postgresql://u@[::1]:1,[fd00::2]/db", TWO | {"host": "::1,fd00::2", "port": "1,"}),
        ("postgresql://u@/db?host=/run/a,/run/b", TWO | {"host": "/run/a,/run/b"}),
        ("postgresql://u:a%40b/c@h1,h2/db", TWO | {"password": "a@b/c"}),
        ("postgresql://u@h/db", {"host": "h", "user": "u", "dbname": "db"}),
        ("postgresql://u@h:9/db", {"host": "h", "port": 9, "user": "u", "dbname": "db"}),
        ("postgresql://u@[::1]:9/db", {"host": "::1", "port": 9, "user": "u", "dbname": "db"}),
        ("postgresql://u@/db?host=/run/a", {"host": "/run/a", "user": "u", "dbname": "db"}),
        ("postgresql://u@/db?host=/run/a&port=9", {"host": "/run/a", "port": "9", "user": "u", "dbname": "db"}),
        ("postgresql:///db", {"dbname": "db"}),
    ],
)  # fmt: skip
def test_an_address_is_understood_in_every_form(text, wanted):
    assert asked(text) == wanted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("postgresql://u@h1:5432,h2:x/db", "names a port 'x'"),
        ("postgresql://u@h:99999/db", "names a port '99999'"),
        ("postgresql://u@h1,,h2/db", "names a host without a name"),
        ("postgresql://u@h1,h2/db?host=h3", "names hosts twice"),
        ("postgresql://u@h1:1,h2/db?port=2", "names ports twice"),
        ("postgresql://u@/db?host=h1,h2&port=1,2,3", "has 2 hosts and 3 ports"),
        ("postgresql://u@h1,h2/db?tagret_session_attrs=any", 'invalid connection option "tagret_session_attrs"'),
        ("postgresql://u@h1,h2/db?target_session_attrs=any", "target_session_attrs is read-write or primary"),
        ("postgresql://u@h1,h2/db?sslmode=require&sslmode=disable", "says sslmode twice"),
        ("postgresql://u@[::1/db", "names a host"),
    ],
)  # fmt: skip
def test_a_malformed_address_is_one_line_that_says_what_to_write(text, says):
    with pytest.raises(ConfigurationError) as caught:
        config.load({"store": text})
    told = str(caught.value)
    assert says in told
    assert told.startswith("store: ")
    assert "\n" not in told


def test_a_password_is_in_no_complaint():
    with pytest.raises(ConfigurationError) as caught:
        config.load({"store": "postgresql://u:hush@h1,h2:x/db"})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (psycopg.OperationalError("connection to server at ... failed: Connection refused"), True),
        (psycopg.OperationalError("FATAL:  the database system is starting up"), True),
        (psycopg.OperationalError("could not translate host name"), True),
        (psycopg.OperationalError("session is read-only"), True),
        (psycopg.InterfaceError("the connection is closed"), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.ReadOnlySqlTransaction(), True),
        (psycopg.errors.DiskFull(), True),
        (psycopg.OperationalError('FATAL:  password authentication failed for user "u"'), False),
        (psycopg.OperationalError("fe_sendauth: no password supplied"), False),
        (psycopg.OperationalError('FATAL:  database "d" does not exist'), False),
        (psycopg.OperationalError("FATAL:  no pg_hba.conf entry for host"), False),
        (psycopg.errors.InsufficientPrivilege(), False),
        (psycopg.ProgrammingError("invalid connection option"), False),
    ],
)  # fmt: skip
def test_what_may_pass_is_told_from_what_will_not(error, away):
    assert postgresql.is_away(error) is away
