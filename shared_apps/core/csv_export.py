"""Tables as CSV files that a spreadsheet opens as text, never as formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from django.http import StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.formats import get_format
from django_tenants.utils import get_public_schema_name

from shared_apps.core.tenancy import connection

# OWASP, "CSV Injection"; the wide forms are what some input methods type instead. A spreadsheet may split at another
# separator than the file's: what follows one inside a text is the beginning of a cell to it, behind spaces and quotes too.
_BEGINNING = re.compile(r"""(\A(?=[\t\r\n])|(?:\A|[;,\t\r\n])(?=[ \u00a0"]*[=+\-@＝＋－＠]))""")
_BOM = "\ufeff"  # Excel takes a file without it for Windows-1252
PIECE = 500  # rows
T = TypeVar("T")


def safe_cell(value: Any) -> Any:
    """A value as it may stand in a cell: text that a spreadsheet would calculate gets an apostrophe in front."""
    if isinstance(value, str):
        return _BEGINNING.sub(r"\1'", value)
    return "" if value is None else value


def _number(value: Any, *, comma: bool) -> str:
    """A decimal number as the file's readers write it (a comma where cells are parted by semicolons); "" for all else."""
    if not isinstance(value, Decimal):
        return ""
    return f"{value:f}".replace(".", ",") if comma else f"{value:f}"


def csv_response(
    *, filename: str, header: Sequence[Any], rows: Iterable[Sequence[Any]], delimiter: str = ""
) -> StreamingHttpResponse:
    """A download that is written while it is sent.

    By then the request is over and the connection back on the platform: `rows`, lazy or not, is read in the schema and
    the language of now, a piece at a time. Without a `delimiter` cells are parted as spreadsheets in that language do.
    """
    remaining = iter(rows)
    read = _in_todays_schema(lambda: list(islice(remaining, PIECE)))
    return StreamingHttpResponse(
        _lines([str(cell) for cell in header], read, delimiter or _usual_delimiter()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "private, no-store"},
    )


def _usual_delimiter() -> str:
    """A semicolon where the comma parts whole and fraction, as in French."""
    return "," if get_format("DECIMAL_SEPARATOR") == "." else ";"


def _in_todays_schema(read: Callable[[], T]) -> Callable[[], T]:
    tenant, language, zone = _tenant(), translation.get_language(), timezone.get_current_timezone()

    def wrapped() -> T:
        before = _tenant()
        _turn_to(tenant)
        try:
            with translation.override(language), timezone.override(zone):
                return read()
        finally:
            _turn_to(before)

    return wrapped


def _tenant() -> Any:
    """The current tenant, or None on the platform's schema."""
    return None if connection.schema_name == get_public_schema_name() else connection.tenant


def _turn_to(tenant: Any) -> None:
    if tenant is None:
        connection.set_schema_to_public()
    else:
        connection.set_tenant(tenant)


def _lines(header: Sequence[str], read: Callable[[], list[Sequence[Any]]], delimiter: str) -> Iterator[str]:
    yield _BOM + _written([header], delimiter)
    while piece := read():
        yield _written(piece, delimiter)


def _written(rows: Iterable[Sequence[Any]], delimiter: str) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    comma = delimiter == ";"
    writer.writerows([_number(cell, comma=comma) or safe_cell(cell) for cell in row] for row in rows)
    return buffer.getvalue()
