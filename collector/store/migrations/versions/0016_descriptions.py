"""A robot's description of itself, where its data begin, and robots that are ahead of a restored store."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("robot", sa.Column("about", sa.Text))
    op.add_column("robot", sa.Column("data_from_s", sa.BigInteger))
    robot_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "ahead",
        sa.Column("robot_id", robot_id, sa.ForeignKey("robot.id"), primary_key=True, nullable=False),
        sa.Column("from_s", sa.BigInteger),
        sa.Column("to_s", sa.BigInteger, nullable=False),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("noted_at", sa.BigInteger, nullable=False),
    )
