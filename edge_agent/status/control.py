"""The running agent's answer to `edge-agent status`: one line in, one JSON line out, on a Unix socket.

    status              the document of docs/agent.md
    upload              send what is stored now
    restart SKILL       start a skill anew

Whoever may open the socket (mode 0660, the agent's group) may ask. Only the agent's own user and root may have it do
something: a skill whose user is in the group restarts no other.
"""

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edge_agent.errors import ConfigError, NotAllowed

SOCKET_NAME = "control.sock"
QUESTION = b"status\n"
ROOT = 0
ANSWER_WAIT_S = 5.0
ANSWER_MAX_BYTES = 1024 * 1024
PATH_MAX_BYTES = 107  # sun_path in unix(7), less its terminating zero


Act = Callable[[str], bool]


async def serve(path: Path, status: Callable[[], dict[str, Any]], acts: Mapping[str, Act]) -> None:
    """Answer until cancelled. `acts`: by word; each says whether it could. Raises ConfigError without a socket."""

    def answered(line: str, peer: socket.socket) -> dict[str, Any]:
        word, _, about = line.partition(" ")
        if word not in acts:
            return {"refused": "unknown"}
        if _uid(peer) not in {ROOT, os.getuid()}:
            return {"refused": "not_allowed"}
        return {"done": acts[word](about)}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with (
            contextlib.closing(writer),
            contextlib.suppress(ConnectionError, TimeoutError, ValueError),  # whoever asked has gone, or never asked
        ):
            line = await asyncio.wait_for(reader.readline(), ANSWER_WAIT_S)
            told = status() if line == QUESTION else answered(line.decode().strip(), writer.get_extra_info("socket"))
            writer.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
            await writer.drain()

    listener = _listener(path)
    try:
        async with await asyncio.start_unix_server(answer, sock=listener, limit=1024) as server:
            await server.serve_forever()
    finally:
        path.unlink(missing_ok=True)  # noqa: ASYNC240  one call at the end of the process


def _listener(path: Path) -> socket.socket:
    """A socket bound at `path`; the outbox's lock has already said that no other agent lives here."""
    if len(str(path).encode()) > PATH_MAX_BYTES:
        raise ConfigError("runtime_dir: {path} is too long for a Unix socket: set a shorter runtime_dir", path=path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(0o660)
    except OSError as error:
        listener.close()
        raise ConfigError(
            "runtime_dir: {path}: {detail}: give the agent's user write access", path=path, detail=error.strerror
        ) from error
    return listener


def _uid(peer: socket.socket) -> int:
    """Of whoever has connected, as the kernel says."""
    _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(uid)


def have(path: Path, act: str) -> dict[str, Any] | None:
    """Have the agent do something: `upload`, or `restart SKILL`. None when none listens. Raises NotAllowed."""
    return ask(path, f"{act}\n".encode())


def ask(path: Path, question: bytes = QUESTION) -> dict[str, Any] | None:
    """The status of the agent that listens at `path`; None when none does. Raises NotAllowed."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_WAIT_S)
            connection.connect(str(path))
            connection.sendall(question)
            heard = bytearray()
            while not heard.endswith(b"\n") and len(heard) < ANSWER_MAX_BYTES:
                part = connection.recv(65536)
                if not part:
                    break
                heard += part
        answer = json.loads(heard)
    except PermissionError as error:
        raise NotAllowed(path) from error
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None
