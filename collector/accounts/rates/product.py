"""One account's ledger as if it were of one product alone: service fee and OPK fee apart. Pure.

A contract has the product where one of its lines does; contracts, renewals and lines of others are left away, so that
a contract that sells no skill is never due for skills. What a contract of several products was renewed at is shared
as what recurred of it at its end; the shares add up to it exactly. A recorded sale names no product: what was bought
more is told by contracts and their lines.
"""

from dataclasses import replace
from fractions import Fraction
from typing import get_args

from collector.accounts.contracts.arr import currency_of
from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.ledger.kinds.money import Contract, Product, Renewal
from collector.accounts.ledger.view import AccountLedger
from collector.values.money import Hundredths

PRODUCTS: tuple[Product, ...] = get_args(Product)
_OF_NO_LINE: Product = "other"  # a contract that says of no line what it sells


def of_product(ledger: AccountLedger, product: Product, rates: Rates) -> AccountLedger:
    """`rates` compare lines of several currencies; without them a renewed amount goes by its lines alone."""
    lines = tuple(one for one in ledger.lines if one.product == product)
    has = {one.contract for one in lines}
    sells = {one.contract for one in ledger.lines}
    contracts = tuple(
        one for one in ledger.contracts if one.id in has or (product == _OF_NO_LINE and one.id not in sells)
    )
    by_id = {one.id: one for one in contracts}
    return replace(
        ledger, contracts=contracts, lines=lines,
        renewals=tuple(
            _share(ledger, one, by_id[one.contract], product, rates) for one in ledger.renewals if one.contract in by_id
        ),
        opportunities=tuple(one for one in ledger.opportunities if one.kind != "upsell"),
    )  # fmt: skip


def _share(ledger: AccountLedger, one: Renewal, contract: Contract, product: Product, rates: Rates) -> Renewal:
    """A renewal with the product's part of its amount; None where that cannot be told."""
    if one.amount is None:
        return one
    parts: dict[Product, Fraction] = dict.fromkeys(PRODUCTS, Fraction(0))
    for line in ledger.lines:
        ended = line.ends is not None and line.ends < contract.ends
        is_later = line.starts is not None and line.starts > one.due_day
        if line.contract != contract.id or not line.recurring or ended or is_later:
            continue
        worth = rates.convert(line.amount, currency_of(line, contract))
        if worth is None:
            return replace(one, amount=None)
        parts[line.product] += Fraction(worth)
    whole = sum(parts.values(), Fraction(0))
    if not whole:  # nothing recurred of it, so that nothing says how it is shared
        sold = {line.product for line in ledger.lines if line.contract == contract.id} or {_OF_NO_LINE}
        return one if product == min(sold, key=PRODUCTS.index) else replace(one, amount=0)
    at = PRODUCTS.index(product)
    before = sum((parts[each] for each in PRODUCTS[:at]), Fraction(0))
    upto = _rounded(one.amount, (before + parts[product]) / whole)
    return replace(one, amount=upto - _rounded(one.amount, before / whole))


def _rounded(amount: Hundredths, part: Fraction) -> Hundredths:
    """All of it is all of it, to the last digit; a part is whole hundredths."""
    return amount if part == 1 else round(Fraction(amount) * part)
