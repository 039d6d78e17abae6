"""People who sign in, their links and sessions, whose a token is, and the log of what everybody did.

A session of an earlier release is over: it belongs to a token and knows nothing of people.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

_REFUSES = "the audit log is append-only"


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", _id(), primary_key=True, autoincrement=True),
        sa.Column("mail", sa.Text(), nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("csm", sa.Text()),
        sa.Column("password", sa.Text()),
        sa.Column("totp_secret", sa.Text()),
        sa.Column("totp_set", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("totp_step", sa.BigInteger()),
        sa.Column("recovery", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
    )
    op.create_table(
        "person_account",
        sa.Column("person_id", _id(), sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("account_id", _id(), sa.ForeignKey("account.id"), primary_key=True),
    )
    op.create_table(
        "person_link",
        sa.Column("id", _id(), primary_key=True, autoincrement=True),
        sa.Column("hash", sa.Text(), nullable=False, unique=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("person_id", _id(), sa.ForeignKey("person.id")),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
    )
    op.create_table(
        "person_identity",
        sa.Column("id", _id(), primary_key=True, autoincrement=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("person_id", _id(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("issuer", "subject"),
    )
    op.add_column("api_token", sa.Column("person_id", _id()))
    op.drop_table("web_session")
    op.create_table(
        "web_session",
        sa.Column("id", _id(), primary_key=True, autoincrement=True),
        sa.Column("token_id", _id(), sa.ForeignKey("api_token.id")),
        sa.Column("person_id", _id(), sa.ForeignKey("person.id")),
        sa.Column("hash", sa.Text(), nullable=False, unique=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    _audit()


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _id(), primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("person_id", _id()),
        sa.Column("token_id", _id()),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
    )
    op.create_index("ix_audit_person_id", "audit", ["person_id"])
    op.create_index("ix_audit_act", "audit", ["act"])
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_keeps_{what.lower()} BEFORE {what} ON audit "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSES}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_keeps() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{_REFUSES}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_keeps BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_keeps()"
    )
    op.execute(
        "CREATE TRIGGER audit_keeps_all BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_keeps()"
    )
