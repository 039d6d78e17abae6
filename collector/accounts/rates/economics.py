"""What a customer costs to win and is worth: CAC and LTV, with everything that they are made of. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from collector.accounts.contracts.arr import summed
from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.contracts.renewed import Period
from collector.accounts.ledger.kinds.money import Cost
from collector.accounts.rates.rates import Movement

HORIZON_YEARS = 5.0
DAYS_PER_YEAR = 365
NoWorth = Literal["no_new", "no_cost", "no_rate", "not_split", "no_opening", "no_margin"]
"""Why there is no value."""


@dataclass(frozen=True, slots=True)
class CustomerWorth:
    """CAC or LTV in units of the base currency, or why there is none; `inputs` are what it was computed from."""

    figure: Literal["cac", "ltv"]
    value: float | None
    why: NoWorth | None
    inputs: dict[str, float | None]


def economics(
    moves: Sequence[Movement], costs: Iterable[Cost], period: Period, rates: Rates, *,
    segment: str = "", is_everybody: bool = True,
) -> list[CustomerWorth]:  # fmt: skip
    """CAC and LTV of these customers. With a segment only costs that name it count.

    `is_everybody` is false for the customers of one reseller or CSM: all costs over some of the new customers would be
    no CAC of anybody, so there is none.
    """
    facts = [cost for cost in costs if not segment or cost.segment == segment]
    cac = _cac(moves, facts, period, rates) if is_everybody else CustomerWorth("cac", None, "not_split", {})
    return [cac, _ltv(moves, facts, period, rates.scale)]


def _cac(moves: Sequence[Movement], costs: Sequence[Cost], period: Period, rates: Rates) -> CustomerWorth:
    spent = spent_in(costs, period)
    total = summed(rates.convert(each.amount, each.currency) for each in spent)
    cost = None if total is None else total / rates.scale
    new = sum(move.is_new for move in moves)
    why: NoWorth | None = "no_cost" if not spent else "no_rate" if cost is None else "no_new" if not new else None
    value = None if why or cost is None else cost / new
    return CustomerWorth("cac", value, why, {"cost": cost, "new_customers": new})


def spent_in(costs: Iterable[Cost], period: Period, segment: str = "") -> list[Cost]:
    """What it cost in the period to win customers; with a segment only costs that name it."""
    return [
        each
        for each in costs
        if each.category in {"sales", "marketing"} and period.has(each.day) and (not segment or each.segment == segment)
    ]


def _ltv(moves: Sequence[Movement], costs: Sequence[Cost], period: Period, scale: int) -> CustomerWorth:
    opening = [move for move in moves if move.is_opening]
    stated = [each for each in costs if each.gross_margin is not None and each.day <= period.through]
    margin = max(stated, key=lambda each: (each.day, each.id)).gross_margin if stated else None
    arpa = churn = years = None
    if opening:
        length = max(period.through - period.first + 1, 1)
        known = [move.opening for move in opening if move.unknown is None or not move.unknown[0]]
        arpa = sum(known) / len(known) / scale if known else None
        churn = sum(not move.stays for move in opening) / len(opening) * DAYS_PER_YEAR / length
        years = min(1 / churn, HORIZON_YEARS) if churn else HORIZON_YEARS
    inputs = {"arpa": arpa, "gross_margin": margin, "churn_a_year": churn, "years": years}
    why: NoWorth | None = "no_opening" if not opening else "no_margin" if margin is None else None
    if why is None and arpa is None:
        why = "no_rate"
    value = None if arpa is None or margin is None or years is None else arpa * margin * years
    return CustomerWorth("ltv", value, why, inputs)
