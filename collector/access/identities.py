"""Which key a robot's name belongs to, and the one-time codes by which a robot gets its name.

A code stands for ten minutes, is used once, and holds the name, the account and the site that a person wrote. The
store keeps its SHA-256.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from collector.access.tokens import digest
from collector.calendar import days
from collector.store.tables.fleet import account
from collector.store.tables.pairing import robot_code, robot_key

LASTS_S = 600
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another when it is read aloud
CODE_CHARS = 10  # of 30 letters: 49 bits, of which a code that stands ten minutes lets nobody try many


@dataclass(frozen=True, slots=True)
class StandingCode:
    """A code that may still be used."""

    id: int
    robot: str
    account_id: int
    site: str
    replaces: bool
    who: str


@dataclass(frozen=True, slots=True)
class RobotKey:
    """Whose a name is. `who`: made the code by which it was given."""

    robot: str
    fingerprint: str
    account: str
    site: str
    who: str
    since: str


def spoken(code: str) -> str:
    """As people read it: `K7QX3-93MDP`."""
    return f"{code[: CODE_CHARS // 2]}-{code[CODE_CHARS // 2 :]}"


def plain(text: str) -> str:
    """What a person typed, as it was made."""
    return "".join(letter for letter in text.upper() if letter in LETTERS)


def offer(
    connection: Connection, code: str, *, robot: str, account_id: int, site: str, replaces: bool, who: str, now_s: int
) -> int:
    """Until when it stands. Earlier codes for that name end."""
    connection.execute(delete(robot_code).where(robot_code.c.robot == robot, robot_code.c.used_at.is_(None)))
    values = {
        "hash": digest(code), "robot": robot, "account_id": account_id, "site": site, "replaces": replaces, "who": who,
        "created_at": now_s, "expires_at": now_s + LASTS_S,
    }  # fmt: skip
    connection.execute(insert(robot_code).values(values))
    return now_s + LASTS_S


def standing(connection: Connection, code: str, now_s: int) -> StandingCode | None:
    """The code, while it is neither used nor over."""
    columns = robot_code.c
    query = select(robot_code).where(
        columns.hash == digest(code), columns.used_at.is_(None), columns.expires_at > now_s
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return StandingCode(row.id, row.robot, row.account_id, row.site, row.replaces, row.who)


def use(connection: Connection, code_id: int, now_s: int) -> bool:
    """Use it up. False: somebody was faster."""
    chosen = update(robot_code).where(robot_code.c.id == code_id, robot_code.c.used_at.is_(None))
    return bool(connection.execute(chosen.values(used_at=now_s)).rowcount)


def key_of(connection: Connection, robot: str) -> RobotKey | None:
    """The key that has this name."""
    query = (
        select(robot_key, account.c.external_id)
        .join(account, account.c.id == robot_key.c.account_id)
        .where(robot_key.c.robot == robot)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return RobotKey(row.robot, row.fingerprint, row.external_id, row.site, row.who, days.rfc3339(row.since))


def give(connection: Connection, code: StandingCode, fingerprint: str, now_s: int) -> None:
    """The name belongs to this key from now on, and to no other."""
    connection.execute(delete(robot_key).where(robot_key.c.robot == code.robot))
    values = {
        "robot": code.robot, "fingerprint": fingerprint, "account_id": code.account_id, "site": code.site,
        "who": code.who, "since": now_s,
    }  # fmt: skip
    connection.execute(insert(robot_key).values(values))
