"""Tables of robots' identities: codes by which one is given, and whose key a name is.

robot_code   a one-time code for one name, until it is used or over
robot_key    the key that a robot showed when it was paired, by its name
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Table, Text

from collector.store.tables.fleet import Id, metadata

robot_code = Table(
    "robot_code",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("hash", Text, nullable=False, unique=True),  # SHA-256 of the code
    Column("robot", Text, nullable=False),
    Column("account_id", Id, ForeignKey("account.id"), nullable=False),
    Column("site", Text, nullable=False),
    Column("replaces", Boolean, nullable=False),  # a person wants another key to have this name
    Column("who", Text, nullable=False),  # made it
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

robot_key = Table(
    "robot_key",
    metadata,
    Column("robot", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),  # SHA-256 of the public key (SPKI, DER)
    Column("account_id", Id, ForeignKey("account.id"), nullable=False),
    Column("site", Text, nullable=False),
    Column("who", Text, nullable=False),  # whose code it was
    Column("since", BigInteger, nullable=False),
)
