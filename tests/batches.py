"""Batches as a robot would send them, for tests of the collector: short words for long dicts."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select

from collector.ingest.decode import Message, decode
from collector.ingest.transaction import GroupResult
from collector.store.engine import Store
from collector.store.tables.fleet import robot, usage_day
from protocol import codec, records, topics
from tests.groups import groups_of

EPOCH = "00000000000000e1"
NEXT_EPOCH = "00000000000000e2"
NOON = 1_780_056_000  # 2026-05-29 12:00:00 UTC
DAY = NOON // 86_400


def window(
    seq: int, counts: Mapping[str, int], *, at: int | None = None, span: int = 300, **more: Any
) -> dict[str, Any]:
    at = NOON + (seq - 1) * span if at is None else at
    fields = {"boot": 1, "mono": at - NOON + 10_000, "sync": "synced"}
    fields |= {key: more.pop(key) for key in ("boot", "mono", "sync", "gauges") if key in more}
    return records.numbered(seq, records.window(at=at, span=span, counts=counts, **fields)) | more


def lifecycle(
    seq: int, event: str, detail: Mapping[str, Any] | None = None, *, at: int = NOON, **more: Any
) -> dict[str, Any]:
    record = records.lifecycle(event, detail or {}, boot=1, mono=max(0, at - NOON + 10_000), at=at)
    return records.numbered(seq, record) | more


def fault(seq: int, state: str, *, at: int = NOON, **more: Any) -> dict[str, Any]:
    fields = {"family": "network", "code": "offline"} | more
    return records.numbered(seq, records.fault(boot=1, mono=at - NOON + 10_000, at=at, state=state, **fields))


def payload(
    robot: str, rows: Sequence[Mapping[str, Any]], *, first: int | None = None, last: int | None = None,
    held: int = 1, epoch: str = EPOCH, timezone: str = "UTC",
) -> bytes:  # fmt: skip
    first = rows[0].get("first", rows[0]["seq"]) if first is None else first
    last = rows[-1]["seq"] if last is None else last
    return codec.encode(
        records.envelope(
            robot=robot, epoch=epoch, first=first, last=last, held=held, records=rows, timezone=timezone
        )
    )  # fmt: skip


def message(robot: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> Message:
    return decode(topics.up(robot), payload(robot, rows, **more))


def commit(store: Store, *group: Message, received_s: int = NOON + 86_400, **groups: Any) -> GroupResult:
    """Through a collector that was just started: nothing is remembered between two calls."""
    return groups_of(store, **groups).commit(dict(enumerate(group)), received_s)


def totals(store: Store) -> dict[tuple[str, int, str], int]:
    """(robot, day, counter) -> n, without zeros: what the collector would tell."""
    with store.read() as connection:
        rows = connection.execute(
            select(robot.c.name, usage_day.c.day, usage_day.c.totals).join(robot, robot.c.id == usage_day.c.robot_id)
        )
        return {(name, day, counter): n for name, day, text in rows for counter, n in orjson.loads(text).items() if n}


def rows_of(store: Store, table: Any) -> list[dict[str, Any]]:
    """All rows in the order of their primary key."""
    with store.read() as connection:
        return [dict(row._mapping) for row in connection.execute(table.select().order_by(*table.primary_key))]
