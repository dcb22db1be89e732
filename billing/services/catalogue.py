"""Publishing plans: a change of price or quota is a new version, orders and subscriptions keep theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from billing.models import PaymentMethod, Plan, PlanVersion, Price, ProviderHealth
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict


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
    grace_days: int = 7
    trial_days: int = 0


def publish_offer(*, offer: Offer, based_on: int | None = None, actor: Any = None) -> PlanVersion:
    """Put an offer on sale: a new version if anything in it differs from the current one.

    `based_on` is the number of the version that was edited (0: a plan that is new): where another is current by now, nothing
    is published and Conflict is raised. One transaction; locks the plans of the product.
    """
    with transaction.atomic():
        plan = _shown(offer, actor)
        current = plan.versions.filter(is_current=True).prefetch_related("prices").first()
        if based_on is not None and based_on != (current.number if current else 0):
            raise Conflict(
                "plan_changed", _("This plan was changed in the meantime. Look at it again, then make your change.")
            )
        if current and describe_version(current) == describe_offer(offer):
            return current
        plan.versions.filter(is_current=True).update(is_current=False)
        version = _add_version(plan, offer)
        record(action="plan.published", category=AuditCategory.SETTINGS, resource=version, actor=actor,
               before=_facts(describe_version(current)) if current else {}, after=_facts(describe_offer(offer)))  # fmt: skip
        return version


def _add_version(plan: Plan, offer: Offer) -> PlanVersion:
    version = PlanVersion.objects.create(
        plan=plan,
        number=(plan.versions.aggregate(last=Max("number"))["last"] or 0) + 1,
        quotas=offer.quotas,
        features=list(offer.features),
        retention=offer.retention,
        grace_days=offer.grace_days,
        trial_days=offer.trial_days,
    )
    Price.objects.bulk_create(
        Price(version=version, cycle=cycle, currency=currency, amount_minor=minor)
        for (cycle, currency), minor in offer.prices.items()
    )
    return version


def _shown(offer: Offer, actor: Any) -> Plan:
    """The plan, shown as the offer says; one plan a product is recommended. Locks the product's plans, in their order."""
    wanted = {"display_name": offer.display_name, "position": offer.position, "is_recommended": offer.is_recommended}
    plans = list(Plan.objects.select_for_update().filter(product=offer.product).order_by("pk"))
    plan, created = Plan.objects.get_or_create(product=offer.product, name=offer.name, defaults=wanted)
    for other in plans:
        if offer.is_recommended and other.is_recommended and other != plan:
            _show(other, {"is_recommended": False}, actor)
    _show(plan, wanted, actor, is_new=created)
    return plan


def _show(plan: Plan, wanted: dict[str, Any], actor: Any, *, is_new: bool = False) -> None:
    before = {} if is_new else {name: getattr(plan, name) for name in wanted}
    if before != wanted:
        Plan.objects.filter(pk=plan.pk).update(**wanted)
        record(
            action="plan.shown",
            category=AuditCategory.SETTINGS,
            resource=plan,
            actor=actor,
            before=before,
            after=wanted,
        )


def set_plan_on_sale(*, plan_id: int, is_active: bool, actor: Any) -> bool:
    """Sell a plan, or retire it: who has it keeps it and can renew it. A guarded UPDATE; False when it was so already."""
    with transaction.atomic():
        moved = Plan.objects.filter(pk=plan_id, is_active=not is_active).update(is_active=is_active)
        if moved:
            record(action="plan.sold_again" if is_active else "plan.retired", category=AuditCategory.SETTINGS,
                   resource=Plan(pk=plan_id), actor=actor, before={"is_active": not is_active},
                   after={"is_active": is_active})  # fmt: skip
    return bool(moved)


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


def describe_offer(offer: Offer) -> dict[str, Any]:
    """What a version of this offer would give and cost."""
    return {
        "quotas": offer.quotas,
        "features": list(offer.features),
        "retention": offer.retention,
        "grace_days": offer.grace_days,
        "trial_days": offer.trial_days,
        "prices": offer.prices,
    }


def describe_version(version: PlanVersion) -> dict[str, Any]:
    """What a version gives and costs, to be compared with an offer. Its prices are best prefetched."""
    return {
        "quotas": version.quotas,
        "features": version.features,
        "retention": version.retention,
        "grace_days": version.grace_days,
        "trial_days": version.trial_days,
        "prices": {(price.cycle, price.currency): price.amount_minor for price in version.prices.all()},
    }


def _facts(description: dict[str, Any]) -> dict[str, Any]:
    """A version as the audit log keeps it: JSON has no pairs for names."""
    prices = {f"{cycle} {currency}": minor for (cycle, currency), minor in description["prices"].items()}
    return {**description, "prices": prices}
