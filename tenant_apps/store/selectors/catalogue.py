"""Reading products and what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page
from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet

from shared_apps.usage.counted import Counted, Total
from tenant_apps.store.models import (
    Attribute,
    Brand,
    Category,
    Product,
    ProductImage,
    Shop,
    Specification,
    Variant,
)
from tenant_apps.store.selectors.pages import page_of
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import TEAM_COUNTED, unused_photos

SUGGESTED = 500


def shop() -> Shop:
    """The shop of this tenant."""
    return Shop.objects.select_related("logo").get()


def brand_names() -> list[str]:
    """What the product form suggests."""
    return list(Brand.objects.order_by("name").values_list("name", flat=True)[:SUGGESTED])


def attribute_names() -> list[str]:
    """What the product form suggests."""
    return list(Attribute.objects.values_list("name", flat=True)[:SUGGESTED])


def with_details(products: QuerySet[Product], *, on_sale: bool = False) -> QuerySet[Product]:
    """Category, brand, variants (those `on_sale`, or all) and photos in three queries for the whole page. The search's columns
    stay where they are."""
    images = Prefetch("images", ProductImage.objects.select_related("photo"))
    variants = Prefetch("variants", Variant.objects.filter(is_active=True) if on_sale else Variant.objects.all())
    found = products.select_related("category", "brand").defer("search_text", "search_vector")
    return found.prefetch_related(variants, images)


def published_products() -> QuerySet[Product]:
    return Product.objects.filter(status=Product.Status.PUBLISHED).order_by("-published_at", "-id")


def has_products() -> bool:
    return Product.objects.exists()


def product_by_slug(slug: str, *, only_published: bool) -> Product | None:
    """A product with all its variants, those off sale too."""
    products = published_products() if only_published else Product.objects.all()
    return with_details(products).filter(slug=slug).first()


def specifications_of(product: Product) -> list[Specification]:
    """What a product is described by, in the shop's order."""
    return list(Specification.objects.filter(product=product).select_related("attribute"))


def brand_by_slug(slug: str) -> Brand | None:
    return Brand.objects.select_related("logo").filter(slug=slug).first()


def brands_for_staff(*, page: str | int) -> Page:
    """All brands by name; `used` says how many products have each."""
    return page_of(Brand.objects.annotate(used=Count("products")).select_related("logo").order_by("name"), page)


def attributes_for_staff(*, page: str | int) -> Page:
    """All attributes in the shop's order; `used` says how many products have each."""
    return page_of(Attribute.objects.annotate(used=Count("specifications")).order_by("position", "pk"), page)


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether something can be ordered: `kind` is available, few, preorder, sold_out or none (not for sale now)."""

    kind: str
    pieces: int = 0

    @property
    def can_be_had(self) -> bool:
        return self.kind in ("available", "few", "preorder")


def availability_of(supply: str, *, pieces: int, low_at: int) -> Availability:
    """What to tell a customer about a variant with so many `pieces`; `low_at` or fewer are told by number."""
    if supply == Product.Supply.NONE:
        return Availability("none")
    if supply == Product.Supply.PREORDER:
        return Availability("preorder")
    if supply == Product.Supply.ALWAYS or pieces > low_at:
        return Availability("available")
    return Availability("few", pieces) if pieces > 0 else Availability("sold_out")


def _used_photos() -> QuerySet[Photo]:
    """Photos that something of the shop shows, of those with the id of the outer query."""
    here = OuterRef("pk")
    shown = (
        Exists(ProductImage.objects.filter(photo=here))
        | Exists(Category.objects.filter(photo=here))
        | Exists(Brand.objects.filter(logo=here))
        | Exists(Shop.objects.filter(logo=here))
    )
    return Photo.objects.filter(shown, pk=OuterRef("pk"))


def is_photo_published(photo: Photo) -> bool:
    """Whether a photo is on a published product, a shelf, a brand or the shop itself."""
    on_product = ProductImage.objects.filter(photo=photo, product__status=Product.Status.PUBLISHED)
    elsewhere = (
        Category.objects.filter(photo=photo),
        Brand.objects.filter(logo=photo),
        Shop.objects.filter(logo=photo),
    )
    return on_product.exists() or any(rows.exists() for rows in elsewhere)


def abandoned_photos() -> list[Photo]:
    """Some photos that were sent with a form nobody saved."""
    return unused_photos(used=_used_photos())


def product_count() -> int:
    """All products, drafts too."""
    return Product.objects.count()


COUNTED: dict[str, Counted] = {"products": Total(product_count), **TEAM_COUNTED}
