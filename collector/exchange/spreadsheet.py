"""XLSX written row by row: days as days, amounts as numbers, text always as text.

Text that a spreadsheet would run as a formula gets the apostrophe that a CSV of ours has too, so that saving the sheet
as CSV later does not bring the formula back to life.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from collector.exchange.errors import ExchangeError
from collector.exchange.imports.spelling import safe
from collector.values.sentence import Sentence

ROWS_MAX = 1_048_576  # of a sheet, its heading among them
CELL_MAX_CHARS = 32_767
VALIDATED_ROWS = 10_000  # a template's lists of choices reach that far
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f￾￿\ud800-\udfff]")


class XlsxBook:
    """A workbook that is written sheet after sheet and saved at the end."""

    def __init__(self) -> None:
        from openpyxl import Workbook  # noqa: PLC0415 - a quarter of a second of each start; most write no workbook

        self._book = Workbook(write_only=True)

    def sheet(
        self,
        title: str,
        heading: Sequence[str],
        rows: Iterable[Sequence[Any]],
        choices: dict[int, Sequence[str]] | None = None,
        *,
        ours: bool = False,
    ) -> int:
        """One sheet; how many rows below its heading. `choices`: column index -> what may be chosen there.

        `ours`: every text is our own and stands as it is. Raises ExchangeError where a sheet cannot hold it all.
        """
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - see __init__
        from openpyxl.styles import Font  # noqa: PLC0415 - likewise
        from openpyxl.utils import get_column_letter  # noqa: PLC0415 - likewise
        from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415 - likewise

        page = self._book.create_sheet(title[:31])
        page.freeze_panes = "A2"
        for index, words in (choices or {}).items():
            rule = DataValidation(type="list", formula1='"' + ",".join(words) + '"', allow_blank=True)
            rule.showErrorMessage = False  # Chinese words and other spellings are understood too
            letter = get_column_letter(index + 1)
            rule.add(f"{letter}2:{letter}{VALIDATED_ROWS}")
            page.data_validations.append(rule)
        for index, name in enumerate(heading):
            page.column_dimensions[get_column_letter(index + 1)].width = max(12, min(40, 2 * len(name)))
        bold = []
        for name in heading:
            cell = WriteOnlyCell(page, _plain(name))
            cell.font = Font(bold=True)
            bold.append(cell)
        page.append(bold)
        written = 0
        for row in rows:
            written += 1
            if written >= ROWS_MAX:
                raise ExchangeError(Sentence("{title}: a sheet holds {most:,} rows", title=title, most=ROWS_MAX - 1))
            page.append([self._cell(page, value if ours else safe(value)) for value in row])
        return written

    def save(self, file: BinaryIO) -> None:
        self._book.save(file)

    @staticmethod
    def _cell(page: Any, value: Any) -> Any:
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - see __init__

        cell = WriteOnlyCell(page, _plain(value))
        if isinstance(value, date) and not isinstance(value, datetime):
            cell.number_format = "yyyy-mm-dd"
        elif isinstance(value, Decimal) and value.as_tuple().exponent == -2:  # noqa: PLR2004 - an amount's hundredths
            cell.number_format = "0.00"
        elif isinstance(value, str):
            cell.data_type = "s"
        return cell


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _ILLEGAL.sub("�", value)[:CELL_MAX_CHARS] or None
    if value is None or isinstance(value, bool | int | float | Decimal | date):
        return value
    return str(value)
