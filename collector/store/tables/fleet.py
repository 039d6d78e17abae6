"""Every table of the collector, once, for SQLite and PostgreSQL.

Times are integers: seconds of Unix time. `day` is days since 1970-01-01 in the robot's own time zone.
Packed columns are JSON text: a robot-day is one row, because one row per counter costs twice the time
of the whole ingest path. A counter that is absent was not incremented that day.

account, deployment        whose robot it was, dated: the present answer; what was said when is in `fact`
robot, stream              who sends, and what has been committed of each (robot, epoch)
ahead                      robots that have delivered what this store does not hold
completeness_kept, completeness_stale   completeness of days that are over, and what of it holds no longer
usage_day                  counts by day and hour
fault_episode, gap         what broke, and what is not there, with its cause
lifecycle_event, alarm     what happened to the agent; what a person should look at
skill_state, counter_support, gauge, presence, reported, desired    the present state of a robot
counter_support_past       what it said before that it can count
parked, parked_tally       messages and records that could not be taken, with their bytes and reason
parked_count               amounts that no robot can plausibly have counted, until a person judges them
api_token, web_session, request_key, store_fact      the collector's own
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows itself only where the primary key is exactly INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _robot(*, primary_key: bool = False) -> Column[int]:
    return Column("robot_id", Id, ForeignKey("robot.id"), primary_key=primary_key, nullable=False)


# --- whose robot ------------------------------------------------------------------------------------
account = Table(
    "account",
    metadata,
    _id(),
    Column("external_id", Text, nullable=False, unique=True),  # the customer's number in the CRM or ERP
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("withdrawn", Boolean, nullable=False, server_default=text("false")),  # its fact says that it never was
    Index("ix_account_withdrawn", "withdrawn", sqlite_where=text("withdrawn"), postgresql_where=text("withdrawn")),
)

deployment = Table(
    "deployment",
    metadata,
    _id(),
    _robot(),
    Column("account_id", Id, ForeignKey("account.id"), nullable=False),
    Column("from_day", Integer, nullable=False),
    Column("to_day", Integer),  # last day that counts; null: still there
    Column("fact_key", Text),  # the fact that claims it (tables_ledger.fact of kind `deployment`)
    Index("ix_deployment_robot_id_from_day", "robot_id", "from_day"),
    Index("ix_deployment_account_id", "account_id"),
    Index("ix_deployment_fact_key", "fact_key", unique=True),
)

# --- who sends --------------------------------------------------------------------------------------
robot = Table(
    "robot",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),  # the id on the wire
    Column("timezone", Text, nullable=False, server_default="UTC"),  # IANA; a change moves later windows only
    Column("model", Text, nullable=False, server_default=""),
    Column("rom", Text, nullable=False, server_default=""),
    Column("agent", Text, nullable=False, server_default=""),
    Column("epoch", Text),  # the epoch that sent last: what two alternating epochs are seen by
    Column("first_seen_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),  # the newest `start` record
    Column("configuration", Text),  # JSON of the newest `configuration` record
    Column("about", Text),  # digest of the description that it gave of itself; null: none
    Column("data_from_s", BigInteger),  # where its first data begin; null: none, or from before this was kept
    Index("ix_robot_timezone", "timezone", "id"),
)

stream = Table(
    "stream",
    metadata,
    _robot(primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("mark", BigInteger, nullable=False, server_default="0"),
    Column("closed_at", BigInteger),  # replaced by a newer epoch: the mark is frozen from then on
    Column("first_at", BigInteger, nullable=False),  # when its first batch came
    Column("received_at", BigInteger, nullable=False),  # when its newest batch came
    # where its newest record stands: what a record without a trusted clock is placed by
    Column("last_boot", BigInteger),
    Column("last_mono", BigInteger),
    Column("last_at", BigInteger),
    Column("last_end", BigInteger),  # last_at plus the wall-clock seconds that record covers
    Column("stopped", Boolean, nullable=False, server_default=text("false")),  # its newest record is a clean stop
    Column("books_to", BigInteger),  # the robot of its own that a cloned card became; null: robot_id
    sqlite_with_rowid=False,  # small rows that every batch reads and writes: found in one tree, not in two
)

stream_past = Table(  # beside the stream, not in it: every batch of every robot writes a stream's row
    "stream_past",
    metadata,
    _robot(primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("runs", Text),  # JSON: the last runs of the agent on this file, each with its first number
    Column("counted", Text),  # JSON: how far the robot's series are counted; null: not known
    sqlite_with_rowid=False,
)

# --- what was counted -------------------------------------------------------------------------------
usage_day = Table(
    "usage_day",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    _robot(primary_key=True),
    Column("totals", Text, nullable=False, server_default="{}"),  # {counter: n}, as the robot sent it
    Column("hours", Text),  # {counter: [24 integers]}; null once retention has taken it
    Column("covered", Text),  # [24 integers]: seconds of each hour that windows vouch for; null with `hours`
    Column("covered_s", Integer, nullable=False, server_default="0"),
    Column("estimated_s", Integer, nullable=False, server_default="0"),  # of these, placed by estimate
    Column("imported", Text),  # {counter: n} from a fleet's history before the collector; replaced as a whole
    Index("ix_usage_day_robot_id_day", "robot_id", "day"),
)

fault_episode = Table(
    "fault_episode",
    metadata,
    _id(),
    _robot(),
    Column("epoch", Text, nullable=False),  # epoch and seq of the record that opened it
    Column("seq", BigInteger, nullable=False),
    Column("family", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("ref", Text, nullable=False, server_default=""),
    Column("did", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("opened_at", BigInteger),  # null: only its end is known
    Column("closed_at", BigInteger),  # null: still open
    Column(
        "openings", Integer, nullable=False, server_default="1"
    ),  # how often it opened: more than once if it flapped
    Column("confidence", Text, nullable=False, server_default="exact"),  # collector/ingest/timestamps.py
    UniqueConstraint("robot_id", "epoch", "seq"),
    Index("ix_fault_episode_robot_id_opened_at", "robot_id", "opened_at"),
    Index("ix_fault_episode_closed_at", "closed_at"),
    Index(
        "ix_fault_episode_open",
        "robot_id",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

"""off: a clean stop until the next start. crash: a start without a stop before it (crash or power cut).
lost: the robot reported that it lost records. never_arrived: the stream skipped numbers without a word."""

gap = Table(
    "gap",
    metadata,
    _id(),
    _robot(),
    Column("from_s", BigInteger, nullable=False),
    Column("to_s", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),  # off, crash, lost or never_arrived
    Column("epoch", Text, nullable=False),
    Column("first_seq", BigInteger),  # of the missing records, where numbers are missing
    Column("last_seq", BigInteger),
    Column("records", BigInteger, nullable=False, server_default="0"),  # how many records are gone
    Column("detail", Text, nullable=False, server_default=""),
    Index("ix_gap_robot_id_from_s", "robot_id", "from_s"),
    Index("ix_gap_to_s", "to_s"),
)

ahead = Table(  # robots that had acknowledgements which this store does not know: it was replaced or restored
    "ahead",
    metadata,
    _robot(primary_key=True),
    Column("from_s", BigInteger),  # where the data that this store lacks begin; null: nothing was known of the robot
    Column("to_s", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("noted_at", BigInteger, nullable=False),
)

completeness_kept = Table(  # derived: fleet/kept_completeness.py
    "completeness_kept",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("block", BigInteger, primary_key=True, autoincrement=False),  # of robots whose row ids lie side by side
    Column("timezone", Text, primary_key=True),  # those of them that live in it
    Column("rules", Integer, nullable=False),  # by which it was judged
    Column("at_s", BigInteger, nullable=False),  # when
    Column("starts_s", BigInteger, nullable=False),  # the day, there
    Column("ends_s", BigInteger, nullable=False),
    Column("arrived_s", BigInteger, nullable=False),
    Column("holes", Text, nullable=False),  # JSON {cause: seconds}
    Index("ix_completeness_kept_block", "block", "ends_s"),
)

completeness_stale = Table(  # written by triggers (migration 0039), by whatever changes what is kept
    "completeness_stale",
    metadata,
    _id(),
    Column("day", Integer, nullable=False),
    Column("block", BigInteger, nullable=False),
    Index("ix_completeness_stale_block", "block", "day"),
)

lifecycle_event = Table(
    "lifecycle_event",
    metadata,
    _id(),
    _robot(),
    Column("epoch", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("confidence", Text, nullable=False, server_default="exact"),
    Column("event", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default="{}"),  # JSON
    Index("ix_lifecycle_event_robot_id_at", "robot_id", "at"),
    Index("ix_lifecycle_event_at", "at"),
)

alarm = Table(
    "alarm",
    metadata,
    _robot(primary_key=True),
    Column("kind", Text, primary_key=True),  # two_epochs: the same identity twice; went_back: a restored outbox
    Column("raised_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("times", BigInteger, nullable=False, server_default="1"),
    Column("cleared_at", BigInteger),  # by a person; raised again when it is seen again
    Column("detail", Text, nullable=False, server_default=""),
)

# --- a robot's present state ------------------------------------------------------------------------
skill_state = Table(
    "skill_state",
    metadata,
    _robot(primary_key=True),
    Column("skill", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("at", BigInteger, nullable=False),
)

counter_support = Table(
    "counter_support",
    metadata,
    _robot(primary_key=True),
    Column("counter", Text, primary_key=True),
    Column("supported", Boolean, nullable=False),  # no row: not said; false: this robot cannot count it
    Column("since_s", BigInteger, nullable=False),
)

counter_support_past = Table(
    "counter_support_past",  # what a robot said before it said otherwise, of the moments since_s < t <= until_s
    metadata,
    _robot(primary_key=True),
    Column("counter", Text, primary_key=True),
    Column("until_s", BigInteger, primary_key=True),
    Column("since_s", BigInteger, nullable=False),
    Column("supported", Boolean, nullable=False),
    Index("counter_support_past_until", "until_s"),
)

gauge = Table(
    "gauge",
    metadata,
    _robot(primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("readings", Text, nullable=False),  # {gauge: [min, mean, max]} of the newest hour that was sent
)

presence = Table(
    "presence",
    metadata,
    _robot(primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("session", BigInteger, nullable=False),  # a message of an older session never counts
    Column("state", Text, nullable=False),  # online, offline, stopped
    Column("at", BigInteger, nullable=False),  # as the robot says
    Column("received_at", BigInteger, nullable=False),
    Column("backlog", BigInteger, nullable=False, server_default="0"),
    Column("open_faults", BigInteger, nullable=False, server_default="0"),
    Column("agent", Text, nullable=False, server_default=""),
)

reported = Table(
    "reported",
    metadata,
    _robot(primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("document", Text, nullable=False),  # JSON, protocol.messages.Reported
    Column("received_at", BigInteger, nullable=False),
    Column("account_id", BigInteger),  # whose claim stood when it came; null: nobody's
    Column("proof", Text, nullable=False, server_default=""),  # protocol.skill_proof, as the robot made it
)

desired = Table(
    "desired",
    metadata,
    _robot(primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("document", Text, nullable=False),  # JSON, protocol.messages.Desired
    Column("at", BigInteger, nullable=False),
    Column("own_revision", BigInteger, nullable=False, server_default="0"),  # this account's begin here
    Column("account_id", BigInteger),  # whose claim stood when it was wished; null: nobody's
)

# --- what could not be taken ------------------------------------------------------------------------
parked = Table(
    "parked",
    metadata,
    _id(),
    Column("received_at", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("robot", Text, nullable=False),  # the topic's, as text: it may be nobody we know
    Column("reason", Text, nullable=False),  # a stable word
    Column("text", Text, nullable=False, server_default=""),  # more, for a person
    Column("epoch", Text),
    Column("seq", BigInteger),  # of the record; null: the whole message
    Column("size", Integer, nullable=False),  # bytes of the payload, also when only its beginning is kept
    Column("payload", LargeBinary, nullable=False),
    Index("ix_parked_robot_id", "robot", "id"),
)

parked_tally = Table(
    "parked_tally",
    metadata,
    Column("robot", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("parked", BigInteger, nullable=False, server_default="0"),
    Column("dropped", BigInteger, nullable=False, server_default="0"),  # parked rows deleted to stay bounded
    Column("last_at", BigInteger, nullable=False),
)

parked_count = Table(
    "parked_count",
    metadata,
    _id(),
    _robot(),
    Column("day", Integer, nullable=False),
    Column("counter", Text, nullable=False),
    Column("reason", Text, nullable=False),  # rate, day_full, found_in_store (by migration 0012)
    Column("hours", Text, nullable=False),  # {hour: amount}; amounts are decimal text: they pass 64 bits
    Column("amount", Text, nullable=False),  # the sum of `hours`
    Column("windows", BigInteger, nullable=False),
    Column("most", BigInteger, nullable=False),  # the largest bound that was passed
    Column("first_at", BigInteger, nullable=False),  # when it came
    Column("last_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # waiting, released or refused
    Column("decided_at", BigInteger),
    Column("decided_by", Text),
    Column("why", Text),
    Index("ix_parked_count_robot_id_day", "robot_id", "day"),
    Index(
        "ix_parked_count_waiting",
        "robot_id",
        "day",
        "counter",
        unique=True,
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

# --- the collector's own ----------------------------------------------------------------------------
api_token = Table(
    "api_token",
    metadata,
    _id(),
    Column("hash", Text, nullable=False, unique=True),  # SHA-256 of the token, hex: the token is shown once
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("person_id", Id),  # who made it, and whose it is (tables/people.py); null: the installation's
)

web_session = Table(
    "web_session",
    metadata,
    _id(),
    Column("token_id", Id, ForeignKey("api_token.id")),  # of whoever signed in with a token
    Column("person_id", Id, ForeignKey("person.id")),  # or with a password
    Column("hash", Text, nullable=False, unique=True),  # SHA-256 of the session's nonce, hex
    Column("address", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

request_key = Table(
    "request_key",
    metadata,
    Column("token_id", BigInteger, primary_key=True, autoincrement=False),  # 0: the command line
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),  # SHA-256 of method, address and body, hex
    Column("at", BigInteger, nullable=False),
    Column("status", Integer),  # null: it has not answered
    Column("answer", Text),  # JSON; null: it is not kept
)

store_fact = Table(
    "store_fact",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
