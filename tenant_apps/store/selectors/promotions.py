"""Reading promotions for staff."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet

from tenant_apps.store.models import Product, Promotion
from tenant_apps.store.selectors.shelves import read_shelves

PER_PAGE = 30


def promotions(page: str | int) -> Page:
    """All promotions, the latest beginning first, with how much each names: at most five queries."""
    found = Promotion.objects.annotate(
        product_count=Count("products", distinct=True), category_count=Count("categories", distinct=True)
    ).prefetch_related("segments")
    return Paginator(found.order_by("-starts_at", "-pk"), PER_PAGE).get_page(page)


def promotion_by_id(pk: int) -> Promotion | None:
    return Promotion.objects.filter(pk=pk).first()


def products_named(public_ids: Collection[UUID]) -> QuerySet[Product]:
    """These products by name, with the reference of each variant."""
    return Product.objects.filter(public_id__in=public_ids).prefetch_related("variants").order_by("name", "pk")


def category_choices() -> list[tuple[int, str]]:
    """All shelves with the way to them ("Mode › Robes"), as the tree stands, in one query."""
    tree = read_shelves()
    return [(shelf.pk, tree.full_name(shelf)) for shelf in tree.all]
