"""Robots that say that nothing is open, while something is open here. Pure.

A fault's close may be lost for good: a file that is gone, an older agent that dropped it from a full outbox and did
not say so. Records come in their order. So once a record from after such a presence is here, all from before it are,
and what was open before it and still is will not be closed by anybody.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from collector.ingest.state import RobotState
from protocol.messages import Presence


class Quiet:
    """By robot: the epoch and the moment of its newest presence, as long as that says that nothing is open."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[str, int]] = {}

    def hear(self, presence: Presence) -> None:
        if presence.state == "online" and not presence.open_faults:
            self._since[presence.robot] = presence.epoch, presence.at
        else:
            self._since.pop(presence.robot, None)

    def passed(self, robots: Mapping[str, RobotState]) -> dict[str, dict[str, Any]]:
        """Of these robots, those whose records go beyond that moment: by name, what closes their faults."""
        found = {}
        for name, robot in robots.items():
            epoch, at_s = self._since.get(name, ("", 0))
            stream = robot.streams.get(epoch)
            if stream is not None and stream.last_at is not None and stream.last_at >= at_s:
                found[name] = {"robot_id": robot.id, "epoch": epoch, "at": at_s}
        return found

    def settled(self, names: Iterable[str]) -> None:
        """What these robots say has been followed."""
        for name in names:
            self._since.pop(name, None)
