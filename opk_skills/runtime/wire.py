"""Lines between a skill and the robot's body, version 1: one JSON object each, at most 64 kB.

    skill → body   {"hello": 1, "skill": "guide", "version": "0.1.0"}
                   {"id": 3, "do": "go_to", "point": "entrance"}              ask
                   {"cancel": 3}                                              stop that; it is answered within a second
                   {"mission": 7, "state": "begun"}                           or refused, taken, done, failed, stopped
                   {"mission": 7, "state": "stopped", "resume": {"from": "4"}}  slots with which it goes on where it was
    body → skill   {"hello": 1, "model": "greetbot", "core": "2.3.0", "speed": 1}
                   {"id": 3, "ok": true, "metres": 4.1, "seconds": 6.8, "at_s": 52.0}
                   {"id": 3, "ok": false, "family": "navigation", "code": "-32620006", "detail": "", "at_s": 52.0}
                   {"event": "intent", "mission": 7, "intent": "guide&start", "slots": {}, "at_s": 50.0}
                   {"event": "interrupt", "why": "priority"}
                   {"event": "corrected", "family": "asr"}                    a person says that it was done wrong

An orchestrator asks for two acts more: {"do": "carry_out", "skill": "guide", "intent": "guide&start", "slots": {}},
answered when that mission ends, and {"do": "interrupt", "skill": "guide", "why": "priority"}. With "again": true, after
a crash, a mission that the body has begun before is waited for, and of one that has ended the end is told.

The robot's agent speaks to the body by itself, too, on connections of its own, to learn when it may exchange a skill:

    agent → body   {"hello": 1, "watch": true}
                   {"id": 1, "do": "state"}                                   or speak: what a guest must be told
    body → agent   {"hello": 1, "model": "greetbot", "core": "2.3.0", "speed": 1}
                   {"id": 1, "ok": true, "docked": false, "charge": 0.8, "task": "tour"}

`task`: what the robot does besides skills, empty for nothing. A field that a body does not know is left out.

Fields that one side does not know are ignored; a version that it does not speak is refused in the hello, with the
reason in `error`. `at_s` is the body's clock, in seconds of any origin.
"""

import json
from typing import Any

LINE_MAX_BYTES = 64 * 1024


def line(message: dict[str, Any]) -> bytes:
    """Raises ValueError when it is too long for a line."""
    data = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    if len(data) > LINE_MAX_BYTES:
        raise ValueError(f"a line has at most {LINE_MAX_BYTES} bytes")
    return data


def message(data: bytes) -> dict[str, Any]:
    """Raises ValueError when the line is no JSON object."""
    try:
        said = json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(said, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - a line is bad in one way for whoever reads it
    return said
