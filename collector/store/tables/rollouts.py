"""Tables of rollouts: one version of one skill brought to many robots, judged on the way.

rollout         what was planned, how it stands, and the draws that it is judged by
rollout_wave    how many robots, and when they were offered the version
rollout_robot   each robot with this skill: drawn into a wave or left out; how it stands, why, and what it ran before
rollout_look    what the gate answered, day by day; a row is never changed
rollout_answer  whether a customer approves
recalled_package  what people took from every robot: no rollout brings it back
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from collector.store.tables.fleet import Id, metadata

rollout = Table(
    "rollout",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("skill", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),  # of the package
    Column("settings", Text, nullable=False),  # JSON; of the skill, the same on every robot
    Column("orders", Text, nullable=False),  # JSON of what was asked for: waves, freezes, what counts as use, α
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),  # the word of why it stands so; "" while it runs
    Column("why", Text, nullable=False, server_default=""),  # what a person wrote of it
    Column("seed", Text, nullable=False),  # decimal: it passes 63 bits
    Column("draws", LargeBinary),  # the real draw and those that might have been; null until it is drawn
    Column("forecasts", Text, nullable=False, server_default="[]"),  # JSON, made before the first offer
    Column("first_day", Integer),  # UTC, of the first offer
    Column("who", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index("ix_rollout_state", "state"),
)

rollout_wave = Table(
    "rollout_wave",
    metadata,
    Column("rollout_id", Id, ForeignKey("rollout.id"), primary_key=True),
    Column("wave", Integer, primary_key=True),  # from 1
    Column("size", Integer, nullable=False),  # robots that have been offered the version after it
    Column("judged", Boolean, nullable=False),  # the draws hold it; after a wave that is not, nobody is left to compare
    Column("offered_at", BigInteger),
)

rollout_robot = Table(
    "rollout_robot",
    metadata,
    Column("rollout_id", Id, ForeignKey("rollout.id"), primary_key=True),
    Column("robot_id", Id, ForeignKey("robot.id"), primary_key=True),
    Column("account_id", Id),  # whose it was when it was drawn; null: nobody's
    Column("place", Integer),  # its number in the cohort; null: left out
    Column("wave", Integer),
    Column("scene", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("past_faults", Float, nullable=False),  # sums of the fortnight before the first offer
    Column("past_uses", Float, nullable=False),
    Column("past_days", Float, nullable=False),
    Column("rhythm_days", Integer, nullable=False),  # the longest it was silent in the four weeks before
    Column("before", Text, nullable=False),  # JSON of the skill's entry in its desired document
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),  # why it stands so; "" when nothing is in the way
    Column("detail", Text, nullable=False, server_default=""),
    Column("revision", BigInteger, nullable=False, server_default="0"),  # of the newest wish that was looked at
    Column("offered_at", BigInteger),
    Column("due_at", BigInteger),  # silent after it: not heard in its own rhythm
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_try_at", BigInteger),
    Index("ix_rollout_robot_rollout_id_state", "rollout_id", "state"),
    Index("ix_rollout_robot_robot_id", "robot_id"),
)

rollout_look = Table(
    "rollout_look",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("rollout_id", Id, ForeignKey("rollout.id"), nullable=False),
    Column("look", Integer, nullable=False),  # from 1; 0: nothing could be judged, so nothing was spent
    Column("day", Integer, nullable=False),  # the last day that counts
    Column("at", BigInteger, nullable=False),
    Column("answer", Text, nullable=False),
    Column("report", Text, nullable=False),  # JSON
    Column("struck", LargeBinary, nullable=False),  # draws that are out after it, three rows of bits
    UniqueConstraint("rollout_id", "day"),
)

rollout_answer = Table(
    "rollout_answer",
    metadata,
    Column("rollout_id", Id, ForeignKey("rollout.id"), primary_key=True),
    Column("account_id", Id, ForeignKey("account.id"), primary_key=True),
    Column("approves", Boolean, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

recalled_package = Table(
    "recalled_package",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("skill", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
