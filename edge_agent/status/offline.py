"""What the outbox's file says while no agent runs: read beside it, nothing is changed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge_agent.config import Settings
from edge_agent.errors import NotAllowed
from edge_agent.outbox.start import peek
from edge_agent.version import VERSION
from protocol.records import numbered


def status(settings: Settings) -> dict[str, Any]:
    """The part of the status that needs no process."""
    path = database(settings)
    found = peek(path)
    held = [row.body for row in found.rows]
    stream = found.stream
    opened = {json.loads(row.body)["opened"] for row in found.state if row.kind == "episode"}
    details = {row.seq: json.loads(row.body).get("detail", "") for row in found.rows if row.seq in opened}
    backlog = len(held)
    oldest = min((json.loads(body)["at"] for body in held), default=None)
    episodes = [json.loads(row.body) for row in found.state if row.kind == "episode"]
    return {
        "running": False,
        "robot": settings.robot,
        "agent": VERSION,
        "up_s": None,
        "outbox": {
            "epoch": stream.epoch if stream else None,
            "boot": stream.boot if stream else None,
            "newest": stream.newest if stream else None,
            "sent_through": stream.sent_through if stream else None,
            "clean": stream.clean if stream else None,
            "backlog": backlog,
            "oldest_at": oldest,
            "bytes_on_disk": sum(file.stat().st_size for file in path.parent.glob("outbox.db*") if file.is_file()),
            "max_bytes": settings.outbox_max_mb * 2**20,
        },
        "faults": [
            {key: episode.get(key, "") for key in ("family", "code", "ref", "severity")}
            | {"detail": details.get(episode["opened"], "")}
            for episode in episodes
        ],
    }


def held_records(settings: Settings) -> Iterator[dict[str, Any]]:
    """Every record that is still on this robot, oldest first."""
    for row in sorted(peek(database(settings)).rows, key=lambda row: row.seq):
        yield numbered(row.seq, json.loads(row.body))


def exists(settings: Settings) -> bool:
    """Whether there is an outbox. Raises NotAllowed."""
    path = database(settings)
    try:
        if not path.exists():
            return False
        with path.open("rb"):
            return True
    except PermissionError as error:
        raise NotAllowed(path) from error


def database(settings: Settings) -> Path:
    return settings.state_dir / "outbox.db"
