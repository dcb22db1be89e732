"""Tables as files: CSV while they are read, or workbooks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell

from shared_apps.core.csv_export import csv_response
from shared_apps.core.downloads import SEALED

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table_response(
    *, name: str, kind: str, header: Sequence[str | Promise], rows: Iterator[list[Any]]
) -> HttpResponseBase:
    """The download of a table, "csv" or "xlsx"."""
    filename = f"{name}.{kind}"
    if kind == "csv":
        return csv_response(filename=filename, header=header, rows=rows)
    return _workbook(filename, header, rows)


def _workbook(filename: str, header: Sequence[str | Promise], rows: Iterable[list[Any]]) -> FileResponse:
    """Written row by row into a file that is gone once it is sent."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.append([str(cell) for cell in header])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    file = TemporaryFile()  # noqa: SIM115 — the response closes it
    book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=filename, content_type=XLSX, headers=SEALED)


def _cell(sheet: Any, value: Any) -> Any:
    """A value as a workbook takes it: text without control characters, marked as text, so that it is never a formula."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, re.sub(ILLEGAL_CHARACTERS_RE, "", value))
    cell.data_type = "s"
    return cell
