"""Every write of the catalogue. All of them lock the shop's one row first, so they cannot deadlock on one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import quotas
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Location, Product, ProductImage
from tenant_apps.store.presenting.catalogue_file import default_place
from tenant_apps.store.selectors import abandoned_photos
from tenant_apps.store.services import stock
from tenant_apps.store.services.details import ProductDetails
from tenant_apps.store.services.product_writing import facts_of, write_products
from tenant_apps.store.services.shop import lock_shop
from tenant_apps.store.services.stock_levels import lock_places
from tenant_apps.store.services.variants import known_variants
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import free_slug_in, free_slugs_in
from tenant_apps.team.services.photos import discard_photos

MAX_PHOTOS = 8
TOO_MANY_PRODUCTS = gettext_lazy(
    "Your plan %(plan)s includes %(limit)s products, and they are all used. Delete a product, or move to a larger plan."
)


@transaction.atomic
def create_product(
    *,
    public_id: UUID,
    details: ProductDetails,
    photos: list[Photo] | None = None,
    publish: bool = False,
    pieces: Mapping[int, int] | None = None,
    by: User | None = None,
) -> Product:
    """Add a product with its variants, and receive its first `pieces` (by the place of their variant in `details`) in the first
    open place. Locks the shop, then the place, then products whose kept prices are out of date, by id; one transaction.

    The same `public_id` again returns the product already made, so a form sent twice adds one product.
    Raises QuotaReached (`products`) and DomainError (`sku_taken`, `barcode_taken`, `too_many_photos`, and what
    `check_details` says).
    """
    lock_shop()
    existing = Product.objects.filter(public_id=public_id).first()
    if existing:
        return existing
    place = default_place() if pieces else None
    if place:
        lock_places([place.pk])
    quotas.reserve("products", message=TOO_MANY_PRODUCTS)
    product = Product(public_id=public_id, slug=free_slug_in(Product.objects.all(), details.name, fallback="product"))
    _set_status(product, published=publish)
    write_products([(product, details)])
    _attach(product, photos or [])
    discard_photos(photos=abandoned_photos())
    record(action="store.product.created", category=AuditCategory.CATALOGUE, resource=product, after=_facts(product))
    if place and pieces:
        _receive(product, pieces, place, by)
    return product


def _receive(product: Product, pieces: Mapping[int, int], place: Location, by: User | None) -> None:
    ids = dict(product.variants.values_list("position", "pk"))
    received = {ids[at]: number for at, number in pieces.items()}
    stock.receive_all(location=place, pieces=received, reason=_("New product"), by=by)
    product.refresh_from_db(fields=["is_available"])


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

    `publish` None leaves it shown or hidden as it is. Raises what `create_product` raises, but for the quota.
    """
    lock_shop()
    product = _again(product)
    before = _facts(product)
    if publish is not None:
        _set_status(product, published=publish)
    write_products([(product, details)])
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


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to be added; `slug` is the address it would like, else one is made of its name."""

    public_id: UUID
    details: ProductDetails
    publish: bool = False
    slug: str = ""


@dataclass(frozen=True, slots=True)
class ChangedProduct:
    """What a product becomes. `publish` None leaves it shown or hidden as it is."""

    product: Product
    details: ProductDetails
    publish: bool | None = None


@transaction.atomic
def create_products(*, wanted: Sequence[NewProduct]) -> list[Product]:
    """Add many products without photos; those whose `public_id` is there already are left out. Locks the shop; one
    transaction. A few queries for each. Raises what `create_product` raises, and adds none then."""
    lock_shop()
    there = set(
        Product.objects.filter(public_id__in=[one.public_id for one in wanted]).values_list("public_id", flat=True)
    )
    new = [one for one in wanted if one.public_id not in there]
    if not new:
        return []
    quotas.reserve("products", len(new), message=TOO_MANY_PRODUCTS)
    slugs = free_slugs_in(Product.objects.all(), [one.slug or one.details.name for one in new], fallback="product")
    written = [(Product(public_id=one.public_id, slug=slug), one.details) for one, slug in zip(new, slugs, strict=True)]
    for one, (product, _details) in zip(new, written, strict=True):
        _set_status(product, published=one.publish)
    write_products(written)
    products = [product for product, _details in written]
    after = facts_of(products)
    for product in products:
        record(
            action="store.product.created",
            category=AuditCategory.CATALOGUE,
            resource=product,
            after=after[product.pk],
        )
    return products


@transaction.atomic
def update_products(*, changed: Sequence[ChangedProduct]) -> list[Product]:
    """Change many products, as they are in the database now. Locks the shop; one transaction. A few queries for each.

    The products come with their category and brand, and are what they are while the shop is locked. Raises what
    `update_product` raises, and changes none then.
    """
    lock_shop()
    products = [one.product for one in changed]
    before = facts_of(products)
    for one in changed:
        if one.publish is not None:
            _set_status(one.product, published=one.publish)
    write_products([(one.product, one.details) for one in changed])
    after = facts_of(products)
    for product in products:
        record(
            action="store.product.changed",
            category=AuditCategory.CATALOGUE,
            resource=product,
            before=before[product.pk],
            after=after[product.pk],
        )
    return products


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
    """Delete a product and its photos for good. Locks the shop and the variants; one transaction.

    Raises DomainError (`product_has_history`) when stock or orders know it: it can be hidden.
    """
    lock_shop()
    product = _again(product)
    if known_variants(list(product.variants.all())):
        message = _("This product has stock or orders, which keep its history. Hide it instead of deleting it.")
        raise DomainError("product_has_history", message, status=409)
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


def _attach(product: Product, photos: list[Photo]) -> None:
    """Add photos behind those there are. One that is attached already stays where it is."""
    if not photos:
        return
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
    return facts_of([product])[product.pk]
