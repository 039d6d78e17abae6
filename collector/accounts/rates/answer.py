"""The rates of a period: each figure with its parts, and what could not be counted. Pure.

language.rates adds the words.

Inside, money is a whole number of which `Rates.scale` make one unit of the base currency; in an answer it is that unit,
as a number, so that a spreadsheet adds it up.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.contracts.renewed import Expired, Period
from collector.accounts.rates.figures import FIGURES, Figure
from collector.accounts.rates.rates import Movement
from collector.calendar import days


@dataclass(frozen=True, slots=True)
class FigureParts:
    """One figure. `value` is None where there is nothing to divide by."""

    figure: Figure
    numerator: float
    denominator: float
    value: float | None


@dataclass(frozen=True, slots=True)
class StatedRate:
    currency: str
    worth: float
    since: str
    source: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Recurring money that is in no amount, because no rate is stated for its currency."""

    currency: str
    accounts: list[str]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """The figures of one group; `group` is empty for everybody together. `fates`: what became of contracts due."""

    group: str
    accounts: int
    opening_customers: int
    opening_arr: float
    closing_arr: float
    new_customers: int
    fates: dict[str, int]
    values: list[FigureParts]


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """Rates from the first to the last day, both counting, as they were known at the end of `as_of`."""

    first: str
    last: str
    as_of: str
    grace_days: int
    currency: str
    by: str
    exchange_rates: list[StatedRate]
    left_out: list[LeftOut]
    groups: list[GroupFigures]


@dataclass(frozen=True, slots=True)
class AccountPart:
    """What one account adds to a figure, above and below the line, by which contracts that were `due` or `sales`."""

    account: str
    name: str
    numerator: float
    denominator: float
    currency: str
    due: tuple[Expired, ...]
    sales: tuple[str, ...]  # ids


def period_figures(
    grouped: Mapping[str, Sequence[Movement]], period: Period, rates: Rates, *, by: str = "",
    left_out: Mapping[str, Sequence[str]] | None = None,
) -> PeriodFigures:  # fmt: skip
    """The figures over these groups, in their order; a single group named "" is everybody."""
    return PeriodFigures(
        days.iso(period.first),
        days.iso(period.last),
        days.iso(period.as_of),
        period.grace_days,
        rates.base,
        by,
        [StatedRate(s.currency, s.worth, days.iso(s.day), s.source) for s in rates.stated.values()],
        [LeftOut(currency, sorted(accounts)) for currency, accounts in sorted((left_out or {}).items())],
        [_group(name, moves, rates.scale) for name, moves in grouped.items()],
    )


def _group(name: str, moves: Sequence[Movement], scale: int) -> GroupFigures:
    return GroupFigures(
        name,
        len(moves),
        sum(move.is_opening for move in moves),
        sum(move.opening for move in moves) / scale,
        sum(move.closing for move in moves) / scale,
        sum(move.is_new for move in moves),
        dict(sorted(Counter(each.fate for move in moves for each in move.expired).items())),
        [value_of(figure, moves, scale) for figure in FIGURES.values()],
    )


def sums(figure: Figure, moves: Iterable[Movement]) -> tuple[int, int]:
    """Above and below the line: counts, or money."""
    above = below = 0
    for move in moves:
        numerator, denominator = figure.part(move)
        above += numerator
        below += denominator
    return above, below


def value_of(figure: Figure, moves: Iterable[Movement], scale: int) -> FigureParts:
    """`scale`: that of the rates which the movements were converted at."""
    above, below = sums(figure, moves)
    is_money = figure.unit == "amount"
    return FigureParts(
        figure, above / scale if is_money else above, below / scale if is_money else below,
        above / below if below else None,
    )  # fmt: skip


def behind(figure: Figure, moves: Iterable[Movement], rates: Rates) -> list[AccountPart]:
    """The accounts that a figure is made of, by id: those with a part above or below the line."""
    is_money = figure.unit == "amount"
    found = []
    for move in moves:
        above, below = figure.part(move)
        if above or below:
            found.append(
                AccountPart(
                    move.account,
                    move.name,
                    above / rates.scale if is_money else above,
                    below / rates.scale if is_money else below,
                    rates.base,
                    move.expired if figure.key.startswith("renewal_") else (),
                    _sales(figure, move),
                )
            )
    return found


def _sales(figure: Figure, move: Movement) -> tuple[str, ...]:
    if figure.key.startswith("upsell_") and move.bought is not None:
        return move.bought.sources
    if figure.key.startswith("referral_"):
        return tuple(each.source for each in move.brought)
    return ()


def grouped(moves: Iterable[Movement], group_of: Callable[[str], str]) -> dict[str, list[Movement]]:
    """By the word that `group_of` says for an account's id, in order of that word."""
    found: dict[str, list[Movement]] = {}
    for move in moves:
        found.setdefault(group_of(move.account), []).append(move)
    return dict(sorted(found.items()))
