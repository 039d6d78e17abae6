"""What a text above the headings of columns says of the cells below: a title, or a heading of several columns. Pure.

`单位：万元` and `Figures in k€` are of all amounts, `费用（2026年，万元）` and `Fees kEUR` of the columns below them.
A period beside a unit is no part of it. What may be a unit and is not understood is told, and never passed over.
"""

import re
import unicodedata
from decimal import Decimal

from collector.exchange.imports.heading_units import (
    CURRENCIES,
    PLAIN_UNIT,
    HeadingParts,
    Unit,
    is_like_a_unit,
    money_of,
    said_by,
    together_of,
    unit_of,
    without_brackets,
)
from collector.exchange.imports.headings import INVISIBLE
from collector.values.money import is_currency

_ONE = Decimal(1)
_ABOVE = re.compile(
    r"(?i)(?:^|[^⺀-鿿]|金额|货币|计价|计量)单位\s*:?\s*([^\s()\[\]【】,;][^()\[\]【】,;]*)"
    r"|\b(?:amounts?|figures?|numbers?|values?|prices?|sums?|beträge|angaben|werte|zahlen|montants?|importes?|importi)"
    r" (?:(?:are|is|sind|all|stated|shown|given|expressed|reported) )*(?:in|en) ([^()\[\],;.]+)"
    r"|\bunits?\s*:\s*([^()\[\],;]+)|(?:^|[^⺀-鿿]|金额|均)以([^()\[\],;]+?)(?:为单位|计)"
)
_LIKE_A_SCALE = re.compile(
    r"(?i)[十百千万亿][美欧日港]?元(?![⺀-鿿])|(?:以|按)[十百千万亿]|\b(thousand|million|billion|tausend|tsd|mio|mrd)s?\b"
    r"|'000|\b(teur|[km](eur|usd|cny|rmb|gbp|chf|jpy))\b|[km][€$£¥]|[€$£¥][km]\b|t€|\bin k\b"
)
_YEAR = r"(?<!\d)(?:19|20)\d\d(?:\s*[-/–~至]\s*(?:(?:19|20)\d\d|\d\d)(?!\d))?"
_PERIOD = re.compile(
    rf"(?i){_YEAR}\s*(?:年度?|财年)(?:\s*\d{{1,2}}月份?)?|{_YEAR}(?=\s*(?:$|[,;:/|、]|-\s|in\b|q[1-4]|h[12]))"
    r"|\b(?:fy|cy)\s?'?(?:\d{4}|\d\d)?\b|\b(?:[qh]?[1-4][qh]|q[1-4]|h[12])\b|\bytd\b"
    r"|第?[一二三四]季度|[上下]半年(?!度)|(?<!\d)(?:1[0-2]|[1-9])月份?(?![\d⺀-鿿])"
)
_AROUND = " \t,;:/|、-–·"
_NO_WORD = re.compile(r"[\d,;:/+、，；]+")
_BETWEEN = re.compile(r"[\s/,、;:|]+")
_AT_END = re.compile(
    r"(?:[十百千万亿]+(?:[美欧日港]?元|美金|港币|人民币)|[千万]+[人名次件台套个]|美元|美金|欧元|英镑|日元|港元|港币|人民币|%)$"
)
_DOUBTFUL = re.compile(r"[十百千万亿]+[美欧日港]?元(?=[⺀-鿿])|(?<![单多公纪])元$|[百千万亿]$")
_JOINS = frozenset({"of", "in"})
_SHORT = re.compile(r"[a-zµ°]{1,3}[23²³]?(/[a-z]{1,3})?")  # km, h, m2: of counts and numbers


def stated_above(text: str) -> Unit | str | None:
    """What a title says of the amounts below it: `单位：万元`, `Figures in kEUR`. None: nothing; a str: unknown."""
    plain = unicodedata.normalize("NFKC", INVISIBLE.sub("", text))
    found = _ABOVE.search(plain)
    if found is not None:
        said = next(part for part in found.groups() if part is not None).strip()
        unit = unit_of(HeadingParts("", (said,)), "amount", "amount", lambda _: None)
        if isinstance(unit, Unit):
            return None if unit == PLAIN_UNIT else unit
        if _LIKE_A_SCALE.search(said):
            return said  # 单位 is a company too
    like = _LIKE_A_SCALE.search(plain)
    return None if like is None else like[0]


def is_statement(text: str) -> bool:
    """It says a unit and is no name: `单位：万元`, `（单位：万元）`, but not `预算（单位：万元）`."""
    bare, _ = without_brackets(text)
    return _ABOVE.search(bare if bare.strip() else text) is not None


def said_over(text: str, name: str, form: str, *, is_title: bool) -> Unit | str | None:
    """What a text above a column says of its cells. None: nothing; a str: what is not understood.

    A title is no name of columns: words outside its brackets are `stated_above`'s. A lone M may be another word:
    `Contracts (M)`.
    """
    bare, notes = without_brackets(text)
    apart = [] if is_title else _outside(_without_period(bare))
    if isinstance(apart, str):
        return apart
    units: list[Unit] = []
    for note in (*map(_without_period, notes), *apart):
        unit = said_by(note, name, form) if note else PLAIN_UNIT
        if unit is not None and note.casefold() != "m":
            units.append(unit)
        elif unit is not None or _may_be_a_unit(note, name, form):
            return note
    together = together_of(units)
    return " ".join((*notes, *apart)) if together is None else None if together == PLAIN_UNIT else together


def _without_period(note: str) -> str:
    """`2026年，万元` -> `万元`. A year that stands before a unit as a number does is left: `2026 kEUR`."""
    return " ".join(_PERIOD.sub(" ", note).split()).strip(_AROUND)


def _outside(bare: str) -> list[str] | str:
    """The unit at the end of a name: `Fees kEUR`, `费用万元`. A str: one that stands elsewhere, or is doubtful."""
    words = [word for word in _BETWEEN.split(bare) if word]
    if not words:
        return []
    first = len(words)
    while first and _is_unit_word(words[first - 1], words[first:]):
        first -= 1
    run = words[first:]
    while run and run[0].casefold() in _JOINS:
        run = run[1:]
    before = words[: len(words) - len(run)]
    strange = next((word for word in before if _is_apart(word)), None)
    if strange is not None:
        return strange
    if not run:
        glued = _AT_END.search(words[-1])
        doubtful = next((found[0] for word in words if (found := _DOUBTFUL.search(word))), None)
        return [glued[0]] if glued else doubtful or []
    note = " ".join(run)
    is_doubtful = note.isdigit() or (len(note) == 1 and note.isalpha() and note.isascii() and note != "k")
    is_other_code = any(is_currency(word) and word.casefold() not in CURRENCIES for word in run)
    follows = bool(before) and before[-1].casefold() in {"per", "by", "a", "every", "each"}
    return note if is_doubtful or is_other_code or follows else [note]


def _is_unit_word(word: str, behind: list[str]) -> bool:
    return word == "%" or money_of(word) is not None or (word.casefold() in _JOINS and bool(behind))


def _is_apart(word: str) -> bool:
    """A unit that is not at the end: whose it is cannot be told. TOP, ALL and the like are words there."""
    if is_currency(word) and word.casefold() not in CURRENCIES:
        return False
    return word == "%" or (money_of(word) is not None and not word.isdigit())


def _may_be_a_unit(note: str, name: str, form: str) -> bool:
    """`CNY, 10k` may; a number of rows is none, and a currency is none of what is no money."""
    if form in {"day", "moment", "clock"}:
        return is_like_a_unit(note, name, form)
    words = _BETWEEN.split(note)
    if form == "amount":
        is_money = any(not word.isdigit() and money_of(word) is not None for word in words if word)
        return is_money or is_like_a_unit(_NO_WORD.sub(" ", note), name, form)
    of_money = said_by(note, "amount", "amount")
    if of_money is not None and of_money.currency is not None:
        return False
    if name == "worth" and re.search(r"\d", note):  # a rate for so many
        return True
    return bool(_SHORT.fullmatch(note)) or is_like_a_unit(_NO_WORD.sub(" ", note), name, form)
