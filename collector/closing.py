"""The closing of a day: from robots' counts to scores, exceptions and what to do next.

    rollup ──▶ readings (pass 1) ──▶ verdicts, incidents, peers ──▶ scores (pass 2) ──▶ lifecycle ──▶ success

A day is closed when it is over in every account's time zone, plus the time that late uploads get. Pass 1 reads the
accounts in chunks, in two processes when they are many; what pass 2 needs of it is kept packed. A closing that is cut
off is simply run again: everything in it is repeatable, and only one collector closes at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collector.accounts.ledger import Basis
from collector.store.engine import Store

Progress = Callable[[str, int, int], None]
"""Told (step, done, of): rollup, read, judge, score, success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What closing one day did."""

    day: int
    accounts: int
    scored: int
    rolled_up: int
    late: int
    known_at: int
    took_s: float


def close(
    store: Store,
    day: int,
    now_s: int,
    *,
    basis: Basis = "arrived",
    accounts: Sequence[int] | None = None,
    again: bool = False,
    progress: Progress = lambda _step, _done, _of: None,
) -> Closed:
    """Close one day, for all accounts or some. `again`: append a new version also where the day has one."""
    raise NotImplementedError


def due(store: Store, now_s: int) -> list[int]:
    """The days that are over and settled and not closed yet, in order; at most the last week."""
    raise NotImplementedError
