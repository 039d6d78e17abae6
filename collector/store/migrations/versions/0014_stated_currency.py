r"""Facts say their currency and their time zone, which were left out where they were CNY and UTC.

What is left out is the setting's from now on, and the setting may be another one: what stands keeps its meaning.
A quotation mark inside a text is `\"` in the body, so `"currency":` is the field itself.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

_LEFT_OUT = (
    ("currency", "CNY", "'csm', 'account', 'contract', 'cost'"),
    ("timezone", "UTC", "'account'"),
)


def upgrade() -> None:
    for field, meant, kinds in _LEFT_OUT:
        said = f'"{field}":'
        rest = "CASE body WHEN '{}' THEN '' ELSE ',' END || substr(body, 2)"
        op.execute(
            f"UPDATE fact SET body = '{{{said}\"{meant}\"' || {rest} "  # noqa: S608 - words of our own
            f"WHERE kind IN ({kinds}) AND body NOT LIKE '%{said}%'"
        )
