"""Scores in the store: append-only versions of an account's closed day.

Version 1 is written when the day is closed; late data, or a run that a person asks for, appends the next one. What
stood at the day's own cutoff is the first version unless it was made later than others; nothing is changed or deleted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.accounts.ledger import Basis
from collector.health.model import Previous, Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One version. Facts that arrived (or were recorded) after `known_at` are not in it."""

    account_id: int
    day: int
    basis: Basis
    version: int
    known_at: int
    scored_at: int
    scored: Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A score without its details, as lists show it."""

    account: str  # the account's id
    account_id: int
    day: int
    version: int
    known_at: int
    scored_at: int
    policy: str
    final: float | None
    raw: float | None
    band: str
    coverage: float
    profile: str
    stage: str
    caps: tuple[str, ...]


def append(
    connection: Connection, scored: Mapping[int, Scored], basis: Basis, known_at: int, scored_at: int
) -> dict[int, int]:
    """Write the next version of each (account row -> score); the versions by account row."""
    raise NotImplementedError


def previous(connection: Connection, accounts: Sequence[int], day: int, basis: Basis) -> dict[int, Previous]:
    """The newest version of the newest earlier day, where it is at most a week before `day`."""
    raise NotImplementedError


def as_of(connection: Connection, account_id: int, day: int, basis: Basis, cutoff_s: int | None) -> Stored | None:
    """The score of the day that stood at `cutoff_s`; where there was none yet, its first version. None: the newest."""
    raise NotImplementedError


def newest_day(connection: Connection, account_id: int | None, basis: Basis) -> int | None:
    """The newest scored day of the account, or of anybody."""
    raise NotImplementedError


def history(connection: Connection, account_id: int, from_day: int, to_day: int, basis: Basis) -> list[Line]:
    """Every version of the account's days, in order of day and version."""
    raise NotImplementedError


def lines(connection: Connection, day: int, basis: Basis) -> list[Line]:
    """The newest version of every account that has a score of that day, in order of the accounts' ids."""
    raise NotImplementedError
