"""Tables of people: who may sign in, by what, and what everybody did.

person            mail, roles, password hash, second factor; `stamp` changes with whatever ends sessions
person_account    the accounts of a customer's admin or a reseller
person_link       one-time links: the first admin, an invitation, a new password
person_identity   a company's sign-in (OIDC), by issuer and subject
portal_use        what customers did in their portal: per account, person and day, how often
audit             who changed what and when: rows are added, the database refuses to change or remove one
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, UniqueConstraint, text

from collector.store.tables.fleet import Id, metadata

person = Table(
    "person",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("mail", Text, nullable=False, unique=True),  # in lower case
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("roles", Text, nullable=False),  # words with spaces between
    Column("csm", Text),  # the id of a CSM in the ledger
    Column("password", Text),  # argon2 with its parameters; null: none was set
    Column("totp_secret", Text),  # base32; null: no second factor
    Column("totp_set", Boolean, nullable=False, server_default=text("false")),  # a code of it was shown once
    Column("totp_step", BigInteger),  # of the newest code that was taken: none is taken twice
    Column("recovery", Text, nullable=False, server_default="[]"),  # SHA-256 of codes that are not used yet, JSON
    Column("stamp", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("toured", Boolean, nullable=False, server_default=text("false")),  # the tour of Today was put away
)

person_account = Table(
    "person_account",
    metadata,
    Column("person_id", Id, ForeignKey("person.id"), primary_key=True),
    Column("account_id", Id, ForeignKey("account.id"), primary_key=True),
)

person_link = Table(
    "person_link",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("hash", Text, nullable=False, unique=True),  # SHA-256 of the secret in the link
    Column("purpose", Text, nullable=False),  # first, invitation, password
    Column("person_id", Id, ForeignKey("person.id")),  # null: who opens it becomes the first admin
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

person_identity = Table(
    "person_identity",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("person_id", Id, ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("issuer", "subject"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("person_id", Id),  # no foreign key: the log outlives what it names
    Column("token_id", Id),
    Column("address", Text, nullable=False),
    Column("act", Text, nullable=False),  # the operation
    Column("said", Text, nullable=False),  # what it was about, JSON; no secrets
    Index("ix_audit_person_id", "person_id"),
    Index("ix_audit_act", "act"),
)

portal_use = Table(
    "portal_use",
    metadata,
    Column("account_id", Id, ForeignKey("account.id"), primary_key=True),
    Column("person_id", Id, primary_key=True),  # 0: a token of the customer's; no foreign key, as of the audit log
    Column("day", BigInteger, primary_key=True),  # the collector's own
    Column("did", Text, primary_key=True),  # signed_in, report
    Column("times", BigInteger, nullable=False),
)
