"""How the connection stands: the uplink writes it, status, doctor and page read it."""

from dataclasses import dataclass, field

from edge_agent.uplink.documents import Documents


@dataclass(slots=True)
class Standing:
    """The connection as `edge-agent status` shows it. Moments are monotonic seconds."""

    connected: bool = False
    version: str = ""
    reason: str = "starting"
    text: str = ""
    cause: str = ""  # of uplink/causes.py, with its slots
    slots: dict[str, str] = field(default_factory=dict)
    connects: int = 0
    failures: int = 0
    taken_over: int = 0  # connections that ended because another client has this robot's name
    taken_over_at_s: float | None = None  # the last of them
    brief: int = (
        0  # connections in a row that were answered and ended at once: the same, where MQTT 3.1.1 does not say so
    )
    connected_at_s: float = 0.0
    ack_at_s: float | None = None
    owed_since_s: float | None = None  # what has no answer yet was sent then; kept over connections that end over it
    proven_at_s: float | None = None  # first ack of this connection
    batches: int = 0
    payload_bytes: int = 0
    ended_wire_bytes: int = 0
    retry_at_s: float | None = None
    next_upload_at_s: float | None = None
    collector_zero_s: float | None = None  # the collector's time when the monotonic clock began
    alarm: str = ""  # what the collector's people should look at
    refusal: str = ""  # why the collector does not read this robot, as long as it does not
    sentence: dict[str, object] | None = None  # `text`, where it is of the catalogue and of no cause
    desired_refused: str = ""
    desired_said: dict[str, object] | None = None  # the same, as it travels to who reads another language
    desired_denied: dict[str, str] = field(default_factory=dict)  # slots of the cause, where the topic is denied
    stuck_retry_at_s: float | None = None  # when it is tried again by itself
    stuck: str = ""  # which record the broker does not let pass, as long as it does not
    documents: Documents = field(default_factory=Documents)
    lost_tries: int = 0  # how often in a row what was sent did not pass; one may be chance
    stuck_told: bool = False  # the collector knows that there is none

    def owes(self, since_s: float | None) -> None:
        """Since when the collector has owed an answer, as this connection knows it; None: it owes none."""
        if since_s is None or self.owed_since_s is None:
            self.owed_since_s = since_s
