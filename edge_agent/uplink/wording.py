"""What the uplink writes about this robot: presence and will, and the name of a record."""

import json
from datetime import UTC, datetime

from edge_agent.config import Settings
from edge_agent.outbox import Outbox, Outgoing
from protocol import codec, records


def described(outgoing: Outgoing, seq: int) -> str:
    """`record 17 (window, 2026-11-29 12:05 UTC, 9812 bytes)`: what a person needs to find it.

    The batch may hold records that travel together with it; the bytes are those of the batch.
    """
    found = json.loads(outgoing.text)["records"]
    record = next((one for one in found if one["seq"] == seq), found[-1]) | {"seq": seq}
    at = datetime.fromtimestamp(record["at"], UTC).strftime("%Y-%m-%d %H:%M UTC")
    kind = f"{record['kind']} of {len(record['counts'])} counters" if record["kind"] == "window" else record["kind"]
    return f"record {record['seq']} ({kind}, {at}, {len(codec.compress(outgoing.text))} bytes)"


def presence_message(
    settings: Settings,
    outbox: Outbox,
    at_s: float,
    open_faults: int,
    session: int,
    state: records.PresenceState,
    version: str,
) -> bytes:
    """Presence or will, encoded."""
    online = state == "online"
    return codec.encode(
        records.presence(
            robot=settings.robot,
            epoch=outbox.epoch,
            session=session,
            state=state,
            at=int(at_s),
            backlog=max(0, outbox.newest + 1 - outbox.held) if online else 0,
            open_faults=open_faults if online else 0,
            agent=version,
        )
    )
