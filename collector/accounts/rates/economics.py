"""What a customer costs to win and is worth: CAC and LTV, with everything that they are made of. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.contracts.renewed import Period
from collector.accounts.ledger.kinds.money import Cost
from collector.accounts.rates.rates import Movement

HORIZON_YEARS = 5.0
DAYS_PER_YEAR = 365
_DEFINITIONS = {
    "cac": (
        ("CAC", "sales and marketing cost of the period / new customers of the period."),
        ("获客成本 CAC", "期内销售与市场成本 ÷ 期内新客户数。"),
    ),
    "ltv": (
        ("LTV", "opening ARR per customer x gross margin x years; years = 1 / yearly logo churn, at most 5."),
        ("客户生命周期价值 LTV", "期初客均ARR × 毛利率 × 年数;年数 = 1 ÷ 年化客户流失率,最多5年。"),
    ),
}
_WHY = {
    "no_new": ("no new customers", "期内没有新客户"),
    "no_cost": ("no sales or marketing cost was entered for the period", "期内没有录入销售或市场成本"),
    "not_split": (
        "costs are not entered by reseller or CSM: ask for everybody or for a segment",
        "成本没有按代理商或客户成功经理录入:请查询全部客户或某个分层",
    ),
    "no_opening": ("no customers at the start", "期初没有客户"),
    "no_margin": (
        "no gross margin was entered: give a cost of the category delivery its gross_margin",
        "没有录入毛利率:请在交付(delivery)类成本中填写 gross_margin",
    ),
}


@dataclass(frozen=True, slots=True)
class Worth:
    """CAC or LTV in units of the base currency, or why there is none; `inputs` are what it was computed from."""

    figure: str
    name: str
    definition: str
    value: float | None
    why: str | None
    inputs: dict[str, float | None]


def economics(
    moves: Sequence[Movement], costs: Iterable[Cost], period: Period, rates: Rates, *,
    segment: str = "", is_everybody: bool = True, at: int = 0,
) -> list[Worth]:  # fmt: skip
    """CAC and LTV of these customers. With a segment only costs that name it count. `at`: 0 English, 1 Chinese.

    `is_everybody` is false for the customers of one reseller or CSM: all costs over some of the new customers would be
    no CAC of anybody, so there is none.
    """
    facts = [cost for cost in costs if not segment or cost.segment == segment]
    cac = _cac(moves, facts, period, rates, at) if is_everybody else _worth("cac", None, "not_split", {}, at)
    return [cac, _ltv(moves, facts, period, rates.scale, at)]


def _cac(moves: Sequence[Movement], costs: Sequence[Cost], period: Period, rates: Rates, at: int) -> Worth:
    spent = [each for each in costs if each.category in {"sales", "marketing"} and period.has(each.day)]
    cost = sum(rates.convert(each.amount, each.currency) or 0 for each in spent) / rates.scale
    new = sum(move.is_new for move in moves)
    why = "no_cost" if not spent else "no_new" if not new else ""
    return _worth("cac", None if why else cost / new, why, {"cost": cost, "new_customers": new}, at)


def _ltv(moves: Sequence[Movement], costs: Sequence[Cost], period: Period, scale: int, at: int) -> Worth:
    opening = [move for move in moves if move.is_opening]
    stated = [each for each in costs if each.gross_margin is not None and each.day <= period.through]
    margin = max(stated, key=lambda each: (each.day, each.id)).gross_margin if stated else None
    arpa = churn = years = None
    if opening:
        length = max(period.through - period.first + 1, 1)
        arpa = sum(move.opening for move in opening) / len(opening) / scale
        churn = sum(move.closing == 0 for move in opening) / len(opening) * DAYS_PER_YEAR / length
        years = min(1 / churn, HORIZON_YEARS) if churn else HORIZON_YEARS
    inputs = {"arpa": arpa, "gross_margin": margin, "churn_a_year": churn, "years": years}
    why = "no_opening" if not opening else "no_margin" if margin is None else ""
    value = None if arpa is None or margin is None or years is None else arpa * margin * years
    return _worth("ltv", value, why, inputs, at)


def _worth(key: str, value: float | None, why: str, inputs: dict[str, float | None], at: int) -> Worth:
    name, definition = _DEFINITIONS[key][at]
    return Worth(key, name, definition, value, _WHY[why][at] if why else None, inputs)
