"""The catalogue as a file: a row for each variant, as CSV or as a workbook, written while it is read.

What all variants of a product have in common stands in its first row; its address and name stand in each. An import reads
it back with nothing changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet

from tenant_apps.store.models import Location, Product, Specification, StockLevel, Variant
from tenant_apps.store.rules.catalogue_cells import guarded, product_cells, variant_cells
from tenant_apps.store.rules.catalogue_columns import BY_KEY
from tenant_apps.store.selectors.shelves import Shelves, read_shelves

PIECE = 500
_REPEATED = ("slug", "name")


def whole(products: QuerySet[Product]) -> QuerySet[Product]:
    """Products with all that a file says of them, in three queries."""
    specifications = Specification.objects.select_related("attribute").order_by("attribute__position", "attribute_id")
    rows = products.select_related("category", "brand").defer("search_text", "search_vector")
    variants = Prefetch("variants", Variant.objects.order_by("position", "pk"))
    return rows.prefetch_related(variants, Prefetch("specifications", specifications))


def variants_of(product: Product) -> list[Variant]:
    """Those a file names: one that was left behind when the product's options changed is not sold again."""
    return [one for one in product.variants.all() if len(one.options) == len(product.option_names)]


def product_values(product: Product) -> dict[str, Any]:
    """What `ProductDetails` is made of, but the variants."""
    same = (
        "name",
        "summary",
        "description",
        "supply",
        "preorder_from",
        "meta_title",
        "meta_description",
        "category_id",
    )
    return {
        **{name: getattr(product, name) for name in same},
        "brand": product.brand.name if product.brand else "",
        "badges": tuple(product.badges),
        "option_names": tuple(product.option_names),
        "specifications": tuple((one.attribute.name, one.value) for one in product.specifications.all()),
    }


def variant_values(variant: Variant) -> dict[str, Any]:
    """What `VariantDetails` is made of."""
    same = (
        "public_id",
        "price_minor",
        "promo_minor",
        "promo_starts_at",
        "promo_ends_at",
        "cost_minor",
        "low_stock_at",
        "is_active",
    )
    return {
        **{name: getattr(variant, name) for name in same},
        "options": tuple(variant.options),
        "sku": variant.sku or "",
        "barcode": variant.barcode or "",
    }  # fmt: skip


def default_place() -> Location | None:
    """Where a file's pieces lie: the first open place."""
    return Location.objects.filter(is_active=True).order_by("position", "pk").first()


def pieces_at(place: Location | None, variants: Iterable[int]) -> dict[int, StockLevel]:
    """The levels of these variants there, by their ids. One query."""
    if place is None:
        return {}
    levels = StockLevel.objects.filter(location=place, variant__in=list(variants)).order_by("pk")
    return {level.variant_id: level for level in levels}


def shelf_name(tree: Shelves, category_id: int | None) -> str:
    """ "Mode > Robes" """
    shelf = tree.by_id.get(category_id) if category_id else None
    return " > ".join(one.name for one in tree.path(shelf)) if shelf else ""


def rows_of(currency: str) -> Iterator[list[Any]]:
    """Every variant of every product, those first that were added first."""
    tree, place, last = read_shelves(), default_place(), 0
    while piece := list(whole(Product.objects.filter(pk__gt=last).order_by("pk"))[:PIECE]):
        last = piece[-1].pk
        levels = pieces_at(place, (variant.pk for product in piece for variant in variants_of(product)))
        for product in piece:
            yield from _rows(product, tree, {pk: level.quantity for pk, level in levels.items()}, currency)


def _rows(product: Product, tree: Shelves, pieces: Mapping[int, int], currency: str) -> Iterator[list[Any]]:
    values = product_values(product)
    shelf = shelf_name(tree, product.category_id)
    common = product_cells(values, slug=product.slug, status=product.status, shelf=shelf)
    for number, variant in enumerate(variants_of(product)):
        there = pieces.get(variant.pk, 0 if product.counts_stock else None)
        own = variant_cells(
            variant_values(variant), option_names=product.option_names, currency=currency, stock=there
        )  # fmt: skip
        cells = {**common, **own} if number == 0 else {**{key: common[key] for key in _REPEATED}, **own}
        yield in_order(cells)


def in_order(cells: Mapping[str, Any], keys: Iterable[str] = tuple(BY_KEY)) -> list[Any]:
    """The cells in the order of the columns; texts so that spreadsheets leave them alone."""
    row = (cells.get(key, "") for key in keys)
    return [guarded(cell) if isinstance(cell, str) else cell for cell in row]


def headings(keys: Iterable[str] = tuple(BY_KEY)) -> list[str]:
    """In the reader's language."""
    return [BY_KEY[key].heading for key in keys]
