"""Why an act was not done, and what to do instead.

An operation returns a `Refused` instead of its answer. Inside one, `raise Refusal(...)` ends the transaction and
rolls it back; the operation then returns what the Refusal holds.
"""

from dataclasses import dataclass
from typing import Literal

RefusalKind = Literal[
    "not_found",  # there is no such thing, or the caller may not know of it
    "forbidden",  # the caller's role may not do this
    "invalid",  # the request itself is wrong
    "unprocessable",  # the request is well formed, and its content cannot be taken
    "conflict",  # it contradicts what stands
    "outdated",  # somebody else changed it since the caller read it
    "too_large",
    "unavailable",  # the same request works later
]


@dataclass(frozen=True, slots=True)
class Refused:
    """`reason` is one sentence without an end mark, `remedy` says what to do instead.

    `details`: what the reason counts, one by one (the bad rows of a file).
    """

    reason: str
    remedy: str
    kind: RefusalKind
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.details:
            return f"{self.reason}; {self.remedy}"
        return "\n  ".join((f"{self.reason}:", *self.details)) + f"\n{self.remedy}"


class Refusal(Exception):
    """Carries a `Refused` out of a transaction, which is rolled back."""

    def __init__(self, reason: str, remedy: str, kind: RefusalKind, details: tuple[str, ...] = ()) -> None:
        self.refused = Refused(reason, remedy, kind, details)
        super().__init__(str(self.refused))

    @classmethod
    def of(cls, refused: Refused) -> "Refusal":
        return cls(refused.reason, refused.remedy, refused.kind, refused.details)
