"""The key that signs sessions: in the store, so that every collector of a fleet accepts every session."""

from sqlalchemy import Connection, insert, select

from collector.store.tables.fleet import store_fact

FACT = "web_session_key"


def read_or_make(connection: Connection, fresh: str) -> bytes:
    """The key that stands; the first time it is `fresh`, 32 random bytes in hexadecimal.

    Raises IntegrityError when another collector makes it in the same moment.
    """
    found = connection.execute(select(store_fact.c.value).where(store_fact.c.name == FACT)).scalar_one_or_none()
    if found is None:
        found = fresh
        connection.execute(insert(store_fact).values(name=FACT, value=found))
    return bytes.fromhex(found)
