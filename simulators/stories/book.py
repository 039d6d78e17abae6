"""A ledger to be written: facts by kind, in the order in which they may be sent. Pure.

A fact is a row of text under the kind's field names, as a CSV or JSON wants it. `recorded_day` is the day on which the
customer's own system knew it, where that is not the day on which it happened.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simulators.stories.place import day_of

ORDER = (
    "reseller", "csm", "exchange_rate", "cost", "account", "site", "closure", "contact", "deployment", "contract",
    "line", "renewal", "renewal_step", "opportunity", "invoice", "touch", "survey", "ticket", "promise", "reference",
    "signal", "review", "sentiment", "handover", "onboarding", "objective", "note", "tag",
    "custom_field", "custom_value",
)  # fmt: skip
Row = dict[str, str]


@dataclass(slots=True)
class Book:
    """`today` is T: nothing that happens later is in it, unless it is planned or agreed."""

    today: int
    last: int = 0  # the newest day of the customer whose facts are being written: T, or the day it left
    facts: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, kind: str, fact: str, /, *, recorded: int | None = None, **said: Any) -> None:
        """One fact. Days are numbers of fields that end in `day`, `starts` or `ends`; None is left empty."""
        row = {"id": fact} | {name: _text(name, value) for name, value in said.items() if value is not None}
        if recorded is not None:
            row["recorded_day"] = day_of(recorded).isoformat()
        self.facts.setdefault(kind, []).append(row)

    def kinds(self) -> Iterator[tuple[str, list[Row]]]:
        """Kinds that have facts, so that what is referred to comes before what refers to it."""
        for kind in ORDER:
            if kind in self.facts:
                yield kind, self.facts[kind]

    def until(self, day: int) -> int | None:
        """The day where it is over on T, None where it still lies ahead."""
        return day if day <= self.today else None


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and (name.endswith("day") or name in {"starts", "ends"}):
        return day_of(value).isoformat()
    return str(value)
