"""Amounts of money as people write them: ¥1,234.50, 1.234,50 €, (300), 12.5万. Pure."""

import re
from datetime import date, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from collector.exchange.imports.separators import with_point
from collector.exchange.imports.spelling import BadCell, plain, shown
from collector.exchange.imports.table import Cell
from collector.values.money import DECIMALS_MOST, amount_text
from collector.values.sentence import Sentence

SIGNS = {"¥": "CNY", "元": "CNY", "人民币": "CNY", "rmb": "CNY", "$": "USD", "us$": "USD", "€": "EUR", "£": "GBP"}
_SIGN = re.compile(r"(?i)^(us\$|[¥$€£]|rmb|人民币|[a-z]{3}(?=[\s\d.-]))|([¥$€£]|元|rmb|人民币|(?<=[\s\d])[a-z]{3})$")
PLAIN = re.compile(r"-?(\d+(\.\d*)?|\.\d+)")
_ONE = Decimal(1)
_SMALLEST = Decimal(1).scaleb(-DECIMALS_MOST)
_NOISE = _SMALLEST / 10  # a workbook keeps 0.1 as 0.1000000000000000055


def money(cell: Cell, decimal: str | None = None, factor: Decimal = _ONE) -> tuple[str, str | None]:
    """Decimal text, and the currency that the cell's sign means, if it has one. Raises BadCell.

    `decimal` is the decimal sign of the cell's column, where it is known; `factor` what the column counts by.
    """
    if isinstance(cell, bool | datetime | date | time):
        raise _no_amount(cell)
    if isinstance(cell, int | float):
        return _text(decimal_of(str(cell), cell) * factor, cell), None
    text = plain(str(cell))
    negative = text.startswith("(") and text.endswith(")")
    text = text[1:-1].strip() if negative else text
    text = text.replace("−", "-")
    sign = None
    if text.startswith("-") and not negative:
        negative, text = True, text[1:].strip()
    if found := _SIGN.search(text):
        word = found[0].strip()
        sign = SIGNS.get(word.casefold(), word.upper())
        text = (text[: found.start()] + text[found.end() :]).strip()
    if negative and text.startswith("-"):  # one sign makes it negative; of two nobody knows
        raise _no_amount(cell)
    ten_thousand = text.endswith("万")
    if ten_thousand and factor != _ONE:
        raise twice_scaled(cell)
    text = with_point(text.removesuffix("万").strip(), cell, decimal)
    number = decimal_of(text, cell) * (10_000 if ten_thousand else factor)
    return _text(-number if negative else number, cell), sign


def decimal_of(text: str, cell: Cell) -> Decimal:
    if not PLAIN.fullmatch(text) and not isinstance(cell, float):
        raise _no_amount(cell)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _no_amount(cell) from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 13:
        raise BadCell(Sentence("{cell} is too large for an amount; correct it", cell=shown(cell)))
    return number


def twice_scaled(cell: Cell) -> BadCell:
    return BadCell(Sentence("{cell}: the cell and the heading both multiply; say it in one of them", cell=shown(cell)))


def _text(number: Decimal, cell: Cell) -> str:
    """Whether the amount's currency has so many decimals is judged with the fact."""
    rounded = number.quantize(_SMALLEST, ROUND_HALF_EVEN)
    if abs(rounded - number) > _NOISE:
        raise BadCell(
            Sentence(
                "{cell} has more than {decimals_most} decimals; round it", cell=shown(cell), decimals_most=DECIMALS_MOST
            )
        )
    return amount_text(rounded.scaleb(2), None)


def _no_amount(cell: Cell) -> BadCell:
    return BadCell(Sentence("{cell} is not an amount; write it as 12000.00", cell=shown(cell)))
