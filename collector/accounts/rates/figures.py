"""Every rate once: its unit, and what one account adds above and below the line. Pure.

A figure is the sum of its numerators over the sum of its denominators; each account's part can be listed behind it.
Its name and definition stand in language.rates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from collector.accounts.contracts.renewed import KEPT
from collector.accounts.rates.rates import Movement

Unit = Literal["customers", "contracts", "amount", "answers"]
Nothing = Literal["no_customer", "no_arr", "no_due", "no_due_money", "no_answer", "not_asked"]
NPS_PROMOTER, NPS_DETRACTOR = 9, 6
CSAT_SATISFIED = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """`part(movement)` is (numerator, denominator) of one account: counts, or money.

    `share` is false where the parts above the line are not a part of those below (a net rate may pass 100 %).
    """

    key: str
    unit: Unit
    nothing: Nothing  # why there is no value where the denominator is 0
    part: Callable[[Movement], tuple[int, int]]
    share: bool = True


def _due(move: Movement) -> int:
    return sum(each.expiring for each in move.expired)


def _asked(move: Movement, kind: str) -> int:
    return sum(survey.kind == kind for survey in move.surveys)


def _scores(move: Movement, kind: str) -> list[int]:
    return [survey.score for survey in move.surveys if survey.kind == kind and survey.score is not None]


def _nps(move: Movement) -> tuple[int, int]:
    scores = _scores(move, "nps")
    return sum((s >= NPS_PROMOTER) - (s <= NPS_DETRACTOR) for s in scores), len(scores)


def _csat(move: Movement) -> tuple[int, int]:
    scores = _scores(move, "csat")
    return sum(s >= CSAT_SATISFIED for s in scores), len(scores)


_ALL = (
    Figure(
        "renewal_customers",
        "contracts",
        "no_due",
        lambda m: (sum(each.fate in KEPT for each in m.expired), len(m.expired)),
    ),
    Figure(
        "renewal_gross",
        "amount",
        "no_due_money",
        lambda m: (sum(min(each.renewed, each.expiring) for each in m.expired), _due(m)),
    ),
    Figure(
        "renewal_net",
        "amount",
        "no_due_money",
        lambda m: (sum(each.renewed for each in m.expired), _due(m)),
        share=False,
    ),
    Figure(
        "upsell_customers",
        "customers",
        "no_customer",
        lambda m: (int(m.is_opening and m.bought is not None), int(m.is_opening)),
    ),
    Figure(
        "upsell_amount",
        "amount",
        "no_arr",
        lambda m: (m.bought.amount if m.is_opening and m.bought else 0, m.opening),
        share=False,
    ),
    Figure(
        "referral_customers", "customers", "no_customer", lambda m: (len(m.brought), int(m.is_opening)), share=False
    ),
    Figure(
        "referral_amount",
        "amount",
        "no_arr",
        lambda m: (sum(each.amount for each in m.brought), m.opening),
        share=False,
    ),
    Figure(
        "referral_participation",
        "customers",
        "no_customer",
        lambda m: (int(m.is_opening and m.refers), int(m.is_opening)),
    ),
    Figure("grr", "amount", "no_arr", lambda m: (min(m.closing, m.opening), m.opening)),
    Figure("nrr", "amount", "no_arr", lambda m: (m.closing if m.is_opening else 0, m.opening), share=False),
    Figure(
        "logo_churn", "customers", "no_customer", lambda m: (int(m.is_opening and m.closing == 0), int(m.is_opening))
    ),
    Figure(
        "contraction",
        "amount",
        "no_arr",
        lambda m: (m.opening - m.closing if 0 < m.closing < m.opening else 0, m.opening),
    ),
    Figure(
        "expansion_customers",
        "customers",
        "no_customer",
        lambda m: (int(m.is_opening and m.closing > m.opening), int(m.is_opening)),
    ),
    Figure(
        "expansion_amount",
        "amount",
        "no_arr",
        lambda m: (max(m.closing - m.opening, 0) if m.is_opening else 0, m.opening),
        share=False,
    ),
    Figure("nps", "answers", "no_answer", _nps, share=False),
    Figure("nps_response", "answers", "not_asked", lambda m: (len(_scores(m, "nps")), _asked(m, "nps"))),
    Figure("csat", "answers", "no_answer", _csat),
    Figure("csat_response", "answers", "not_asked", lambda m: (len(_scores(m, "csat")), _asked(m, "csat"))),
)
FIGURES: Mapping[str, Figure] = MappingProxyType({figure.key: figure for figure in _ALL})
"""By key, in the order of a report."""
