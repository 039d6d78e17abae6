"""Empty tables to fill in: a heading in the field's own word and in Chinese, and one example that is a note.

The example's first cell says that it is one, so a template that is sent back with it imports nothing of it. The
workbook also has lists of choices and a sheet that says what each column is.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.exchange.imports.body import EXAMPLE
from collector.exchange.imports.choices import shown_choice
from collector.exchange.imports.fields import Field, fields_of
from collector.exchange.imports.headings import RECORDED, label
from collector.exchange.imports.row_ids import KEYS
from collector.exchange.spreadsheet import XlsxBook

_FORMS = {
    "text": ("text", "文字"),
    "key": (
        "an id, without comma and slash (papers, such as invoices, may have slashes)",
        "编号，不含逗号和斜杠（发票、合同、工单等单据编号可含斜杠）",
    ),
    "day": ("a day: 2026-05-01, 2026/5/1, 2026年5月1日", "日期：2026-05-01、2026/5/1、2026年5月1日"),
    "moment": ("a moment with time zone: 2026-05-01T09:30:00+08:00", "带时区的时刻：2026-05-01T09:30:00+08:00"),
    "amount": ("an amount: 12000.00, ¥12,000", "金额：12000.00、¥12,000"),
    "number": ("a number", "数字"),
    "share": ("a share: 0.35 or 35%", "比例：0.35 或 35%"),
    "flag": ("yes or no", "是 或 否"),
    "choice": ("one of", "其中之一"),
    "clock": ("a time of day: 09:00", "时间：09:00"),
    "weekdays": ("seven digits, Monday first; 1: open", "七位数字，周一在前，1 表示营业"),
    "language": ("a language: zh, en, pt-BR", "语言：中文、英文或代码，如 pt-BR"),
    "currency": ("a currency: CNY, EUR, USD", "币种：CNY、EUR、USD"),
}
_EXAMPLES: dict[str, Any] = {
    "id": "A-1001", "account": "C-1001", "name": "City Museum 市博物馆", "region": "华东", "industry": "culture",
    "scene": "museum", "timezone": "Asia/Shanghai", "email": "li.wei@example.com", "phone": "021 5555 0100",
    "robot": "hall-7", "csm": "CSM-1", "contract": "HT-1001", "currency": "CNY", "base": "CNY",
    "open_weekdays": "0111111", "opens": "09:00", "closes": "18:00", "started_at": "2026-05-01T09:30:00+08:00",
    "measure": "B2", "counter": "interaction", "brand": 3, "referenceable": 2, "score": 4, "value": 4, "worth": 7.1,
    "target": 1000, "to_day": date(2026, 5, 30), "ends": date(2027, 4, 30), "due_day": date(2026, 6, 30),
    "reason": "agreed by phone", "text": "second robot until June", "by": "CSM-1", "owner": "CSM-1",
    "amount": Decimal("12000.00"), "tag": "pilot", "field": "tier", "size_bytes": 48_213, "sha256": "9f" * 32,
}  # fmt: skip
_BY_KIND: dict[tuple[str, str], Any] = {
    ("account", "id"): "C-1001",
    ("exchange_rate", "currency"): "EUR",
    ("custom_value", "value"): "gold",
}


def template_csv(kind: Kind) -> bytes:
    """With BOM: so a spreadsheet opens the Chinese as it is."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(_heading(kind))
    table.writerow([_csv_cell(cell) for cell in _example(kind)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def template_xlsx(kinds: Sequence[Kind]) -> bytes:
    """One sheet for each kind, named as its addresses are, and one that explains the columns."""
    book, file = XlsxBook(), io.BytesIO()
    for kind in kinds:
        choices: dict[int, Sequence[str]] = {
            index: [choice for choice in field.choices if choice]
            for index, field in enumerate(fields_of(kind).values())
            if field.choices
        }
        book.sheet(kind.path, _heading(kind), [_example(kind)], choices, ours=True)
    head = ("sheet", "column", "English", "中文", "required 必填", "what to write", "填写方法")
    book.sheet("columns 列说明", head, [line for kind in kinds for line in guide(kind)])
    book.save(file)
    return file.getvalue()


def guide(kind: Kind) -> list[tuple[str, ...]]:
    """What each column of a kind is: kind, field, English, Chinese, required, what to write in both languages."""
    lines: list[tuple[str, ...]] = []
    for field in fields_of(kind).values():
        en, zh = label(field.name)
        said_en, said_zh = _FORMS[field.form]
        if field.choices:
            words = [shown_choice(choice) for choice in field.choices if choice]
            said_en, said_zh = f"{said_en}: {', '.join(words)}", f"{said_zh}：{'、'.join(words)}"
        required = field.required and not (field.name == "id" and kind.key in KEYS)
        if field.name == "id" and not required:
            key = ", ".join(KEYS[kind.key].fields)
            said_en, said_zh = f"{said_en}; empty: one is made of {key}", f"{said_zh}；留空则由 {key} 生成"
        if field.name == RECORDED:
            said_en = "only with history: the day on which your system knew the row"
            said_zh = "仅用于历史导入：原系统录入该行的日期"
        lines.append((kind.path, field.name, en, zh, "yes 是" if required else "", said_en, said_zh))
    return lines


def example(kind: Kind) -> dict[str, Any]:
    """The example's cells by field, as they are written in a CSV; its first cell is a note's."""
    return {name: _csv_cell(cell) for name, cell in zip(fields_of(kind), _example(kind), strict=True)}


def _heading(kind: Kind) -> list[str]:
    return [f"{name} {label(name)[1]}" for name in fields_of(kind)]


def _example(kind: Kind) -> list[Any]:
    cells = [_cell(kind, field) for field in fields_of(kind).values()]
    return [f"{EXAMPLE}{cells[0]}", *cells[1:]]


def _cell(kind: Kind, field: Field) -> Any:
    if not field.required and field.name not in {"currency", "timezone"}:
        return None
    if field.choices:
        return next(choice for choice in field.choices if choice)
    if (kind.key, field.name) in _BY_KIND:
        return _BY_KIND[kind.key, field.name]
    return _EXAMPLES.get(field.name, date(2026, 5, 1) if field.form == "day" else None)


def _csv_cell(cell: Any) -> Any:
    return "" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell)


def every_kind() -> tuple[Kind, ...]:
    """In the order in which their files are imported: what is named stands before what names it."""
    return tuple(KINDS.values())
