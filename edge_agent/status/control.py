"""The running agent's answer to `edge-agent status`: one question line in, one JSON line out, on a Unix socket.

Read-only: there is no question that changes anything. Whoever may open the socket (mode 0660, the
agent's group) may ask.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge_agent.errors import ConfigError, NotAllowed

SOCKET_NAME = "control.sock"
QUESTION = b"status\n"
ANSWER_WAIT_S = 5.0
ANSWER_MAX_BYTES = 1024 * 1024
PATH_MAX_BYTES = 107  # sun_path in unix(7), less its terminating zero


async def serve(path: Path, status: Callable[[], dict[str, Any]]) -> None:
    """Answer until cancelled. Raises ConfigError when the socket cannot be made."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError, ValueError):  # whoever asked has gone, or never asked
            if await asyncio.wait_for(reader.readline(), ANSWER_WAIT_S) == QUESTION:
                writer.write(json.dumps(status(), ensure_ascii=False).encode() + b"\n")
                await writer.drain()
        writer.close()

    listener = _listener(path)
    try:
        async with await asyncio.start_unix_server(answer, sock=listener, limit=1024) as server:
            await server.serve_forever()
    finally:
        path.unlink(missing_ok=True)  # noqa: ASYNC240  one call at the end of the process


def _listener(path: Path) -> socket.socket:
    """A socket bound at `path`; the outbox's lock has already said that no other agent lives here."""
    if len(str(path).encode()) > PATH_MAX_BYTES:
        raise ConfigError(f"runtime_dir: {path} is too long for a Unix socket: set a shorter runtime_dir")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(0o660)
    except OSError as error:
        listener.close()
        raise ConfigError(f"runtime_dir: {path}: {error.strerror}: give the agent's user write access") from error
    return listener


def ask(path: Path) -> dict[str, Any] | None:
    """The status of the agent that listens at `path`; None when none does. Raises NotAllowed."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_WAIT_S)
            connection.connect(str(path))
            connection.sendall(QUESTION)
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
