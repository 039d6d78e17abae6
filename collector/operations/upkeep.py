"""What keeps the store small: old rows are removed, a write-ahead log that grew is cut. Asked for by the clock."""

import logging

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from collector import retention
from collector.access.caller import ADMINS
from collector.accounts.closed_sites import closed_days
from collector.context import Context
from collector.fleet import kept_completeness
from collector.operations.clock import require_clock
from collector.operations.operation import operation
from collector.store.engine import WAL_MAX_BYTES
from collector.values.keep import Keep

log = logging.getLogger(__name__)
KEEPING_AT_MOST_S = 3  # of each minute: a twentieth of one core, as for other answers that grow with the fleet


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


@operation(roles=ADMINS, writes=True, long=True)
def keep_completeness(context: Context, _: None) -> int:
    """Keep the fleet's completeness of days that are over, some blocks of robots at a time; how many days of blocks.

    Each block is a transaction that waits its turn behind ingest's. What is left is kept the next time.
    """
    began_s = context.now_s()
    blocks = context.read(lambda connection: kept_completeness.wanting(connection, began_s))
    first = began_s // 60 % len(blocks) if blocks else 0  # a block that cannot be kept yet keeps no other one waiting
    kept = 0
    for block in [*blocks[first:], *blocks[:first]]:
        if context.now_s() - began_s >= KEEPING_AT_MOST_S:
            break

        def change(connection: Connection, block: int = block) -> int:
            return kept_completeness.keep(connection, block, context.now_s(), closed_days)

        try:
            kept += context.store.pool.submit(context.write, change).result()
        except DBAPIError as error:
            if not kept_completeness.is_busy(error):
                raise
    return kept
