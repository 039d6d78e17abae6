"""What can go wrong in the collector, as one tree. Each message names the remedy.

CollectorError
├── ConfigurationError   a setting is wrong: the start is refused with one line
├── DocumentTooLarge     what a robot shall run is longer than a robot takes; nothing was stored
└── StoreError           the database cannot be used as it is
    ├── StoreAway        it does not answer now, and may later
    ├── StoreLocked      another process writes this SQLite file
    └── StoreSchema      the schema is newer than this program, or could not be migrated

What robots send wrongly is no exception: it is parked with a reason (collector/ingest/decode.py).
"""


class CollectorError(Exception):
    """Ends the command; its text is all that the operator sees. It may be a `Sentence`."""

    @property
    def said(self) -> str:
        """The text as it was raised: `str` of the error is a plain one, which nobody can say in another language."""
        return self.args[0] if self.args and isinstance(self.args[0], str) else str(self)


class ConfigurationError(CollectorError):
    """Its text is a literal of the catalogue; a slot may be such an error itself."""

    def __init__(self, text: str, /, **slots: object) -> None:
        self.text, self.slots = text, slots
        super().__init__(text.format_map(slots) if slots else text)


class DocumentTooLarge(CollectorError):
    def __init__(self, size: int) -> None:
        super().__init__(f"a document of {size} bytes is too large for a robot: shorten its settings")
        self.size = size


class StoreError(CollectorError):
    pass


class StoreAway(StoreError):
    pass


class StoreLocked(StoreError):
    pass


class StoreSchema(StoreError):
    pass
