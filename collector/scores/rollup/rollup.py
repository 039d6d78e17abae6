"""Robot-days become account-days: closed days once, late ones again, as new versions beside the old ones.

A day of an account is rolled up when it is over and settled. What comes later for it (a robot that was off line, an
import, a deployment or a calendar that is corrected) makes a new version; one that would say the same is not written.
Every transaction leaves the store so that running it again goes on where it was cut off.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, text, tuple_, union_all

from collector.calendar import days
from collector.calendar.days import DAY_S
from collector.health.model import AccountDay, RobotsOfDay
from collector.scores.days_codec import decode, encode, encode_robots
from collector.scores.rollup.robot_reads import CALENDAR, add_up
from collector.scores.rollup.standing import not_less
from collector.store import fence, pruned, rolled
from collector.store.engine import Store
from collector.store.fence import Failed
from collector.store.pruned import Pruned
from collector.store.tables.fleet import deployment, robot
from collector.store.tables.health import account_day, late_day, rollup_mark
from collector.store.tables.ledger import fact, waiting_claim

ROBOT_DAYS_AT_ONCE = 20_000  # read and added up together: about 100 MB
ACCOUNTS_AT_ONCE = 200
LATE_AT_ONCE = 500  # robot-days in one transaction; on SQLite ingest waits for it

_NOTE = text("INSERT INTO late_day (day, robot_id) VALUES (:day, :robot_id) ON CONFLICT (day, robot_id) DO NOTHING")
_FOLLOW = text(
    "INSERT INTO to_rescore (account_id, day) VALUES (:account_id, :day) ON CONFLICT (account_id, day) DO NOTHING"
)
_NOBODY = RobotsOfDay(counts={}, faults={})
Key = tuple[int, int]
"""(account row, day)."""


@dataclass(slots=True)
class RolledUp:
    """What a run did.

    `failed`: whose days could not be added up; they go on from there next time. `changed`: (account row, day) that had
    a version before and got a newer one.

    These are also kept in `to_rescore`, so that their scores follow also when the process ends in between.
    """

    days: int = 0
    versions: int = 0
    changed: set[Key] = field(default_factory=set)
    failed: Failed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Run:
    store: Store
    through_day: int
    now_s: int
    grave: frozenset[str]
    done: RolledUp
    newest_fact: int  # what was said until the run began


def roll_up(
    store: Store,
    accounts: Sequence[int],
    through_day: int,
    now_s: int,
    grave: frozenset[str],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    again_from: int | None = None,
) -> RolledUp:
    """Bring these accounts' account-days up to `through_day`, and roll up again what came late. Repeatable.

    `grave`: families of severity 3. `again_from`: days that are rolled up from there on, also where nothing came.
    """
    with store.write() as connection:
        rolled.begin(connection, through_day)
    with store.read() as connection:
        newest_fact = connection.scalar(select(func.max(fact.c.id))) or 0
        marks = {row.account_id: row for row in connection.execute(select(rollup_mark))}
        touching = _touching(connection, min((row.fact_id for row in marks.values()), default=newest_fact))
        jobs = list(_jobs(connection, accounts, through_day, marks, touching, again_from))
    run = _Run(store, through_day, now_s, grave, RolledUp(), newest_fact)
    for number, (chunk, from_day) in enumerate(jobs):
        fence.each(chunk, lambda part, from_day=from_day: _bring_up(run, part, from_day), run.done.failed)  # type: ignore[misc]  # a default of the loop's variable
        progress(number + 1, len(jobs))
    _late(run, set(accounts))
    return run.done


def _bring_up(run: _Run, accounts: Sequence[int], from_day: int) -> None:
    """The days of some accounts up to the run's last; what was written of a range that fails stays, and is repeated."""
    for first, last in _blocks(run.store, accounts, from_day, run.through_day):
        with run.store.write() as connection:
            _forget_notes(connection, accounts, first, last)
        with run.store.read() as connection:
            added = add_up(connection, accounts, first, last, run.grave)
            result, robots = added.result(), added.by_robot()
        with run.store.write() as connection:
            _write(connection, accounts, (first, last), result, robots, run)
            _mark(connection, accounts, last, run, whole=last == run.through_day)
            _note_broken(connection, added.broken, run)


def _note_broken(connection: Connection, broken: Mapping[tuple[int, int], str], run: _Run) -> None:
    """Robot-days that could not be read are read again next time; meanwhile they count as days that did not arrive."""
    for (robot_id, day), reason in sorted(broken.items()):
        run.done.failed["robot", robot_id] = f"{days.iso(day)}: {reason}"
        connection.execute(_NOTE, {"robot_id": robot_id, "day": day})


def of_days(
    connection: Connection, accounts: Sequence[int], from_day: int, to_day: int, grave: frozenset[str]
) -> Mapping[Key, AccountDay]:
    """The account-days as the robots' days say now, without writing them."""
    return add_up(connection, accounts, from_day, to_day, grave).result()


def _jobs(
    connection: Connection, accounts: Sequence[int], through_day: int, marks: Mapping[int, Row[Any]],
    touching: "_Touching", again_from: int | None,
) -> Iterator[tuple[list[int], int]]:  # fmt: skip
    """(accounts, first day to roll up), accounts that begin on the same day together."""
    first = _first_days(connection, accounts, marks, touching, again_from)
    due = {account_id: day for account_id, day in first.items() if day <= through_day}
    ordered = sorted(due, key=lambda account_id: (due[account_id], account_id))
    chunk: list[int] = []
    for account_id in ordered:
        if chunk and (due[chunk[0]] != due[account_id] or len(chunk) == ACCOUNTS_AT_ONCE):
            yield chunk, due[chunk[0]]
            chunk = []
        chunk.append(account_id)
    if chunk:
        yield chunk, due[chunk[0]]


def _first_days(
    connection: Connection, accounts: Sequence[int], marks: Mapping[int, Row[Any]], touching: "_Touching",
    again_from: int | None,
) -> dict[int, int]:  # fmt: skip
    """Where each account that ever had a robot goes on: after its mark, or at what was said of its past since."""
    begins: dict[int, int] = {}
    for table in (deployment, waiting_claim):
        first_days = select(table.c.account_id, func.min(table.c.from_day)).group_by(table.c.account_id)
        for account_id, day in connection.execute(first_days):
            begins[account_id] = min(day, begins.get(account_id, day))
    changed = _changed(marks, touching)
    earliest = _earliest(connection, changed)
    first: dict[int, int] = {}
    for account_id in accounts:
        mark = marks.get(account_id)
        if mark is None and account_id not in begins:
            continue
        day = begins[account_id] if mark is None else mark.through_day + 1
        if mark is not None and account_id in changed:
            known = min(earliest.get(account_id, day), begins.get(account_id, day))
            day = min(day, max(changed[account_id], known))
        if again_from is not None and account_id in begins:
            day = min(day, max(again_from, begins[account_id]))
        first[account_id] = day
    return first


_Touching = Mapping[int, Mapping[int, int]]
"""Account row -> row of a fact -> the first day that it touches."""


def _changed(marks: Mapping[int, Row[Any]], touching: _Touching) -> dict[int, int]:
    """Accounts whose deployments or calendar changed after they were rolled up: the first day that it touches."""
    changed: dict[int, int] = {}
    for account_id, facts in touching.items():
        mark = marks.get(account_id)
        if mark is None:
            continue
        news = [first for row, first in facts.items() if row > mark.fact_id]
        if news:
            changed[account_id] = min(news)
    return changed


def _touching(connection: Connection, since_row: int) -> _Touching:
    """What was said of calendars and deployments after that row of facts.

    Facts are numbered in the order in which they were said, whatever a clock said then: writers of the ledger take
    turns. A version also touches what the one before it said; a deployment also the other accounts that have had its
    robot: what it disputes, or disputes no more.
    """
    new, old = fact.alias("new"), fact.alias("old")
    before = and_(old.c.kind == new.c.kind, old.c.key == new.c.key, old.c.version == new.c.version - 1)
    is_new = and_(new.c.id > since_row, new.c.kind.in_(CALENDAR))
    said = [new.c.id, new.c.kind]
    wanted = union_all(
        select(*said, new.c.account_id, new.c.day, new.c.body).where(is_new),
        select(*said, old.c.account_id, old.c.day, old.c.body).join_from(new, old, before).where(is_new),
    )
    found: dict[int, dict[int, int]] = {}
    robots: dict[str, dict[int, int]] = {}
    for row in connection.execute(wanted):
        _touch(found.setdefault(row.account_id, {}), row.id, row.day or 0)
        if row.kind == "deployment":
            _touch(robots.setdefault(orjson.loads(row.body)["robot"], {}), row.id, row.day or 0)
    for account_id, name in _holders(connection, sorted(robots)):
        for fact_id, day in robots[name].items():
            _touch(found.setdefault(account_id, {}), fact_id, day)
    return found


def _touch(said: dict[int, int], fact_id: int, day: int) -> None:
    said[fact_id] = min(day, said.get(fact_id, day))


def _holders(connection: Connection, names: Sequence[str]) -> list[tuple[int, str]]:
    """(account, robot's name) of everybody who has or claims one of these robots."""
    found: list[tuple[int, str]] = []
    for start in range(0, len(names), LATE_AT_ONCE):
        chosen = robot.c.name.in_(names[start : start + LATE_AT_ONCE])
        for table in (deployment, waiting_claim):
            wanted = select(table.c.account_id, robot.c.name).join(robot, robot.c.id == table.c.robot_id)
            found += [(row.account_id, row.name) for row in connection.execute(wanted.where(chosen))]
    return found


def _earliest(connection: Connection, accounts: Iterable[int]) -> dict[int, int]:
    """The first day that each of these accounts has a version of."""
    wanted = select(func.min(account_day.c.day))
    found = {one: connection.scalar(wanted.where(account_day.c.account_id == one)) for one in accounts}
    return {account_id: day for account_id, day in found.items() if day is not None}


def _blocks(store: Store, chunk: Sequence[int], from_day: int, through_day: int) -> Iterator[tuple[int, int]]:
    """The range in pieces that fit into memory."""
    with store.read() as connection:
        robots = connection.scalar(select(func.count()).where(deployment.c.account_id.in_(chunk))) or 1
    length = max(1, ROBOT_DAYS_AT_ONCE // robots)
    for first in range(from_day, through_day + 1, length):
        yield first, min(first + length - 1, through_day)


def _write(
    connection: Connection, accounts: Sequence[int], span: tuple[int, int], result: Mapping[Key, AccountDay],
    robots: Mapping[Key, RobotsOfDay], run: _Run,
) -> None:  # fmt: skip
    """Append the versions that say something new; a day on which nobody has a robot any more becomes an empty one."""
    standing = _standing(connection, accounts, span)
    pruned_to = pruned.read(connection)
    result = _not_less(result, standing, pruned_to)
    gone = {key: AccountDay(day=key[1]) for key in standing if key not in result}
    rows, changed = [], []
    for key, day in {**result, **gone}.items():
        body = encode(day)
        by_robot: bytes | None = encode_robots(robots.get(key, _NOBODY))
        version, before, parts = standing.get(key, (0, None, None))
        if _has_lost(key, pruned_to) and version:
            by_robot = parts  # some of the rows that it was made of are gone
        if body == before and (by_robot == parts or parts is None):
            continue
        if version and body != before:
            changed.append(key)
        rows.append(_row(key, version + 1, day, body, by_robot, run.now_s))
    if rows:
        connection.execute(insert(account_day), rows)
    if changed:
        connection.execute(_FOLLOW, [{"account_id": account_id, "day": day} for account_id, day in changed])
    run.done.days += len(result)
    run.done.versions += len(rows)
    run.done.changed.update(changed)


def _has_lost(key: Key, gone: Pruned) -> bool:
    """Source rows of that day may be deleted. A fault may close a day before it is UTC's too."""
    return key[1] <= gone.faults_before_s // DAY_S + 1 or key[1] < gone.hours_before_day


def _not_less(
    result: Mapping[Key, AccountDay], standing: Mapping[Key, tuple[int, bytes, bytes | None]], gone: Pruned
) -> Mapping[Key, AccountDay]:
    """The result, where rows of its days are gone with what stands. A fault may close a day before it is UTC's too."""
    kept = dict(result)
    for key, again in result.items():
        faults_gone, hours_gone = key[1] <= gone.faults_before_s // DAY_S + 1, key[1] < gone.hours_before_day
        if key in standing and (faults_gone or hours_gone):
            before = decode(key[1], *standing[key][:2])
            kept[key] = not_less(before, again, faults_gone=faults_gone, hours_gone=hours_gone)
    return kept


def _row(key: Key, version: int, day: AccountDay, body: bytes, by_robot: bytes | None, now_s: int) -> dict[str, object]:
    return {
        "account_id": key[0],
        "day": key[1],
        "version": version,
        "arrived_at": now_s,
        "open": day.open,
        "robots": day.robots,
        "heard": day.heard,
        "active": day.active,
        "online_s": day.online_s,
        "scheduled_s": day.scheduled_s,
        "foot_traffic": day.counts.get("foot_traffic"),
        "wake_up": day.counts.get("wake_up"),
        "interaction": day.counts.get("interaction"),
        "faults": sum(day.faults.values()),
        "body": body,
        "by_robot": by_robot,
    }


def _standing(
    connection: Connection, accounts: Sequence[int], span: tuple[int, int]
) -> dict[Key, tuple[int, bytes, bytes | None]]:
    """The newest (version, body, which robot did what) of each day of these accounts that has one."""
    columns = (account_day.c.account_id, account_day.c.day, account_day.c.version, account_day.c.body)
    wanted = (
        select(*columns, account_day.c.by_robot)
        .where(account_day.c.account_id.in_(accounts), account_day.c.day.between(*span))
        .order_by(account_day.c.version)
    )
    return {(row.account_id, row.day): (row.version, row.body, row.by_robot) for row in connection.execute(wanted)}


def _mark(connection: Connection, chunk: Sequence[int], through_day: int, run: _Run, *, whole: bool) -> None:
    """A mark never goes back. Unless the range is `whole`, changed facts still have to be looked at."""
    before = {
        row.account_id: row
        for row in connection.execute(select(rollup_mark).where(rollup_mark.c.account_id.in_(chunk)))
    }
    connection.execute(delete(rollup_mark).where(rollup_mark.c.account_id.in_(chunk)))
    rows = []
    for account_id in chunk:
        old = before.get(account_id)
        through = through_day if old is None else max(through_day, old.through_day)
        seen = old.fact_id if old is not None and not whole else run.newest_fact
        rows.append({"account_id": account_id, "through_day": through, "rolled_at": run.now_s, "fact_id": seen})
    connection.execute(insert(rollup_mark), rows)


def _forget_notes(connection: Connection, accounts: Sequence[int], first: int, last: int) -> None:
    """What came for days that are read now needs no second reading; whoever brings more notes it anew."""
    here = (
        select(deployment.c.id)
        .where(
            deployment.c.robot_id == late_day.c.robot_id,
            deployment.c.account_id.in_(accounts),
            deployment.c.from_day <= late_day.c.day,
            or_(deployment.c.to_day.is_(None), deployment.c.to_day >= late_day.c.day),
        )
        .exists()
    )
    connection.execute(delete(late_day).where(late_day.c.day.between(first, last), here))


def _late(run: _Run, accounts: set[int]) -> None:
    """Roll up again the robot-days that something came for; each is forgotten in the transaction that read it anew.

    Whoever brings more for the same robot-day meanwhile waits for that transaction or comes before its reading.
    """
    key = tuple_(late_day.c.day, late_day.c.robot_id)
    begun = select(late_day.c.day, late_day.c.robot_id).where(late_day.c.day <= run.through_day)
    after: tuple[int, int] = (-1, 0)
    while True:
        with run.store.write() as connection:
            some = begun.where(key > tuple_(*after)).order_by(late_day.c.day, late_day.c.robot_id).limit(LATE_AT_ONCE)
            rows = connection.execute(some).all()
            if not rows:
                return
            after = (rows[-1].day, rows[-1].robot_id)
            for day in sorted({row.day for row in rows}):
                _late_of(connection, day, [row.robot_id for row in rows if row.day == day], accounts, run)


def _late_of(connection: Connection, day: int, robots: Sequence[int], accounts: set[int], run: _Run) -> None:
    """One day's late robots. Those of accounts that are not asked for wait on; those of nobody are forgotten."""
    held = select(deployment.c.robot_id, deployment.c.account_id).where(
        deployment.c.robot_id.in_(robots),
        deployment.c.from_day <= day,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= day),
    )
    holder: dict[int, int] = dict(connection.execute(held).all())
    handled = [robot_id for robot_id in robots if robot_id not in holder or holder[robot_id] in accounts]
    connection.execute(delete(late_day).where(late_day.c.day == day, late_day.c.robot_id.in_(handled)))
    touched = sorted({holder[robot_id] for robot_id in handled if robot_id in holder})
    rolled = connection.execute(
        select(rollup_mark.c.account_id).where(rollup_mark.c.account_id.in_(touched), rollup_mark.c.through_day >= day)
    )
    again = list(rolled.scalars())
    if again:
        fence.each(again, lambda part: _late_part(connection, day, robots, part, run), run.done.failed)


def _late_part(connection: Connection, day: int, robots: Sequence[int], accounts: Sequence[int], run: _Run) -> None:
    """Some accounts' day anew, within a savepoint. Of one that fails alone, the robots stay noted."""

    def work() -> None:
        added = add_up(connection, accounts, day, day, run.grave)
        _write(connection, accounts, (day, day), added.result(), added.by_robot(), run)
        _note_broken(connection, added.broken, run)

    error = fence.alone(connection, work)
    if error is not None:
        if len(accounts) == 1:
            here = select(deployment.c.robot_id).where(
                deployment.c.account_id == accounts[0], deployment.c.robot_id.in_(robots)
            )
            for robot_id in connection.execute(here).scalars().all():
                connection.execute(_NOTE, {"robot_id": robot_id, "day": day})
        raise error
