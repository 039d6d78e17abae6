"""Is a robot there? What its presence says, in words a page and the API share. Pure.

`never` is a robot that is known (by import or by name) and has not connected yet.
"""

from typing import Literal

State = Literal["online", "offline", "stopped", "never"]
STATES: tuple[State, ...] = ("online", "offline", "stopped", "never")


def state_of(presence_state: str | None) -> State:
    """`stopped` is a clean stop of the agent, `offline` a connection that broke."""
    match presence_state:
        case "online" | "offline" | "stopped":
            return presence_state
        case None:
            return "never"
        case _:
            return "offline"  # a newer robot's word: it is not online


def last_seen_s(presence_at_s: int | None, data_at_s: int | None) -> int | None:
    """The newest sign of life in the collector's own clock."""
    return max((at for at in (presence_at_s, data_at_s) if at is not None), default=None)
