"""Which sign of a column is the decimal one. Pure.

`1,234` and `1.234` are two numbers each. A cell such as `4,25`, `1.234,50` or `1 234,500` says which sign its column
writes decimals with; where none does, or two contradict each other, such a cell is refused.
"""

import re
from collections.abc import Iterable

from collector.exchange.imports.spelling import BadCell, plain, shown
from collector.exchange.imports.table import Cell
from collector.values.sentence import Sentence

_NUMERAL = re.compile(r"\d[\d.,'’\s]*")
_SPACES = re.compile(r"[\s'’]")
_SPACED = re.compile(r"-?\s*\d{1,3}([\s'’]\d{3})*([.,]\d+)?")  # spaces stand between thousands
_THOUSANDS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_OTHER = {",": ".", ".": ","}


def decimal_sign(cells: Iterable[Cell]) -> str | None:
    """The one that the column's texts show; None where none does, or both are shown."""
    found = {sign for cell in cells if isinstance(cell, str) and (sign := _shown_by(plain(cell)))}
    return found.pop() if len(found) == 1 else None


def _shown_by(text: str) -> str | None:
    numeral = _NUMERAL.search(text)
    if numeral is None:
        return None
    digits = _SPACES.sub("", numeral[0]).rstrip(".,")
    signs = [sign for sign in digits if sign in _OTHER]
    if not signs:
        return None
    if len(set(signs)) == 2:  # noqa: PLR2004 - both are there: the last one
        return signs[-1]
    if len(signs) > 1:
        return _OTHER[signs[0]]
    return None if _THOUSANDS.fullmatch(digits) else signs[0]


def with_point(text: str, cell: Cell, decimal: str | None, *, whole: bool = False) -> str:
    """A numeral with a decimal point and without groups; what is no such numeral is left as it is.

    `decimal` is the column's sign. `whole`: the field has no fractions, so `1,234` is a thousand. Raises BadCell.
    """
    digits = _SPACES.sub("", text)
    bare = digits.removeprefix("-")
    signs = [sign for sign in bare if sign in _OTHER]
    is_torn = _SPACES.search(text.strip()) is not None and not _SPACED.fullmatch(text.strip())
    if is_torn or not signs:
        return text if is_torn else digits
    sign = signs[-1]
    if len(set(signs)) == 1 and len(signs) == 1:
        if not _THOUSANDS.fullmatch(bare):
            return _pointed(digits, sign, decimal, cell) if bare[-1] != "," else digits
        if decimal is None:
            if not whole or bare.endswith("000"):
                raise _two(cell, bare)
            return digits.replace(sign, "")
        return digits.replace(sign, "." if sign == (decimal or sign) else "")
    group = signs[0]
    last = sign if sign != group else _OTHER[group]
    if not re.fullmatch(rf"\d{{1,3}}(\{group}\d{{3}})+(\{last}\d+)?", bare):
        return digits
    return _pointed(digits.replace(group, ""), last, decimal, cell)


def _pointed(digits: str, sign: str, decimal: str | None, cell: Cell) -> str:
    if decimal is not None and sign != decimal:
        raise BadCell(
            Sentence(
                "{cell} has the decimal sign {sign!r} where {decimal!r} is said; correct one of them",
                cell=shown(cell),
                sign=sign,
                decimal=decimal,
            )
        )
    return digits.replace(sign, ".")


def _two(cell: Cell, bare: str) -> BadCell:
    thousands, decimals = re.sub("[.,]", "", bare), bare.replace(",", ".")
    return BadCell(
        Sentence(
            "{cell} could be {thousands} or {decimals}, and no other cell of the column says "
            "which; say the decimal sign of the file, comma or point, or write it without "
            "separators",
            cell=shown(cell),
            thousands=thousands,
            decimals=decimals,
        )
    )
