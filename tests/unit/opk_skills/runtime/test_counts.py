"""What a program that counts is told by an agent that takes no line of it."""

import json
import socket

import pytest

from opk_skills.runtime import counts

SAID = {"ok": False, "error": "too many connections of this user: try again later"}


def closed_after(said: bytes) -> socket.socket:
    """A connection whose other end has said this and closed before a line was sent."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs:
        theirs.sendall(said)
    return ours


def test_an_agent_that_said_why_and_closed_is_heard():
    with closed_after(json.dumps(SAID).encode() + b"\n") as connection:
        assert counts._converse(connection, {"count": "wake_up"}) == SAID


def test_an_agent_that_closed_and_said_nothing_is_gone():
    """The control: it is what was said that is heard."""
    with closed_after(b"") as connection, pytest.raises(ConnectionError, match="closed the connection"):
        counts._converse(connection, {"count": "wake_up"})
