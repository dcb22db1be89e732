"""Reads of billing."""

from __future__ import annotations

from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Model, Prefetch, Q, QuerySet

from billing.models import Invoice, Order, Payment, PaymentMethod, Payout, Plan, PlanVersion, Price
from billing.signing import pay_token_matches
from shared_apps.accounts.admins import is_platform_admin
from shared_apps.core.errors import NotFound
from shared_apps.organisations import subdomains
from shared_apps.organisations.models import Domain, Membership
from shared_apps.organisations.policies import PAYS

MAX_SUGGESTIONS = 3
M = TypeVar("M", bound=Model)


def plans_on_sale() -> QuerySet[Plan]:
    """Active plans with their current version and prices: three queries, however many plans there are."""
    versions = PlanVersion.objects.filter(is_current=True).prefetch_related("prices")
    return (
        Plan.objects.filter(is_active=True, versions__is_current=True)
        .prefetch_related(Prefetch("versions", versions, to_attr="current_versions"))
        .order_by("product", "position")
    )


def price_on_sale(*, product: str, plan: str, cycle: str, currency: str) -> Price | None:
    """The current price of an active plan, with its version and plan."""
    return (
        Price.objects.select_related("version__plan")
        .filter(
            version__is_current=True,
            version__plan__is_active=True,
            version__plan__product=product,
            version__plan__name=plan,
            cycle=cycle,
            currency=currency,
        )
        .first()
    )


def payment_methods() -> QuerySet[PaymentMethod]:
    """The ways to pay that are offered: switched on, and not hidden because the provider does not answer."""
    return PaymentMethod.objects.filter(is_active=True, health__hidden_since__isnull=True)


def access_order(user: Any, order_id: UUID | str) -> Order:
    """An order for who may pay it: a first one for the one who made it, a later one for those who look after the
    organisation's billing. Anybody else is told that there is none. One query."""
    return _order(Order.objects.filter(payable_by(user), pk=order_id))


def order_of_link(order_id: UUID, token: str) -> Order:
    """An order for whoever has its pay link; raises NotFound for any other token, and where there is none."""
    if not pay_token_matches(order_id, token):
        raise NotFound
    return _order(Order.objects.filter(pk=order_id))


def _order(found: QuerySet[Order]) -> Order:
    order = found.select_related(
        "plan_version__plan", "organisation", "user", "coupon", "subscription__plan_version"
    ).first()
    if order is None:
        raise NotFound
    return order


def payable_by(user: Any, *, prefix: str = "") -> Q:
    """The orders that a person may see and pay; `prefix` leads to the order."""
    mine = {f"{prefix}kind": Order.Kind.FIRST, f"{prefix}user_id": user.pk}
    later = ~Q(**{f"{prefix}kind": Order.Kind.FIRST})
    return Q(**mine) | (later & Q(**{f"{prefix}organisation_id__in": _looked_after_by(user)}))


def is_on_payers_side(user: Any, order: Order) -> bool:
    """Whether somebody made an order or belongs to its organisation: such a person does not decide about its money.
    One query at most."""
    if order.user_id == user.pk:
        return True
    return Membership.objects.filter(user_id=user.pk, organisation__subscription__pk=order.subscription_id).exists()


def access_payment(user: Any, payment_id: UUID | str) -> Payment:
    """A payment for who may pay its order, or for a platform admin; anybody else is told that there is none."""
    payments = Payment.objects.select_related("order__user", "method").filter(pk=payment_id)
    return _access(payments, user, payable_by(user, prefix="order__"))


def access_invoice(user: Any, invoice_id: UUID | str) -> Invoice:
    """An invoice or credit note for those who look after the organisation's billing, for who made the first order that it
    is about, or for a platform admin; anybody else is told that there is none."""
    return _access(Invoice.objects.select_related("order", "credits").filter(pk=invoice_id), user, invoices_for(user))


def access_payout(user: Any, payout_id: UUID) -> Payout:
    """A payout statement for those who look after the organisation's billing, or for a platform admin; as `access_invoice`."""
    return _access(Payout.objects.filter(pk=payout_id), user, Q(organisation_id__in=_looked_after_by(user)))


def _access(found: QuerySet[M], user: Any, theirs: Q) -> M:
    """The one that is found if it is somebody's, or whosever it is for a platform admin; raises NotFound."""
    one = found.filter(theirs).first()
    if one is None and is_platform_admin(user):
        one = found.first()
    if one is None:
        raise NotFound
    return one


def _looked_after_by(user: Any) -> QuerySet[Membership, Any]:
    """The ids of the organisations whose billing a person looks after."""
    return Membership.objects.filter(user_id=user.pk, role__in=PAYS).values("organisation_id")


def invoices_for(user: Any) -> Q:
    """The invoices a person may see, without those they see as a platform admin."""
    return Q(subscription__organisation_id__in=_looked_after_by(user)) | Q(
        order__kind=Order.Kind.FIRST, order__user_id=user.pk
    )


def order_in_place_of(order: Order) -> Order | None:
    """The renewal that took the place of one that can no longer be paid, open or paid; None while there is none."""
    if order.kind != Order.Kind.RENEWAL:
        return None
    later = Order.objects.filter(
        subscription_id=order.subscription_id, kind=Order.Kind.RENEWAL, created_at__gt=order.created_at
    )
    return (
        later.filter(status__in=[Order.Status.AWAITING_PAYMENT, Order.Status.FULFILLED]).order_by("-created_at").first()
    )


def latest_payment(order: Order) -> Payment | None:
    """The attempt the order page shows: the newest."""
    return order.payments.select_related("method").order_by("-created_at").first()


def is_subdomain_taken(name: str, *, ignoring: Order | None = None) -> bool:
    """Whether a well-formed name belongs to a workspace or is held by an order (or looks like one that is)."""
    seen = subdomains.skeleton(name)
    host = f"{name}.{settings.PLATFORM_HOST}"
    if Domain.objects.filter(Q(domain=host) | Q(skeleton=seen)).exists():
        return True
    held = Order.objects.filter(status__in=Order.HOLDS_NAME, subdomain_skeleton=seen)
    if ignoring:
        held = held.exclude(pk=ignoring.pk)
    return held.exists()


def free_subdomains(wanted: str) -> list[str]:
    """Up to three free names near the one wanted: two queries, whatever is taken."""
    candidates = list(islice(subdomains.suggestions(wanted), 40))
    skeletons = {subdomains.skeleton(name) for name in candidates}
    taken = set(Domain.objects.filter(skeleton__in=skeletons).values_list("skeleton", flat=True))
    taken |= set(
        Order.objects.filter(status__in=Order.HOLDS_NAME, subdomain_skeleton__in=skeletons).values_list(
            "subdomain_skeleton", flat=True
        )
    )
    return [name for name in candidates if subdomains.skeleton(name) not in taken][:MAX_SUGGESTIONS]
