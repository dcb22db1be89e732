"""What the portal's plan pages show of an organisation's plan, its use, and what else it could have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from billing.models import Order, PaidPeriod, Plan, PlanVersion, Price, Subscription
from billing.models.catalogue import Cycle
from billing.money import Money
from billing.selectors import plans_on_sale
from billing.services.renewals import ChangePreview, RenewalPreview, preview_change, preview_renewal
from billing.services.subscriptions import periods_to_come
from shared_apps.core.errors import DomainError, NotFound
from shared_apps.organisations.models import Membership, Organisation
from shared_apps.organisations.policies import may_pay
from shared_apps.organisations.selectors import usage_of
from shared_apps.site import plan_texts
from shared_apps.site.catalogue import PlanOffer, find_product, load_catalogue
from shared_apps.site.plan_changes import PlanDifference, compare
from shared_apps.site.subscription_state import state_of
from shared_apps.usage.names import LABELS, QuotaUse

Status = Subscription.Status


@dataclass(frozen=True, slots=True)
class OtherPlan:
    """One plan of the product beside the one that is there."""

    offer: PlanOffer
    price: Money | None
    is_current: bool
    is_next: bool


def subscription_of(place: Membership) -> Subscription:
    """The subscription of somebody's organisation; raises NotFound where there is none that lives."""
    subscription = getattr(place.organisation, "subscription", None)
    if subscription is None or subscription.status in (Status.INCOMPLETE, Status.DELETED):
        raise NotFound
    return Subscription.objects.select_related(
        "plan_version__plan", "organisation__plan_version__plan", "coupon", "next_plan"
    ).get(pk=subscription.pk)


def plan_page(place: Membership) -> dict[str, Any]:
    """Everything of the page; amounts only for those who pay. A constant number of queries."""
    subscription, pays = subscription_of(place), may_pay(place.role)
    plan, cycle = subscription.plan_version.plan, subscription.cycle
    context: dict[str, Any] = {
        "life": state_of(place),
        "subscription": subscription,
        "pays": pays,
        "product": plan_texts.PRODUCTS[plan.product],
        "plan": plan,
        "ahead": _paid_ahead(subscription),
        "quotas": plan_texts.quota_texts(subscription.plan_version.quotas),
        "features": [plan_texts.feature_text(name) for name in subscription.plan_version.features],
        "limits": _counted(usage_of(place.organisation)),
    }
    if pays:
        context |= {
            "price": Price.objects.filter(
                version=subscription.plan_version, cycle=cycle, currency=subscription.currency
            ).first(),
            "cycle": plan_texts.CYCLES[cycle],
            "period": plan_texts.PERIODS[cycle],
            "next_cycle": plan_texts.CYCLES.get(subscription.next_cycle, ""),
            "others": _others(subscription),
        }
    return context


def _paid_ahead(subscription: Subscription) -> PaidPeriod | None:
    """The first period to come that is paid for another plan; None where what is paid goes on as it is. One query."""
    to_come = periods_to_come(subscription, timezone.now())
    return next((one for one in to_come if one.plan_version_id != subscription.plan_version_id), None)


def renewals_of(subscription: Subscription) -> list[RenewalPreview]:
    """What the next period would cost with each cycle that the plan is sold for."""
    found = []
    for cycle in Cycle.values:
        try:
            found.append(preview_renewal(subscription=subscription, cycle=cycle))
        except DomainError:
            continue
    return found


def wanted_cycle(subscription: Subscription) -> str:
    """The cycle to propose for what comes next."""
    return subscription.next_cycle or subscription.cycle


def access_plan(subscription: Subscription, name: str) -> Plan:
    """A plan of the subscription's product on sale, by its name; raises NotFound for any other."""
    product = subscription.plan_version.plan.product
    plan = next((one for one in plans_on_sale() if (one.product, one.name) == (product, name)), None)
    if plan is None:
        raise NotFound
    return plan


def change_page(place: Membership, subscription: Subscription, plan: Plan) -> dict[str, Any]:
    """A change before it is confirmed: what it costs and brings. Raises DomainError where it cannot be had."""
    preview = preview_change(subscription=subscription, plan=plan)
    return {
        "subscription": subscription,
        "plan": plan,
        "current": subscription.plan_version.plan,
        "preview": preview,
        "difference": _difference(place.organisation, subscription, preview),
        "later": _later_prices(subscription, preview.version),
        "open_order": subscription.orders.filter(status=Order.Status.AWAITING_PAYMENT).first(),
        "cycle": plan_texts.CYCLES[subscription.cycle],
    }


def _counted(uses: list[QuotaUse]) -> list[QuotaUse]:
    order = list(LABELS)
    return sorted((use for use in uses if use.counted is not None and use.name in LABELS), key=lambda use: order.index(use.name))  # fmt: skip


def _others(subscription: Subscription) -> list[OtherPlan]:
    plan = subscription.plan_version.plan
    product = find_product(load_catalogue(), plan.product)
    return [
        OtherPlan(
            offer=offer,
            price=offer.price(subscription.cycle, subscription.currency),
            is_current=offer.name == plan.name,
            is_next=bool(subscription.next_plan and offer.name == subscription.next_plan.name),
        )
        for offer in (product.plans if product else [])
    ]


def _difference(organisation: Organisation, subscription: Subscription, preview: ChangePreview) -> PlanDifference:
    return compare(subscription.plan_version, preview.version, _counted(usage_of(organisation)))


def _later_prices(subscription: Subscription, version: PlanVersion) -> dict[str, Money]:
    """The prices from the next period on, by cycle."""
    return {one.cycle: one.amount for one in version.prices.all() if one.currency == subscription.currency}
