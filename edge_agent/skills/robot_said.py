"""What the agent tells the store process of the robot, in one small file beside the skills' sockets.

    {"format": 1, "hold": "waits_task", "there": ["guide"], "vouched_s": 1800000000}

`hold`: empty when releases may be switched now; `there`: skills of which a process, a socket or state is still there;
`vouched_s`: the newest moment that the outbox vouches for, as of when the store was started.
The file lies in memory on a robot, and the store reads it before each switch. Where it cannot be read nothing is
switched: nobody knows what the robot is doing.
"""

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NAME = "robot.json"
FORMAT = 1
UNTOLD = "waits_agent"


@dataclass(frozen=True, slots=True)
class RobotSaid:
    """See the module."""

    hold: str = ""
    there: frozenset[str] = frozenset()
    vouched_s: int = 0

    def has(self, key: str) -> bool:
        """Whether something of that skill may still be there."""
        return self.hold == UNTOLD or key in self.there


def tell(folder: Path, hold: str, there: Iterable[str], vouched_s: int) -> None:
    """Replace it. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{NAME}.new"
    fresh.write_text(json.dumps({"format": FORMAT, "hold": hold, "there": sorted(there), "vouched_s": vouched_s}))
    fresh.chmod(0o644)
    fresh.replace(folder / NAME)


def read(folder: Path) -> RobotSaid:
    """As it is now."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):  # then nobody knows, and that is said
        said = json.loads((folder / NAME).read_bytes())
        if said["format"] == FORMAT:
            vouched_s = int(said.get("vouched_s", 0))
            return RobotSaid(str(said["hold"]), frozenset(map(str, said["there"])), vouched_s)
    return RobotSaid(UNTOLD)
