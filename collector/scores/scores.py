"""Scores in the store: append-only versions of an account's closed day.

Version 1 is written when the day is closed; late data, or a run that a person asks for, appends the next one. What
stood at the day's own cutoff is the first version unless it was made later than others; nothing is changed or deleted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Subquery,
    and_,
    func,
    insert,
    literal,
    null,
    select,
    true,
    update,
)

from collector.accounts.ledger.facts import Basis
from collector.fleet.accounts import is_there
from collector.health.model import Previous, Scored
from collector.scores.score_codec import decode, encode
from collector.store.tables.fleet import account
from collector.store.tables.health import score

AT_ONCE = 500  # accounts in one statement
STANDS = score.c.withdrawn_at.is_(None)
PREVIOUS_DAYS = 7  # a band that is older is no longer held
NewRow = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreVersion:
    """One version. Facts that arrived (or were recorded) after `known_at` are not in it."""

    account_id: int
    day: int
    basis: Basis
    version: int
    known_at: int
    scored_at: int
    scored: Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreLine:
    """A score without its details, as lists show it."""

    account: str  # the account's id
    account_id: int
    day: int
    version: int
    known_at: int
    scored_at: int
    policy: str
    final: float | None
    raw: float | None
    band: str
    coverage: float
    profile: str
    stage: str
    caps: tuple[str, ...]
    unknown: tuple[str, ...]


def row_of(account_id: int, scored: Scored, known_at: int) -> NewRow:
    """What one version says, but for its number, its basis and when it was made: a process without a store packs it."""
    return {
        "account_id": account_id,
        "day": scored.day,
        "known_at": known_at,
        "policy": scored.policy,
        "final": scored.final,
        "raw": scored.raw,
        "band": scored.band,
        "coverage": scored.coverage,
        "profile": scored.profile,
        "stage": scored.stage,
        "caps": ",".join(dict.fromkeys(cap.code for cap in scored.caps)),
        "unknown": ",".join(dict.fromkeys(spot.cause for spot in scored.blind_spots)),
        "candidate_band": scored.candidate_band,
        "candidate_days": scored.candidate_days,
        "detail": encode(scored),
    }


def append(connection: Connection, rows: Sequence[NewRow], basis: Basis, scored_at: int) -> dict[int, int]:
    """Write the next version of each row's account and day; the versions by account row. All rows are of one day."""
    made: dict[int, int] = {}
    for start in range(0, len(rows), AT_ONCE):
        chunk = rows[start : start + AT_ONCE]
        standing = _numbers(connection, [row["account_id"] for row in chunk], chunk[0]["day"], basis, true())
        new = [
            {**row, "basis": basis, "scored_at": scored_at, "version": standing.get(row["account_id"], 0) + 1}
            for row in chunk
        ]
        connection.execute(insert(score), new)
        made.update((row["account_id"], row["version"]) for row in new)
    return made


def versions(connection: Connection, accounts: Sequence[int], day: int, basis: Basis) -> dict[int, int]:
    """The newest version's number of each of these accounts that has a score of that day."""
    return _numbers(connection, accounts, day, basis, STANDS)


def _numbers(
    connection: Connection, accounts: Sequence[int], day: int, basis: Basis, among: ColumnElement[bool]
) -> dict[int, int]:
    found: dict[int, int] = {}
    for start in range(0, len(accounts), AT_ONCE):
        wanted = (
            select(score.c.account_id, func.max(score.c.version))
            .where(
                score.c.account_id.in_(accounts[start : start + AT_ONCE]),
                score.c.day == day,
                score.c.basis == basis,
                among,
            )
            .group_by(score.c.account_id)
        )
        found.update(connection.execute(wanted).all())
    return found


def withdraw(connection: Connection, from_day: int, now_s: int) -> int:
    """Every score from that day on gets a version that withdraws it; how many. None of its versions stands then."""
    newest = (
        select(score.c.account_id, score.c.day, score.c.basis, func.max(score.c.version).label("version"))
        .where(score.c.day >= from_day, STANDS)
        .group_by(score.c.account_id, score.c.day, score.c.basis)
        .subquery()
    )
    said = {column.name: column for column in score.c} | {
        "version": score.c.version + 1, "known_at": literal(now_s), "scored_at": literal(now_s), "final": null(),
        "raw": null(), "band": literal("grey"), "caps": literal(""), "unknown": literal(""), "candidate_band": null(),
        "candidate_days": literal(0), "withdrawn_at": literal(now_s),
    }  # fmt: skip
    same = and_(*(newest.c[name] == score.c[name] for name in ("account_id", "day", "basis", "version")))
    count = connection.scalar(select(func.count()).select_from(newest)) or 0  # a driver may not say what it copied
    withdrawing = select(*said.values()).join_from(score, newest, same)
    connection.execute(insert(score).from_select(list(said), withdrawing))
    connection.execute(update(score).where(score.c.day >= from_day, STANDS).values(withdrawn_at=now_s))
    return count


def previous(
    connection: Connection, accounts: Sequence[int], day: int, basis: Basis, known_at: int
) -> dict[int, Previous]:
    """The newest version of the newest earlier day, where it is at most a week before `day`.

    Versions that knew more than what was known at `known_at` are not looked at.
    """
    found: dict[int, Previous] = {}
    columns = (score.c.account_id, score.c.day, score.c.band, score.c.candidate_band, score.c.candidate_days)
    for start in range(0, len(accounts), AT_ONCE):
        wanted = (
            select(*columns)
            .where(
                score.c.account_id.in_(accounts[start : start + AT_ONCE]),
                score.c.day.between(day - PREVIOUS_DAYS, day - 1),
                score.c.basis == basis,
                score.c.known_at <= known_at,
                STANDS,
            )
            .order_by(score.c.day, score.c.version)
        )
        for row in connection.execute(wanted):
            found[row.account_id] = Previous(
                day=row.day, band=row.band, candidate_band=row.candidate_band, candidate_days=row.candidate_days
            )
    return found


def newest(connection: Connection, accounts: Sequence[int], day: int, basis: Basis) -> dict[int, ScoreVersion]:
    """The newest version of that day, of each of these accounts that has one."""
    found: dict[int, ScoreVersion] = {}
    for start in range(0, len(accounts), AT_ONCE):
        wanted = (
            select(score)
            .where(
                score.c.account_id.in_(accounts[start : start + AT_ONCE]),
                score.c.day == day,
                score.c.basis == basis,
                STANDS,
            )
            .order_by(score.c.version)
        )
        rows = {row.account_id: row for row in connection.execute(wanted)}
        found.update((account_id, _stored(row)) for account_id, row in rows.items())
    return found


def as_of(connection: Connection, account_id: int, day: int, basis: Basis, cutoff_s: int | None) -> ScoreVersion | None:
    """The score of the day that stood at `cutoff_s`; where there was none yet, its first version. None: the newest."""
    rows = connection.execute(
        select(score)
        .where(score.c.account_id == account_id, score.c.day == day, score.c.basis == basis, STANDS)
        .order_by(score.c.version)
    ).all()
    if not rows:
        return None
    if cutoff_s is None:
        return _stored(rows[-1])
    return _stored(next((row for row in reversed(rows) if row.known_at <= cutoff_s), rows[0]))


def newest_day(connection: Connection, account_id: int | None, basis: Basis, until: int | None = None) -> int | None:
    """The newest scored day of the account, or of anybody; `until`: not after that day."""
    wanted = select(func.max(score.c.day)).where(score.c.basis == basis, STANDS)
    if until is not None:
        wanted = wanted.where(score.c.day <= until)
    found: int | None = connection.scalar(
        wanted if account_id is None else wanted.where(score.c.account_id == account_id)
    )
    return found


@dataclass(frozen=True, slots=True)
class DayInBands:
    """How many accounts are in each band on a scored day, and when its newest score was made (unix seconds)."""

    bands: Mapping[str, int]
    scored_at: int


def newest_in_bands(connection: Connection, basis: Basis) -> DayInBands | None:
    """Of the newest scored day; None: no day is scored."""
    day = newest_day(connection, None, basis)
    if day is None:
        return None
    best = _best_of(day, basis)
    at = and_(score.c.account_id == best.c.account_id, score.c.version == best.c.version)
    wanted = select(score.c.band, func.count(), func.max(score.c.scored_at)).join(best, at)
    rows = connection.execute(wanted.where(score.c.day == day, score.c.basis == basis).group_by(score.c.band)).all()
    return DayInBands({row[0]: row[1] for row in rows}, max(row[2] for row in rows))


def history(connection: Connection, account_id: int, from_day: int, to_day: int, basis: Basis) -> list[ScoreLine]:
    """Every version of the account's days, in order of day and version."""
    wanted = _lines().where(
        score.c.account_id == account_id, score.c.day.between(from_day, to_day), score.c.basis == basis, STANDS
    )
    return _lines_of(connection.execute(wanted.order_by(score.c.day, score.c.version)))


def lines_of(connection: Connection, accounts: Sequence[int], day: int) -> dict[int, ScoreLine]:
    """The newest version of that day of each of these accounts that has one, as it arrived."""
    found: dict[int, ScoreLine] = {}
    for start in range(0, len(accounts), AT_ONCE):
        wanted = _lines().where(
            score.c.account_id.in_(accounts[start : start + AT_ONCE]), score.c.day == day,
            score.c.basis == "arrived", STANDS,
        )  # fmt: skip
        found.update((one.account_id, one) for one in _lines_of(connection.execute(wanted.order_by(score.c.version))))
    return found


def lines(connection: Connection, day: int, basis: Basis) -> list[ScoreLine]:
    """The newest version of every account that has a score of that day, in order of the accounts' ids."""
    best = _best_of(day, basis)
    at = and_(score.c.account_id == best.c.account_id, score.c.version == best.c.version)
    wanted = _lines().join(best, at).where(score.c.day == day, score.c.basis == basis)
    return _lines_of(connection.execute(wanted.order_by(account.c.external_id)))


def _best_of(day: int, basis: Basis) -> Subquery:
    """The newest version of every account's score of that day."""
    return (
        select(score.c.account_id, func.max(score.c.version).label("version"))
        .where(score.c.day == day, score.c.basis == basis, STANDS, is_there(score.c.account_id))
        .group_by(score.c.account_id)
        .subquery()
    )


def _lines() -> Select[Any]:
    detail = [column for column in score.c if column.name not in {"detail", "withdrawn_at"}]
    return select(account.c.external_id, *detail).join(account, account.c.id == score.c.account_id)


def _lines_of(rows: Iterable[Row[Any]]) -> list[ScoreLine]:
    return [
        ScoreLine(
            account=row.external_id,
            account_id=row.account_id,
            day=row.day,
            version=row.version,
            known_at=row.known_at,
            scored_at=row.scored_at,
            policy=row.policy,
            final=row.final,
            raw=row.raw,
            band=row.band,
            coverage=row.coverage,
            profile=row.profile,
            stage=row.stage,
            caps=tuple(row.caps.split(",")) if row.caps else (),
            unknown=tuple(row.unknown.split(",")) if row.unknown else (),
        )
        for row in rows
    ]


def _stored(row: Row[Any]) -> ScoreVersion:
    return ScoreVersion(
        account_id=row.account_id,
        day=row.day,
        basis=row.basis,
        version=row.version,
        known_at=row.known_at,
        scored_at=row.scored_at,
        scored=decode(row.detail),
    )
