"""Lists of products: chosen by filters, found by words, in pages. Each costs the same number of queries, however many
products there are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page
from django.db import transaction
from django.db.models import Exists, Min, OuterRef, QuerySet
from django.db.models.functions import Lower

from tenant_apps.store.models import Attribute, Brand, Category, Product, Specification, Variant
from tenant_apps.store.models.catalogue import RATING
from tenant_apps.store.rules.filters import Filters
from tenant_apps.store.rules.offers import VISITOR, Person
from tenant_apps.store.selectors.catalogue import published_products, with_details
from tenant_apps.store.selectors.pages import keys_of, page_of, page_of_keys
from tenant_apps.store.selectors.prices import with_prices
from tenant_apps.store.selectors.search import allow_typos, exact_matches, similar_matches, words_of
from tenant_apps.store.selectors.shelves import Shelves

ORDERS: dict[str, tuple[Any, ...]] = {
    "newest": ("-published_at", "-id"),
    "cheapest": ("final_minor", "id"),
    "dearest": ("-final_minor", "-id"),
    "rated": (RATING.desc(), "-id"),
}
# What is offered to choose by is read from so many products of a list at most: of a longer one, from the newest, or of a search
# from those that fit best.
SAMPLE = 300
MAX_OFFERED = 50


@dataclass(frozen=True, slots=True)
class Offered:
    """A value to choose by."""

    key: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class OfferedAttribute:
    """An attribute that customers may choose by, with its values."""

    slug: str
    name: str
    values: list[Offered]


@dataclass(frozen=True, slots=True)
class Facets:
    """What a list can be narrowed by."""

    brands: list[Offered] = field(default_factory=list)
    attributes: list[OfferedAttribute] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of products. `guessed`: nothing has these very words, these are the nearest."""

    page: Page
    query: str
    guessed: bool
    facets: Facets = Facets()


@transaction.atomic
def list_storefront(
    *, query: str = "", page: str | int = 1, filters: Filters | None = None, shelf: Category | None = None,
    tree: Shelves | None = None, brand: Brand | None = None, facets: bool = False, person: Person = VISITOR,
) -> Listing:  # fmt: skip
    """The products customers see, newest first or best match first, chosen by `filters` (their query counts when there is no
    `query`), of a `shelf` and all below it in `tree`, or of a `brand`. With `facets`, what the list can be narrowed by.

    In one transaction, because the threshold for typos is set for the current one only.
    """
    filters = filters or Filters(query=query)
    text, words = filters.query.strip(), words_of(filters.query)
    found, guessed = _search(published_products(), text, words)
    place = _within(found, tree, shelf) if shelf else found
    place = place.filter(brand=brand) if brand else place
    if filters.asks_prices:
        place = with_prices(place, person)
    place = _narrowed(place, filters)
    chosen = _by_specification(_by_brand(place, filters), filters)
    if filters.sort:
        chosen = chosen.order_by(*ORDERS[filters.sort])
    keys = keys_of(chosen)
    listing = page_of_keys(keys, with_details(Product.objects.all(), on_sale=True), page)
    # "Nothing is called so" is said over the nearest products, not over an empty page.
    guessed = guessed and bool(listing.object_list)
    return Listing(listing, text, guessed, _facets(_sample(keys, place, filters), filters) if facets else Facets())


@transaction.atomic
def list_for_staff(*, query: str, status: str, page: str | int) -> Listing:
    """All products, the latest first, or those of one status, or those that match a search; a barcode finds its product."""
    products = Product.objects.order_by("-created_at", "-id")
    if status in Product.Status.values:
        products = products.filter(status=status)
    text = query.replace("\x00", "").strip()
    coded = products.filter(pk__in=_with_barcode(text)) if text else products.none()
    if text and coded.exists():
        return Listing(page_of(with_details(coded), page), text, guessed=False)
    found, guessed = _search(products, text, words_of(text))
    listing = page_of(with_details(found), page)
    return Listing(listing, text, guessed and bool(listing.object_list))


def _search(products: QuerySet[Product], text: str, words: list[str]) -> tuple[QuerySet[Product], bool]:
    """The products with these words, else those with similar ones, and whether it had to be these."""
    if not words:
        # A search without any letter or digit finds nothing; no search shows everything.
        return (products.none() if text else products), False
    exact = exact_matches(products, words)
    if exact.exists():
        return exact, False
    allow_typos()
    return similar_matches(products, words), True


def _with_barcode(text: str) -> QuerySet[Any, Any]:
    return Variant.objects.annotate(code=Lower("barcode")).filter(code=text.lower()).values("product")


def _within(products: QuerySet[Product], tree: Shelves | None, shelf: Category) -> QuerySet[Product]:
    return products.filter(category__in=tree.below(shelf) if tree else [shelf.pk])


def _narrowed(products: QuerySet[Any], filters: Filters) -> QuerySet[Any]:
    """Chosen by what it costs (with `final_minor` then) and by whether it can be had."""
    if filters.price_from is not None:
        products = products.filter(final_minor__gte=filters.price_from)
    if filters.price_to is not None:
        products = products.filter(final_minor__lte=filters.price_to)
    return products.filter(is_available=True) if filters.available else products


def _by_brand(products: QuerySet[Product], filters: Filters) -> QuerySet[Product]:
    return products.filter(brand__slug__in=filters.brands) if filters.brands else products


def _by_specification(products: QuerySet[Product], filters: Filters) -> QuerySet[Product]:
    for attribute, values in filters.by_attribute().items():
        has = Specification.objects.filter(
            product=OuterRef("pk"), attribute__slug=attribute, attribute__is_filter=True, value_key__in=values
        )
        products = products.filter(Exists(has))
    return products


def _sample(keys: list[int], place: QuerySet[Product], filters: Filters) -> list[int]:
    """Some of the products that can be chosen from. They are the list itself, unless it is sorted or something is chosen."""
    if filters.sort or filters.brands or filters.specifications:
        return list(place.values_list("pk", flat=True)[:SAMPLE])
    return keys[:SAMPLE]


def _facets(sample: list[int], filters: Filters) -> Facets:
    """What these products can be chosen by: two queries."""
    brands = Brand.objects.filter(pk__in=Product.objects.filter(pk__in=sample).values("brand")).order_by("name")
    offered = [Offered(one.slug, one.name, one.slug in filters.brands) for one in brands[:MAX_OFFERED]]
    return Facets(offered, _offered_attributes(sample, filters))


def _offered_attributes(sample: list[int], filters: Filters) -> list[OfferedAttribute]:
    rows = (
        Specification.objects.filter(product__in=sample, attribute__is_filter=True)
        .values("attribute__slug", "attribute__name", "value_key")
        .annotate(label=Min("value"))
        .order_by("attribute__position", "attribute_id", "value_key")[: 20 * MAX_OFFERED]
    )
    found: dict[str, OfferedAttribute] = {}
    chosen = set(filters.specifications)
    for row in rows:
        slug, key = row["attribute__slug"], row["value_key"]
        attribute = found.setdefault(slug, OfferedAttribute(slug, row["attribute__name"], []))
        attribute.values.append(Offered(key, row["label"], (slug, key) in chosen))
    for attribute in found.values():
        attribute.values.sort(key=_natural)
        del attribute.values[MAX_OFFERED:]
    return list(found.values())


def _natural(value: Offered) -> list[tuple[int, str]]:
    """ "8 Go" before "16 Go"."""
    parts = re.findall(r"\d+|\D+", value.label.casefold())
    return [(int(part), "") if part.isdecimal() and len(part) < 10 else (0, part) for part in parts]


def known_filters(filters: Filters, *, tree: Shelves) -> tuple[Filters, dict[str, str]]:
    """The filters without what this shop does not know, and what each brand and value is called, for their labels: "brand:x"
    and "attribute:value". At most three queries."""
    labels: dict[str, str] = {}
    if filters.brands:
        labels = {f"brand:{b.slug}": b.name for b in Brand.objects.filter(slug__in=filters.brands)}
    if filters.specifications:
        labels |= _value_labels(filters)
    known = Filters(
        query=filters.query,
        shelf=filters.shelf if filters.shelf in tree.by_slug else "",
        brands=tuple(slug for slug in filters.brands if f"brand:{slug}" in labels),
        price_from=filters.price_from,
        price_to=filters.price_to,
        available=filters.available,
        specifications=tuple(pair for pair in filters.specifications if ":".join(pair) in labels),
        sort=filters.sort,
    )
    return known, labels


def _value_labels(filters: Filters) -> dict[str, str]:
    wanted = filters.by_attribute()
    attributes = {one.pk: one for one in Attribute.objects.filter(slug__in=wanted, is_filter=True)}
    values = {value for found in wanted.values() for value in found}
    rows = (
        Specification.objects.filter(attribute__in=attributes, value_key__in=values)
        .order_by("attribute_id", "value_key")
        .distinct("attribute_id", "value_key")
    )
    labels = {}
    for row in rows:
        attribute = attributes[row.attribute_id]
        labels[f"{attribute.slug}:{row.value_key}"] = f"{attribute.name}: {row.value}"
    return labels
