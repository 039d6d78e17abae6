"""What can go wrong in the agent, by what the caller does about it. Every message says the remedy.

AgentError
 ├─ ConfigError             stop the start with this one line
 ├─ NotAllowed              a command of somebody outside the agent's group: say which group
 ├─ OutboxError
 │   ├─ OutboxInUse         another agent owns the state directory: stop
 │   ├─ OutboxDamaged       the file broke while in use: stop, the next start salvages it
 │   ├─ OutboxUnwritable    the disk refuses (read-only, I/O error): keep the window open, try again
 │   └─ StorageFull         nothing was stored: keep the window open, try again
 │       ├─ DiskFull        the file system has no room
 │       └─ OutboxFull      the outbox's own limit is reached and nothing is left to merge
 ├─ SourceError             one source failed: restart it with backoff, the others go on
 └─ LinkError               the broker is out of reach or refuses: connect again with backoff
"""

from collections.abc import Mapping
from pathlib import Path

from edge_agent.deferred import Sentence


class AgentError(Exception):
    """Base of everything the agent raises on purpose."""


class ConfigError(AgentError):
    """Stop the start; the message names the setting and what to write there. Its text is a literal of the catalogue."""

    def __init__(self, text: str, /, **slots: object) -> None:
        self.sentence = Sentence(text, **slots)
        super().__init__(str(self.sentence))


class NotAllowed(AgentError):
    """Whoever runs this command may not read what belongs to the agent. `path` is what."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: you may not read this: join the agent's group, or run it as the agent's user")
        self.path = path


class OutboxError(AgentError):
    """The robot's buffer could not do what was asked."""


class OutboxInUse(OutboxError):
    """Another process holds the lock of this state directory."""


class OutboxDamaged(OutboxError):
    """SQLite found the file malformed while it was in use."""


class OutboxUnwritable(OutboxError):
    """The disk refused a write for another reason than lack of room."""


class StorageFull(OutboxError):
    """Nothing of the call was stored, nothing that was stored before is touched."""


class DiskFull(StorageFull):
    """The file system has no room."""


class OutboxFull(StorageFull):
    """The outbox reached its own limit and has nothing left to merge."""


class SourceError(AgentError):
    """A source cannot read its counters."""


class LinkError(AgentError):
    """The broker is out of reach or refuses this robot. `reason` is a stable word for logs and status.

    `cause` and `slots` name the sentence of uplink/causes.py that status and doctor say in another language.
    """

    def __init__(self, reason: str, text: str, cause: str = "", slots: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.reason, self.cause, self.slots = reason, cause, dict(slots or {})
