"""What publishers submit, what people say of it, and of which release the words of a listing are."""

import sqlalchemy as sa
from alembic import op

from collector.store.tables.fleet import Id

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("skill_listing", sa.Column("release", sa.Integer))
    op.create_table(
        "skill_submission",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("skill", sa.Text, nullable=False),
        sa.Column("appid", sa.Text, nullable=False),
        sa.Column("release", sa.Integer, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("notes_en", sa.Text, nullable=False),
        sa.Column("notes_zh", sa.Text, nullable=False),
        sa.Column("submitter_id", Id, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("submitter", sa.Text, nullable=False),
        sa.Column("submitted_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("checks", sa.Text),
        sa.Column("reach", sa.Text),
    )
    op.create_index("ix_skill_submission_appid_release", "skill_submission", ["appid", "release"])
    op.create_index("ix_skill_submission_state", "skill_submission", ["state"])
    op.create_table(
        "skill_review",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("submission_id", Id, sa.ForeignKey("skill_submission.id"), nullable=False),
        sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("submission_id", "person_id", "verdict"),
    )
