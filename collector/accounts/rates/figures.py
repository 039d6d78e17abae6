"""Every rate once: its name and definition in both languages, and what one account adds above and below the line. Pure.

A figure is the sum of its numerators over the sum of its denominators; each account's part can be listed behind it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from collector.accounts.contracts.renewed import KEPT
from collector.accounts.rates.rates import Movement

Unit = Literal["customers", "contracts", "amount", "answers"]
NPS_PROMOTER, NPS_DETRACTOR = 9, 6
CSAT_SATISFIED = 4
_NO_CUSTOMER = ("no customers at the start", "期初没有客户")
_NO_ARR = ("no recurring revenue at the start", "期初没有经常性收入")
_NO_DUE = ("no contracts due", "没有到期合同")
_NO_DUE_MONEY = ("no recurring revenue due", "没有到期的经常性收入")
_NO_ANSWER = ("no answers", "没有答复")
_NOT_ASKED = ("nobody was asked", "没有发出调查")


@dataclass(frozen=True, slots=True)
class Figure:
    """`part(movement)` is (numerator, denominator) of one account: counts, or money.

    `share` is false where the parts above the line are not a part of those below (a net rate may pass 100 %).
    """

    key: str
    unit: Unit
    name: tuple[str, str]
    definition: tuple[str, str]
    nothing: tuple[str, str]  # said in place of a value where the denominator is 0
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
        ("Renewal rate, contracts", "续约率(按合同)"),
        (
            (
                "contracts due in the period that were renewed / contracts due. Early ones count when due; late ones "
                "inside the grace count; partial ones count."
            ),
            "期内到期且已续约的合同数 ÷ 期内到期合同数。提前续约在到期时计入;宽限期内的迟到续约计入;部分续约计入。",
        ),
        _NO_DUE,
        lambda m: (sum(each.fate in KEPT for each in m.expired), len(m.expired)),
    ),
    Figure(
        "renewal_gross",
        "amount",
        ("Renewal rate, amount, gross", "续约率(按金额,毛)"),
        (
            "sum of min(renewed ARR, expiring ARR) / sum of expiring ARR of contracts due; capped by contract.",
            "到期合同中 Σ min(续约ARR, 到期ARR) ÷ Σ 到期ARR;逐合同封顶。",
        ),
        _NO_DUE_MONEY,
        lambda m: (sum(min(each.renewed, each.expiring) for each in m.expired), _due(m)),
    ),
    Figure(
        "renewal_net",
        "amount",
        ("Renewal rate, amount, net", "续约率(按金额,净)"),
        (
            "sum of renewed ARR / sum of expiring ARR of contracts due; more bought at the renewal is in it.",
            "到期合同中 Σ 续约ARR ÷ Σ 到期ARR;含续约时的增购。",
        ),
        _NO_DUE_MONEY,
        lambda m: (sum(each.renewed for each in m.expired), _due(m)),
        share=False,
    ),
    Figure(
        "upsell_customers",
        "customers",
        ("Upsell rate, customers", "增购率(按客户)"),
        (
            (
                "opening customers that bought more before their contracts expired / opening customers. New signings "
                "and uplift at a renewal are out."
            ),
            "合同到期前增购的期初客户数 ÷ 期初客户数。不含新签与续约时的加价。",
        ),
        _NO_CUSTOMER,
        lambda m: (int(m.is_opening and m.bought is not None), int(m.is_opening)),
    ),
    Figure(
        "upsell_amount",
        "amount",
        ("Upsell rate, amount", "增购率(按金额)"),
        (
            "recurring revenue a year that opening customers bought before expiry / opening ARR. One-off money is out.",
            "期初客户在到期前增购的年经常性收入 ÷ 期初ARR。一次性金额不计。",
        ),
        _NO_ARR,
        lambda m: (m.bought.amount if m.is_opening and m.bought else 0, m.opening),
        share=False,
    ),
    Figure(
        "referral_customers",
        "customers",
        ("Referral rate, customers", "转介绍率(按客户)"),
        (
            (
                "new customers that were won by referral / opening customers. Each counts once, at the customer that "
                "referred it."
            ),
            "转介绍赢得的新客户数 ÷ 期初客户数。每个新客户只计一次,计在介绍人名下。",
        ),
        _NO_CUSTOMER,
        lambda m: (len(m.brought), int(m.is_opening)),
        share=False,
    ),
    Figure(
        "referral_amount",
        "amount",
        ("Referral rate, amount", "转介绍率(按金额)"),
        (
            "ARR on their first day of new customers won by referral / opening ARR; never inside NRR.",
            "转介绍新客户首日ARR ÷ 期初ARR;不计入NRR。",
        ),
        _NO_ARR,
        lambda m: (sum(each.amount for each in m.brought), m.opening),
        share=False,
    ),
    Figure(
        "referral_participation",
        "customers",
        ("Referral participation", "转介绍参与率"),
        (
            "opening customers that referred somebody in the period, won or not / opening customers.",
            "期内有过转介绍(无论成败)的期初客户数 ÷ 期初客户数。",
        ),
        _NO_CUSTOMER,
        lambda m: (int(m.is_opening and m.refers), int(m.is_opening)),
    ),
    Figure(
        "grr",
        "amount",
        ("Gross revenue retention (GRR)", "总收入留存率 GRR"),
        (
            "sum over opening customers of min(closing ARR, opening ARR) / opening ARR; capped customer by customer.",
            "期初客户 Σ min(期末ARR, 期初ARR) ÷ Σ 期初ARR;逐客户封顶。",
        ),
        _NO_ARR,
        lambda m: (min(m.closing, m.opening), m.opening),
    ),
    Figure(
        "nrr",
        "amount",
        ("Net revenue retention (NRR)", "净收入留存率 NRR"),
        (
            "closing ARR of opening customers / their opening ARR; new and referred customers are out.",
            "期初客户的期末ARR ÷ 期初ARR;不含新客户与转介绍客户。",
        ),
        _NO_ARR,
        lambda m: (m.closing if m.is_opening else 0, m.opening),
        share=False,
    ),
    Figure(
        "logo_churn",
        "customers",
        ("Logo churn", "客户流失率"),
        (
            "opening customers without ARR at the end / opening customers.",
            "期末ARR为零的期初客户数 ÷ 期初客户数。",
        ),
        _NO_CUSTOMER,
        lambda m: (int(m.is_opening and m.closing == 0), int(m.is_opening)),
    ),
    Figure(
        "contraction",
        "amount",
        ("Contraction", "收入收缩率"),
        (
            "ARR that opening customers cut while staying / opening ARR.",
            "仍在合作的期初客户减少的ARR ÷ 期初ARR。",
        ),
        _NO_ARR,
        lambda m: (m.opening - m.closing if 0 < m.closing < m.opening else 0, m.opening),
    ),
    Figure(
        "expansion_customers",
        "customers",
        ("Expansion rate, customers", "扩展率(按客户)"),
        (
            "opening customers with more ARR at the end / opening customers; uplift at a renewal is in it.",
            "期末ARR高于期初的期初客户数 ÷ 期初客户数;含续约时的加价。",
        ),
        _NO_CUSTOMER,
        lambda m: (int(m.is_opening and m.closing > m.opening), int(m.is_opening)),
    ),
    Figure(
        "expansion_amount",
        "amount",
        ("Expansion rate, amount", "扩展率(按金额)"),
        (
            "sum of the rises of opening customers' ARR / opening ARR; uplift at a renewal is in it.",
            "期初客户ARR增量之和 ÷ 期初ARR;含续约时的加价。",
        ),
        _NO_ARR,
        lambda m: (max(m.closing - m.opening, 0) if m.is_opening else 0, m.opening),
        share=False,
    ),
    Figure(
        "nps",
        "answers",
        ("NPS", "净推荐值 NPS"),
        (
            "(answers of 9-10 minus answers of 0-6) / answers, of surveys sent in the period.",
            "(9–10分答复数 − 0–6分答复数) ÷ 答复数,按期内发出的调查。",
        ),
        _NO_ANSWER,
        _nps,
        share=False,
    ),
    Figure(
        "nps_response",
        "answers",
        ("NPS response rate", "NPS 回复率"),
        ("answers / NPS surveys sent in the period.", "答复数 ÷ 期内发出的NPS调查数。"),
        _NOT_ASKED,
        lambda m: (len(_scores(m, "nps")), _asked(m, "nps")),
    ),
    Figure(
        "csat",
        "answers",
        ("CSAT", "满意度 CSAT"),
        (
            "answers of 4 or 5 / answers, of surveys sent in the period.",
            "4–5分答复数 ÷ 答复数,按期内发出的调查。",
        ),
        _NO_ANSWER,
        _csat,
    ),
    Figure(
        "csat_response",
        "answers",
        ("CSAT response rate", "CSAT 回复率"),
        ("answers / CSAT surveys sent in the period.", "答复数 ÷ 期内发出的CSAT调查数。"),
        _NOT_ASKED,
        lambda m: (len(_scores(m, "csat")), _asked(m, "csat")),
    ),
)
FIGURES: Mapping[str, Figure] = MappingProxyType({figure.key: figure for figure in _ALL})
"""By key, in the order of a report."""
