"""Publishing plans: a change of price or quota is a new version, orders keep theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from billing.models import PaymentMethod, Plan, PlanVersion, Price, ProviderHealth
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record


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
        plan = _shown(offer)
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
        record(action="plan.published", category=AuditCategory.SETTINGS, resource=version,
               before=_facts(_describe(current)) if current else {}, after=_facts(_wanted(offer)))  # fmt: skip
        return version


def _shown(offer: Offer) -> Plan:
    """The plan, locked, shown as the offer says. In the caller's transaction."""
    wanted = {"display_name": offer.display_name, "position": offer.position, "is_recommended": offer.is_recommended}
    plan, created = Plan.objects.select_for_update().get_or_create(
        product=offer.product, name=offer.name, defaults=wanted
    )
    before = {} if created else {name: getattr(plan, name) for name in wanted}
    if before != wanted:
        Plan.objects.filter(pk=plan.pk).update(**wanted)
        record(action="plan.shown", category=AuditCategory.SETTINGS, resource=plan, before=before, after=wanted)
    return plan


def publish_method(*, name: str, display_name: str, is_automatic: bool, position: int) -> PaymentMethod:
    """Make a way to pay known; one that is known keeps whether it is switched on. One transaction; locks its row."""
    wanted = {"display_name": display_name, "is_automatic": is_automatic, "position": position}
    with transaction.atomic():
        method, created = PaymentMethod.objects.select_for_update().get_or_create(name=name, defaults=wanted)
        ProviderHealth.objects.get_or_create(method=method)
        before = {} if created else {field: getattr(method, field) for field in wanted}
        if before != wanted:
            PaymentMethod.objects.filter(pk=method.pk).update(**wanted)
            record(
                action="method.published", category=AuditCategory.SETTINGS, resource=method, before=before, after=wanted
            )
    return method


def _facts(description: dict[str, Any]) -> dict[str, Any]:
    """A version as the audit log keeps it: JSON has no pairs for names."""
    prices = {f"{cycle} {currency}": minor for (cycle, currency), minor in description["prices"].items()}
    return {**description, "prices": prices}


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
