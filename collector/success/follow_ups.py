"""What follows from a touch: the call to action that it opened, the step of a playbook that it was.

The history of each says which touch it was, so that a touch that is withdrawn takes them with it, whoever withdraws it.
"""

import orjson
from sqlalchemy import Connection, select

from collector.store.tables.success import cta, cta_event
from collector.success import acts

_OPENED, _DONE = "opened", "task_done"


def belongs_to(connection: Connection, cta_id: int, account_id: int) -> bool:
    """Whether this call to action is of that account."""
    found = select(cta.c.id).where(cta.c.id == cta_id, cta.c.account_id == account_id)
    return connection.execute(found).one_or_none() is not None


def taken_back(
    connection: Connection, touch: str, account_id: int, author: str, now_s: int, base_timezone: str
) -> list[int]:
    """The touch never was: its follow-up is no longer needed, its step is open again. What was closed by that."""
    mentioned = (
        select(cta_event.c.cta_id, cta_event.c.event, cta_event.c.detail)
        .join(cta, cta.c.id == cta_event.c.cta_id)
        .where(cta.c.account_id == account_id, cta_event.c.event.in_([_OPENED, _DONE]))
        .order_by(cta_event.c.id)
    )
    newest: dict[tuple[int, int | None], str | None] = {}
    for row in connection.execute(mentioned):
        detail = orjson.loads(row.detail)
        newest[row.cta_id, detail["step"] if row.event == _DONE else None] = detail.get("touch")
    its = [key for key, mentioned_touch in newest.items() if mentioned_touch == touch]
    for cta_id, step in its:
        if step is not None:
            acts.unfinish(connection, cta_id, step, author, now_s)
    return [
        cta_id for cta_id, step in its if step is None and acts.drop(connection, cta_id, author, now_s, base_timezone)
    ]
