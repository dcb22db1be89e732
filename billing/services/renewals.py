"""Orders of organisations that are there: the next period, and a better plan for the rest of this one.

A renewal is an order like any other: made ahead of the period's end, paid by whoever has its link. Nothing is debited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models import Coupon, Order, PaidPeriod, Payment, Plan, PlanVersion, Price, Subscription
from billing.models.catalogue import Cycle
from billing.money import Money
from billing.periods import day_of
from billing.pricing import Amounts, Reduction, price_change, price_order
from billing.services.coupons import check_coupon, reduction_of, running_coupon, use_coupon
from billing.services.fulfilment import mark_paid
from billing.services.moves import move_open_payments
from billing.services.orders import (
    Customer,
    amount_columns,
    customer_columns,
    is_being_paid,
    let_go,
    new_order_number,
)
from billing.services.payment_mail import tell_paid_by_credit
from billing.services.subscriptions import (
    current_version,
    last_version,
    lock_subscription,
    move_subscription,
    periods_to_come,
    renewal_period,
    set_credit_aside,
    stretch_of,
)
from billing.services.taxes import tax_for
from billing.transitions import CANCELLED_AFTER
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.organisations.models import Organisation

Status = Subscription.Status

# Nobody pays for longer ahead than this.
MOST_AHEAD = timedelta(days=731)
# A change is priced by the day: what is not paid by then is priced anew.
CHANGE_LIFETIME = timedelta(days=3)


class OrderJustMade(Conflict):
    """Somebody else made or closed an order of the subscription while its rows were being locked."""


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """What changing to a plan costs now. `is_now` False: it waits for the next period, and costs nothing today."""

    version: PlanVersion
    is_now: bool
    amounts: Amounts
    credit_used: Money
    paid_until: datetime | None

    @property
    def due(self) -> Money:
        """What is to be paid now."""
        return self.amounts.total - self.credit_used


@dataclass(frozen=True, slots=True)
class RenewalPreview:
    """What the next period costs with one cycle, and from when until when it would be."""

    price: Price
    amounts: Amounts
    credit_used: Money
    start: datetime
    end: datetime

    @property
    def due(self) -> Money:
        """What is to be paid."""
        return self.amounts.total - self.credit_used


def preview_renewal(
    *, subscription: Subscription, cycle: str = "", coupon: Coupon | None = None, at: datetime | None = None
) -> RenewalPreview:
    """The next period as `open_renewal` would order it at this moment; `coupon` in place of the one that still lasts.

    Reads only. Raises DomainError on `cycle` where the plan is not sold for it.
    """
    now = at or timezone.now()
    price = _renewal_price(subscription, cycle)
    coupon = coupon or running_coupon(subscription=subscription, plan=price.version.plan)
    start, end = renewal_period(subscription, price.cycle, at=now)
    amounts = price_order(price.amount, reduction=_reduction(coupon), tax=_tax(subscription))
    return RenewalPreview(
        price=price,
        amounts=amounts,
        credit_used=min(credit_at_hand(subscription), amounts.total),
        start=start,
        end=end,
    )


def credit_at_hand(subscription: Subscription) -> Money:
    """The credit that a new order may use: what is there, and what the open order that it replaces lets go of. One query."""
    aside = subscription.orders.filter(status=Order.Status.AWAITING_PAYMENT).aggregate(sum=Sum("credit_minor"))["sum"]
    return Money(subscription.credit_minor + (aside or 0), subscription.currency)


def open_renewal(*, subscription_id: UUID, cycle: str = "", coupon_code: str = "", actor: Any = None) -> Order:
    """The order for the next period: the open one if it is for the same, else a new one in its place.

    One transaction; locks the open order, the subscription. Raises Conflict, and DomainError on `coupon_code`.
    """
    try:
        return _open_renewal(subscription_id, cycle, coupon_code, actor)
    except OrderJustMade:
        return _open_renewal(subscription_id, cycle, coupon_code, actor)


def open_renewal_by_link(*, subscription_id: UUID) -> Order:
    """As `open_renewal`, for whoever has no more than the link of an order that is over: no open order gives way to it, and
    credit alone pays nothing. Raises Conflict."""
    with transaction.atomic():
        open_order, subscription = lock_with_open_order(subscription_id)
        _check_renewable(subscription)
        is_open = open_order is not None and open_order.expires_at > timezone.now()
        if is_open or not preview_renewal(subscription=subscription).due:
            raise Conflict("log_in_to_renew", _("Log in to renew this subscription."))
        return _open_renewal(subscription_id, "", "", None)


def _open_renewal(subscription_id: UUID, cycle: str, coupon_code: str, actor: Any) -> Order:
    with transaction.atomic():
        open_order, subscription = lock_with_open_order(subscription_id)
        _check_renewable(subscription)
        price = _renewal_price(subscription, cycle)
        coupon = _coupon_for(subscription, coupon_code, price, open_order)
        if open_order and _is_same(open_order, price, coupon):
            return open_order
        if open_order:
            close_order(order=open_order, actor=actor)
            subscription = lock_subscription(subscription_id)
        now = timezone.now()
        preview = preview_renewal(subscription=subscription, cycle=price.cycle, coupon=coupon, at=now)
        order = _insert(
            subscription,
            kind=Order.Kind.RENEWAL,
            price=price,
            amounts=preview.amounts,
            coupon=coupon,
            period=(preview.start, preview.end),
            expires_at=_payable_until(subscription, now),
        )
        if coupon and coupon.pk != subscription.coupon_id:
            use_coupon(coupon=coupon, order=order)
        return _finish(order, actor)


def preview_change(*, subscription: Subscription, plan: Plan, at: datetime | None = None) -> ChangePreview:
    """What a change to a plan would cost at this moment: the same function prices the page, the order and the invoice.

    Reads only. Raises DomainError on `plan` where the plan is not for sale to this subscription.
    """
    version = _version_for(subscription, plan)
    now = at or timezone.now()
    periods = periods_to_come(subscription, now) if subscription.status == Status.ACTIVE else []
    charge, unused = _price_of_change(subscription, version, periods, now)
    is_now = bool(periods) and _costs_no_less(version, subscription) and not charge < unused
    nothing = Money(0, subscription.currency)
    amounts = price_order(
        charge if is_now else nothing, proration=unused if is_now else nothing, tax=_tax(subscription)
    )
    return ChangePreview(
        version=version,
        is_now=is_now,
        amounts=amounts,
        credit_used=min(credit_at_hand(subscription), amounts.total),
        paid_until=subscription.paid_until,
    )


def order_change(*, subscription_id: UUID, plan: Plan, expected_due: Money, actor: Any) -> Order:
    """Order a better plan from now on. `expected_due` is what the person was shown; another amount raises Conflict.

    One transaction; locks the open order (which it replaces), the subscription. An order of nothing takes effect at once.
    """
    with transaction.atomic():
        open_order, subscription = lock_with_open_order(subscription_id)
        _check_changeable(subscription, plan)
        if open_order:
            close_order(order=open_order, actor=actor)
            subscription = lock_subscription(subscription_id)
        now = timezone.now()
        preview = preview_change(subscription=subscription, plan=plan, at=now)
        if not preview.is_now:
            raise Conflict("not_an_upgrade", _("This plan can begin with your next period only."), field="plan")
        if preview.due != expected_due:
            raise Conflict(
                "price_changed", _("The amount has changed since you opened this page. Check it, then confirm again.")
            )
        order = _insert(
            subscription,
            kind=Order.Kind.CHANGE,
            price=_price(preview.version, subscription.cycle, subscription.currency),
            amounts=preview.amounts,
            coupon=None,
            period=(now, subscription.paid_until or now),
            expires_at=min(now + CHANGE_LIFETIME, subscription.paid_until or now + CHANGE_LIFETIME),
        )
        return _finish(order, actor)


def schedule_change(*, subscription_id: UUID, plan: Plan, cycle: str, actor: Any) -> None:
    """From the next period on: another plan, another cycle, or (what is there now) neither. Nothing is paid today.

    One transaction; locks the open order, the subscription. An open renewal is made anew at its new price. Raises Conflict.
    """
    with transaction.atomic():
        open_order, subscription = lock_with_open_order(subscription_id)
        if subscription.status in (Status.INCOMPLETE, Status.DELETED):
            raise _not_open()
        _price(_version_for(subscription, plan), cycle, subscription.currency)
        before = {"plan": str(subscription.next_plan or ""), "cycle": subscription.next_cycle}
        same_plan, same_cycle = plan.pk == last_version(subscription).plan_id, cycle == subscription.cycle
        subscription.next_plan = None if same_plan else plan
        subscription.next_cycle = "" if same_cycle else cycle
        move_subscription(subscription=subscription, to=subscription.status, action="subscription.change_scheduled", actor=actor,
                          details={"before": before, "plan": str(plan), "cycle": cycle})  # fmt: skip
        if open_order and open_order.kind == Order.Kind.RENEWAL:
            open_renewal(subscription_id=subscription_id, actor=actor)


def lock_with_open_order(subscription_id: UUID) -> tuple[Order | None, Subscription]:
    """The open order and the subscription, locked in that order (`fulfilment` takes them so). In the caller's transaction;
    raises OrderJustMade when somebody else was quicker: try again."""
    found = (
        Order.objects.select_for_update()
        .filter(subscription_id=subscription_id, status=Order.Status.AWAITING_PAYMENT)
        .first()
    )
    subscription = lock_subscription(subscription_id)
    # Orders of a subscription are made by who holds its row: what is open now stays so.
    now_open = Order.objects.filter(subscription_id=subscription_id, status=Order.Status.AWAITING_PAYMENT).first()
    if (found and found.pk) != (now_open and now_open.pk):
        raise OrderJustMade("order_just_made", _("An order was made at this moment. Refresh the page."))
    return found, subscription


def _check_renewable(subscription: Subscription) -> None:
    if subscription.status in (Status.INCOMPLETE, Status.DELETED) or subscription.organisation_id is None:
        raise _not_open()
    if subscription.paid_until and subscription.paid_until - timezone.now() > MOST_AHEAD:
        raise Conflict("paid_far_ahead", _("This plan is already paid for more than two years ahead."))


def _check_changeable(subscription: Subscription, plan: Plan) -> None:
    if subscription.status != Status.ACTIVE or subscription.organisation_id is None:
        raise Conflict("not_active", _("Renew your plan first. You can choose another one at the same time."))
    if plan.pk == subscription.plan_version.plan_id:
        raise DomainError("same_plan", _("This is the plan you have."), field="plan")


def _not_open() -> Conflict:
    return Conflict("subscription_not_open", _("This organisation has no plan that can be changed or renewed."))


def _payable_until(subscription: Subscription, now: datetime) -> datetime:
    """A renewal may be paid until the subscription would be given up; one that is cancelled, until it is deleted."""
    if subscription.delete_after:
        if subscription.delete_after <= now:
            raise _not_open()
        return subscription.delete_after
    grace = timedelta(days=subscription.plan_version.grace_days)
    return max(now, subscription.paid_until or now) + grace + CANCELLED_AFTER


def _is_same(order: Order, price: Price, coupon: Coupon | None) -> bool:
    wanted = (Order.Kind.RENEWAL, price.version_id, price.cycle, coupon.pk if coupon else None)
    return (
        order.kind,
        order.plan_version_id,
        order.cycle,
        order.coupon_id,
    ) == wanted and order.expires_at > timezone.now()


def close_order(*, order: Order, actor: Any, reason: str = "replaced") -> None:
    """Cancel an open order that nobody is to pay any more; raises Conflict while its money may be on the way.

    In the caller's transaction, which holds the order's row.
    """
    if is_being_paid(order):
        raise Conflict(
            "payment_under_way",
            _("A payment for your open order is under way. Wait for its outcome, then try again."),
            extra={"order": str(order.pk)},
        )
    order.status = Order.Status.CANCELLED
    order.save(update_fields=["status"])
    move_open_payments(order=order, to=Payment.Status.CANCELLED, actor=actor)
    let_go(order=order)
    record(action="order.cancelled", category=AuditCategory.ORDER, resource=order, actor=actor,
           before={"status": "awaiting_payment"}, after={"status": "cancelled", "reason": reason})  # fmt: skip


def _renewal_price(subscription: Subscription, cycle: str) -> Price:
    """What the next period costs: the plan that is there, or paid ahead, keeps its version; one that is chosen comes as it is
    sold today."""
    version = current_version(subscription.next_plan_id) if subscription.next_plan_id else last_version(subscription)
    wanted = cycle or subscription.next_cycle or subscription.cycle
    kept = version.prices.filter(cycle=wanted, currency=subscription.currency).first()
    return kept or _price(current_version(version.plan_id), wanted, subscription.currency)


def _price(version: PlanVersion, cycle: str, currency: str) -> Price:
    price = version.prices.select_related("version__plan").filter(cycle=cycle, currency=currency).first()
    if price is None or cycle not in Cycle.values:
        raise DomainError("no_price", _("This plan is not sold for this period. Choose another one."), field="cycle")
    return price


def _version_for(subscription: Subscription, plan: Plan) -> PlanVersion:
    """The version of a plan that this subscription would get: its own, or the one on sale."""
    if plan.pk == subscription.plan_version.plan_id:
        return subscription.plan_version
    version = (
        PlanVersion.objects.select_related("plan").filter(plan=plan, is_current=True, plan__is_active=True).first()
    )
    if version is None or plan.product != subscription.plan_version.plan.product:
        raise DomainError("unknown_plan", _("This plan is not for sale. Choose another one."), field="plan")
    return version


def _price_of_change(
    subscription: Subscription, version: PlanVersion, periods: list[PaidPeriod], now: datetime
) -> tuple[Money, Money]:
    prices = {one.cycle: one.amount for one in version.prices.filter(currency=subscription.currency)}
    if not prices or any(period.cycle not in prices for period in periods):
        raise DomainError("no_price", _("This plan is not sold in your currency or for your period."), field="plan")
    stretches = [stretch_of(period) for period in periods]
    change = price_change(stretches, prices=prices, today=day_of(now, timezone.get_default_timezone()))
    return change.charge, change.unused


def _costs_no_less(version: PlanVersion, subscription: Subscription) -> bool:
    """Whether a plan's list price is at least that of the plan that is there."""
    both = Price.objects.filter(
        version__in=[version, subscription.plan_version], cycle=subscription.cycle, currency=subscription.currency
    )
    prices = {price.version_id: price.amount_minor for price in both}
    return prices.get(version.pk, 0) >= prices.get(subscription.plan_version_id, 0)


def _coupon_for(subscription: Subscription, code: str, price: Price, open_order: Order | None) -> Coupon | None:
    """The coupon that still lasts, or the one whose code is given."""
    plan = price.version.plan
    running = running_coupon(subscription=subscription, plan=plan)
    if not code.strip() or (running and running.code == code.strip().upper()):
        return running
    return check_coupon(code=code, plan=plan, currency=price.currency, subscription=subscription, replacing=open_order)


def _reduction(coupon: Coupon | None) -> Reduction | None:
    return reduction_of(coupon) if coupon else None


def _tax(subscription: Subscription) -> Any:
    organisation = subscription.organisation
    if organisation is None:
        raise _not_open()
    return tax_for(country=organisation.billing_country, tax_number=organisation.tax_number)


def _insert(
    subscription: Subscription,
    *,
    kind: str,
    price: Price,
    amounts: Amounts,
    coupon: Coupon | None,
    period: tuple[datetime, datetime],
    expires_at: datetime,
) -> Order:
    organisation = subscription.organisation
    if organisation is None:
        raise _not_open()
    credit = set_credit_aside(subscription=subscription, at_most=amounts.total)
    return Order.objects.create(
        number=new_order_number(),
        kind=kind,
        user_id=organisation.owner_id,
        subscription=subscription,
        organisation=organisation,
        plan_version=price.version,
        cycle=price.cycle,
        currency=price.currency,
        coupon=coupon,
        credit_minor=credit.minor,
        organisation_name=organisation.name,
        locale=organisation.locale,
        period_start=period[0],
        period_end=period[1],
        expires_at=expires_at,
        **amount_columns(amounts),
        **customer_columns(_customer(organisation)),
    )


def _customer(organisation: Organisation) -> Customer:
    return Customer(
        name=organisation.billing_name or organisation.name,
        email=organisation.billing_email,
        country=organisation.billing_country,
        phone=organisation.billing_phone,
        address=organisation.billing_address,
        tax_number=organisation.tax_number,
    )


def _finish(order: Order, actor: Any) -> Order:
    """Note the new order; one with nothing left to pay is paid."""
    record(action="order.created", category=AuditCategory.ORDER, resource=order, actor=actor,
           after={"number": order.number, "kind": order.kind, "total_minor": order.total_minor, "currency": order.currency})  # fmt: skip
    if not order.due:
        mark_paid(order_id=order.pk, actor=actor)
        order.refresh_from_db()
        tell_paid_by_credit(order)
    return order
