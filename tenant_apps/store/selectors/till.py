"""Reading the till. Every question costs the same number of queries, whatever the number of variants and sales."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import (
    Order,
    Product,
    ProductImage,
    Register,
    StockLevel,
    TillSale,
    TillSession,
    TillTask,
    Variant,
)
from tenant_apps.store.rules.offers import VISITOR, Price
from tenant_apps.store.selectors.customers import customers_matching
from tenant_apps.store.selectors.prices import next_price_change, price_many

PER_PAGE = 30
CATALOGUE_PAGE = 500
# A device that has been without a network for longer asks its prices anew before it promises anything.
PRICES_KNOWN_FOR = timedelta(days=7)
MOST_PRICE_CHANGES = 8
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def registers_to_sell() -> list[Register]:
    """The tills in use, each with its place and its open session as `open_sessions` (none or one)."""
    open_ones = TillSession.objects.filter(closed_at=None).select_related("opened_by")
    found = Register.objects.filter(is_active=True).select_related("location")
    return list(found.prefetch_related(Prefetch("sessions", open_ones, to_attr="open_sessions")))


def all_registers() -> list[Register]:
    """Every till, those put away too."""
    return list(Register.objects.select_related("location").order_by("-is_active", "name", "id"))


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """Some variants as the till keeps them. `version` is of exactly this content; `after` is where the next page begins,
    None behind the last one."""

    items: list[dict[str, Any]]
    version: str
    after: int | None


def catalogue_page(register: Register, *, after: int) -> CataloguePage:
    """The variants with ids above `after`, with what they cost a visitor now and from each coming change on."""
    rows = list(_variants().filter(pk__gt=after).order_by("pk")[: CATALOGUE_PAGE + 1])
    variants, more = rows[:CATALOGUE_PAGE], len(rows) > CATALOGUE_PAGE
    free = _free_at(register, variants)
    prices = _coming_prices(variants)
    items = [_item(variant, prices[variant.pk], free) for variant in variants]
    text = json.dumps(items, sort_keys=True, separators=(",", ":"))
    version = hashlib.sha256(text.encode()).hexdigest()[:20]
    return CataloguePage(items, version, variants[-1].pk if more else None)


def _variants() -> Any:
    """What can be sold over the counter: drafts too, since they are only hidden from the storefront."""
    images = Prefetch("product__images", ProductImage.objects.select_related("photo"))
    found = Variant.objects.filter(is_active=True).exclude(product__supply=Product.Supply.NONE)
    return (
        found.select_related("product", "image__photo")
        .defer("product__search_text", "product__search_vector", "product__description")
        .prefetch_related(images)
    )


def _free_at(register: Register, variants: Sequence[Variant]) -> dict[int, int]:
    levels = StockLevel.objects.filter(location=register.location_id, variant__in=variants)
    return {level.variant_id: level.quantity - level.reserved for level in levels}


def _coming_prices(variants: Sequence[Variant]) -> dict[int, list[tuple[str | None, Price]]]:
    """What each variant costs now (from None), and from which moment on something else."""
    now = timezone.now()
    known: dict[int, list[tuple[str | None, Price]]] = {
        pk: [(None, price)] for pk, price in price_many(variants, VISITOR, now).items()
    }
    moment: datetime | None = now
    for _change in range(MOST_PRICE_CHANGES):
        moment = next_price_change(moment) if moment else None
        if moment is None or moment > now + PRICES_KNOWN_FOR:
            break
        for pk, price in price_many(variants, VISITOR, moment).items():
            if price.final_minor != known[pk][-1][1].final_minor:
                known[pk].append((moment.isoformat(), price))
    return known


def _item(variant: Variant, prices: list[tuple[str | None, Price]], free: dict[int, int]) -> dict[str, Any]:
    cover = variant.image or next(iter(variant.product.images.all()), None)
    return {
        "pk": variant.pk,
        "id": str(variant.public_id),
        "name": variant.full_name,
        "sku": variant.sku or "",
        "barcode": variant.barcode or "",
        "image": cover.photo.thumbnail_url if cover else "",
        "stock": free.get(variant.pk, 0) if variant.product.counts_stock else None,
        "prices": [[moment, price.list_minor, price.final_minor, price.why.name if price.why else ""]
                   for moment, price in prices],
    }  # fmt: skip


def access_session(session_id: UUID) -> TillSession:
    """A session for somebody who may use the till. Raises DomainError (`session_unknown`)."""
    session = TillSession.objects.select_related("opened_by").filter(pk=session_id).first()
    if session is None:
        raise DomainError("session_unknown", _("This till was not opened here. Open it first."), status=404)
    return session


def find_sale(text: str) -> Order | None:
    """A sale at a till by its number, its local number, or the link in the code on its receipt; with its lines."""
    text = text.strip()[:300]
    wanted = Q(number=text) | Q(till_sale__local_number__iexact=text)
    linked = _UUID.search(text)
    if linked:
        wanted = Q(pk=UUID(linked[0])) | Q(till_sale__uuid=UUID(linked[0]))
    if not text:
        return None
    found = Order.objects.filter(wanted, channel=Order.Channel.TILL).prefetch_related("lines", "till_payments")
    return found.order_by("-created_at").first()


def find_customers(text: str) -> list[User]:
    """Some accounts of customers whose name, phone or address has these words."""
    return list(customers_matching(text).order_by("last_name", "first_name", "pk")[:10])


def list_sessions(*, page: str | int) -> Page:
    """All sessions, the latest first, with how many sales each has."""
    rows = TillSession.objects.select_related("register__location", "opened_by", "closed_by")
    rows = rows.annotate(sale_count=Count("sales", filter=Q(sales__state=TillSale.State.ACCEPTED)))
    found = Paginator(rows.order_by("-opened_at", "-id"), PER_PAGE).get_page(page)
    found.object_list = list(found.object_list)
    return found


def sale_count(session: TillSession) -> int:
    """How many sales of a session were booked."""
    return TillSale.objects.filter(session=session, state=TillSale.State.ACCEPTED).count()


def sales_of(session: TillSession, *, page: str | int) -> Page:
    """The sales of a session, the latest first."""
    rows = session.sales.select_related("order", "actor").prefetch_related("order__till_payments").order_by("-id")
    found = Paginator(rows, PER_PAGE).get_page(page)
    found.object_list = list(found.object_list)
    return found


def list_tasks(*, done: bool, page: str | int) -> Page:
    """What somebody should look at, or what was settled; the latest first."""
    rows = TillTask.objects.filter(done_at__isnull=not done)
    rows = rows.select_related("sale__register", "sale__order", "sale__actor", "variant__product", "done_by")
    found = Paginator(rows.order_by("-id"), PER_PAGE).get_page(page)
    found.object_list = list(found.object_list)
    return found


def open_task_count() -> int:
    """How many tasks wait, at most 100 of them counted."""
    return TillTask.objects.filter(done_at=None)[:100].count()
