"""The only topic literals. `fw/1` is the product and the wire's major version.

| topic                        | from      | QoS | retained |
| fw/1/up/<shard>/<robot>      | robot     | 1   | no       | batches
| fw/1/ack/<robot>             | collector | 0   | no       | acks: a lost one costs a resend, never a count
| fw/1/presence/<robot>        | robot     | 1   | yes      | also the last will
| fw/1/desired/<robot>         | collector | 1   | yes      | what the robot should run
| fw/1/reported/<robot>        | robot     | 1   | yes      | what it does run
| fw/1/probe/<collector>       | collector | 1   | no       | to itself: does a shared subscription deliver

The shard (two hex digits) lets several collectors divide a fleet on brokers whose shared
subscriptions deliver nothing: collector i of n subscribes to the shards with number % n == i.
"""

import zlib
from collections.abc import Sequence

from protocol.limits import ROBOT_ID

ROOT = "fw/1"
SHARDS = 256


def shard_of(robot: str) -> int:
    """0..255, CRC-32 of the id's UTF-8 bytes modulo 256."""
    return zlib.crc32(robot.encode()) % SHARDS


def up(robot: str) -> str:
    return f"{ROOT}/up/{shard_of(robot):02x}/{robot}"


def ack(robot: str) -> str:
    return f"{ROOT}/ack/{robot}"


def presence(robot: str) -> str:
    return f"{ROOT}/presence/{robot}"


def desired(robot: str) -> str:
    return f"{ROOT}/desired/{robot}"


def reported(robot: str) -> str:
    return f"{ROOT}/reported/{robot}"


def probe(collector: str) -> str:
    return f"{ROOT}/probe/{collector}"


ALL_UP = f"{ROOT}/up/+/+"
ALL_PRESENCE = f"{ROOT}/presence/+"
ALL_REPORTED = f"{ROOT}/reported/+"


def up_filters(part: int, parts: int) -> Sequence[str]:
    """Filters of collector `part` (0-based) of `parts`; one wildcard when it is alone."""
    if parts == 1:
        return [ALL_UP]
    return [f"{ROOT}/up/{shard:02x}/+" for shard in range(SHARDS) if shard % parts == part]


def shared(filter_: str, group: str = "collector") -> str:
    """The shared-subscription form (MQTT 5, or 3.1.1 where the broker truly delivers it)."""
    return f"$share/{group}/{filter_}"


def robot_of(topic: str) -> tuple[str, str] | None:
    """(`up` | `presence` | `reported` | `ack` | `desired`, robot), or None for a topic that is not ours."""
    match topic.split("/"):
        case ["fw", "1", "up", _, robot]:
            kind = "up"
        case ["fw", "1", ("presence" | "reported" | "ack" | "desired") as kind, robot]:
            pass
        case _:
            return None
    return (kind, robot) if ROBOT_ID.fullmatch(robot) else None
