"""Tables as CSV files that a spreadsheet opens as text, never as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ParamSpec, TypeVar

from django.http import StreamingHttpResponse
from django.utils import translation
from django_tenants.utils import get_public_schema_name

from shared_apps.core.tenancy import connection

# OWASP, "CSV Injection"; the wide forms are what some input methods type instead.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BOM = "\ufeff"  # Excel takes a file without it for Windows-1252
T = TypeVar("T")
P = ParamSpec("P")


def safe_cell(value: Any) -> Any:
    """A value as it may stand in a cell: text that a spreadsheet would calculate gets an apostrophe in front."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def csv_response(
    *, filename: str, header: Sequence[Any], rows: Iterable[Sequence[Any]], delimiter: str = ","
) -> StreamingHttpResponse:
    """A download that is written while it is sent. `rows` is read after the view has returned: see `in_schema`."""
    return StreamingHttpResponse(
        _lines([str(cell) for cell in header], rows, delimiter),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "private, no-store"},
    )


def in_schema(read: Callable[P, T]) -> Callable[P, T]:
    """`read` for when the request is over and a download still goes on: it runs in the schema and language of now."""
    tenant, language = _tenant(), translation.get_language()

    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        before = _tenant()
        _turn_to(tenant)
        try:
            with translation.override(language):
                return read(*args, **kwargs)
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


def _lines(header: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    buffer.write(_BOM)
    writer.writerow([safe_cell(cell) for cell in header])
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
        if buffer.tell() > 8192:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
