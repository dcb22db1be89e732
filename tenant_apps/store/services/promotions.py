"""Every write of promotions. All lock the shop's one row first, as what changes prices does, and keep lists in step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import changes, record
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Category, Product, Promotion, Segment
from tenant_apps.store.services.prices import refresh_prices
from tenant_apps.store.services.shop import lock_shop

# What one promotion names by hand. Whoever wants more takes a shelf.
MAX_PRODUCTS = 200


@dataclass(frozen=True, slots=True)
class PromotionDetails:
    """What staff type about a promotion: `percent_bp` in hundredths of a per cent, or `amount_minor` off each piece, as its kind
    wants; the public ids of products, and the ids of shelves and segments it is limited to."""

    name: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    description: str = ""
    percent_bp: int | None = None
    amount_minor: int | None = None
    products: tuple[UUID, ...] = ()
    categories: tuple[int, ...] = ()
    segments: tuple[int, ...] = field(default=())


@transaction.atomic
def create_promotion(*, details: PromotionDetails) -> Promotion:
    """Add a promotion. Locks the shop; one transaction. Raises DomainError (`too_short`, `too_many_products`, `value_missing`)."""
    lock_shop()
    promotion = Promotion()
    _write(promotion, details)
    _record("store.promotion.created", promotion, after=_facts(promotion))
    return promotion


@transaction.atomic
def update_promotion(*, promotion: Promotion, details: PromotionDetails) -> Promotion:
    """Change a promotion. Locks the shop; one transaction. Raises as `create_promotion`, and `promotion_gone`."""
    lock_shop()
    promotion = _again(promotion)
    before = _facts(promotion)
    _write(promotion, details)
    _record("store.promotion.changed", promotion, **changes(before, _facts(promotion)))
    return promotion


@transaction.atomic
def pause_promotion(*, promotion: Promotion, paused: bool) -> Promotion:
    """Stop a promotion for a while, or let it go on. Locks the shop; one transaction. Doing it again changes nothing."""
    lock_shop()
    promotion = _again(promotion)
    if promotion.is_active != paused:
        return promotion
    promotion.is_active = not paused
    promotion.save(update_fields=["is_active"])
    refresh_prices()
    action = "store.promotion.paused" if paused else "store.promotion.resumed"
    _record(action, promotion, after={"name": promotion.name})
    return promotion


@transaction.atomic
def delete_promotion(*, promotion: Promotion) -> None:
    """Delete a promotion for good; orders keep what they were given. Locks the shop; one transaction."""
    lock_shop()
    promotion = _again(promotion)
    _record("store.promotion.deleted", promotion, before=_facts(promotion))
    promotion.delete()
    refresh_prices()


def _again(promotion: Promotion) -> Promotion:
    """The promotion as it is now that the lock is held."""
    current = Promotion.objects.filter(pk=promotion.pk).first()
    if current is None:
        raise DomainError("promotion_gone", _("This promotion was deleted in the meantime."), status=404)
    return current


def _write(promotion: Promotion, details: PromotionDetails) -> None:
    """Save a promotion and what it is limited to, and the prices that follow. Needs the shop's lock."""
    _check(details)
    promotion.name, promotion.description, promotion.kind = details.name, details.description, details.kind
    promotion.percent_bp = details.percent_bp if details.kind == Promotion.Kind.PERCENT else None
    promotion.amount_minor = details.amount_minor if details.kind == Promotion.Kind.FIXED else None
    promotion.starts_at, promotion.ends_at = details.starts_at, details.ends_at
    promotion.save()
    promotion.products.set(Product.objects.filter(public_id__in=details.products))
    promotion.categories.set(Category.objects.filter(pk__in=details.categories))
    promotion.segments.set(Segment.objects.filter(pk__in=details.segments))
    refresh_prices()


def _check(details: PromotionDetails) -> None:
    if details.starts_at >= details.ends_at:
        raise DomainError("too_short", _("The promotion must end after it begins."), field="ends_at")
    if len(details.products) > MAX_PRODUCTS:
        message = _("Name at most %(limit)s products, or choose a category.") % {"limit": MAX_PRODUCTS}
        raise DomainError("too_many_products", message, field="products")
    if details.kind == Promotion.Kind.PERCENT and not details.percent_bp:
        raise DomainError("value_missing", _("Say how many per cent are taken off."), field="percent")
    if details.kind == Promotion.Kind.FIXED and not details.amount_minor:
        raise DomainError("value_missing", _("Say how much is taken off each piece."), field="amount")


def _facts(promotion: Promotion) -> dict[str, Any]:
    """A promotion as the audit log keeps it."""
    return {
        "name": promotion.name,
        "kind": promotion.kind,
        "percent_bp": promotion.percent_bp,
        "amount_minor": promotion.amount_minor,
        "starts_at": promotion.starts_at.isoformat(),
        "ends_at": promotion.ends_at.isoformat(),
        "products": sorted(promotion.products.values_list("slug", flat=True)),
        "categories": sorted(promotion.categories.values_list("slug", flat=True)),
        "segments": sorted(promotion.segments.values_list("key", flat=True)),
    }


def _record(action: str, promotion: Promotion, **facts: Any) -> None:
    record(action=action, category=AuditCategory.CATALOGUE, resource=promotion, **facts)
