"""Reading the shop. Every list costs the same number of queries, whatever its length."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import OuterRef, Prefetch, QuerySet

from shared_apps.usage.counted import Counted, Total
from tenant_apps.store.models import Category, Product, ProductImage, Shop
from tenant_apps.store.search import allow_typos, exact_matches, similar_matches, words_of
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import TEAM_COUNTED, unused_photos

PER_PAGE = 24


def shop() -> Shop:
    """The shop of this tenant."""
    return Shop.objects.get()


def category_names() -> list[str]:
    """What the product form suggests."""
    return list(Category.objects.order_by("name").values_list("name", flat=True)[:200])


def with_details(products: QuerySet[Product]) -> QuerySet[Product]:
    """Category, variants and photos in three queries for the whole page. The search's columns stay where they are."""
    images = Prefetch("images", ProductImage.objects.select_related("photo"))
    found = products.select_related("category").defer("search_text", "search_vector")
    return found.prefetch_related("variants", images)


def published_products() -> QuerySet[Product]:
    return Product.objects.filter(status=Product.Status.PUBLISHED).order_by("-published_at", "-id")


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of products. `guessed`: nothing has these very words, these are the nearest."""

    page: Page
    query: str
    guessed: bool


def list_storefront(*, query: str, page: str | int) -> Listing:
    """The products customers see, newest first, or those that match a search."""
    return _list(published_products(), query=query, page=page)


def list_for_staff(*, query: str, status: str, page: str | int) -> Listing:
    """All products, the latest first, or those of one status, or those that match a search."""
    products = Product.objects.order_by("-created_at", "-id")
    if status in Product.Status.values:
        products = products.filter(status=status)
    return _list(products, query=query, page=page)


@transaction.atomic
def _list(products: QuerySet[Product], *, query: str, page: str | int) -> Listing:
    """In one transaction, because the threshold for typos is set for the current one only."""
    query = query.replace("\x00", "").strip()
    words = words_of(query)
    if not words:
        # A search without any letter or digit finds nothing; no search shows everything.
        return Listing(_page(products.none() if query else products, page), query, guessed=False)
    found = _page(exact_matches(products, words), page)
    if found.paginator.count:
        return Listing(found, query, guessed=False)
    allow_typos()
    similar = _page(similar_matches(products, words), page)
    return Listing(similar, query, guessed=similar.paginator.count > 0)


def _page(products: QuerySet[Product], number: str | int) -> Page:
    found = Paginator(with_details(products), PER_PAGE).get_page(number)
    # Read now, while the transaction's settings hold.
    found.object_list = list(found.object_list)
    return found


def has_products() -> bool:
    return Product.objects.exists()


def product_by_slug(slug: str, *, only_published: bool) -> Product | None:
    products = published_products() if only_published else Product.objects.all()
    return with_details(products).filter(slug=slug).first()


def is_photo_published(photo: Photo) -> bool:
    """Whether a photo is on a published product."""
    return ProductImage.objects.filter(photo=photo, product__status=Product.Status.PUBLISHED).exists()


def abandoned_photos() -> list[Photo]:
    """Some photos that were sent for a product nobody saved."""
    return unused_photos(used=ProductImage.objects.filter(photo=OuterRef("pk")))


def product_count() -> int:
    """All products, drafts too."""
    return Product.objects.count()


COUNTED: dict[str, Counted] = {"products": Total(product_count), **TEAM_COUNTED}
