"""Tables of the health model: usage by account and day, policies, peer groups, scores, anomalies, incidents.

account_day, score and peer_group are append-only: late data makes a new version, earlier ones stay.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, Table, Text

from collector.store.tables.fleet import Id, metadata


def _account(*, primary_key: bool = True) -> Column[int]:
    return Column("account_id", Id, ForeignKey("account.id"), primary_key=primary_key, nullable=False)


late_day = Table(
    "late_day",
    metadata,
    # robot-days that were over when something came for them: to be rolled up again
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("robot_id", Id, ForeignKey("robot.id"), primary_key=True, nullable=False),
    sqlite_with_rowid=False,
)

account_day = Table(
    "account_day",
    metadata,
    _account(),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("arrived_at", BigInteger, nullable=False),  # when this version was made: nobody knew it earlier
    # for SQL only, of the same version; null: nobody counted it, or nothing arrived
    Column("open", Boolean, nullable=False),
    Column("robots", Integer, nullable=False),
    Column("heard", Integer, nullable=False),
    Column("active", Integer, nullable=False),
    Column("online_s", BigInteger, nullable=False),
    Column("scheduled_s", BigInteger, nullable=False),
    Column("foot_traffic", BigInteger),
    Column("wake_up", BigInteger),
    Column("interaction", BigInteger),
    Column("faults", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),  # collector.scores.days_codec: a fifth of its JSON
    Column("by_robot", LargeBinary),  # days_codec: which robot did what; NULL: an older release added the day up
    sqlite_with_rowid=False,  # an account's days lie together: its 150 days are read in 20 pages, not in 150
)

rollup_mark = Table(
    "rollup_mark",
    metadata,
    _account(),
    Column("through_day", Integer, nullable=False),  # the newest day that is rolled up
    Column("rolled_at", BigInteger, nullable=False),
    Column("fact_id", BigInteger, nullable=False, server_default="0"),  # what was said later is rolled up again
)

to_rescore = Table(
    "to_rescore",
    metadata,
    # account-days that got a newer version; forgotten once the scores that they are part of have one too
    _account(),
    Column("day", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

closing_failure = Table(
    "closing_failure",
    metadata,
    # what failed in closings and is not over: tried again by each round
    Column("kind", Text, primary_key=True),  # account, robot
    Column("row_id", Id, primary_key=True, autoincrement=False),  # of the account or robot; 0: of everybody
    Column("step", Text, primary_key=True),  # rollup, score, success, tell
    Column("day", Integer, nullable=False),  # the first that it concerns
    Column("reason", Text, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("times", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

policy = Table(
    "policy",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("arrived_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # the TOML text
)

peer_group = Table(
    "peer_group",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("basis", Text, primary_key=True),  # arrived, recorded
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("policy", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # collector.scores.packed: JSON of collector.health.score.peers
    Column("members", LargeBinary),  # packed JSON: what of the peers each account is; NULL: made by an older release
)

score = Table(
    "score",
    metadata,
    _account(),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("basis", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("known_at", BigInteger, nullable=False),  # facts that arrived later are not in it
    Column("scored_at", BigInteger, nullable=False),
    Column("policy", Text, nullable=False),
    Column("final", Float),  # null: too little is known for a number
    Column("raw", Float),
    Column("band", Text, nullable=False),  # red, yellow, green, grey
    Column("coverage", Float, nullable=False),
    Column("profile", Text, nullable=False),
    Column("stage", Text, nullable=False, server_default=""),
    Column("caps", Text, nullable=False, server_default=""),  # codes of the exceptions that hold: SILENT,DROP
    Column("unknown", Text, nullable=False, server_default=""),  # causes of what should be known and is not: no_file
    Column("candidate_band", Text),  # where hysteresis keeps the band
    Column("candidate_days", Integer, nullable=False, server_default="0"),
    Column("detail", LargeBinary, nullable=False),  # collector.scores.score_codec
    Column("withdrawn_at", BigInteger),  # its day was not over: a clock was ahead; the newest such version says so
    Index("ix_score_day_basis", "day", "basis"),
)

lifecycle = Table(
    "lifecycle",
    metadata,
    _account(),
    Column("day", Integer, primary_key=True, autoincrement=False),  # entered on
    Column("stage", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("arrived_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
)

anomaly = Table(
    "anomaly",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _account(primary_key=False),
    Column("day", Integer, nullable=False),  # judged at the end of this day
    Column("counter", Text, nullable=False),
    Column("p", Float, nullable=False),
    Column("ratio", Float, nullable=False),
    Column("since_day", Integer),  # dated: usage changed on
    Column("incident_id", Id, ForeignKey("incident.id")),  # muted: one of many with one cause
    Column("arrived_at", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("withdrawn_at", BigInteger),
    Index("ix_anomaly_account_id_day", "account_id", "day"),
)

incident = Table(
    "incident",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("cause", Text, nullable=False),  # firmware, model, region, skill, date, faults
    Column("value", Text, nullable=False),  # which firmware
    Column("opened_day", Integer, nullable=False),
    Column("closed_day", Integer),
    Column("arrived_at", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),  # JSON: accounts, shares, evidence
)
