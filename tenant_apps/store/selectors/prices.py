"""What people pay. Every question costs the same number of queries, whatever the number of products and promotions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject, Lower
from django.utils import timezone

from shared_apps.accounts.models import User
from tenant_apps.store.models import Category, PartnerMember, Product, Promotion, Shop, Variant
from tenant_apps.store.rules.offers import VISITOR, Campaign, Offer, Person, Price, delivers_free, price_of
from tenant_apps.store.selectors.pricing_sql import lowest_price
from tenant_apps.store.texts.people import segment_name


def person_of(user: User | AnonymousUser | None) -> Person:
    """Whose discounts count for an account: one query; none for a visitor.

    Somebody belongs to a partner by an address that the account has proved; of several partners the largest discount counts.
    """
    if user is None or not user.is_authenticated:
        return VISITOR
    proved = EmailAddress.objects.filter(user=OuterRef(OuterRef("pk")), verified=True).values(lower=Lower("email"))
    memberships = PartnerMember.objects.filter(email__in=proved, partner__is_active=True)
    best = memberships.order_by("-partner__discount_bp", "partner_id").values(
        found=JSONObject(name="partner__name", bp="partner__discount_bp")
    )[:1]
    row = (
        User.objects.filter(pk=user.pk)
        .values_list(
            "customer__segment__key", "customer__segment__name", "customer__segment__discount_bp", Subquery(best)
        )
        .first()
    )
    if row is None:
        return VISITOR
    key, name, bp, partner = row
    partner = partner or {"name": "", "bp": 0}
    return Person(
        partner_name=partner["name"],
        partner_bp=partner["bp"],
        segment_key=key or "",
        segment_name=segment_name(key, name) if key else "",
        segment_bp=bp or 0,
    )


# Written out, since every page that tells a price asks it: see `selectors.stock`.
_RUNNING = """
SELECT id, name, kind, starts_at, ends_at, coalesce(percent_bp, 0), coalesce(amount_minor, 0),
    EXISTS (SELECT FROM store_promotion_products AS named WHERE named.promotion_id = promotion.id),
    ARRAY(SELECT product_id FROM store_promotion_products AS named
          WHERE named.promotion_id = promotion.id AND (%(all)s OR product_id = ANY(%(products)s))),
    ARRAY(SELECT category_id FROM store_promotion_categories AS named WHERE named.promotion_id = promotion.id),
    ARRAY(SELECT key FROM store_promotion_segments AS named JOIN store_segment AS segment ON segment.id = named.segment_id
          WHERE named.promotion_id = promotion.id)
FROM store_promotion AS promotion
WHERE is_active AND starts_at <= %(at)s AND ends_at > %(at)s
ORDER BY id
"""


def live_promotions(at: datetime, *, products: Collection[int] | None = None) -> tuple[Campaign, ...]:
    """The promotions that run at a moment, for all people, in the order of their ids: at most two queries.

    `products` limits the products that campaigns know to these ids, for whoever asks about these alone; `()` where SQL looks
    them up itself.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RUNNING, {"at": at, "all": products is None, "products": list(products or ())})
        rows = cursor.fetchall()
    tree = _children() if any(shelves for *_others, shelves, _segments in rows) else {}
    return tuple(_campaign(row, tree) for row in rows)


def _campaign(row: tuple[Any, ...], tree: dict[int | None, list[int]]) -> Campaign:
    pk, name, kind, starts_at, ends_at, percent_bp, amount_minor, names_products, products, shelves, segments = row
    return Campaign(
        id=pk,
        name=name,
        kind=kind,
        starts_at=starts_at,
        ends_at=ends_at,
        percent_bp=percent_bp,
        amount_minor=amount_minor,
        is_for_all_products=not names_products and not shelves,
        product_ids=frozenset(products),
        category_ids=_with_descendants(shelves, tree),
        segments=frozenset(segments),
    )


def _children() -> dict[int | None, list[int]]:
    """The whole tree of shelves, in one query: a shop has few."""
    tree: dict[int | None, list[int]] = {}
    for pk, parent in Category.objects.order_by().values_list("pk", "parent_id"):
        tree.setdefault(parent, []).append(pk)
    return tree


def _with_descendants(roots: Iterable[int], tree: dict[int | None, list[int]]) -> frozenset[int]:
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.add(pk)
            waiting += tree.get(pk, [])
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Pricing:
    """Prices of some variants for one person: by the variant's id, and the promotion that delivers them all for nothing."""

    prices: dict[int, Price]
    free_delivery: Campaign | None


def price_many(variants: Sequence[Variant], person: Person, at: datetime | None = None) -> dict[int, Price]:
    """What each of these variants costs a person, by the variant's id: at most three queries. `at` is now unless given."""
    return price_basket(variants, person, at).prices


def price_basket(variants: Sequence[Variant], person: Person, at: datetime | None = None) -> Pricing:
    """As `price_many`, for variants that are sent together."""
    at = at or timezone.now()
    if not variants:
        return Pricing({}, None)
    campaigns = live_promotions(at, products={variant.product_id for variant in variants})
    shelves = _shelves_of(variants) if any(campaign.category_ids for campaign in campaigns) else {}
    prices = {}
    for variant in variants:
        product, shelf = variant.product_id, shelves.get(variant.product_id)
        touching = tuple(one for one in campaigns if one.touches(product_id=product, category_id=shelf))
        prices[variant.pk] = price_of(offer_of(variant, touching), person, at)
    sent = {(variant.product_id, shelves.get(variant.product_id)) for variant in variants}
    return Pricing(prices, delivers_free(campaigns, products=sent, person=person, at=at))


def offer_of(variant: Variant, campaigns: tuple[Campaign, ...] = ()) -> Offer:
    """A variant with the promotions that touch its product."""
    return Offer(
        list_minor=variant.price_minor,
        promo_minor=variant.promo_minor,
        promo_starts_at=variant.promo_starts_at,
        promo_ends_at=variant.promo_ends_at,
        campaigns=campaigns,
    )


def _shelves_of(variants: Sequence[Variant]) -> dict[int, int | None]:
    """The category of each variant's product. No query where the products are there already."""
    product_of = Variant._meta.get_field("product")
    if all(product_of.is_cached(variant) for variant in variants):  # type: ignore[attr-defined]  # not in django-stubs
        return {variant.product_id: variant.product.category_id for variant in variants}
    products = Product.objects.filter(pk__in={variant.product_id for variant in variants})
    return dict(products.values_list("pk", "category_id"))


def with_prices(
    products: QuerySet[Product], person: Person, at: datetime | None = None, *, shop: Shop | None = None
) -> QuerySet[Product]:
    """These products with `final_minor`, what a person pays at least for one of the active variants (0 where none is active):
    to sort and filter by. At most three queries beside the list's own; one fewer where the shop is given.

    What a visitor pays is kept on the product while that holds (`Shop.prices_valid_until`).
    """
    at = at or timezone.now()
    if person == VISITOR:
        shop = shop or Shop.objects.get()
        if are_prices_kept(shop, at):
            return products.annotate(final_minor=F("price_from_minor"))
    return products.annotate(final_minor=lowest_price(live_promotions(at, products=()), person, at))


def are_prices_kept(shop: Shop, at: datetime) -> bool:
    """Whether `Product.price_from_minor` is what visitors pay at that moment, which is now or a little later."""
    return shop.prices_valid_until is None or at < shop.prices_valid_until


def next_price_change(after: datetime) -> datetime | None:
    """When a promotional price or a promotion begins or ends next, as far as visitors' prices go; None when nothing is planned."""
    variants = Variant.objects.filter(promo_minor__isnull=False, is_active=True)
    promotions = Promotion.objects.filter(is_active=True, segments=None).exclude(kind=Promotion.Kind.FREE_DELIVERY)
    moments = [
        *_first_after(after, variants, "promo_starts_at", "promo_ends_at"),
        *_first_after(after, promotions, "starts_at", "ends_at"),
    ]
    return min(moments, default=None)


def _first_after(after: datetime, rows: QuerySet[Any], *columns: str) -> list[datetime]:
    """The first moment of each column that is still to come, in one query."""
    found = rows.aggregate(**{name: Min(name, filter=Q(**{f"{name}__gt": after})) for name in columns})
    return [moment for moment in found.values() if moment is not None]
