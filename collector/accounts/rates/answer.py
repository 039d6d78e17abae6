"""The rates of a period: each figure with its parts, and what could not be counted. Pure.

language.rates adds the words.

Inside, money is a whole number of which `Rates.scale` make one unit of the base currency; in an answer it is that unit,
as a number, so that a spreadsheet adds it up.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from collector.accounts.contracts.arr import has_money
from collector.accounts.contracts.exchange_rates import LeftOut, Rates, known_sum
from collector.accounts.contracts.renewed import Expired, Period
from collector.accounts.ledger.view import Unread
from collector.accounts.rates.figures import FIGURES, Figure, Part
from collector.accounts.rates.rates import Movement
from collector.calendar import days


@dataclass(frozen=True, slots=True)
class FigureParts:
    """One figure. `value` is None where there is nothing to divide by.

    `is_unknown`: some account's money is in no part of it, because no rate is stated. `unstated`: ids of won sales
    whose amount nobody stated; their accounts are in no part of it either.
    """

    figure: Figure
    numerator: float
    denominator: float
    value: float | None
    is_unknown: bool = False
    unstated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatedRate:
    """What one unit of a currency is worth in the report's. `via`: the one it is crossed through, where none is stated
    between the two; `since` is then the older of both days.
    """

    currency: str
    worth: float
    since: str
    source: str
    via: str = ""


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """The figures of one group; `group` is empty for everybody together. `fates`: what became of contracts due.

    An ARR is None where no rate is stated for any of it.
    """

    group: str
    accounts: int
    opening_customers: int
    opening_arr: float | None
    closing_arr: float | None
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
    unread: list[Unread] = field(default_factory=list)


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
    unstated: tuple[str, ...] = ()  # ids of sales without an amount: the account is above and below with nothing


def period_figures(
    grouped: Mapping[str, Sequence[Movement]], period: Period, rates: Rates, *, by: str = "",
    left_out: Sequence[LeftOut] = (), unread: Sequence[Unread] = (),
) -> PeriodFigures:  # fmt: skip
    """The figures over these groups, in their order; a single group named "" is everybody."""
    return PeriodFigures(
        days.iso(period.first),
        days.iso(period.last),
        days.iso(period.as_of),
        period.grace_days,
        rates.base,
        by,
        [StatedRate(s.currency, s.worth, days.iso(s.day), s.source, s.via) for s in rates.stated.values()],
        list(left_out),
        [_group(name, moves, rates.scale) for name, moves in grouped.items()],
        list(unread),
    )


def _group(name: str, moves: Sequence[Movement], scale: int) -> GroupFigures:
    return GroupFigures(
        name,
        len(moves),
        sum(move.is_opening for move in moves),
        _units(known_sum(_arr(move, 0) for move in moves), scale),
        _units(known_sum(_arr(move, 1) for move in moves), scale),
        sum(move.is_new for move in moves),
        dict(sorted(Counter(each.fate for move in moves for each in move.expired).items())),
        [value_of(figure, moves, scale) for figure in FIGURES.values()],
    )


def _arr(move: Movement, end: Literal[0, 1]) -> int | None:
    """What is known of its ARR at the opening or the closing; None where that is nothing and there is some."""
    known = (move.opening, move.closing)[end]
    return None if not known and move.unknown is not None and has_money(move.unknown[end]) else known


def _units(total: int | None, scale: int) -> float | None:
    return None if total is None else total / scale


def sums(figure: Figure, moves: Iterable[Movement]) -> tuple[int, int]:
    """Above and below the line: counts, or money. An account whose part is not known is in neither."""
    return _summed(figure.part(move) for move in moves)


def _summed(parts: Iterable[Part | None]) -> tuple[int, int]:
    """Above and below the line; what is not known is in neither."""
    above = below = 0
    for part in parts:
        if part is None:
            continue
        numerator, denominator = part
        above += numerator
        below += denominator
    return above, below


def value_of(figure: Figure, moves: Iterable[Movement], scale: int) -> FigureParts:
    """`scale`: that of the rates which the movements were converted at."""
    every = list(moves)
    parts = [figure.part(move) for move in every]
    above, below = _summed(parts)
    is_money = figure.unit == "amount"
    has_no_rate = any(
        part is None and not figure.unstated(move) for part, move in zip(parts, every, strict=True)
    )  # fmt: skip
    is_unknown = is_money and (has_no_rate or any(_arr(move, 0) is None for move in every))
    return FigureParts(
        figure, above / scale if is_money else above, below / scale if is_money else below,
        above / below if below else None, is_unknown,
        tuple(sorted(sale for move in every for sale in figure.unstated(move))),
    )  # fmt: skip


def behind(figure: Figure, moves: Iterable[Movement], rates: Rates) -> list[AccountPart]:
    """The accounts that a figure is made of, by id: those with a part above or below the line, or an unstated one."""
    is_money = figure.unit == "amount"
    found = []
    for move in moves:
        above, below = figure.part(move) or (0, 0)
        unstated = figure.unstated(move)
        if above or below or unstated:
            found.append(
                AccountPart(
                    move.account,
                    move.name,
                    above / rates.scale if is_money else above,
                    below / rates.scale if is_money else below,
                    rates.base,
                    move.expired if figure.key.startswith("renewal_") else (),
                    () if unstated else _sales(figure, move),
                    unstated,
                )
            )
    return found


def _sales(figure: Figure, move: Movement) -> tuple[str, ...]:
    if figure.key == "upsell_amount" and move.bought is not None:
        return move.bought.sources
    if figure.key == "upsell_customers" and move.bought is not None:
        return move.bought.sources + move.bought.sources_one_off + move.bought.sources_unpriced
    if figure.key.startswith("referral_"):
        return tuple(each.source for each in move.brought)
    return ()


def grouped(moves: Iterable[Movement], group_of: Callable[[str], str]) -> dict[str, list[Movement]]:
    """By the word that `group_of` says for an account's id, in order of that word."""
    found: dict[str, list[Movement]] = {}
    for move in moves:
        found.setdefault(group_of(move.account), []).append(move)
    return dict(sorted(found.items()))
