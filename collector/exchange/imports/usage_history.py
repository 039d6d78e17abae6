"""Import of usage from before the collector: account, robot, day, counter, value. All of it or nothing.

Each value replaces what was imported for the same robot, day and counter, so that a file may be imported again.
Accounts, robots and deployments that are missing are made; a row without an account says of its robot's deployments
nothing. A row is refused where it would count twice or stay
unseen (the robot itself counts since that day, or the day is not over), where another account had the robot, or where
somebody said that the robot's deployment with that account began later.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, BinaryIO

import orjson
from sqlalchemy import Connection, bindparam, select, text

from collector.accounts.ledger.facts import Origin, row_ids
from collector.accounts.ledger.kinds.registry import KINDS, Base
from collector.accounts.ledger.kinds.who import Account, Deployment
from collector.accounts.ledger.stays import DERIVED
from collector.accounts.ledger.writing import recorded_by_history, rewrite
from collector.calendar import days
from collector.exchange.imports.problems import BadRow
from collector.exchange.imports.usage_sheet import HISTORY, UNOWNED, ReadAs, read
from collector.exchange.imports.usage_staging import RobotDayValues, Staging
from collector.scores.rollup import late
from collector.store.tables.fleet import deployment, robot, usage_day
from collector.values.sentence import Sentence

AUTHOR = "usage import"  # of the facts that follow from it
_DEPLOYMENT = KINDS["deployment"]
_AT_ONCE = 500  # rows per statement
_ADVISORY_LOCK = 0x666C6569
_FIRST_OWN = (
    select(usage_day.c.day)
    .where(usage_day.c.robot_id == bindparam("robot_id"), (usage_day.c.totals != "{}") | (usage_day.c.covered_s > 0))
    .order_by(usage_day.c.day)
    .limit(1)
)
# A robot may deliver the same day meanwhile: only what is imported is written.
_IMPORT = text(
    "INSERT INTO usage_day (day, robot_id, imported) VALUES (:day, :robot_id, :imported)"
    " ON CONFLICT (day, robot_id) DO UPDATE SET imported = excluded.imported"
)
_REGISTER = text(
    "INSERT INTO robot (name, first_seen_at) VALUES (:name, :now) ON CONFLICT (name) DO NOTHING RETURNING id"
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, and how its file was read: the encoding of a CSV, the sheet of a workbook."""

    values: int
    robot_days: int
    robots: int
    accounts: int
    new_robots: int
    new_accounts: int
    new_deployments: int
    encoding: str | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """Nothing was imported. The first complaints, and how many rows are bad."""

    bad_rows: int
    complaints: tuple[str, ...]


class _UndoImport(Exception):
    """Rolls the import back."""

    def __init__(self, complaints: Sequence[BadRow]) -> None:
        super().__init__()
        self.complaints = complaints


def stage(
    file: BinaryIO, staging: Staging, today: int, mapping: Mapping[str, str] | None = None, sheet: str | None = None,
    *, encoding: str | None = None, without_account: bool = False, found: ReadAs | None = None,
) -> RefusedFile | None:  # fmt: skip
    """Read and sort a seekable file; None when every row is good. Needs no store. Raises BadTable.

    `found` is told how the file was read.
    `without_account`: a row may name none. Unless it is said, that is a cell somebody forgot, or a merged one.
    """

    def rows() -> Iterator[Any]:
        for row in read(file, UNOWNED if without_account else HISTORY, mapping, sheet, encoding, found):
            if not isinstance(row, BadRow) and row.day >= today:
                text = Sentence(
                    "day {day} is not over; history ends {today}, remove the row",
                    day=days.iso(row.day),
                    today=days.iso(today - 1),
                )
                yield BadRow(row.row, text)
            else:
                yield row

    staging.take(rows())
    return _refusal(staging)


def commit(connection: Connection, staging: Staging, now_s: int, base: Base) -> Imported | RefusedFile:
    """Write what was staged, in the caller's transaction; on refusal that transaction is left as it was.

    New accounts have the currency and the time zone of `base`.
    """
    try:
        with connection.begin_nested():
            return _write(connection, staging, now_s, base)
    except _UndoImport as refused:
        for complaint in refused.complaints:
            staging.complain(complaint)
        refusal = _refusal(staging)
        assert refusal is not None
        return refusal


def _refusal(staging: Staging) -> RefusedFile | None:
    return RefusedFile(staging.bad, staging.said()) if staging.bad else None


def _write(connection: Connection, staging: Staging, now_s: int, base: Base) -> Imported:
    if connection.dialect.name == "postgresql":  # another import would not see what this one adds
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    customers = {customer for _, _, customer, _ in staging.stays() if customer}
    accounts, new_accounts = _accounts(connection, customers, now_s, base)
    names = {account_id: customer for customer, account_id in accounts.items()}
    first_own: dict[int, int] = {}
    robots, new_robots, new, complaints = 0, 0, list[Deployment](), list[BadRow]()
    ids: dict[str, int] = {}
    for name, stays in groupby(staging.stays(), key=lambda stay: stay[0]):
        ids[name], made = _robot_id(connection, name, now_s)
        robots, new_robots = robots + 1, new_robots + made
        first = connection.execute(_FIRST_OWN, {"robot_id": ids[name]}).scalar_one_or_none()
        if first is not None:
            first_own[ids[name]] = first
        stays_of = [(day, accounts[customer], line) for _, day, customer, line in stays if customer]
        made_of = _deployments(connection, name, ids[name], stays_of, complaints)
        new += [_said(name, names[account_id], first, last) for first, last, account_id in made_of]
    values, robot_days = 0, 0
    changed = array("q"), array("q")  # days, robots: a history has millions
    for chunk in _chunks(staging.robot_days()):
        complaints += _import(connection, staging, ids, first_own, chunk, changed)
        values, robot_days = values + sum(len(counts) for _, _, counts in chunk), robot_days + len(chunk)
    if complaints:
        first_of = {complaint.row: complaint for complaint in reversed(complaints)}
        raise _UndoImport([first_of[row] for row in sorted(first_of)])
    told = {said.id: recorded_by_history(_DEPLOYMENT, said) for said in new}
    rewrite(connection, _DEPLOYMENT, [(said, False) for said in new], Origin(AUTHOR, now_s), recorded=told)
    late.note(connection, zip(*changed, strict=True))  # last: roll-ups wait for it
    return Imported(values, robot_days, robots, len(accounts), new_robots, new_accounts, len(new))


def _robot_id(connection: Connection, name: str, now_s: int) -> tuple[int, int]:
    known = select(robot.c.id).where(robot.c.name == name)
    found = connection.execute(known).scalar_one_or_none()
    if found is not None:
        return found, 0
    made = connection.execute(_REGISTER, {"name": name, "now": now_s}).scalar_one_or_none()
    if made is not None:
        return int(made), 1
    return connection.execute(known).scalar_one(), 0  # it came on its own just now


def _accounts(connection: Connection, customers: set[str], now_s: int, base: Base) -> tuple[dict[str, int], int]:
    """The rows of these accounts, and how many of them were made: with their id as name, until somebody says it."""
    new = sorted(customers - row_ids(connection, sorted(customers)).keys())
    kind = KINDS["account"]
    said = [(Account(**kind.with_base({"id": customer, "name": customer}, base)), False) for customer in new]
    rewrite(connection, kind, said, Origin(AUTHOR, now_s), recorded=dict.fromkeys(new, 0))
    return row_ids(connection, sorted(customers)), len(new)


def _said(robot_name: str, customer: str, first: int, last: int | None) -> Deployment:
    key = f"{DERIVED}{robot_name}:{days.iso(first)}"
    return Deployment(id=key, account=customer, robot=robot_name, from_day=first, to_day=last)


def _deployments(
    connection: Connection, name: str, robot_id: int, stays: list[tuple[int, int, int]], complaints: list[BadRow]
) -> list[tuple[int, int | None, int]]:
    """(first day, last or None, account): what the days of one robot need. `stays`: (day, account, row) in order."""
    known = connection.execute(
        select(deployment.c.from_day, deployment.c.to_day, deployment.c.account_id, deployment.c.fact_key)
        .where(deployment.c.robot_id == robot_id)
        .order_by(deployment.c.from_day)
    )
    taken = list(known)
    missing: list[tuple[int, int]] = []
    for i, (day, account_id, line) in enumerate(stays):
        if i and stays[i - 1][0] == day:
            text = Sentence(
                "{name} is with two accounts on {day} (row {stays}); a day belongs to one of them",
                name=name,
                day=days.iso(day),
                stays=stays[i - 1][2],
            )
            complaints.append(BadRow(line, text))
            continue
        holder = next((t for t in taken if t[0] <= day and (t[1] is None or day <= t[1])), None)
        following = next((t for t in taken if t[0] > day), None)
        if holder is None and following is not None and _contradicts(following, account_id):
            said = Sentence(
                "{name} is deployed there since {since} (deployment {deployment}), and {day} is "
                "before; correct the row's day, or that deployment's first day",
                name=name,
                since=days.iso(following[0]),
                deployment=following[3],
                day=days.iso(day),
            )
            complaints.append(BadRow(line, said))
        elif holder is None:
            missing.append((day, account_id))
        elif holder[2] != account_id:
            until = "…" if holder[1] is None else days.iso(holder[1])
            complaints.append(
                BadRow(
                    line,
                    Sentence(
                        "{name} was with another account from {holder} to {until}; correct the row's account, or "
                        "end that deployment first",
                        name=name,
                        holder=days.iso(holder[0]),
                        until=until,
                    ),
                )
            )
    return new_deployments(missing, [t[0] for t in taken])


def _contradicts(following: Sequence[Any], account_id: int) -> bool:
    """Somebody said that this account has the robot from a later day on. Deployments that imports made say nothing."""
    return following[2] == account_id and following[3] is not None and not following[3].startswith(DERIVED)


def new_deployments(missing: list[tuple[int, int]], begins: list[int]) -> list[tuple[int, int | None, int]]:
    """(first day, last day or None, account) for days (day, account) in order that no deployment covers. Pure.

    One deployment lasts until the robot is seen with another account or meets one that `begins` later; the last
    one stays open: the robot is still there, as far as the file tells.
    """
    found: list[tuple[int, int | None, int]] = []
    for day, account_id in missing:
        if found:
            first, last, holder = found[-1]
            if (last is None or day <= last) and holder == account_id:
                continue
            if last is None or day <= last:
                found[-1] = (first, day - 1, holder)
        following = min((begin for begin in begins if begin > day), default=None)
        found.append((day, None if following is None else following - 1, account_id))
    return found


def _chunks(robot_days: Iterable[RobotDayValues]) -> Iterator[list[RobotDayValues]]:
    chunk: list[RobotDayValues] = []
    for robot_day in robot_days:
        chunk.append(robot_day)
        if len(chunk) == _AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _import(
    connection: Connection, staging: Staging, ids: dict[str, int], first_own: dict[int, int],
    chunk: list[RobotDayValues], noted: tuple["array[int]", "array[int]"],
) -> list[BadRow]:  # fmt: skip
    """Merge some robot-days into what was imported before. `first_own`: the day a robot (id) itself counts since.

    The days and robots of what changed are appended to `noted`.
    """
    robot_ids, on_days = {ids[name] for name, _, _ in chunk}, [day for _, day, _ in chunk]
    query = select(usage_day.c.robot_id, usage_day.c.day, usage_day.c.imported).where(
        usage_day.c.robot_id.in_(robot_ids),
        usage_day.c.day.between(min(on_days), max(on_days)),
        usage_day.c.imported.is_not(None),
    )
    stored = {(row.robot_id, row.day): orjson.loads(row.imported) for row in connection.execute(query)}
    complaints, changed = list[BadRow](), list[dict[str, Any]]()
    for name, day, counts in chunk:
        before: dict[str, int] = stored.get((ids[name], day), {})
        since = first_own.get(ids[name])
        if since is not None and since <= day:
            for counter in (c for c in counts if before.get(c) != counts[c]):
                said = Sentence(
                    "{name} itself counts since {since}, so {counter} of {day} would not be seen; remove "
                    "the row: history is from before the robot's first own day",
                    name=name,
                    since=days.iso(since),
                    counter=counter,
                    day=days.iso(day),
                )
                complaints.append(BadRow(staging.line_of(name, day, counter), said))
        elif {**before, **counts} != before:
            merged = orjson.dumps({**before, **counts}).decode()
            changed.append({"day": day, "robot_id": ids[name], "imported": merged})
    if changed and not complaints:
        connection.execute(_IMPORT, changed)
        noted[0].extend(row["day"] for row in changed)
        noted[1].extend(row["robot_id"] for row in changed)
    return complaints
