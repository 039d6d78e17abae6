"""How connections and places are shared between those who count. Pure.

Whoever counts is known by process and user, as the kernel says it. One process gets a part of all places, one user
three times what he leaves free: the first can take three quarters, the next three quarters of the rest. So nobody
alone locks out another user.
"""

from collections.abc import Iterable
from typing import NamedTuple

OF_ONE_PROCESS = 4  # one process holds at most this part of the places
FREE_FOR_OTHERS = 3  # one user may hold this many places for each that is free

NOBODY = -1  # a user the kernel does not name (TCP, another container): all of these are one user


class Peer(NamedTuple):
    """The far side of a connection. `pid` 0: the kernel does not say."""

    pid: int = 0
    uid: int = NOBODY


def crowded(peer: Peer, held: Iterable[Peer], most: int) -> str:
    """Whether `peer` may have no further one of `most` places while these are held: "process", "user", else ""."""
    held = list(held)
    if peer.pid and sum(other.pid == peer.pid for other in held) >= max(1, most // OF_ONE_PROCESS):
        return "process"
    of_user = sum(other.uid == peer.uid for other in held)
    return "user" if of_user and of_user >= FREE_FOR_OTHERS * (most - len(held)) else ""
