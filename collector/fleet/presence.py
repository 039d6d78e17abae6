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
