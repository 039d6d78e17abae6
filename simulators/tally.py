"""What a whole fleet did on the wire, counted by its robots' uplinks."""

from array import array
from dataclasses import dataclass, field


@dataclass(slots=True)
class WireTally:
    """What the whole fleet did on the wire."""

    batches: int = 0
    records: int = 0
    payload_bytes: int = 0
    resent: int = 0
    hellos: int = 0
    acks: int = 0
    gaps: int = 0
    refused: int = 0
    given_up: int = 0
    rewound: int = 0
    connects: int = 0
    lost_links: int = 0
    refusals: int = 0
    stray: int = 0
    crashes: int = 0
    latencies_s: "array[float]" = field(default_factory=lambda: array("f"))
