"""Reading the stock. Every list costs the same number of queries, whatever its length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import BigIntegerField, BooleanField, Count, ExpressionWrapper, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from tenant_apps.store.models import Location, Movement, Product, Shop, StockLevel, Variant
from tenant_apps.store.selectors.catalogue import Availability, availability_of
from tenant_apps.store.selectors.search import words_of

PER_PAGE = 40
MOST_EXPORTED = 50_000
_CHUNK = 1_000
SHOWS = ("low", "out", "overdrawn")
FOUND_AT_ONCE = 12


# The pieces that the storefront can sell now. What is held for orders whose time to pay is over can be sold: whoever needs it
# ends those holds (`services.holds`). Written out, since every page of a sale asks it and Django takes longer to put it into
# words than PostgreSQL to answer it.
_FREE = """
SELECT variant.id, variant.is_active, product.supply, coalesce(variant.low_stock_at, (SELECT low_stock_at FROM store_shop)),
    coalesce((
        SELECT sum(greatest(0, level.quantity - level.reserved + coalesce((
            SELECT sum(hold.quantity)
            FROM store_hold AS hold
            JOIN store_orderline AS line ON line.id = hold.line_id
            JOIN store_order AS held_for ON held_for.id = line.order_id
            WHERE hold.level_id = level.id AND held_for.status = 'pending' AND held_for.holds_until <= %(now)s
        ), 0)))
        FROM store_stocklevel AS level
        JOIN store_location AS place ON place.id = level.location_id
        WHERE level.variant_id = variant.id AND place.is_active AND place.sells_online
    ), 0)::bigint
FROM store_variant AS variant
JOIN store_product AS product ON product.id = variant.product_id
"""
_FREE_BY_ID = _FREE + "WHERE variant.id = ANY(%(ids)s)"
_FREE_BY_SLUG = _FREE + "WHERE product.slug = %(slug)s ORDER BY variant.id"


def available(variants: Iterable[Variant | int]) -> dict[int, int | None]:
    """How many pieces of each variant the storefront can sell now, by the variants' ids; None: its product does not count
    stock. What cannot be ordered at all has none. One query.
    """
    ids = [one if isinstance(one, int) else one.pk for one in variants]
    rows = _free(_FREE_BY_ID, ids=ids)
    return {pk: _sellable(is_active, supply, pieces) for pk, is_active, supply, _low_at, pieces in rows}


def stock_told(slug: str) -> dict[int, Availability]:
    """What customers are told of each variant of a product, by the variants' ids: it stays the same while there is plenty.
    One query."""
    return {
        pk: availability_of(supply, pieces=pieces if is_active else 0, low_at=low_at)
        for pk, is_active, supply, low_at, pieces in _free(_FREE_BY_SLUG, slug=slug)
    }


def _free(sql: str, **parameters: Any) -> list[tuple[int, bool, str, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters, "now": timezone.now()})
        return cursor.fetchall()


def _sellable(is_active: bool, supply: str, pieces: int) -> int | None:
    if not is_active or supply == Product.Supply.NONE:
        return 0
    return pieces if supply == Product.Supply.STOCK else None


def places() -> list[Location]:
    """The open places, the first to take from first."""
    return list(Location.objects.filter(is_active=True).order_by("position", "pk"))


def all_places() -> list[Location]:
    """Every place with what lies in it (`pieces`), closed ones last. One query."""
    pieces = Coalesce(Sum("levels__quantity"), 0, output_field=BigIntegerField())
    return list(Location.objects.annotate(pieces=pieces).order_by("-is_active", "position", "pk"))


def stocked_variants() -> QuerySet[Any]:
    """Variants whose stock is counted, with `on_hand`, `reserved`, `free` and `overdrawn` over all open places, `low_at`, and
    `is_low`: on sale, once in stock, and now as little of it as that or less.

    One that is no longer sold stays as long as there are pieces of it.
    """
    open_place = Q(levels__location__is_active=True)

    def total(column: str) -> Coalesce:
        return Coalesce(Sum(f"levels__{column}", filter=open_place), 0, output_field=BigIntegerField())

    counted = Variant.objects.filter(product__supply=Product.Supply.STOCK).annotate(
        on_hand=total("quantity"),
        reserved=total("reserved"),
        overdrawn=total("overdrawn"),
        places=Count("levels"),
        free=Coalesce(
            Sum(Greatest(F("levels__quantity") - F("levels__reserved"), 0), filter=open_place), 0,
            output_field=BigIntegerField(),
        ),
        low_at=Coalesce("low_stock_at", Shop.objects.values("low_stock_at")[:1]),
    )  # fmt: skip
    is_low = Q(is_active=True, places__gt=0, on_hand__lte=F("low_at"))
    return counted.annotate(is_low=ExpressionWrapper(is_low, BooleanField())).filter(Q(is_active=True) | ~Q(on_hand=0))


def on_hand_of(product: Product) -> list[Any]:
    """A product's variants in their order, with `on_hand` over all open places. One query."""
    return list(stocked_variants().filter(product=product).order_by("position", "pk"))


def low_variants() -> QuerySet[Any]:
    """Those of `stocked_variants` that are low, with their product."""
    return stocked_variants().filter(is_low=True).select_related("product")


@dataclass(frozen=True, slots=True)
class PlaceLevel:
    """What lies in one place; nothing where there is no level yet."""

    place: Location
    level: StockLevel

    @property
    def can_be_sold(self) -> int:
        """Pieces that nobody was promised."""
        return max(0, self.level.free)


@dataclass(frozen=True, slots=True)
class StockRow:
    """A variant with what lies in each open place."""

    variant: Variant
    levels: list[PlaceLevel]

    @property
    def can_be_sold(self) -> int:
        """Over all open places: what one of them lacks takes nothing from another."""
        return sum(one.can_be_sold for one in self.levels)

    @property
    def state(self) -> str:
        """ "overdrawn", "out", "low", or "" where there is enough."""
        if any(one.level.overdrawn for one in self.levels):
            return "overdrawn"
        if self.variant.on_hand < 1:  # type: ignore[attr-defined]  # annotated
            return "out"
        return "low" if self.variant.is_low else ""  # type: ignore[attr-defined]  # annotated


@dataclass(frozen=True, slots=True)
class ProductStock:
    """What can be sold of a product, over all its variants and open places; `state` is as `StockRow.state`: "low" where no
    variant of it is more than that."""

    can_be_sold: int
    state: str


def stock_of_products(products: Iterable[Product]) -> dict[int, ProductStock]:
    """The stock of those that count it, by their ids. One query, none where none does."""
    counted: dict[int, list[dict[str, Any]]] = {one.pk: [] for one in products if one.counts_stock}
    if not counted:
        return {}
    found = stocked_variants().filter(product__in=counted)
    for variant in found.values("product", "on_hand", "free", "overdrawn", "is_low"):
        counted[variant["product"]].append(variant)
    return {pk: _stock_of(variants) for pk, variants in counted.items()}


def _stock_of(variants: list[dict[str, Any]]) -> ProductStock:
    """From `on_hand`, `free`, `overdrawn` and `is_low` of each variant."""
    if any(one["overdrawn"] for one in variants):
        state = "overdrawn"
    elif sum(one["on_hand"] for one in variants) < 1:
        state = "out"
    else:
        state = "low" if all(one["is_low"] or one["on_hand"] < 1 for one in variants) else ""
    return ProductStock(sum(one["free"] for one in variants), state)


def list_stock(*, query: str, show: str, page: str | int) -> Page:
    """One page of StockRows, by name: all, or those a search finds, or those that are low, out or overdrawn. Four queries."""
    variants = (
        matching(stocked_variants(), query).select_related("product").order_by("product__name", "product", "position")
    )
    if show == "low":
        variants = variants.filter(is_low=True)
    elif show == "out":
        variants = variants.filter(on_hand__lte=0)
    elif show == "overdrawn":
        variants = variants.filter(overdrawn__gt=0)
    found = Paginator(variants, PER_PAGE).get_page(page)
    found.object_list = _rows(list(found.object_list))  # type: ignore[assignment]  # rows, as the page shows them
    return found


def _rows(variants: list[Variant]) -> list[StockRow]:
    open_places = places()
    levels = {(one.variant_id, one.location_id): one for one in StockLevel.objects.filter(variant__in=variants)}
    return [
        StockRow(variant, [PlaceLevel(place, _level(levels, variant, place)) for place in open_places])
        for variant in variants
    ]


def _level(levels: dict[tuple[int, int], StockLevel], variant: Variant, place: Location) -> StockLevel:
    return levels.get((variant.pk, place.pk)) or StockLevel(variant=variant, location=place)


def matching(variants: QuerySet[Any], query: str) -> QuerySet[Any]:
    """Those whose product has all the words (accents and case do not count), or whose reference or barcode is this."""
    text = query.replace("\x00", "").strip()[:100]
    if not text:
        return variants
    named = Q()
    words = words_of(text)
    for word in words:
        named &= Q(product__search_text__contains=word) | Q(name__icontains=word)
    code = Q(sku__iexact=text) | Q(barcode__iexact=text)
    return variants.filter(code | named if words else code)


def find_variants(query: str) -> list[Variant]:
    """A few variants a search finds, the one whose barcode or reference is typed first. One query."""
    if not query.strip():
        return []
    found = matching(stocked_variants(), query).select_related("product")
    return list(found.order_by("product__name", "product", "position")[:FOUND_AT_ONCE])


def variants_by_id(ids: Iterable[int]) -> dict[int, Variant]:
    """Variants whose stock is counted, with their product. One query."""
    return {one.pk: one for one in stocked_variants().select_related("product").filter(pk__in=set(ids))}


def variants_by_public_id(ids: Iterable[UUID]) -> dict[int, Variant]:
    """The same by what addresses name them by, under their ids. One query."""
    return {one.pk: one for one in stocked_variants().select_related("product").filter(public_id__in=list(ids))}


def any_variants(ids: Iterable[UUID]) -> list[Variant]:
    """Variants by what addresses name them by, counted or not: their history stays. One query."""
    return list(Variant.objects.select_related("product").filter(public_id__in=list(ids)))


def stock_row(variant: Variant) -> StockRow:
    """What lies in each open place of one of `stocked_variants`. Two queries."""
    return _rows([variant])[0]


def place(pk: int) -> Location | None:
    """A place, open or closed."""
    return Location.objects.filter(pk=pk).first()


def overdrawn_levels() -> list[StockLevel]:
    """Where more was sold than was there: tasks, until goods arrive or somebody counts. One query."""
    levels = StockLevel.objects.filter(overdrawn__gt=0).select_related("variant__product", "location")
    return list(levels.order_by("variant__product__name", "pk")[:PER_PAGE])


def low_count() -> int:
    """How many variants are low."""
    return low_variants().count()


def scarcest(limit: int) -> list[Any]:
    """So many of the `low_variants`, those of which the fewest can be sold first. One query."""
    return list(low_variants().order_by("free", "product__name", "position", "pk")[:limit])


@dataclass(frozen=True, slots=True)
class StockValue:
    """What lies in the open places, at cost and at list price, in minor units; pieces `without_cost` are in the second
    alone."""

    pieces: int
    at_cost: int
    without_cost: int
    at_price: int

    @property
    def knows_no_cost(self) -> bool:
        """Whether there are pieces, and of none of them what it cost."""
        return 0 < self.pieces == self.without_cost


def stock_value() -> StockValue:
    """One query. What is overdrawn is worth nothing."""
    pieces = Greatest(F("quantity"), Value(0, BigIntegerField()))

    def total(what: Any, **only: Any) -> Coalesce:
        return Coalesce(Sum(what, **only), Value(0, BigIntegerField()), output_field=BigIntegerField())

    levels = StockLevel.objects.filter(location__is_active=True, variant__product__supply=Product.Supply.STOCK)
    sums = levels.aggregate(
        pieces=total(pieces),
        at_cost=total(pieces * F("variant__cost_minor")),
        without_cost=total(pieces, filter=Q(variant__cost_minor=None)),
        at_price=total(pieces * F("variant__price_minor")),
    )
    return StockValue(**{name: int(found) for name, found in sums.items()})


@dataclass(frozen=True, slots=True)
class MovementFilter:
    """What of the history is asked for; empty: all of it. Days are the shop's, both included."""

    query: str = ""
    variant: int | None = None
    place: int | None = None
    action: str = ""
    since: date | None = None
    until: date | None = None


def movements(wanted: MovementFilter) -> QuerySet[Movement]:
    """The stock's history, the latest first, with everything a line of it shows."""
    found = Movement.objects.select_related("level__variant__product", "level__location", "actor")
    if wanted.query.strip():
        found = found.filter(level__variant__in=matching(Variant.objects.all(), wanted.query).values("pk"))
    if wanted.variant:
        found = found.filter(level__variant=wanted.variant)
    if wanted.place:
        found = found.filter(level__location=wanted.place)
    if wanted.action:
        found = found.filter(action=wanted.action)
    if wanted.since:
        found = found.filter(created_at__gte=_midnight(wanted.since))
    if wanted.until:
        found = found.filter(created_at__lt=_midnight(wanted.until + timedelta(days=1)))
    return found.order_by("-id")


def exported(wanted: MovementFilter) -> Iterator[Movement]:
    """The newest MOST_EXPORTED movements wanted, a thousand a query."""
    last, sent = None, 0
    while sent < MOST_EXPORTED:
        rows = movements(wanted)
        found = list((rows.filter(pk__lt=last) if last else rows)[: min(_CHUNK, MOST_EXPORTED - sent)])
        if not found:
            return
        yield from found
        last, sent = found[-1].pk, sent + len(found)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def page_of_movements(wanted: MovementFilter, page: str | int) -> Page:
    """One page of the history. Two queries."""
    return Paginator(movements(wanted), PER_PAGE).get_page(page)
