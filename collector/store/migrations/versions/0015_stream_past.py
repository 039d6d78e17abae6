"""What a stream remembers besides its mark: the runs of its file, and how far the robot's series are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "stream_past",
        sa.Column("robot_id", _ID, nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("runs", sa.Text(), nullable=True),
        sa.Column("counted", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["robot_id"], ["robot.id"], name=op.f("fk_stream_past_robot_id_robot")),
        sa.PrimaryKeyConstraint("robot_id", "epoch", name=op.f("pk_stream_past")),
        sqlite_with_rowid=False,
    )
