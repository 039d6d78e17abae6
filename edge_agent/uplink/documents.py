"""What the robot publishes beside its records, where the broker may be too small for it: its report, its description.

A broker says its limit, or ends the connection over what is larger, or drops it in silence. Whatever it does, a
document that does not pass is left out for an hour, is named with its size, and holds up no counts. Pure.
"""

from dataclasses import dataclass, field
from typing import Literal

Document = Literal["report", "description"]
ENDS_BELIEVED = 2  # connections in a row that end over a document: one may be chance
ASKS_BELIEVED = 3  # times that the collector still asks for what was sent to it
AGAIN_S = 3600.0


@dataclass(slots=True)
class _Passage:
    """Of one document. Sizes in bytes, moments in monotonic seconds."""

    sent: int = 0  # went out, and is not known to have passed
    number: int | None = None  # of that message
    ends: int = 0
    asks: int = 0
    too_large: int = 0  # one of so many bytes is left out until then
    told: int = 0  # the same, as the log says it
    again_s: float = 0.0


@dataclass(slots=True)
class Documents:
    """Outlives the connection: what ended the last one is not to end this one."""

    _by_kind: dict[Document, _Passage] = field(
        default_factory=lambda: {"report": _Passage(), "description": _Passage()}
    )

    def too_large(self) -> dict[str, int]:
        """Of each document that the broker does not let pass its bytes: for status, page and doctor."""
        return {kind: known.too_large for kind, known in self._by_kind.items() if known.too_large}

    def connected(self, *, anew: bool) -> None:
        """`anew`: the broker was away since, or says another limit; then all is tried again."""
        for known in self._by_kind.values():
            known.sent, known.number = 0, None
            if anew:
                known.again_s = 0.0

    def fits(self, kind: Document, size: int, most: int, now_s: float) -> bool:
        """Whether to publish it; `most` is what the broker says it takes."""
        known = self._by_kind[kind]
        if size > most:
            known.too_large, known.again_s = size, 0.0
            return False
        return not (known.too_large and size >= known.too_large and now_s < known.again_s)

    def published(self, kind: Document, size: int, number: int | None) -> None:
        known = self._by_kind[kind]
        known.sent, known.number = size, number

    def passed(self, kind: Document) -> None:
        """What was sent of it has arrived, or nobody asks for it any more."""
        known = self._by_kind[kind]
        if known.sent:
            known.too_large = known.told = 0
        known.sent = known.ends = known.asks = 0

    def asked_again(self, kind: Document, now_s: float) -> bool:
        """The collector asks once more for what was sent to it. True: it is believed to be dropped on the way."""
        known = self._by_kind[kind]
        known.asks += bool(known.sent)
        if known.asks < ASKS_BELIEVED:
            return False
        self._leave_out(known, now_s)
        return True

    def dropped(self, number: int, now_s: float) -> None:
        """The broker says that it dropped the message of that number because of its size."""
        for known in self._by_kind.values():
            if known.sent and known.number == number:
                self._leave_out(known, now_s)

    def ended(self, now_s: float, beside: int) -> bool:
        """The connection ended in protest or without a word; whether a document is to blame for it.

        A limit of size falls on the largest that was under way; `beside`: the bytes of the largest batch.
        """
        suspect = max(self._by_kind.values(), key=lambda known: known.sent)
        if suspect.sent <= beside:
            return False
        suspect.ends += 1
        if suspect.ends >= ENDS_BELIEVED or suspect.too_large:
            self._leave_out(suspect, now_s)
        return True

    def is_news(self, kind: Document) -> bool:
        """Whether it is not said yet that it does not pass."""
        known = self._by_kind[kind]
        before, known.told = known.told, known.too_large
        return before != known.too_large

    @staticmethod
    def _leave_out(known: _Passage, now_s: float) -> None:
        known.too_large, known.again_s = known.sent, now_s + AGAIN_S
        known.sent = known.asks = known.ends = 0
