"""A fault episode says how often it opened: one that flaps, or was merged on the robot, stands for several."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_FAULT = """CREATE VIEW v_fault AS
SELECT f.id AS id, r.name AS robot, a.external_id AS account, a.name AS account_name, f.family AS family,
f.code AS code, f.ref AS ref, f.did AS did, f.severity AS severity, f.detail AS detail,
{opened} AS opened_at, {closed} AS closed_at,
(f.closed_at - f.opened_at) / 3600.0 AS hours, f.confidence AS confidence, f.openings AS openings
FROM fault_episode f JOIN robot r ON r.id = f.robot_id
LEFT JOIN deployment d ON d.robot_id = f.robot_id AND d.from_day <= COALESCE(f.opened_at, f.closed_at) / 86400
AND (d.to_day IS NULL OR d.to_day >= COALESCE(f.opened_at, f.closed_at) / 86400)
LEFT JOIN account a ON a.id = d.account_id"""
_MOMENT = {"sqlite": "strftime('%Y-%m-%dT%H:%M:%SZ', {}, 'unixepoch')", "postgresql": "to_timestamp({})"}


def upgrade() -> None:
    op.execute("DROP VIEW v_fault")
    op.add_column("fault_episode", sa.Column("openings", sa.Integer(), server_default="1", nullable=False))
    moment = _MOMENT[op.get_bind().dialect.name]
    op.execute(_FAULT.format(opened=moment.format("f.opened_at"), closed=moment.format("f.closed_at")))
