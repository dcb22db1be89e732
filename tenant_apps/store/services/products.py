"""Every write of the catalogue. All of them lock the shop's one row first, so they cannot deadlock on one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import quotas
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Category, Product, ProductImage, Variant
from tenant_apps.store.search import search_fields
from tenant_apps.store.selectors import abandoned_photos
from tenant_apps.store.services.shop import lock_shop
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import free_slug_in
from tenant_apps.team.services.photos import category_named, discard_photos

MAX_PHOTOS = 8
TOO_MANY_PRODUCTS = gettext_lazy(
    "Your plan %(plan)s includes %(limit)s products, and they are all used. Delete a product, or move to a larger plan."
)


@dataclass(frozen=True, slots=True)
class ProductDetails:
    """What staff type about a product. The price is in minor units of the shop's currency."""

    name: str
    price_minor: int
    description: str = ""
    category: str = ""
    sku: str = ""


@transaction.atomic
def create_product(
    *, public_id: UUID, details: ProductDetails, photos: list[Photo] | None = None, publish: bool = False
) -> Product:
    """Add a product with its one variant. Locks the shop; one transaction.

    The same `public_id` again returns the product already made, so a form sent twice adds one product.
    Raises QuotaReached (`products`) and DomainError (`sku_taken`, `too_many_photos`).
    """
    shop = lock_shop()
    existing = Product.objects.filter(public_id=public_id).first()
    if existing:
        return existing
    quotas.reserve("products", message=TOO_MANY_PRODUCTS)
    product = Product(public_id=public_id, slug=free_slug_in(Product.objects.all(), details.name, fallback="product"))
    _set_status(product, published=publish)
    _write(product, details, currency=shop.currency)
    _attach(product, photos or [])
    discard_photos(photos=abandoned_photos())
    record(action="store.product.created", category=AuditCategory.CATALOGUE, resource=product, after=_facts(product))
    return product


@transaction.atomic
def update_product(
    *,
    product: Product,
    details: ProductDetails,
    photos: list[Photo] | None = None,
    remove: list[UUID] | None = None,
    publish: bool | None = None,
) -> Product:
    """Change a product: `photos` are added, those whose public id is in `remove` go. Locks the shop; one transaction.

    `publish` None leaves it shown or hidden as it is. Raises DomainError (`sku_taken`, `too_many_photos`).
    """
    shop = lock_shop()
    product = _again(product)
    before = _facts(product)
    if publish is not None:
        _set_status(product, published=publish)
    _write(product, details, currency=shop.currency)
    _detach(product, remove or [])
    _attach(product, photos or [])
    discard_photos(photos=abandoned_photos())
    record(
        action="store.product.changed",
        category=AuditCategory.CATALOGUE,
        resource=product,
        before=before,
        after=_facts(product),
    )
    return product


@transaction.atomic
def show_product(*, product: Product, published: bool) -> Product:
    """Publish a product or hide it. Locks the shop; one transaction. Doing it again changes nothing."""
    lock_shop()
    product = _again(product)
    if product.is_published == published:
        return product
    before = {"status": product.status}
    _set_status(product, published=published)
    product.save(update_fields=["status", "published_at", "updated_at"])
    action = "store.product.published" if published else "store.product.hidden"
    record(
        action=action,
        category=AuditCategory.CATALOGUE,
        resource=product,
        before=before,
        after={"status": product.status},
    )
    return product


@transaction.atomic
def delete_product(*, product: Product) -> None:
    """Delete a product and its photos for good. Locks the shop; one transaction."""
    lock_shop()
    product = _again(product)
    record(action="store.product.deleted", category=AuditCategory.CATALOGUE, resource=product, before=_facts(product))
    photos = list(Photo.objects.filter(pk__in=product.images.values("photo")))
    quotas.release("products")
    product.delete()
    discard_photos(photos=photos)


def _again(product: Product) -> Product:
    """The product as it is now that the lock is held."""
    current = Product.objects.filter(pk=product.pk).first()
    if current is None:
        raise DomainError("product_gone", _("This product was deleted in the meantime."), status=404)
    return current


def _set_status(product: Product, *, published: bool) -> None:
    product.status = Product.Status.PUBLISHED if published else Product.Status.DRAFT
    if published and product.published_at is None:
        product.published_at = timezone.now()


def _write(product: Product, details: ProductDetails, *, currency: str) -> None:
    """Save the product and its first variant with the words the search looks at. Needs the shop's lock."""
    product.name = details.name
    product.description = details.description
    product.category = category_named(
        details.category, shelf=Category.objects.filter(parent=None), audit_category=AuditCategory.CATALOGUE
    )
    fields = search_fields(
        name=details.name, category=details.category, skus=[details.sku], description=details.description
    )
    for name, value in fields.items():
        setattr(product, name, value)
    product.save()
    _check_sku_free(details.sku, product=product)
    Variant.objects.update_or_create(
        product=product, position=0, defaults={"price_minor": details.price_minor, "sku": details.sku or None}
    )


def _check_sku_free(sku: str, *, product: Product) -> None:
    if not sku:
        return
    other = Variant.objects.filter(sku__iexact=sku).exclude(product=product).select_related("product").first()
    if other:
        message = _("“%(product)s” already has this reference. Choose another one.") % {"product": other.product.name}
        raise DomainError("sku_taken", message, field="sku")


def _attach(product: Product, photos: list[Photo]) -> None:
    """Add photos behind those there are. One that is attached already stays where it is."""
    attached = set(ProductImage.objects.filter(photo__in=photos).values_list("photo_id", flat=True))
    new = [photo for photo in photos if photo.pk not in attached]
    there = product.images.aggregate(last=Max("position"))["last"]
    if product.images.count() + len(new) > MAX_PHOTOS:
        message = _("A product has at most %(limit)s photos. Remove one first.") % {"limit": MAX_PHOTOS}
        raise DomainError("too_many_photos", message, field="photo")
    first = 0 if there is None else there + 1
    ProductImage.objects.bulk_create(
        ProductImage(product=product, photo=photo, position=first + offset) for offset, photo in enumerate(new)
    )


def _detach(product: Product, public_ids: list[UUID]) -> None:
    photos = list(Photo.objects.filter(public_id__in=public_ids, pk__in=product.images.values("photo")))
    product.images.filter(photo__in=photos).delete()
    discard_photos(photos=photos)


def _facts(product: Product) -> dict[str, Any]:
    """A product as the audit log keeps it."""
    variant = product.variants.order_by("position").first()
    return {
        "name": product.name,
        "slug": product.slug,
        "status": product.status,
        "category": product.category.name if product.category else "",
        "description": product.description,
        "price_minor": variant.price_minor if variant else None,
        "sku": (variant.sku if variant else None) or "",
        "photos": product.images.count(),
    }
