"""What was wished, reported and done of each skill is kept with its day, and a view says which version ran when.

A store that is older knows the present only: that becomes the first row of each history.
"""

import re
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FACTS = ("desired", "downloaded", "verified", "installed", "active")
_RUN = """CREATE VIEW v_skill_run AS
SELECT r.name AS robot, a.external_id AS account, a.name AS account_name, t.skill AS skill, t.version AS version,
t.digest AS package, {began} AS began_at, {ended} AS ended_at
FROM (SELECT robot_id, skill, version, digest, state, at,
LEAD(at) OVER (PARTITION BY robot_id, skill ORDER BY at, id) AS to_s
FROM skill_event WHERE state <> 'crashed') t
JOIN robot r ON r.id = t.robot_id
LEFT JOIN deployment d ON d.robot_id = t.robot_id AND d.from_day <= t.at / 86400
AND (d.to_day IS NULL OR d.to_day >= t.at / 86400)
LEFT JOIN account a ON a.id = d.account_id
WHERE t.state = 'active' AND (t.to_s IS NULL OR t.to_s > t.at)"""
_MOMENT = {"sqlite": "strftime('%Y-%m-%dT%H:%M:%SZ', {}, 'unixepoch')", "postgresql": "to_timestamp({})"}


def upgrade() -> None:
    op.add_column("reported", sa.Column("proof", sa.Text(), server_default="", nullable=False))
    account = sa.Column("account_id", sa.BigInteger())
    _table("skill_wish", _text("revision", sa.BigInteger()), _text("version"), _text("digest"), account)
    facts = [_text(name) for name in (*_FACTS, "code", "reason")]
    account = sa.Column("account_id", sa.BigInteger())
    _table("skill_fact", _text("revision", sa.BigInteger()), *facts, account)
    confidence = sa.Column("confidence", sa.Text(), server_default="exact", nullable=False)
    said = [_text(name) for name in ("version", "digest", "state", "reason")]
    _table("skill_event", _text("epoch"), _text("seq", sa.BigInteger()), confidence, *said)
    _begin()
    moment = _MOMENT[op.get_bind().dialect.name]
    op.execute(_RUN.format(began=moment.format("t.at"), ended=moment.format("t.to_s")))


def _text(name: str, kind: sa.types.TypeEngine[Any] | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind or sa.Text(), nullable=False)


def _table(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("robot_id", _ID, nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["robot_id"], ["robot.id"], name=op.f(f"fk_{name}_robot_id_robot")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index(f"ix_{name}_robot_id_skill_id", name, ["robot_id", "skill", "id"])
    op.create_index(f"ix_{name}_at", name, ["at"])


def _begin() -> None:
    """The present as the first row of each history."""
    here = op.get_bind()
    here.execute(
        sa.text(
            "INSERT INTO skill_event (robot_id, skill, at, epoch, seq, version, digest, state, reason)"
            " SELECT robot_id, skill, at, '', 0, version, digest, state, reason FROM skill_state"
        )
    )
    for row in here.execute(sa.text("SELECT robot_id, revision, document, at, account_id FROM desired")).all():
        for one in _skills(row.document):
            said = {name: str(one.get(name) or "") for name in ("skill", "version", "digest")}
            values = said | {"robot": row.robot_id, "revision": row.revision, "at": row.at, "account": row.account_id}
            here.execute(
                sa.text(
                    "INSERT INTO skill_wish (robot_id, skill, at, revision, version, digest, account_id)"
                    " VALUES (:robot, :skill, :at, :revision, :version, :digest, :account)"
                ),
                values,
            )
    query = "SELECT robot_id, revision, document, received_at, account_id FROM reported"
    for row in here.execute(sa.text(query)).all():
        for one in _skills(row.document):
            said = {name: str(one.get(name) or "") for name in ("skill", *_FACTS, "reason")}
            word = said["reason"].partition(":")[0]
            said["code"] = word if not word or re.fullmatch("[a-z_]{1,40}", word) else "other"
            values = said | {
                "robot": row.robot_id, "revision": row.revision, "at": row.received_at, "account": row.account_id,
            }  # fmt: skip
            here.execute(
                sa.text(
                    "INSERT INTO skill_fact (robot_id, skill, at, revision, desired, downloaded, verified, installed,"
                    " active, code, reason, account_id) VALUES (:robot, :skill, :at, :revision, :desired, :downloaded,"
                    " :verified, :installed, :active, :code, :reason, :account)"
                ),
                values,
            )


def _skills(document: str) -> list[dict[str, Any]]:
    """The skills of a desired or reported document; a stored document that is none names none."""
    try:
        found = orjson.loads(document)
    except orjson.JSONDecodeError:
        return []
    skills = found.get("skills") if isinstance(found, dict) else None
    return [one for one in skills or () if isinstance(one, dict) and one.get("skill")]
