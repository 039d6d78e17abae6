"""Whether the store takes what is committed to it now."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreState:
    """`takes` False: what is wrong since when (unix seconds), and what a person can do."""

    takes: bool
    reason: str = ""
    remedy: str = ""
    since_s: int | None = None
