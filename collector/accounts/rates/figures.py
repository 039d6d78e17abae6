"""Every rate once: its unit, and what one account adds above and below the line. Pure.

A figure is the sum of its numerators over the sum of its denominators; each account's part can be listed behind it.
Its name and definition stand in language.rates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from collector.accounts.contracts.renewed import KEPT, Expired
from collector.accounts.rates.rates import Movement

Part = tuple[int, int]
Unit = Literal["customers", "contracts", "amount", "answers"]
Nothing = Literal["no_customer", "no_arr", "no_due", "no_due_money", "no_answer", "not_asked", "no_rate", "no_amount"]
NPS_PROMOTER, NPS_DETRACTOR = 9, 6
CSAT_SATISFIED = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """`part(movement)` is (numerator, denominator) of one account: counts, or money. None: it is in neither, because no
    rate is stated for some of its money, or because nobody stated the amount of what `unstated(movement)` names.

    `share` is false where the parts above the line are not a part of those below (a net rate may pass 100 %).
    """

    key: str
    unit: Unit
    nothing: Nothing  # why there is no value where the denominator is 0
    part: Callable[[Movement], Part | None]
    share: bool = True
    unstated: Callable[[Movement], tuple[str, ...]] = lambda _: ()


def _upsell_amount(move: Movement) -> Part | None:
    if _upsells_unstated(move):
        return None
    return (move.bought.amount if move.is_opening and move.bought else 0), move.opening


def _upsells_unstated(move: Movement) -> tuple[str, ...]:
    return move.bought.unstated if move.is_opening and move.bought else ()


def _referral_amount(move: Movement) -> Part | None:
    if _referrals_unstated(move):
        return None
    return sum(each.amount or 0 for each in move.brought), move.opening


def _referrals_unstated(move: Movement) -> tuple[str, ...]:
    return tuple(each.source for each in move.brought if each.amount is None)


def _renewals(move: Movement, kept: Callable[[int, int], int]) -> Part | None:
    """Over its contracts that were due; one whose money has no rate is in neither."""
    due = _due(move)
    pairs = [(each.renewed, each.expiring) for each in due if each.renewed is not None]
    if due and not pairs:
        return None
    return sum(kept(renewed, expiring) for renewed, expiring in pairs), sum(expiring for _, expiring in pairs)


def _due(move: Movement) -> list[Expired]:
    """Its contracts that had to be renewed: one that was merged or moved goes on under another contract."""
    return [each for each in move.expired if each.fate != "transferred"]


def _moved(move: Movement, above: Callable[[int, int], int]) -> Part | None:
    """`above` is told the opening and the closing ARR. Others than opening customers are in neither."""
    if not move.is_opening:
        return 0, 0
    return (above(move.opening, move.closing), move.opening) if move.is_comparable else None


def _grew(move: Movement) -> Part | None:
    if not move.is_opening:
        return 0, 0
    return None if move.grew is None else (int(move.grew), 1)


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
        lambda m: (sum(each.fate in KEPT for each in _due(m)), len(_due(m))),
    ),
    Figure(
        "renewal_gross",
        "amount",
        "no_due_money",
        lambda m: _renewals(m, min),
    ),
    Figure(
        "renewal_net",
        "amount",
        "no_due_money",
        lambda m: _renewals(m, lambda renewed, _: renewed),
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
        _upsell_amount,
        share=False,
        unstated=_upsells_unstated,
    ),
    Figure(
        "referral_customers", "customers", "no_customer", lambda m: (len(m.brought), int(m.is_opening)), share=False
    ),
    Figure(
        "referral_amount",
        "amount",
        "no_arr",
        _referral_amount,
        share=False,
        unstated=_referrals_unstated,
    ),
    Figure(
        "referral_participation",
        "customers",
        "no_customer",
        lambda m: (int(m.is_opening and m.refers), int(m.is_opening)),
    ),
    Figure("grr", "amount", "no_arr", lambda m: _moved(m, min)),
    Figure(
        "nrr",
        "amount",
        "no_arr",
        lambda m: _moved(m, lambda _, closing: closing if m.is_opening else 0),
        share=False,
    ),
    Figure("logo_churn", "customers", "no_customer", lambda m: (int(m.is_opening and not m.stays), int(m.is_opening))),
    Figure(
        "contraction",
        "amount",
        "no_arr",
        lambda m: _moved(m, lambda opening, closing: opening - closing if 0 < closing < opening else 0),
    ),
    Figure(
        "expansion_customers",
        "customers",
        "no_customer",
        _grew,
    ),
    Figure(
        "expansion_amount",
        "amount",
        "no_arr",
        lambda m: _moved(m, lambda opening, closing: max(closing - opening, 0) if m.is_opening else 0),
        share=False,
    ),
    Figure("nps", "answers", "no_answer", _nps, share=False),
    Figure("nps_response", "answers", "not_asked", lambda m: (len(_scores(m, "nps")), _asked(m, "nps"))),
    Figure("csat", "answers", "no_answer", _csat),
    Figure("csat_response", "answers", "not_asked", lambda m: (len(_scores(m, "csat")), _asked(m, "csat"))),
)
FIGURES: Mapping[str, Figure] = MappingProxyType({figure.key: figure for figure in _ALL})
"""By key, in the order of a report."""
