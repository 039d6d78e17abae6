"""`v_renewal.amount` also for amounts with more than two decimals (KWD), which are no whole number of hundredths.

They stand in a fact's body as decimal text of hundredths ("1234.5"); every other amount is the number it always was.
SQLite divides both alike; PostgreSQL's view cast the amount to bigint.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    text = str(connection.execute(sa.text("SELECT pg_get_viewdef('v_renewal'::regclass)")).scalar_one())
    connection.exec_driver_sql("CREATE OR REPLACE VIEW v_renewal AS " + text.replace("::bigint", ""))
