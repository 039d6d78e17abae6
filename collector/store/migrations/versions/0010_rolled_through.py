"""Which days are rolled up is read from the store: how far roll-ups have read, and what was said until then.

Before, each asked its own clock and time zone, and what came in between never reached its account-day. Every account's
days are therefore added up once more by the next closing; a day that comes out the same gets no new version. What
retention may have taken is not known any more: nothing closed before the oldest closed fault that is left.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("rollup_mark", sa.Column("fact_id", sa.BigInteger(), nullable=False, server_default="0"))
    op.drop_column("rollup_mark", "recent")
    op.execute(
        "INSERT INTO store_fact (name, value) SELECT 'rolled_through_day', CAST(max(through_day) AS TEXT)"
        " FROM rollup_mark HAVING max(through_day) IS NOT NULL"
    )
    op.execute(
        "INSERT INTO store_fact (name, value) SELECT 'faults_gone_before_s', CAST(coalesce("
        "(SELECT min(closed_at) FROM fault_episode), max(rolled_at)) AS TEXT)"
        " FROM rollup_mark HAVING max(rolled_at) IS NOT NULL"
    )
