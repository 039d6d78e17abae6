"""What keeps the store small: old rows are removed, a write-ahead log that grew is cut. Asked for by the clock."""

import logging

from sqlalchemy import Connection

from collector import retention
from collector.access.caller import ADMINS
from collector.context import Context
from collector.operations.clock import require_clock
from collector.operations.operation import operation
from collector.store.engine import WAL_MAX_BYTES
from collector.values.keep import Keep

log = logging.getLogger(__name__)


@operation(roles=ADMINS, writes=True, long=True)
def remove_old_rows(context: Context, keep: Keep) -> int:
    """Remove what is older than `keep` says; how many rows. Each transaction waits its turn behind ingest's.

    Refuses while the clock is not followed.
    """
    require_clock(context)

    def in_turn(step: retention.Step) -> int:
        def change(connection: Connection) -> int:
            return step(connection)

        return context.store.pool.submit(context.write, change).result()

    removed = retention.run(in_turn, keep, context.now_s())
    if removed:
        log.info("old rows were removed", extra={"action": "retention", "rows": removed})
    return removed


@operation(roles=ADMINS, writes=True)
def cut_wal(context: Context, _: None) -> int:
    """Cut the write-ahead log (SQLite) when a long reader let it grow; its bytes before. Waits for no reader."""
    size = retention.bound_wal(context.store)
    if size > WAL_MAX_BYTES:
        extra = {"action": "wal_cut", "bytes": size}
        log.warning("a long read let the write-ahead log grow; it was cut", extra=extra)
    return size
