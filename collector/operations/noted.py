"""What people keep about an account beside everything else: notes, tags, values of fields of one's own, attachments."""

from dataclasses import dataclass

from sqlalchemy import Connection, distinct, func, select

from collector.access.caller import INSIDE
from collector.accounts.ledger import reading
from collector.accounts.ledger.facts import NOW, Version
from collector.accounts.ledger.kinds.noted import CustomField
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.reading import ALL, FactFilter
from collector.context import Context
from collector.operations.operation import account_row, operation
from collector.store.tables.ledger import fact

NOTES = 8  # at first; who asks for older ones gets NOTES_MAX
NOTES_MAX = 500
OTHERS_MAX = 200  # tags, values, attachments of one account, and fields of one's own


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedOf:
    """`account` is its external id."""

    account: str
    older: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """Versions of facts, the newest first; `fields`: every field of one's own that accounts have, by name.

    `values`: {field: its value}, of fields of accounts. `tags`: each word once, by itself.
    """

    notes: list[Version]
    more_notes: bool
    tags: list[Version]
    fields: list[CustomField]
    values: dict[str, str]
    attachments: list[Version]


@operation(roles=INSIDE)
def account_noted(context: Context, wanted: NotedOf) -> Noted:
    """Refuses an unknown account."""
    most = NOTES_MAX if wanted.older else NOTES

    def read(connection: Connection) -> Noted:
        row_id = account_row(context, connection, wanted.account)

        def of(kind: str, limit: int) -> list[Version]:
            return list(reading.listed(connection, KINDS[kind], FactFilter(account_id=row_id), NOW, limit=limit).items)

        notes = of("note", most + 1)
        tags = {one.said.tag.casefold(): one for one in of("tag", OTHERS_MAX)}
        return Noted(
            notes=notes[:most],
            more_notes=len(notes) > most,
            tags=[one for _, one in sorted(tags.items())],
            fields=[one for one in custom_fields(connection) if one.of == "account"],
            values={one.said.field: one.said.value for one in of("custom_value", OTHERS_MAX)},
            attachments=of("attachment", OTHERS_MAX),
        )

    return context.read(read)


def custom_fields(connection: Connection) -> list[CustomField]:
    """All that stand, by name."""
    found = reading.listed(connection, KINDS["custom_field"], ALL, NOW, limit=OTHERS_MAX).items
    return sorted((one.said for one in found), key=lambda one: (one.name.casefold(), one.id))


@dataclass(frozen=True, slots=True)
class TagUsed:
    """A tag, in small letters, and how many accounts have it."""

    tag: str
    accounts: int


def used_tags(connection: Connection) -> list[TagUsed]:
    """The tags that accounts have, the most used first."""
    count = func.count(distinct(fact.c.account_id))
    query = (
        select(fact.c.word, count)
        .where(fact.c.kind == "tag", fact.c.word.is_not(None), fact.c.replaced_at.is_(None))
        .group_by(fact.c.word)
        .order_by(count.desc(), fact.c.word)
        .limit(OTHERS_MAX)
    )
    return [TagUsed(row[0], row[1]) for row in connection.execute(query)]
