"""`tenant_apps.store.rules.offers.price_of` in SQL: the lowest final price of each product, to sort and filter by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import BigIntegerField, Case, ExpressionWrapper, F, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import Coalesce, Greatest, Least

from tenant_apps.store.models import Promotion, Variant
from tenant_apps.store.rules.offers import FIXED, FREE_DELIVERY, WHOLE_BP, Campaign, Person


def lowest_price(campaigns: Iterable[Campaign], person: Person, at: datetime) -> Expression:
    """For a queryset of products: what a person pays at least for one of the active variants; 0 where none is active.

    The products of a promotion are looked up by its id, so `campaigns` need not know them.
    """
    able = [one for one in campaigns if one.kind != FREE_DELIVERY and one.is_for(person, at)]
    price: Combinable = _base_price(at)
    for bp in (person.partner_bp, person.segment_bp):
        if bp:
            price = _less_percent(price, bp)
    if able:
        price = _lowest([price, *(_with(campaign, price) for campaign in able)])
    active = Variant.objects.filter(product=OuterRef("pk"), is_active=True).order_by()
    lowest = active.values("product").annotate(lowest=Min(price)).values("lowest")
    return Coalesce(Subquery(lowest, output_field=BigIntegerField()), Value(0), output_field=BigIntegerField())


def _base_price(at: datetime) -> Expression:
    """The list price, or the promotional one while its window is open."""
    begun = Q(promo_starts_at=None) | Q(promo_starts_at__lte=at)
    not_over = Q(promo_ends_at=None) | Q(promo_ends_at__gt=at)
    is_open = Q(promo_minor__lt=F("price_minor")) & begun & not_over
    return Case(When(is_open, then=F("promo_minor")), default=F("price_minor"), output_field=BigIntegerField())


def _less_percent(price: Combinable, bp: int) -> Expression:
    taken_off = (price * Value(bp) + Value(WHOLE_BP // 2)) / Value(WHOLE_BP)
    return ExpressionWrapper(price - taken_off, output_field=BigIntegerField())


def _with(campaign: Campaign, price: Combinable) -> Expression:
    """The price with a promotion where it touches the product, else as it is."""
    less: Expression
    if campaign.kind == FIXED:
        less = Greatest(price - Value(campaign.amount_minor), Value(0), output_field=BigIntegerField())
    else:
        less = _less_percent(price, campaign.percent_bp)
    if campaign.is_for_all_products:
        return less
    named = Promotion.products.through.objects.filter(promotion_id=campaign.id).values("product_id")
    touched = Q(product_id__in=named)
    if campaign.category_ids:
        touched |= Q(product__category_id__in=sorted(campaign.category_ids))
    return Case(When(touched, then=less), default=price, output_field=BigIntegerField())


def _lowest(prices: list[Combinable]) -> Expression:
    return Least(*prices, output_field=BigIntegerField())
