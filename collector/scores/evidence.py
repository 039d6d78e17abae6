"""An explanation with what stands behind it: the stored scores, the account's robots by name, incidents, conflicts.

Everything of one account, read when somebody asks. Scores are taken as they are stored, and so are the robots' parts of
the days that they rest on.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from collector.accounts.ledger import facts
from collector.accounts.ledger.contact_names import contact_names
from collector.accounts.ledger.facts import Basis
from collector.calendar import days
from collector.health.model import Scored
from collector.health.policy.file import Policy
from collector.language import score as score_text
from collector.language.catalogue import Language
from collector.language.explanation import Explanation, explain
from collector.scores import closed_days, peers_store, scores, stages
from collector.scores.errors import NoScore
from collector.scores.robots_of_score import RobotEvidence, robots_of
from collector.scores.scores import ScoreVersion
from collector.store.tables.fleet import account, deployment, robot
from collector.store.tables.ledger import waiting_claim
from collector.values.refusal import Remedy

AGO = (7, 28)
WINDOW = 28  # days: claims that ended longer ago are not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalClaim:
    """A robot that another account claims on days that it is counted for neither."""

    robot: str
    account: str
    from_day: str
    to_day: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """An explanation of one version of a score. `newer_version`: what arrived later made another one since.

    `left_day`: this is its last score, the customer has been gone since.
    """

    explanation: Explanation
    version: int
    newer_version: int | None
    left_day: str | None
    known_at: str
    scored_at: str
    basis: Basis
    robots: list[RobotEvidence]
    conflicts: list[RivalClaim]


def explained(
    connection: Connection,
    account_id: int,
    *,
    as_of: int | None = None,
    basis: Basis,
    lang: Language,
    policy: Policy,
    base_timezone: str,
) -> Explained:
    """Explain the newest score, or with `as_of` the one of that day as it stood when the day was closed.

    Raises NoScore with what can be asked for.
    """
    stored, newest = _stored(connection, account_id, as_of, basis, policy, base_timezone)
    scored, day = stored.scored, stored.day
    earlier: dict[int, Scored] = {}
    for ago in AGO:
        before = scores.as_of(connection, account_id, day - ago, basis, stored.known_at)
        if before is not None:
            earlier[ago] = before.scored
    names = _names(connection, account_id)
    incidents = _incidents(connection, scored, basis, lang)
    counter = policy.scene(_scene(connection, account_id)).counter
    return Explained(
        explanation=explain(scored, earlier, names, lang, policy, incidents, _people(connection, scored)),
        version=stored.version,
        newer_version=newest if newest > stored.version else None,
        left_day=_left_day(connection, account_id, day, basis) if as_of is None else None,
        known_at=days.rfc3339(stored.known_at),
        scored_at=days.rfc3339(stored.scored_at),
        basis=basis,
        robots=robots_of(connection, account_id, names, scored, stored.known_at, basis, policy, counter),
        conflicts=_conflicts(connection, account_id, day),
    )


def _people(connection: Connection, scored: Scored) -> dict[str, str]:
    named = (one.evidence.get(key) or () for one in scored.caps for key in ("contacts", "unanswered"))
    return contact_names(connection, (one for keys in named for one in keys))


def _left_day(connection: Connection, account_id: int, last: int | None, basis: Basis) -> str | None:
    """The first closed day of which this customer, gone, has no score."""
    newest = scores.newest_day(connection, None, basis)
    if basis == "arrived":  # also where nobody else is left
        newest = max((one for one in (newest, closed_days.closed_through(connection)) if one is not None), default=None)
    if newest is None or (last is not None and newest <= last):
        return None
    stage = stages.standing(connection, [account_id], newest).get(account_id)
    if stage is None or stage.stage != "churn":
        return None
    return days.iso(stage.day if last is None else max(last + 1, stage.day))


def _stored(
    connection: Connection, account_id: int, as_of: int | None, basis: Basis, policy: Policy, base_timezone: str
) -> tuple[ScoreVersion, int]:
    """The score that is asked for, and the number of its day's newest version."""
    last = scores.newest_day(connection, account_id, basis)
    name = connection.scalar(select(account.c.external_id).where(account.c.id == account_id))
    left_day = _left_day(connection, account_id, last, basis)
    if last is None and left_day is not None:
        raise NoScore(f"{name} had left by {left_day} and has no score", "customers that are gone are not scored")
    if last is None:
        raise NoScore(
            f"{name} has no score yet",
            Remedy("its first closed day makes one, or score a day", "score", "POST /api/v1/scores/run"),
        )
    day = last if as_of is None else as_of
    cutoff = None
    if as_of is not None:
        zone = next(iter(closed_days.timezones(connection, [account_id], base_timezone)))
        cutoff = closed_days.cutoff_s(day, zone, policy.clock.settle_h)
    stored = scores.as_of(connection, account_id, day, basis, cutoff)
    if stored is None and left_day is not None and day > last:
        raise NoScore(
            f"{name} has no score of {days.iso(day)}: it had left by {left_day}",
            f"ask for its last score, which is of {days.iso(last)}",
        )
    if stored is None:
        raise NoScore(
            f"{name} has no score of {days.iso(day)}; its newest is of {days.iso(last)}",
            Remedy("score that day", f"score --day {days.iso(day)}", "POST /api/v1/scores/run"),
        )
    return stored, scores.versions(connection, [account_id], day, basis)[account_id]


def _names(connection: Connection, account_id: int) -> dict[int, str]:
    """Robots that are or were with the account."""
    wanted = select(robot.c.id, robot.c.name).join(deployment, deployment.c.robot_id == robot.c.id)
    return {row.id: row.name for row in connection.execute(wanted.where(deployment.c.account_id == account_id))}


def _scene(connection: Connection, account_id: int) -> str:
    known = facts.known(connection, [account_id], facts.NOW, kinds=())
    return known[account_id].account.scene if account_id in known else ""


def _incidents(connection: Connection, scored: Scored, basis: Basis, lang: Language) -> list[str]:
    """The incidents that mute measures of this score, as its day's closing found them: no later day's."""
    named = {
        tuple(said.detail["incident"])
        for said in scored.measures.values()
        if said.why == "incident" and said.detail.get("incident")
    }
    return [
        score_text.common_cause(
            one.family, one.cause, one.value, customers=len(one.accounts), since_day=one.since_day, language=lang
        )
        for one in (peers_store.incidents(connection, scored.day, basis) if named else ())
        if (one.cause, one.value) in named
    ]


def _conflicts(connection: Connection, account_id: int, day: int) -> list[RivalClaim]:
    """Claims on robots of this account, and this account's claims on robots of others, that hold on the day."""
    here = select(deployment.c.robot_id).where(deployment.c.account_id == account_id)
    wanted = (
        select(robot.c.name, account.c.external_id, waiting_claim.c.from_day, waiting_claim.c.to_day)
        .join(robot, robot.c.id == waiting_claim.c.robot_id)
        .join(account, account.c.id == waiting_claim.c.account_id)
        .where(
            or_(waiting_claim.c.account_id == account_id, waiting_claim.c.robot_id.in_(here)),
            waiting_claim.c.from_day <= day,
            or_(waiting_claim.c.to_day.is_(None), waiting_claim.c.to_day >= day - WINDOW),
        )
        .order_by(robot.c.name, waiting_claim.c.from_day)
    )
    return [
        RivalClaim(
            robot=row.name,
            account=row.external_id,
            from_day=days.iso(row.from_day),
            to_day=None if row.to_day is None else days.iso(row.to_day),
        )
        for row in connection.execute(wanted)
    ]
