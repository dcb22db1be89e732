"""Rows of a catalogue's file as products: which rows belong together, and what they say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from shared_apps.core.errors import DomainError
from tenant_apps.store.rules.catalogue_cells import read_cell
from tenant_apps.store.rules.catalogue_columns import OF_PRODUCT, Heading, key_of
from tenant_apps.store.rules.table_files import BadTable, Row

MAX_PRODUCTS = 5_000

# A row as it is kept: its number in the file, and its cells by the columns' keys. All columns of the file are there.
KeptRow = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a row: in which column (empty: the row), what was typed, and the way out."""

    row: int
    column: str
    typed: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        return {"row": self.row, "column": self.column, "typed": self.typed[:200], "text": self.text}


@dataclass(slots=True)
class TypedVariant:
    """What a row says of its variant; only columns that are in the file, None or empty where the cell is."""

    row: int
    values: dict[str, Any]


@dataclass(slots=True)
class TypedProduct:
    """A product of the file: what its rows say of it together, and of each variant."""

    rows: list[KeptRow]
    values: dict[str, Any] = field(default_factory=dict)
    variants: list[TypedVariant] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def first_row(self) -> int:
        return int(self.rows[0]["row"])

    def wrong(self, column: str, text: str, *, row: int | None = None) -> None:
        """Note what is wrong, in that row or the first one."""
        at = self.first_row if row is None else row
        typed = next((str(one["cells"].get(column, "")) for one in self.rows if one["row"] == at), "")
        self.problems.append(Problem(at, column, typed, text))


def grouped(rows: Iterable[Row], heading: Heading) -> list[list[KeptRow]]:
    """The rows of each product, in the order of the first of them. Raises BadTable (`too_many_products`).

    Rows of the same address belong together; without one, those of the same name; without a name, to the row above, as
    merged cells come out. A row that only has a reference or a barcode is a product of its own.
    """
    groups: dict[str, list[KeptRow]] = {}
    of_name: dict[str, str] = {}  # the group of the first row of a name
    above = ""
    for number, cells in rows:
        kept = {key: cells[place] if place < len(cells) else "" for place, key in heading.keys.items()}
        if not any(kept.values()):
            continue
        key = _group_of(kept, of_name, above=above) or f"row {number}"
        groups.setdefault(key, []).append({"row": number, "cells": kept})
        above = key if key.startswith(("slug ", "name ")) else ""
    if len(groups) > MAX_PRODUCTS:
        raise BadTable("too_many_products", _("A file has at most 5,000 products. Send the others in a second file."))
    return list(groups.values())


def _group_of(cells: Mapping[str, str], of_name: dict[str, str], *, above: str) -> str:
    name = cells.get("name", "")
    name_key = f"name {key_of(name) or name.casefold()}" if name else ""
    if cells.get("slug"):
        key = f"slug {cells['slug'].strip().lower()}"
    elif name_key:
        key = of_name.get(name_key, name_key)
    else:
        return above if cells.get("options") else ""
    of_name.setdefault(name_key, key)
    return key


def typed_product(rows: Sequence[KeptRow], *, currency: str) -> TypedProduct:
    """What the rows of one product say; cells that cannot be meant are in `problems`."""
    product = TypedProduct(list(rows))
    for column in OF_PRODUCT:
        if column in rows[0]["cells"]:
            product.values[column] = _common(product, column, currency)
    for row in rows:
        own = {column: cell for column, cell in row["cells"].items() if column not in OF_PRODUCT}
        values = {column: _read(product, column, cell, row["row"], currency) for column, cell in own.items()}
        product.variants.append(TypedVariant(row["row"], values))
    return product


def _common(product: TypedProduct, column: str, currency: str) -> Any:
    """The value all rows agree on; those that leave the cell empty agree."""
    said = [row for row in product.rows if row["cells"].get(column)]
    if not said:
        return _read(product, column, "", product.first_row, currency)
    first_row, first = said[0]["row"], said[0]["cells"][column]
    for row in said[1:]:
        cell = row["cells"][column]
        if cell != first and (column != "slug" or cell.lower() != first.lower()):
            product.wrong(column, _says_else(row) % {"row": first_row}, row=row["row"])
    return _read(product, column, first, first_row, currency)


def _says_else(row: KeptRow) -> str:
    if row["cells"].get("name") or row["cells"].get("slug"):
        return _("Row %(row)s says something else of the same product. Type it once, or the same in both.")
    return _(
        "This row has no name, so it counts for the product of row %(row)s, which says something else. Type its name."
    )


def _read(product: TypedProduct, column: str, cell: str, row: int, currency: str) -> Any:
    try:
        return read_cell(column, cell, currency=currency)
    except DomainError as error:
        product.wrong(column, str(error), row=row)
        return None
