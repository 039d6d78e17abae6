"""A call to action that is no longer needed says so. The word was `passed`, which people read as success."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("UPDATE cta SET outcome = 'no_longer_needed' WHERE outcome = 'passed'")
    op.execute("UPDATE cta_event SET event = 'no_longer_needed' WHERE event = 'passed'")
