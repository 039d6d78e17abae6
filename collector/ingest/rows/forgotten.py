"""Faults that were open in a part of an outbox that is gone: the file that took its place will not close them.

Only the closing of an episode says how often its fault opened while it was held open. So it is said of those that
flapped that their openings are not known in full.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from collector.calendar.days import HOUR_S
from collector.ingest.rows.parked import Statements
from protocol.limits import FLAP_OPENINGS, OTHER_FAULTS

ALARM = "openings_lost"
NAMED = 3  # faults named in an alarm
FLAPS_WITHIN_S = 2 * HOUR_S  # an agent holds open what opened so often in this hour of its clock, or in the last one

_OPEN = """SELECT id, epoch, seq, family, code, ref, opened_at FROM fault_episode
WHERE robot_id = :robot_id AND closed_at IS NULL AND opened_at IS NOT NULL AND epoch <> :epoch
AND (epoch = :closes OR EXISTS (SELECT 1 FROM stream s
WHERE s.robot_id = fault_episode.robot_id AND s.epoch = fault_episode.epoch AND s.closed_at IS NOT NULL))"""
_BEFORE = """SELECT count(*), max(openings) FROM fault_episode WHERE robot_id = :robot_id AND family = :family
AND code = :code AND ref = :ref AND opened_at BETWEEN :since AND :at AND id <> :id"""
_CLOSE = """UPDATE fault_episode SET confidence = 'between',
closed_at = CASE WHEN opened_at > :at THEN opened_at ELSE :at END WHERE id = :id"""


def close(rows: Statements, forgets: Mapping[str, Any], received_s: int) -> list[dict[str, Any]]:
    """End them where the data of the older files end; the alarm of those that flapped, if any did."""
    named = {"robot_id": forgets["robot_id"], "closes": forgets["closes"], "epoch": forgets["epoch"]}
    gone = [row for row in rows.query(_OPEN, named) if (row[1], row[2]) not in forgets["open"]]
    if not gone:
        return []
    rows.execute_many(_CLOSE, [{"id": row[0], "at": forgets["at"]} for row in gone])
    flapped = [row for row in gone if _flapped(rows, forgets["robot_id"], row)]
    return [_alarm(forgets["robot_id"], flapped, received_s)] if flapped else []


def _flapped(rows: Statements, robot_id: int, row: Sequence[Any]) -> bool:
    """Whether the agent held this episode open while its fault opened and closed."""
    number, _, _, family, code, ref, at_s = row
    if code == OTHER_FAULTS:
        return True
    fault = {"robot_id": robot_id, "family": family, "code": code, "ref": ref}
    [(times, most)] = rows.query(_BEFORE, fault | {"id": number, "since": at_s - FLAPS_WITHIN_S, "at": at_s})
    return bool(times) and (times >= FLAP_OPENINGS or most > 1)


def _alarm(robot_id: int, flapped: Sequence[Sequence[Any]], at_s: int) -> dict[str, Any]:
    names = [f"{family}.{code} {ref}".strip() for _, _, _, family, code, ref, _ in flapped]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    told = f"faults of a lost part of its outbox may have opened more often than is counted: {', '.join(names[:NAMED])}"
    return {"robot_id": robot_id, "kind": ALARM, "at": at_s, "detail": told + more}
