"""An account-day as the store keeps it, and back. Pure.

JSON with short keys, what is at its default left out, packed with a dictionary of the counters' names. Bytes are the
same for the same day: whether a new version says anything new is one comparison.
"""

from typing import Any

import orjson

from collector.health.model import AccountDay, RobotsOfDay
from collector.scores.packed import DAY, pack, unpack

_SORTED = orjson.OPT_SORT_KEYS


def encode(day: AccountDay) -> bytes:
    """Everything but `day` and `late`, which the row's key says."""
    fields: tuple[tuple[str, Any], ...] = (
        ("x", not day.open), ("r", day.robots), ("h", day.heard), ("a", day.active), ("c", day.counts),
        ("o", day.online_s), ("s", day.scheduled_s), ("f", day.faults), ("w", day.affected), ("d", day.dark),
        ("t", day.stuck), ("z", day.conflicts), ("u", day.untold), ("n", day.unwatched),
    )  # fmt: skip
    said = {key: value for key, value in fields if value}
    return pack(orjson.dumps(said, option=_SORTED), DAY)


def encode_robots(robots: RobotsOfDay) -> bytes:
    """In order, so that the same parts are the same bytes."""
    said = {
        "r": {str(robot): counts for robot, counts in robots.counts.items()},
        "f": {family: {str(robot): n for robot, n in of.items()} for family, of in robots.faults.items()},
    }
    return pack(orjson.dumps({key: value for key, value in said.items() if value}, option=_SORTED), DAY)


def decode_robots(body: bytes) -> RobotsOfDay:
    """Trusted: what `encode_robots` made."""
    said = orjson.loads(unpack(body))
    return RobotsOfDay(
        counts={int(robot): counts for robot, counts in said.get("r", {}).items()},
        faults={family: {int(robot): n for robot, n in of.items()} for family, of in said.get("f", {}).items()},
    )


def decode(day: int, version: int, body: bytes) -> AccountDay:
    """Trusted: what `encode` made."""
    said = orjson.loads(unpack(body)).get
    affected = said("w")
    return AccountDay(
        day=day,
        open=said("x") is None,
        robots=said("r", 0),
        heard=said("h", 0),
        active=said("a", 0),
        counts=said("c") or {},
        online_s=said("o", 0),
        scheduled_s=said("s", 0),
        faults=said("f") or {},
        affected={family: tuple(robots) for family, robots in affected.items()} if affected else {},
        dark=tuple(said("d", ())),
        stuck=tuple(said("t", ())),
        late=version > 1,
        conflicts=tuple(said("z", ())),
        untold=said("u", 0),
        unwatched=said("n", 0),
    )
