"""Import of usage from before the collector: account, robot, day, counter, value. All of it or nothing.

Each value replaces what was imported for the same robot, day and counter, so that a file may be imported again.
Accounts, robots and deployments that are missing are made. A row is refused where it would count twice (the
robot itself counted that counter that day) or where another account had the robot that day.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, insert, select, update

from collector.exchange.sheet import HISTORY_COLUMNS, BadRow, read
from collector.exchange.staging import RobotDayValues, Staging
from collector.fleet import days
from collector.store.tables import account, deployment, robot, usage_day

_AT_ONCE = 500  # rows per statement


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    values: int
    robot_days: int
    robots: int
    accounts: int
    new_robots: int
    new_accounts: int
    new_deployments: int


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """Nothing was imported. The first complaints, and how many rows are bad."""

    bad_rows: int
    complaints: tuple[str, ...]


class _Refused(Exception):
    """Rolls the import back."""

    def __init__(self, complaints: Sequence[BadRow]) -> None:
        super().__init__()
        self.complaints = complaints


def stage(lines: Iterable[str], staging: Staging, now_s: int) -> RefusedFile | None:
    """Read and sort the file; None when every row is good. Needs no store. Raises BadHeader."""
    latest = days.of(now_s, "UTC") + 1  # somewhere it is tomorrow already

    def rows() -> Iterator[Any]:
        for row in read(lines, HISTORY_COLUMNS):
            if not isinstance(row, BadRow) and row.day > latest:
                yield BadRow(row.row, f"day {days.iso(row.day)} has not come yet; history ends today")
            else:
                yield row

    staging.take(rows())
    return _refusal(staging)


def commit(connection: Connection, staging: Staging, now_s: int) -> Imported | RefusedFile:
    """Write what was staged, in the caller's transaction; on refusal that transaction is left as it was."""
    try:
        with connection.begin_nested():
            return _write(connection, staging, now_s)
    except _Refused as refused:
        for complaint in refused.complaints:
            staging.complain(complaint)
        refusal = _refusal(staging)
        assert refusal is not None
        return refusal


def _refusal(staging: Staging) -> RefusedFile | None:
    return RefusedFile(staging.bad, tuple(str(row) for row in staging.complaints)) if staging.bad else None


def _write(connection: Connection, staging: Staging, now_s: int) -> Imported:
    accounts: dict[str, int] = {}
    robots, new_robots, new_accounts, new_deployments, complaints = 0, 0, 0, 0, list[BadRow]()
    ids: dict[str, int] = {}
    for name, stays in groupby(staging.stays(), key=lambda stay: stay[0]):
        ids[name], made = _robot_id(connection, name, now_s)
        robots, new_robots = robots + 1, new_robots + made
        row_days = [(day, customer, line) for _, day, customer, line in stays]
        for _, customer, _ in row_days:
            if customer not in accounts:
                accounts[customer], made = _account_id(connection, customer, now_s)
                new_accounts += made
        stays_of = [(day, accounts[customer], line) for day, customer, line in row_days]
        new_deployments += _deploy(connection, name, ids[name], stays_of, complaints)
    values, robot_days = 0, 0
    for chunk in _chunks(staging.robot_days()):
        complaints += _import(connection, staging, ids, chunk)
        values, robot_days = values + sum(len(counts) for _, _, counts in chunk), robot_days + len(chunk)
    if complaints:
        raise _Refused(complaints)
    return Imported(values, robot_days, robots, len(accounts), new_robots, new_accounts, new_deployments)


def _robot_id(connection: Connection, name: str, now_s: int) -> tuple[int, int]:
    found = connection.execute(select(robot.c.id).where(robot.c.name == name)).scalar_one_or_none()
    if found is not None:
        return found, 0
    made = connection.execute(insert(robot).values(name=name, first_seen_at=now_s).returning(robot.c.id))
    return int(made.scalar_one()), 1


def _account_id(connection: Connection, external_id: str, now_s: int) -> tuple[int, int]:
    found = connection.execute(select(account.c.id).where(account.c.external_id == external_id)).scalar_one_or_none()
    if found is not None:
        return found, 0
    values = {"external_id": external_id, "name": external_id, "created_at": now_s}
    return int(connection.execute(insert(account).values(values).returning(account.c.id)).scalar_one()), 1


def _deploy(
    connection: Connection, name: str, robot_id: int, stays: list[tuple[int, int, int]], complaints: list[BadRow]
) -> int:
    """Make the deployments that the days of one robot need; how many. `stays`: (day, account, row) in order."""
    known = connection.execute(
        select(deployment.c.from_day, deployment.c.to_day, deployment.c.account_id)
        .where(deployment.c.robot_id == robot_id)
        .order_by(deployment.c.from_day)
    )
    taken = list(known)
    missing: list[tuple[int, int]] = []
    for i, (day, account_id, line) in enumerate(stays):
        if i and stays[i - 1][0] == day:
            text = (
                f"{name} is with two accounts on {days.iso(day)} (row {stays[i - 1][2]}); a day belongs to one of them"
            )
            complaints.append(BadRow(line, text))
            continue
        holder = next((t for t in taken if t[0] <= day and (t[1] is None or day <= t[1])), None)
        if holder is None:
            missing.append((day, account_id))
        elif holder[2] != account_id:
            until = "" if holder[1] is None else f" to {days.iso(holder[1])}"
            complaints.append(
                BadRow(
                    line,
                    f"{name} was with another account from {days.iso(holder[0])}{until}; correct the row's account, "
                    "or end that deployment first",
                )
            )
    made = [
        {"robot_id": robot_id, "account_id": new[2], "from_day": new[0], "to_day": new[1]}
        for new in new_deployments(missing, [t[0] for t in taken])
    ]
    if made:
        connection.execute(insert(deployment), made)
    return len(made)


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


def _import(connection: Connection, staging: Staging, ids: dict[str, int], chunk: list[RobotDayValues]) -> list[BadRow]:
    """Merge some robot-days into what was imported before."""
    robot_ids, on_days = {ids[name] for name, _, _ in chunk}, [day for _, day, _ in chunk]
    query = select(usage_day.c.robot_id, usage_day.c.day, usage_day.c.totals, usage_day.c.imported).where(
        usage_day.c.robot_id.in_(robot_ids), usage_day.c.day.between(min(on_days), max(on_days))
    )
    stored = {(row.robot_id, row.day): row for row in connection.execute(query.with_for_update())}
    complaints, new, changed = list[BadRow](), list[dict[str, Any]](), list[dict[str, Any]]()
    for name, day, counts in chunk:
        row = stored.get((ids[name], day))
        own: dict[str, int] = orjson.loads(row.totals) if row else {}
        before: dict[str, int] = orjson.loads(row.imported) if row and row.imported else {}
        for counter in counts:
            if counter in own and before.get(counter) != counts[counter]:
                complaints.append(
                    BadRow(
                        staging.line_of(name, day, counter),
                        f"{name} itself counted {counter} on {days.iso(day)} ({own[counter]}); remove the row: "
                        "history is from before the collector",
                    )
                )
        merged = orjson.dumps({**before, **counts}).decode()
        if row is None:
            new.append({"day": day, "robot_id": ids[name], "imported": merged})
        elif {**before, **counts} != before:
            changed.append({"at_day": day, "at_robot": ids[name], "imported": merged})
    if new:
        connection.execute(insert(usage_day), new)
    if changed:
        here = (usage_day.c.day == bindparam("at_day")) & (usage_day.c.robot_id == bindparam("at_robot"))
        connection.execute(update(usage_day).where(here), changed)
    return complaints
