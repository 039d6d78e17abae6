"""Asks the robot's body what the robot is doing, and has it say something: the agent's own word to the body.

One short connection for each question, only while something waits: an idle robot is not asked. The first line is
`{"hello": 1, "watch": true}`; a body that does not know it answers with an error, and then nothing is known.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from edge_agent.skills.readiness import RobotNow

LINE_MAX_BYTES = 64 * 1024
ANSWER_S = 2.0
SPEAK_S = 30.0  # a sentence, and whoever speaks before it
CONTRACT = 1
AGAIN_S = 0.5
TASK_MAX_CHARS = 40


class BodyAway(Exception):
    """Nobody answers, or not in this contract."""


async def robot_now(body: Path | None) -> RobotNow:
    """As the body says it; of what it does not say nothing is known. Raises nothing."""
    try:
        said = await _asked(body, ANSWER_S, do="state")
    except BodyAway:
        return RobotNow()
    docked, charge, task = said.get("docked"), said.get("charge"), said.get("task")
    number = isinstance(charge, int | float) and not isinstance(charge, bool)
    return RobotNow(
        task=task[:TASK_MAX_CHARS] if isinstance(task, str) and task.isprintable() else "",
        docked=docked if isinstance(docked, bool) else None,
        charge=float(charge) if number and charge is not None else None,
    )


async def said_by(body: Path | None, text: str) -> bool:
    """Whether the body has said it to whoever stands there. Who speaks now is let finish."""
    try:
        async with asyncio.timeout(SPEAK_S):
            while True:
                answer = await _asked(body, SPEAK_S, do="speak", text=text)
                if answer.get("ok"):
                    return True
                await asyncio.sleep(AGAIN_S)
    except (BodyAway, TimeoutError):
        return False


async def _asked(body: Path | None, within_s: float, **ask: Any) -> dict[str, Any]:
    if body is None:
        raise BodyAway
    writer = None
    try:
        async with asyncio.timeout(within_s):
            reader, writer = await asyncio.open_unix_connection(body, limit=LINE_MAX_BYTES)
            writer.write(_line(hello=CONTRACT, watch=True) + _line(id=1, **ask))
            hello = _object(await reader.readline())
            if hello.get("hello") != CONTRACT:
                raise BodyAway
            return _object(await reader.readline())
    except (OSError, ValueError, RecursionError, TimeoutError) as error:
        raise BodyAway from error
    finally:
        if writer is not None:
            writer.close()


def _line(**message: Any) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode() + b"\n"


def _object(data: bytes) -> dict[str, Any]:
    said = json.loads(data or b"{}")
    if not isinstance(said, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - a line is bad in one way for whoever reads it
    return said
