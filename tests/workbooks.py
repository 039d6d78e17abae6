"""Workbooks of a few rows."""

import io
from collections.abc import Sequence
from typing import Any

import openpyxl


def workbook_of(**sheets: Sequence[Sequence[Any]]) -> bytes:
    """{title: rows}, in that order; one whose title begins with `hidden_` is hidden, and called as what follows."""
    book = openpyxl.Workbook(write_only=True)
    for title, rows in sheets.items():
        page = book.create_sheet(title.removeprefix("hidden_"))
        page.sheet_state = "hidden" if title.startswith("hidden_") else "visible"
        for row in rows:
            page.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
