"""Catalogue files for tests, and their way through an import."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

from shared_apps.accounts.models import User
from tenant_apps.store.models import CatalogueImport, ImportedProduct
from tenant_apps.store.services import imports
from tenant_apps.store.services.import_work import work_on


def csv_file(*rows: Sequence[Any], delimiter: str = ";", encoding: str = "utf-8-sig") -> bytes:
    """Rows, the headings first, as a CSV file."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_file(*rows: Sequence[Any]) -> bytes:
    """The same as a workbook."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def send(content: bytes, *, name: str = "catalogue.csv", counts_stock: bool = True) -> CatalogueImport:
    """A file that the owner sent, not read yet."""
    by = User.objects.filter(is_staff=True).earliest("date_joined")
    return imports.start_import(
        key=uuid.uuid4(), file=io.BytesIO(content), name=name, by=by, counts_stock=counts_stock
    )  # fmt: skip


def read(content: bytes, *, name: str = "catalogue.csv", counts_stock: bool = True) -> CatalogueImport:
    """A file that was sent and read."""
    batch = send(content, name=name, counts_stock=counts_stock)
    work_on(batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


def apply(batch: CatalogueImport) -> CatalogueImport:
    """Confirm a file that was read, and apply it to its end."""
    by = User.objects.filter(is_staff=True).earliest("date_joined")
    imports.confirm_import(batch=batch, by=by, counts_stock=True)
    work_on(batch_id=batch.pk, seconds=600)
    batch.refresh_from_db()
    return batch


def bring_in(*rows: Sequence[Any], **options: Any) -> CatalogueImport:
    """Rows sent, read and applied."""
    return apply(read(csv_file(*rows), **options))


def kinds_of(batch: CatalogueImport) -> list[str]:
    """What each product of the file is, in its order."""
    return list(ImportedProduct.objects.filter(batch=batch).values_list("kind", flat=True))


def problems_of(batch: CatalogueImport) -> list[tuple[int, str, str]]:
    """Row, column and text of all that is wrong."""
    items = ImportedProduct.objects.filter(batch=batch).order_by("position")
    return [(one["row"], one["column"], one["text"]) for item in items for one in item.problems]
