"""Tables of the skill store: what is offered, what it costs since when, and which account may use it.

skill_listing       a skill as the catalogue shows it, in the words of its newest published manifest
skill_price         what it costs from a day on: rows are added, the price of a day that has begun never changes
skill_entitlement   an account may use a skill: from a contract line, as a trial, or granted
skill_seat          a person of an account uses a skill, dated
skill_submission    a package that wants to be published: one digest, its checks, what became of it
skill_review        what one person said of one submission; rows are added only
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from collector.store.tables.fleet import Id, metadata

skill_listing = Table(
    "skill_listing",
    metadata,
    Column("skill", Text, primary_key=True),  # the key of its manifest
    Column("appid", Text, nullable=False, unique=True),
    Column("publisher", Text, nullable=False),  # what the appid begins with
    Column("state", Text, nullable=False),  # draft, published, withdrawn, recalled
    Column("name_en", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("text_zh", Text, nullable=False),
    Column("scenes", Text, nullable=False),  # JSON list of words of the manifest
    Column("industries", Text, nullable=False),  # JSON list of words
    Column("changed_at", BigInteger, nullable=False),
    Column("release", Integer),  # of the publisher's count: whose words these are; null: noted before it was kept
)

skill_price = Table(
    "skill_price",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("skill", Text, ForeignKey("skill_listing.skill"), nullable=False),
    Column("valid_from_day", Integer, nullable=False),
    Column("price", Text, nullable=False),  # JSON of collector/skillstore/billing/price.py, Price
    Column("who", Text, nullable=False),
    Column("set_at", BigInteger, nullable=False),
    UniqueConstraint("skill", "valid_from_day"),
)

skill_entitlement = Table(
    "skill_entitlement",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("account_id", Id, ForeignKey("account.id"), nullable=False),
    Column("skill", Text, ForeignKey("skill_listing.skill"), nullable=False),
    Column("from_day", Integer, nullable=False),
    Column("to_day", Integer),  # last day that counts; null: it goes on
    Column("origin", Text, nullable=False),  # contract_line, trial, granted
    Column("contract_line", Text),  # the id of that line in the ledger
    Column("robots_most", Integer),  # on how many robots at once; null: on all
    Column("ended_reason", Text, nullable=False, server_default=""),  # why it ends before what was agreed
    Column("who", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Index("ix_skill_entitlement_account_id_skill", "account_id", "skill"),
    Index("ix_skill_entitlement_skill", "skill"),
)

skill_seat = Table(
    "skill_seat",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("account_id", Id, ForeignKey("account.id"), nullable=False),
    Column("skill", Text, ForeignKey("skill_listing.skill"), nullable=False),
    Column("holder", Text, nullable=False),  # whose seat it is, as the account names them
    Column("from_day", Integer, nullable=False),
    Column("to_day", Integer),  # last day that counts
    Column("who", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Index("ix_skill_seat_account_id_skill", "account_id", "skill"),
)

skill_submission = Table(
    "skill_submission",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("skill", Text, nullable=False),  # the key of its manifest; it may not be in the catalogue yet
    Column("appid", Text, nullable=False),
    Column("release", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # collector/skillstore/review/submission.py, SubmissionState
    Column("notes_en", Text, nullable=False),
    Column("notes_zh", Text, nullable=False),
    Column("submitter_id", Id, ForeignKey("person.id"), nullable=False),
    Column("submitter", Text, nullable=False),
    Column("submitted_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),  # why it was refused
    Column("checks", Text),  # JSON of what each check found; null: they have not ended
    Column("reach", Text),  # JSON of what it may do on a robot; null: its checks have not ended
    Index("ix_skill_submission_appid_release", "appid", "release"),
    Index("ix_skill_submission_state", "state"),
)

skill_review = Table(
    "skill_review",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("submission_id", Id, ForeignKey("skill_submission.id"), nullable=False),
    Column("person_id", Id, ForeignKey("person.id"), nullable=False),
    Column("person", Text, nullable=False),
    Column("verdict", Text, nullable=False),  # approve, refuse
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("submission_id", "person_id", "verdict"),
)
