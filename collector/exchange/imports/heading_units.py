"""What stands beside a column's name in its heading: `金额（万元）`, `Amount (USD)`, `日期 (dd/mm/yyyy)`. Pure.

Each is understood, or the column is not read: 1.25 under `（万元）` is 12,500. A unit multiplies, or names the
currency, or says how days are written; some words say nothing of the cells (`必填`, `required`).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from collector.exchange.imports.day_orders import DayOrder
from collector.exchange.imports.headings import INVISIBLE, SCRIPTS
from collector.values.money import is_currency

_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Unit:
    """How a column's cells are meant.

    factor      what one of them stands for          currency   of its amounts; None: not said
    sure        its sign is of that currency only    percent    35 is 0.35
    day_order   of its days with slashes
    """

    factor: Decimal = _ONE
    currency: str | None = None
    sure: bool = True
    percent: bool = False
    day_order: DayOrder | None = None


PLAIN_UNIT = Unit()


class HeadingParts(NamedTuple):
    """`name`: the part that means a field. `notes` stand in brackets or behind a slash or comma, `words` elsewhere."""

    name: str
    notes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


_BRACKETS = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]*)(?:[)\]】〕]|$)")
_GLUED = re.compile(r"[十百千万亿]+[美欧日港]?元$")  # 合同额万元
_BEHIND = re.compile(r"[/,、;:|]")


def parts_of(heading: str, known: Callable[[str], str | None]) -> HeadingParts | None:
    """The heading taken apart; None where it means no field, or two. `known`: the field of a name, as it stands."""
    if known(heading) is not None:
        return HeadingParts(heading)
    bare, notes = without_brackets(heading)
    if known(bare) is not None:
        return HeadingParts(bare, tuple(notes))
    names: list[str] = []
    words: list[str] = []
    for number, part in enumerate(_BEHIND.split(bare)):
        runs = [part] if known(part) is not None else SCRIPTS.findall(part)
        unknown = [run.strip() for run in runs if known(run) is None and run.strip(" _-*.")]
        names += [run for run in runs if known(run) is not None]
        if number and len(unknown) == len([run for run in runs if run.strip(" _-*.")]):
            notes += unknown
        else:
            words += unknown
    if len({known(name) for name in names}) != 1:
        return None
    return HeadingParts(names[0], tuple(notes), tuple(words))


def beside_mapped(heading: str) -> HeadingParts:
    """What stands beside the name of a heading that somebody has named: outside brackets it may be of the name."""
    bare, notes = without_brackets(heading)
    words = [word for part in _BEHIND.split(bare) for word in part.split()]
    glued = [found[0] for word in words[:1] if (found := _GLUED.search(word)) and found[0] != word]
    return HeadingParts(bare, tuple(notes), (*words[1:], *glued))


def without_brackets(heading: str) -> tuple[str, list[str]]:
    """What stands outside brackets, and in each."""
    text = unicodedata.normalize("NFKC", INVISIBLE.sub("", heading))
    notes: list[str] = []
    while found := _BRACKETS.search(text):
        notes.append(found[1].strip())
        text = f"{text[: found.start()]} {text[found.end() :]}"
    return text, [note for note in notes if note.strip("*")]


_SAYS_NOTHING = frozenset(
    [
        "必填",
        "必填项",
        "必须",
        "选填",
        "选填项",
        "可选",
        "非必填",
        "可空",
        "可为空",
        "可不填",
        "如有",
        "若有",
        "required",
        "optional",
        "mandatory",
        "obligatory",
    ]
) | {"if any", "if known", "not required", "must be filled"}
_HUNDRED = r"(每|per|for|=)?\s*"
_PER_UNIT = re.compile(rf"{_HUNDRED}(?P<number>1|10|100|1000|10000)?\s*(外币|单位|个?单位外币|units?|foreign units?)")
_SCALES: Mapping[str, int] = MappingProxyType(
    {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "十万": 10**5, "百万": 10**6, "千万": 10**7, "亿": 10**8}
    | {"百亿": 10**10, "k": 1_000, "thousand": 1_000, "thousands": 1_000, "tsd": 1_000, "thsd": 1_000, "000": 1_000}
    | {"'000": 1_000, "000s": 1_000, "000's": 1_000, "1000": 1_000, "10000": 10_000, "million": 10**6}
    | {"millions": 10**6, "mio": 10**6, "mln": 10**6, "mn": 10**6, "billion": 10**9, "billions": 10**9, "bn": 10**9}
    | {"mrd": 10**9, "萬": 10_000, "億": 10**8}
)
_OF_MONEY: Mapping[str, int] = MappingProxyType({**_SCALES, "m": 10**6})  # metres, months and minutes elsewhere
CURRENCIES: Mapping[str, str] = MappingProxyType(
    {code.casefold(): code for code in ("CNY", "USD", "EUR", "GBP", "JPY", "CHF", "HKD")}
    | dict.fromkeys(("元", "圆", "人民币", "人民币元", "元人民币", "rmb", "yuan", "renminbi", "¥", "元整"), "CNY")
    | dict.fromkeys(("美元", "美金", "$", "us$", "dollar", "dollars", "us dollar", "us dollars"), "USD")
    | dict.fromkeys(("欧元", "€", "euro", "euros"), "EUR")
    | dict.fromkeys(("英镑", "£", "pound sterling"), "GBP")
    | dict.fromkeys(("日元", "円", "yen"), "JPY")
    | dict.fromkeys(("港元", "港币", "hk$"), "HKD")
    | dict.fromkeys(("新台币", "台币", "nt$"), "TWD")
    | {
        "韩元": "KRW",
        "₩": "KRW",
        "卢布": "RUB",
        "₽": "RUB",
        "₹": "INR",
        "澳元": "AUD",
        "加元": "CAD",
        "新加坡元": "SGD",
    }
    | {"瑞士法郎": "CHF", "sfr": "CHF", "泰铢": "THB", "฿": "THB", "zł": "PLN", "kč": "CZK", "s$": "SGD", "a$": "AUD"}
)
_COUNTED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "employees": frozenset(
            [
                "人",
                "名",
                "位",
                "人数",
                "员工",
                "people",
                "persons",
                "person",
                "heads",
                "headcount",
                "employees",
                "employee",
            ]
        ),
        "quantity": frozenset(
            ["件", "个", "台", "套", "份", "只", "pcs", "piece", "pieces", "unit", "units", "set", "sets"]
        ),
        "count": frozenset(["次", "个", "times"]),
        "notice_days": frozenset(["天", "日", "days", "day", "d", "自然日", "日历日"]) | {"calendar days"},
        "hours": frozenset(["小时", "时", "h", "hour", "hours", "hr", "hrs"]),
        "hours_year": frozenset(["小时", "时", "h", "hour", "hours", "hr", "hrs", "年", "year", "a"])
        | {"per year", "a year"},
        "cost_year": frozenset({"年", "每年", "year", "a", "p.a.", "per year", "a year", "annual", "yearly"}),
        "size_bytes": frozenset(["byte", "bytes", "b", "字节"]),
        "score": frozenset(["分", "points", "0-10", "1-5"]),
        "brand": frozenset(["分", "points", "0-5", "1-5"]),
        "referenceable": frozenset(["分", "points", "0-5", "1-5"]),
        "value": frozenset(["次", "times", "1-5"]),
    }
)
"""Field -> its plain unit, which changes nothing."""
_COUNTED_BY_THOUSANDS = frozenset({"employees", "quantity", "count", "hours", "hours_year", "target"})
_PERCENT = frozenset(["%", "百分比", "百分数", "percent", "pct"])
_SHARES = frozenset(["0-1", "小数", "decimal", "比例"])
_FIRST = re.compile(
    r"(?i)^(单位|计价单位|货币单位|币种|货币|格式|unit|units|currency|format|in)\s*(:|\s)\s*|^(单位|格式)"
)
_YEAR_FIRST = re.compile(r"y{2,4}[-/.年]?m{1,2}[-/.月]?d{1,2}日?|年[-/]?月[-/]?日|iso( ?8601)?|日期|date|年月日")
_SAMPLE = re.compile(r"((如|例如|例|示例|e\.?g\.?|example):?\s*)?\d{4}[-/.年]?\d{1,2}[-/.月]?\d{1,2}日?")
_DAY_FIRST = re.compile(r"d{1,2}[-/.]m{1,2}[-/.]y{2,4}|tt\.mm\.jjjj|jj/mm/aaaa")
_MONTH_FIRST = re.compile(r"m{1,2}[-/.]d{1,2}[-/.]y{2,4}")
_TIME_OF_DAY = re.compile(r"[t ]*hh?:mm(:ss)?$")
_CLOCKS = frozenset({"hh:mm", "h:mm", "hh:mm:ss", "24小时制", "24h", "24-hour", "24 hours"})
_LIKE_A_UNIT = re.compile(
    r"(?i)\b(per|k|m|mio|mln|mn|bn|thousands?|millions?|(half-?)?(year|quarter|month|week|dai|hour|minute)(ly)?s?|days?"
    r"|percent|net|gross|vat|tax)\b|[年季月周日天万千百亿元%€$£¥税]|'000"
)
_LIKE_A_ZONE = re.compile(r"(?i)\b(utc|gmt|cst|ce?s?t|[ecmp][sd]t)\b|时区|北京时间")
_WORD = re.compile(r"[⺀-鿿]+|[^\s⺀-鿿]+")
STRICT = frozenset({"amount", "number", "share", "count", "day", "moment", "clock"})
"""Forms whose cells mean something else in another unit. A text is what it says."""
_OTHER_ONE = frozenset(["旧", "原", "老", "历史", "已停用", "old", "former", "previous", "legacy", "obsolete"])


def unit_of(heading: HeadingParts, name: str, form: str, known: Callable[[str], str | None]) -> Unit | str:
    """How the cells under a heading are meant; or the words in it that are not understood."""
    found: list[Unit] = []
    for note in (*heading.notes, *heading.words):
        if known(note) == name:
            continue
        unit = said_by(note, name, form)
        if unit is not None:
            found.append(unit)
        elif note in heading.words and not is_like_a_unit(note, name, form):
            continue  # part of the name, as a translation is
        else:
            return note
    together = together_of(found)
    return " ".join((*heading.notes, *heading.words)) if together is None else together


def is_like_a_unit(text: str, name: str, form: str) -> bool:
    """It may say how cells are meant, though it is not understood."""
    if form in {"day", "moment", "clock"}:
        return bool(_LIKE_A_ZONE.search(text))
    words = [word for word in _WORD.findall(text) if word.casefold() not in _COUNTED.get(name, ())]
    return form in STRICT and any(_LIKE_A_UNIT.search(word) or is_currency(word) for word in words)


def says_nothing(note: str) -> bool:
    """It is about filling the table in, and not about what its cells say."""
    bare = " ".join(note.casefold().split()).strip(" *!.")
    return not bare or bare in _SAYS_NOTHING


def said_by(note: str, name: str, form: str) -> Unit | None:
    """What a note says of a field's cells. None: it is not understood."""
    written = " ".join(note.replace("–", "-").replace("~", "-").split())
    text = written.casefold()
    if says_nothing(note):
        return PLAIN_UNIT
    if form not in STRICT:
        return None if text in _OTHER_ONE else PLAIN_UNIT
    if form in {"day", "moment", "clock"}:
        return _of_days(_FIRST.sub("", text), form)
    if name == "worth":
        return _of_rates(text)
    if (whole := _of_numbers(_FIRST.sub("", written), name, form)) is not None:
        return whole
    parts = re.split(r"[/、;|]|,(?!\d)", written)
    said = [said_by(part, name, form) for part in parts] if len(parts) > 1 else [None]
    units = [unit for unit in said if unit is not None]
    return together_of(units) if len(units) == len(said) else None


def together_of(units: Iterable[Unit]) -> Unit | None:
    """What units that stand beside each other say as one. None: they contradict each other."""
    found = PLAIN_UNIT
    for unit in units:
        if _ONE not in {unit.factor, found.factor}:
            return None
        if None not in {unit.currency, found.currency} and unit.currency != found.currency:
            return None
        if None not in {unit.day_order, found.day_order} and unit.day_order != found.day_order:
            return None
        named = unit if unit.currency is not None and (unit.sure or found.currency is None) else found
        found = Unit(
            unit.factor * found.factor, named.currency, named.sure, unit.percent or found.percent,
            unit.day_order or found.day_order,
        )  # fmt: skip
    return found


def _of_days(text: str, form: str) -> Unit | None:
    if form == "clock":
        return PLAIN_UNIT if text in _CLOCKS else None
    day = _TIME_OF_DAY.sub("", text).strip()
    if _YEAR_FIRST.fullmatch(day) or _SAMPLE.fullmatch(day):
        return PLAIN_UNIT
    if _DAY_FIRST.fullmatch(day):
        return Unit(day_order="day-first")
    return Unit(day_order="month-first") if _MONTH_FIRST.fullmatch(day) else None


def _of_rates(text: str) -> Unit | None:
    """What a rate is said for: so many units of the foreign currency."""
    found = _PER_UNIT.fullmatch(text)
    number = found["number"] if found else re.sub(r"^(每|per|for)\s*", "", text)
    if number is not None and number not in {"1", "10", "100", "1000", "10000"}:
        return None
    return Unit(factor=_ONE / int(number or 1))


def _of_numbers(written: str, name: str, form: str) -> Unit | None:
    text = written.casefold().strip()
    if form == "share":
        return Unit(percent=True) if text in _PERCENT else PLAIN_UNIT if text in _SHARES else None
    plain = _COUNTED.get(name, frozenset())
    if form == "count":
        return PLAIN_UNIT if text in {"次", "times"} else None
    if text in plain:
        return PLAIN_UNIT
    if form == "amount":
        return _peeled(written, _OF_MONEY, plain, has_currency=True)
    return _peeled(written, _SCALES, plain, has_currency=False) if name in _COUNTED_BY_THOUSANDS else None


def money_of(text: str) -> Unit | None:
    """A power of ten, a currency, or both, written as one: `k€`, `USD`, `万元`. None: it is none."""
    return _peeled(text, _OF_MONEY, frozenset(), has_currency=True)


def _peeled(text: str, scales: Mapping[str, int], plain: frozenset[str], *, has_currency: bool) -> Unit | None:
    """`万美元`, `kEUR`, `EUR thousands`, `千人`: at most one power of ten, one currency and one plain unit.

    A code of a currency is one in capitals: `all` and `top` are words.
    """
    if text.casefold() in {"teur", "t€"} and has_currency:
        return Unit(Decimal(1_000), "EUR")
    found: dict[str, str] = {}
    is_sure = False
    rest = text
    while rest := rest.strip(" .-").removeprefix("of "):
        low = rest.casefold()
        options = [("currency", word) for word in CURRENCIES if has_currency and low.startswith(word)]
        if has_currency and is_currency(rest[:3]):
            options.append(("currency", rest[:3]))
        options += [("scale", word) for word in scales if low.startswith(word)]
        options += [("plain", word) for word in plain if not has_currency and low.startswith(word)]
        if not options:
            return None
        what, word = max(options, key=lambda one: len(one[1]))
        is_sure = is_sure or (what == "currency" and word != "¥")  # ¥ alone is of two
        meant = CURRENCIES.get(word, word)
        if what in found and (what != "currency" or found[what] != meant):  # 人民币万元 says it twice
            return None
        found[what] = meant
        rest = rest[len(word) :]
    if not found:
        return None
    factor = Decimal(scales[found["scale"]]) if "scale" in found else _ONE
    return Unit(factor, found.get("currency"), is_sure or "currency" not in found)
