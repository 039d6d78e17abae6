"""The newest back-test of a store, kept as the JSON of its report, so that a page shows it at once.

One row of `store_fact`; the next back-test replaces it. What an earlier release kept is read with what it did not say
yet as not known: a field that is added gets its word for that in `_of_today`, where its class has no default.
"""

from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select

from collector.store.tables.fleet import store_fact

NAME = "backtest"


def read(connection: Connection) -> dict[str, Any] | None:
    """In today's form. None: none was kept."""
    text = connection.scalar(select(store_fact.c.value).where(store_fact.c.name == NAME))
    return None if text is None else _of_today(orjson.loads(text))


def keep(connection: Connection, text: str) -> None:
    connection.execute(delete(store_fact).where(store_fact.c.name == NAME))
    connection.execute(insert(store_fact).values(name=NAME, value=text))


def _of_today(found: dict[str, Any]) -> dict[str, Any]:
    found.setdefault("currency", "")
    effect = (found.get("proposal") or {}).get("effect")
    if effect:
        effect.setdefault("waiting", None)
        effect.setdefault("basis", "arrived")  # no other was looked at then
        for one in effect["accounts"]:
            one.setdefault("band_settled", "")
    return found
