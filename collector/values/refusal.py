"""Why an act was not done, and what to do instead.

An operation returns a `Refused` instead of its answer. Inside one, `raise Refusal(...)` ends the transaction and
rolls it back; the operation then returns what the Refusal holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

RefusalKind = Literal[
    "not_found",  # there is no such thing, or the caller may not know of it
    "forbidden",  # the caller may not do this
    "wrong_password",  # who asks does not prove to be the caller
    "wrong_code",  # as above, of a second factor
    "invalid",  # the request itself is wrong
    "unprocessable",  # the request is well formed, and its content cannot be taken
    "conflict",  # it contradicts what stands
    "outdated",  # somebody else changed it since the caller read it
    "too_large",
    "unavailable",  # the same request works later
]
By = Literal["api", "command", "page"]
"""Through which door somebody came."""
BY = "Fleetward-Door"  # the header by which a command says that somebody at a terminal reads the API's answer


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do instead, in plain words, and the act that does it at each door. Each door says its own (`told`).

    `command`: the words after `collector`, or an option. `route`: method and path, or a parameter. `page`: its path.
    "": this door has no such act. `also`: what else is to be done.
    """

    text: str
    command: str = ""
    route: str = ""
    page: str = ""
    also: "tuple[Remedy | str, ...]" = ()

    def told(self, by: By) -> str:
        """The words with that door's own act. On a page they are all: its act is a link."""
        command = self.command if self.command.startswith("--") else f"collector {self.command}"
        act = {"api": self.route, "command": f"`{command}`" if self.command else "", "page": ""}[by]
        return "; ".join([f"{self.text}: {act}" if act else self.text, *(told(one, by) for one in self.also)])

    def __str__(self) -> str:
        return self.told("page")


def told(remedy: Remedy | str, by: By) -> str:
    """What somebody at that door is told."""
    return remedy if isinstance(remedy, str) else remedy.told(by)


def together(remedies: Sequence[Remedy | str]) -> Remedy | str:
    """Several, one after the other; each door says its own act of each."""
    first, *more = remedies
    if isinstance(first, Remedy):
        return replace(first, also=(*first.also, *more))
    return first if not more else Remedy(first, also=tuple(more))


@dataclass(frozen=True, slots=True)
class Refused:
    """`reason` is one sentence without an end mark, `remedy` says what to do instead.

    `details`: what the reason counts, one by one (the bad rows of a file).
    """

    reason: str
    remedy: Remedy | str
    kind: RefusalKind
    details: tuple[str, ...] = ()

    def told(self, by: By) -> str:
        remedy = told(self.remedy, by)
        if not self.details:
            return f"{self.reason}; {remedy}"
        return "\n  ".join((f"{self.reason}:", *self.details)) + f"\n{remedy}"

    def __str__(self) -> str:
        return self.told("page")


class Refusal(Exception):
    """Carries a `Refused` out of a transaction, which is rolled back."""

    def __init__(
        self, reason: str, remedy: Remedy | str, kind: RefusalKind, details: tuple[str, ...] = ()
    ) -> None:  # fmt: skip
        self.refused = Refused(reason, remedy, kind, details)
        super().__init__(f"{reason}; {remedy}")

    @classmethod
    def of(cls, refused: Refused) -> "Refusal":
        return cls(refused.reason, refused.remedy, refused.kind, refused.details)
