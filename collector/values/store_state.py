"""Whether the store takes what is committed to it now, and the figures that it gave last."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreState:
    """`takes` False: what is wrong since when (unix seconds), and what a person can do."""

    takes: bool
    reason: str = ""
    remedy: str = ""
    since_s: int | None = None


@dataclass(frozen=True, slots=True)
class PortfolioFigures:
    """Numbers of accounts, of work and of what waits to be told, without names.

    `bands`: accounts by the band of the newest scored day; `unscored`: those without a score of it. `closed_at_s`: when
    its newest score was made; None: no day was closed. `calls`: calls to action that are not closed, by state.
    `deliveries`: {(receivers, state): how many} of what is not delivered; receivers are webhook or notice.
    """

    bands: Mapping[str, int]
    unscored: int
    closed_at_s: int | None
    calls: Mapping[str, int]
    deliveries: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """What the store said at `at_s` (unix seconds)."""

    robots_ahead: int
    closing_failures: int
    portfolio: PortfolioFigures
    at_s: float
