"""Reading a table that somebody sent, CSV of any spreadsheet or XLSX, as rows of texts. Pure, and calm whatever comes.

Written here because both libraries that were looked at (django-import-export, tablib) read a whole workbook at once, know no limits and
no mixed encodings, and write models row by row past our services.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from shared_apps.core.errors import DomainError

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 10_000  # below the headings
MAX_COLUMNS = 100
MAX_UNPACKED = 80 * 1024 * 1024  # of a workbook, which is a ZIP
MAX_PARTS = 1_000
MAX_CELL = 32_767  # as in Excel

Row = tuple[int, list[str]]  # its number in the file, from 1, and its cells

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# How pictures begin, and documents that are written in letters; others have NULs in them.
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_DOCUMENTS = (b"%pdf", b"%!ps", b"{\\rtf", b"<!doctype", b"<html", b"<?xml", b"<svg")
_AS_TEXT = re.compile(r'="([^"]*)"')  # how a spreadsheet is told to leave 00123 alone
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class BadTable(DomainError):
    """The file as a whole cannot be read; `message` says why, and the way out."""


def check_is_table(content: bytes) -> None:
    """Pass for what may be a table by its content, whatever its name; raises BadTable (`old_excel`, `not_a_table`, `too_big`)."""
    if content.startswith(_OLE):
        text = _(
            "This is a file of an old Excel, or one with a password. Save it as .xlsx without one, and send it again."
        )
        raise BadTable("old_excel", text, field="file")
    if content.startswith(_ZIP):
        _check_unpacked(content)
    elif (
        content.startswith(_PICTURES)
        or content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_DOCUMENTS)
        or "\x00" in _decoded(content)
    ):
        raise _not_a_table()


def read_table(content: bytes) -> Iterator[Row]:
    """The rows of a file that are not empty, the headings among them. Raises BadTable (`empty`, `too_big`, `old_excel`, `not_a_table`,
    `too_many_rows`, `too_many_columns`, `cell_too_long`)."""
    if len(content) > MAX_BYTES:
        raise BadTable("too_big", _("This file is larger than 10 MB. Send it in parts."))
    check_is_table(content)
    rows = _of_workbook(content) if content.startswith(_ZIP) else _of_csv(content)
    return _checked(rows)


def _checked(rows: Iterable[tuple[int, list[str]]]) -> Iterator[Row]:
    """Rows with anything in them, within the limits; raises BadTable where there is none."""
    found = 0
    for number, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        found += 1
        if found > MAX_ROWS + 1:
            raise BadTable("too_many_rows", _("A file has at most 10,000 rows. Send the others in a second file."))
        if len(cells) > MAX_COLUMNS:
            text = _("This file has more than 100 columns. Keep those that are needed, and send it again.")
            raise BadTable("too_many_columns", text)
        if any(len(cell) > MAX_CELL for cell in cells):
            text = _("Row %(row)s has a text that is far too long. Shorten it, and send the file again.")
            raise BadTable("cell_too_long", text % {"row": number})
        yield number, cells
    if not found:
        raise BadTable("empty", _("There is nothing in this file."))


def _clean(text: str) -> str:
    text = _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    told = _AS_TEXT.fullmatch(text)
    return told[1] if told else text


# CSV.


def _of_csv(content: bytes) -> Iterator[Row]:
    text = _decoded(content)
    first, _newline, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        text, delimiter, skipped = rest, first.strip()[4], 1
    else:
        delimiter, skipped = _delimiter_of(text), 0
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1 + skipped
        ):
            yield number, [_clean(cell) for cell in cells]
    except csv.Error:
        raise _not_a_table() from None


def _decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 where the file says so, UTF-8 where it can be, else what Windows writes in Western Europe."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _delimiter_of(text: str) -> str:
    """What parts the cells of the first line that says anything; a semicolon where nothing does."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", line)
    return max(";,\t|", key=lambda sign: (outside.count(sign), sign == ";"))


def _not_a_table() -> BadTable:
    text = _(
        "This is neither a CSV file nor an Excel workbook (.xlsx). Save the table as one of these, and send it again."
    )
    return BadTable("not_a_table", text, field="file")


# XLSX.


def _of_workbook(content: bytes) -> Iterator[Row]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS + 1), start=1):
            if any(cell is not None for cell in cells):
                yield number, [_clean(_text_of(cell)) for cell in cells]
    except Exception:  # openpyxl raises whatever its parsers happen to meet in a broken file
        raise _not_a_table() from None


def _check_unpacked(content: bytes) -> None:
    """A workbook is a ZIP: what it unpacks to is told at its beginning, and zipfile reads no more than that."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise _not_a_table() from None
    if not any(part.filename.replace("\\", "/").lstrip("/").lower().startswith("xl/") for part in parts):
        raise _not_a_table()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        text = _(
            "This workbook unpacks to far more than a catalogue has. Keep the sheet with the products, and send it again."
        )
        raise BadTable("too_big", text, field="file")


def _text_of(value: Any) -> str:
    """A cell as it would stand in a CSV file. A day without a time is a day."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        return _number(value)
    return str(value)


def _number(value: float) -> str:
    """The decimal number that was typed, which is what repr says of it: 19.9 stays 19.9."""
    number = Decimal(repr(value))
    if not number.is_finite():
        return str(value)
    return f"{number.quantize(Decimal(1)):f}" if number == number.to_integral_value() else f"{number:f}"
