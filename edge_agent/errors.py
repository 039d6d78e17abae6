"""What can break in the agent, by what the caller does about it.

AgentError
├── ConfigError      the operator can mend it: the start stops with this one line
├── OutboxError      the disk refuses: keep counting in memory, try again, report it
├── SourceError      a source broke: it is started again after a pause, its failures are counted
└── LinkError        the broker is not there or does not want us: back off and try again

Every message says the remedy.
"""


class AgentError(Exception):
    """Base of everything the agent raises on purpose."""


class ConfigError(AgentError):
    """Wrong configuration."""


class OutboxError(AgentError):
    """The outbox cannot be opened, read or written."""


class SourceError(AgentError):
    """A source cannot go on."""


class LinkError(AgentError):
    """No connection, or one that is lost. `reason` is a stable word: refused, clock, certificate, credentials, network."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
