"""Views for programs that read the store with SQL: columns by name, days as dates, the standing version of each row.

docs/views.md describes every column; a test compares it with both databases. A released column keeps its name and its
meaning: a later migration adds columns at the end, or another view.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

_COUNTERS = (
    "foot_traffic", "solicitation", "wake_up", "interaction", "guided_tour", "narration", "leading", "directions",
    "reception", "check_in", "delivery", "cruise", "advert", "dance", "dialog_turn", "operating_s", "driving_s",
    "charging_s", "distance_m", "intervention",
)  # fmt: skip

_ACCOUNT_DAY = """CREATE VIEW v_account_day AS
SELECT a.external_id AS account, a.name AS account_name, {day:d.day} AS day, d.day AS day_number, d.open AS open,
d.robots AS robots, d.heard AS heard, d.active AS active, d.online_s AS online_s, d.scheduled_s AS scheduled_s,
d.foot_traffic AS foot_traffic, d.wake_up AS wake_up, d.interaction AS interaction, d.faults AS faults,
d.version AS version, {moment:d.arrived_at} AS arrived_at
FROM account_day d JOIN account a ON a.id = d.account_id
WHERE NOT EXISTS (SELECT 1 FROM account_day n WHERE n.account_id = d.account_id AND n.day = d.day
AND n.version > d.version)"""

_ROBOT_DAY = """CREATE VIEW v_robot_day AS
SELECT r.name AS robot, a.external_id AS account, a.name AS account_name, {day:u.day} AS day, u.day AS day_number,
r.model AS model, r.rom AS rom, r.timezone AS timezone, u.covered_s AS covered_s, u.estimated_s AS estimated_s,
{counters}, u.totals AS counts, u.imported AS imported_counts
FROM usage_day u JOIN robot r ON r.id = u.robot_id
LEFT JOIN deployment d ON d.robot_id = u.robot_id AND d.from_day <= u.day AND (d.to_day IS NULL OR d.to_day >= u.day)
LEFT JOIN account a ON a.id = d.account_id{records}"""

_SCORE = """CREATE VIEW v_score AS
SELECT a.external_id AS account, a.name AS account_name, {day:s.day} AS day, s.day AS day_number, s.basis AS basis,
s.final AS score, s.raw AS raw, s.band AS band, s.coverage AS coverage, s.profile AS profile, s.stage AS stage,
s.caps AS exceptions, s.version AS version, {moment:s.known_at} AS known_at, {moment:s.scored_at} AS scored_at,
s.policy AS policy
FROM score s JOIN account a ON a.id = s.account_id
WHERE NOT EXISTS (SELECT 1 FROM score n WHERE n.account_id = s.account_id AND n.day = s.day AND n.basis = s.basis
AND n.version > s.version)"""

_RENEWAL = """CREATE VIEW v_renewal AS
SELECT f.key AS id, a.external_id AS account, a.name AS account_name, {text:f.contract} AS contract,
{day:f.day} AS due_day, f.day AS due_day_number, COALESCE({text:f.outcome}, 'pending') AS outcome,
{dated:f.decided_day} AS decided_day, {dated:f.notice_day} AS notice_day, {number:f.amount} / 100.0 AS amount,
COALESCE({text:f.currency}, {text:c.currency}, 'CNY') AS currency, COALESCE({text:f.reason}, '') AS reason,
{text:f.new_contract} AS new_contract, {day:c.day} AS contract_starts, {day:c.until_day} AS contract_ends,
COALESCE({flag:c.auto_renews}, {false}) AS auto_renews, {text:k.csm} AS csm, {text:k.reseller} AS reseller,
COALESCE({text:k.segment}, '') AS segment, COALESCE({text:k.industry}, '') AS industry,
COALESCE({text:k.region}, '') AS region
FROM fact f JOIN account a ON a.id = f.account_id
LEFT JOIN fact c ON c.kind = 'contract' AND c.key = {text:f.contract} AND c.replaced_at IS NULL
AND c.withdrawn = {false}
LEFT JOIN fact k ON k.kind = 'account' AND k.key = a.external_id AND k.replaced_at IS NULL AND k.withdrawn = {false}
WHERE f.kind = 'renewal' AND f.replaced_at IS NULL AND f.withdrawn = {false}"""

_FAULT = """CREATE VIEW v_fault AS
SELECT f.id AS id, r.name AS robot, a.external_id AS account, a.name AS account_name, f.family AS family,
f.code AS code, f.ref AS ref, f.did AS did, f.severity AS severity, f.detail AS detail,
{moment:f.opened_at} AS opened_at, {moment:f.closed_at} AS closed_at,
(f.closed_at - f.opened_at) / 3600.0 AS hours, f.confidence AS confidence
FROM fault_episode f JOIN robot r ON r.id = f.robot_id
LEFT JOIN deployment d ON d.robot_id = f.robot_id AND d.from_day <= COALESCE(f.opened_at, f.closed_at) / 86400
AND (d.to_day IS NULL OR d.to_day >= COALESCE(f.opened_at, f.closed_at) / 86400)
LEFT JOIN account a ON a.id = d.account_id"""


class _SQLite:
    """How SQLite says it. `{form:column}` in a view's text asks for one of these."""

    @staticmethod
    def day(column: str) -> str:
        return f"date({column} * 86400, 'unixepoch')"

    @staticmethod
    def moment(column: str) -> str:
        return f"strftime('%Y-%m-%dT%H:%M:%SZ', {column}, 'unixepoch')"

    @staticmethod
    def text(path: str) -> str:
        table, name = path.split(".")
        return f"json_extract({table}.body, '$.{name}')"

    number = flag = text

    @classmethod
    def dated(cls, path: str) -> str:
        return cls.day(cls.text(path))

    @staticmethod
    def counters() -> tuple[str, str]:
        shown = (
            f"COALESCE(json_extract(u.totals, '$.{name}'), json_extract(u.imported, '$.{name}')) AS \"{name}\""
            for name in _COUNTERS
        )
        return ", ".join(shown), ""

    false = "0"


class _PostgreSQL:
    """The same for PostgreSQL."""

    @staticmethod
    def day(column: str) -> str:
        return f"(DATE '1970-01-01' + {column})"

    @staticmethod
    def moment(column: str) -> str:
        return f"to_timestamp({column})"

    @staticmethod
    def text(path: str) -> str:
        table, name = path.split(".")
        return f"({table}.body::jsonb ->> '{name}')"

    @classmethod
    def number(cls, path: str) -> str:
        return f"{cls.text(path)}::bigint"

    @classmethod
    def flag(cls, path: str) -> str:
        return f"{cls.text(path)}::boolean"

    @classmethod
    def dated(cls, path: str) -> str:
        return cls.day(f"{cls.text(path)}::integer")

    @staticmethod
    def counters() -> tuple[str, str]:
        """Each robot-day's JSON is read once, as a record."""
        fields = ", ".join(f'"{name}" bigint' for name in _COUNTERS)
        records = "".join(
            f"\nLEFT JOIN LATERAL jsonb_to_record({column}::jsonb) AS {name}({fields}) ON true"
            for name, column in (("own", "u.totals"), ("past", "u.imported"))
        )
        return ", ".join(f'COALESCE(own."{name}", past."{name}") AS "{name}"' for name in _COUNTERS), records

    false = "false"


def upgrade() -> None:
    words = _PostgreSQL if op.get_bind().dialect.name == "postgresql" else _SQLite
    for view in (_ACCOUNT_DAY, _ROBOT_DAY, _SCORE, _RENEWAL, _FAULT):
        op.execute(_said(view, words))


def _said(view: str, words: type[_SQLite | _PostgreSQL]) -> str:
    counters, records = words.counters()
    text = view.replace("{counters}", counters).replace("{records}", records).replace("{false}", words.false)
    for form in ("day", "moment", "text", "number", "flag", "dated"):
        for asked in sorted({part.split("}")[0] for part in text.split(f"{{{form}:")[1:]}):
            text = text.replace(f"{{{form}:{asked}}}", getattr(words, form)(asked))
    return text
