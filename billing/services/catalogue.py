"""Publishing plans: a change of price or quota is a new version, orders keep theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from billing.models import PaymentMethod, Plan, PlanVersion, Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A plan as it is to be sold. `prices` maps (cycle, currency) to minor units."""

    product: str
    name: str
    display_name: str
    position: int
    prices: dict[tuple[str, str], int]
    quotas: dict[str, int | None]
    features: tuple[str, ...]
    retention: dict[str, int]
    is_recommended: bool = False


def publish_offer(*, offer: Offer) -> PlanVersion:
    """Put an offer on sale: a new version if anything in it differs from the current one. One transaction; locks the
    plan row."""
    with transaction.atomic():
        plan, _ = Plan.objects.select_for_update().update_or_create(
            product=offer.product,
            name=offer.name,
            defaults={
                "display_name": offer.display_name,
                "position": offer.position,
                "is_recommended": offer.is_recommended,
            },
        )
        current = plan.versions.filter(is_current=True).prefetch_related("prices").first()
        if current and _describe(current) == _wanted(offer):
            return current
        plan.versions.filter(is_current=True).update(is_current=False)
        number = (plan.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        version = PlanVersion.objects.create(
            plan=plan,
            number=number,
            quotas=offer.quotas,
            features=list(offer.features),
            retention=offer.retention,
        )
        Price.objects.bulk_create(
            Price(version=version, cycle=cycle, currency=currency, amount_minor=minor)
            for (cycle, currency), minor in offer.prices.items()
        )
        return version


def publish_method(*, name: str, display_name: str, is_automatic: bool, position: int) -> PaymentMethod:
    """Make a way to pay known; one that is known keeps whether it is switched on. One statement."""
    method, _ = PaymentMethod.objects.update_or_create(
        name=name,
        defaults={"display_name": display_name, "is_automatic": is_automatic, "position": position},
    )
    return method


def _wanted(offer: Offer) -> dict[str, Any]:
    return {
        "quotas": offer.quotas,
        "features": list(offer.features),
        "retention": offer.retention,
        "prices": offer.prices,
    }


def _describe(version: PlanVersion) -> dict[str, Any]:
    return {
        "quotas": version.quotas,
        "features": version.features,
        "retention": version.retention,
        "prices": {(price.cycle, price.currency): price.amount_minor for price in version.prices.all()},
    }
