"""Writing brands. Every function locks the shop, in one transaction, unless it says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Brand
from tenant_apps.store.services.shop import lock_shop
from tenant_apps.store.services.words import write_words_of
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import free_slug_in
from tenant_apps.team.services.photos import discard_photos


@dataclass(frozen=True, slots=True)
class BrandDetails:
    """What staff type about a brand."""

    name: str
    description: str = ""


def brand_named(name: str) -> Brand | None:
    """The brand of that name, whatever the case; a new one when there is none, None without a name. The caller holds the
    shop's lock."""
    if not name:
        return None
    existing = Brand.objects.annotate(key=Lower("name")).filter(key=name.lower()).first()
    return existing or _add(BrandDetails(name))


@transaction.atomic
def add_brand(*, details: BrandDetails, logo: Photo | None = None) -> Brand:
    """Add a brand. Raises DomainError (`brand_taken`)."""
    lock_shop()
    _check_name_free(details.name)
    return _add(details, logo)


@transaction.atomic
def change_brand(*, brand: Brand, details: BrandDetails, logo: Photo | None = None, remove_logo: bool = False) -> Brand:
    """Rename a brand, describe it, give it a logo. Its address stays. Raises DomainError (`brand_taken`, `brand_gone`)."""
    lock_shop()
    brand = _again(brand)
    _check_name_free(details.name, but=brand)
    before, old = _facts(brand), brand.logo
    brand.name = details.name
    brand.description = details.description
    if logo or remove_logo:
        brand.logo = logo
    brand.save()
    if brand.name != before["name"]:
        write_words_of(brand.products.all())
    if old and old != brand.logo:
        discard_photos(photos=[old])
    record(
        action="store.brand.changed",
        category=AuditCategory.CATALOGUE,
        resource=brand,
        before=before,
        after=_facts(brand),
    )
    return brand


@transaction.atomic
def delete_brand(*, brand: Brand) -> None:
    """Delete a brand that no product has. Raises DomainError (`brand_used`, `brand_gone`)."""
    lock_shop()
    brand = _again(brand)
    if brand.products.exists():
        message = _("Products have this brand. Give them another one first.")
        raise DomainError("brand_used", message, status=409)
    logo = brand.logo
    record(action="store.brand.deleted", category=AuditCategory.CATALOGUE, resource=brand, before=_facts(brand))
    brand.delete()
    if logo:
        discard_photos(photos=[logo])


def _add(details: BrandDetails, logo: Photo | None = None) -> Brand:
    slug = free_slug_in(Brand.objects.all(), details.name, fallback="brand")
    brand = Brand.objects.create(name=details.name, slug=slug, description=details.description, logo=logo)
    record(action="store.brand.created", category=AuditCategory.CATALOGUE, resource=brand, after=_facts(brand))
    return brand


def _again(brand: Brand) -> Brand:
    current = Brand.objects.select_related("logo").filter(pk=brand.pk).first()
    if current is None:
        raise DomainError("brand_gone", _("This brand was deleted in the meantime."), status=404)
    return current


def _check_name_free(name: str, *, but: Brand | None = None) -> None:
    same = Brand.objects.annotate(key=Lower("name")).filter(key=name.lower())
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise DomainError("brand_taken", _("There is already a brand of this name."), field="name")


def _facts(brand: Brand) -> dict[str, Any]:
    return {"name": brand.name, "slug": brand.slug, "description": brand.description, "logo": bool(brand.logo_id)}
