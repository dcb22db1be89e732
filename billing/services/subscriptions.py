"""A subscription's life. Whoever changes one holds its row, and leaves an event that says who and why.

Locks are taken in one order: order, subscription, organisation, invoice counter.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from billing.models import CouponUse, Order, PaidPeriod, PlanVersion, Refund, Subscription, SubscriptionEvent
from billing.models.catalogue import MONTHS, Cycle
from billing.money import Money
from billing.periods import add_months, day_of, days_between
from billing.pricing import Stretch, monthly_value, price_of_rest
from billing.transitions import ALLOWED, DELETED_AFTER, start_of_renewal
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.locking import lock_one
from shared_apps.organisations.services.standing import set_standing

Status = Subscription.Status
Hold = Subscription.Hold

# A workspace that opens later than this after the payment gets the whole period from then on.
OPENED_LATE = timedelta(hours=1)


def lock_subscription(subscription_id: UUID) -> Subscription:
    """The row, locked until the caller's transaction ends."""
    rows = Subscription.objects.select_related("plan_version__plan", "organisation", "coupon", "next_plan")
    return lock_one(rows, subscription_id)


def period_after(start: datetime, cycle: str, *, anchor_day: int) -> datetime:
    """The end of a period of one cycle."""
    return add_months(start, MONTHS[Cycle(cycle)], anchor_day=anchor_day, zone=timezone.get_default_timezone())


def start_subscription(*, subscription: Subscription, order: Order, at: datetime) -> None:
    """The first period begins, or the days to try. In the caller's transaction, which holds the order's and the
    subscription's rows."""
    subscription.anchor_day, subscription.started_at = _day_of_month(at), at
    end = _first_end(order, at)
    if order.trial_days:
        subscription.coupon = order.coupon
        subscription.coupon_periods_left = order.coupon.periods if order.coupon else None
        subscription.anchor_day = _day_of_month(end)
    else:
        _use_coupon_period(subscription, order)
    _add_period(subscription, order, at, end)
    status = Status.TRIALING if order.trial_days else Status.ACTIVE
    move_subscription(subscription=subscription, to=status, action="subscription.started", order=order, paid_until=end)


def open_workspace(*, order: Order, organisation_id: UUID, at: datetime) -> None:
    """A first order's workspace is there: the subscription is its own from now on, and the paid time begins when it opens.

    In the caller's transaction, which holds the order's row; locks the subscription's, then the organisation's. May be
    repeated.
    """
    subscription = lock_subscription(order.subscription_id)
    subscription.organisation_id = organisation_id
    period = subscription.periods.filter(order=order).first()
    late = subscription.started_at is not None and at - subscription.started_at > OPENED_LATE
    if period and late and not _time_given_back(order):
        period.starts_at, period.ends_at = at, _first_end(order, at)
        subscription.anchor_day = _day_of_month(period.ends_at if order.trial_days else at)
        period.save(update_fields=["starts_at", "ends_at"])
        subscription.started_at, subscription.paid_until = at, period.ends_at
    move_subscription(subscription=subscription, to=subscription.status, action="subscription.opened", order=order)


def _time_given_back(order: Order) -> bool:
    """Whether the order's money was returned and its time ended with it."""
    return Refund.objects.filter(payment__order=order, ends_access=True, status=Refund.Status.SUCCEEDED).exists()


def extend_subscription(*, subscription: Subscription, order: Order, at: datetime, actor: Any = None) -> None:
    """A renewal was paid: its period is added, and access comes back if only money was missing. Another plan begins with its
    period, not with the payment: what is paid of the plan that is there runs to its end.

    In the caller's transaction, which holds the order's and the subscription's rows.
    """
    start, end = renewal_period(subscription, order.cycle, at=at)
    if start != subscription.paid_until:
        subscription.anchor_day = _day_of_month(start)
    _add_period(subscription, order, start, end)
    if start <= at:
        subscription.plan_version = order.plan_version
    subscription.cycle = order.cycle
    subscription.next_plan, subscription.next_cycle = None, ""
    subscription.cancel_at_period_end = False
    _use_coupon_period(subscription, order)
    back = with_access(subscription)
    move_subscription(
        subscription=subscription, to=back, action="subscription.renewed", order=order, actor=actor, paid_until=end
    )


def renewal_period(subscription: Subscription, cycle: str, *, at: datetime) -> tuple[datetime, datetime]:
    """The time that a renewal buys when it is paid at a moment: what is shown before is what is given."""
    previous_end = subscription.paid_until or at
    start = start_of_renewal(status=subscription.status, paid_until=previous_end, now=at)
    anchor_day = subscription.anchor_day if start == previous_end else None
    return start, period_after(start, cycle, anchor_day=anchor_day or _day_of_month(start))


def change_plan(*, subscription: Subscription, order: Order, at: datetime, actor: Any = None) -> None:
    """A better plan was paid for: every period that is not over goes on under it, for what the rest of it cost.

    In the caller's transaction, which holds the order's and the subscription's rows.
    """
    for period, worth, monthly in _values_of_rest(order, periods_to_come(subscription, at), at):
        end, full_days = period.ends_at, period.full_days
        start = max(at, period.starts_at)
        period.ends_at = start
        period.save(update_fields=["ends_at"])
        PaidPeriod.objects.create(
            subscription=subscription, order=order, plan_version=order.plan_version, cycle=period.cycle,
            starts_at=start, ends_at=end, full_days=full_days, value_minor=worth.minor, currency=worth.currency,
            monthly_minor=monthly.minor,
        )  # fmt: skip
    before = subscription.plan_version
    subscription.plan_version = order.plan_version
    subscription.next_plan, subscription.next_cycle = None, ""
    move_subscription(subscription=subscription, to=subscription.status, action="subscription.plan_changed", order=order, actor=actor,
                      details={"from": str(before), "to": str(order.plan_version)})  # fmt: skip


def begin_plan(*, subscription: Subscription, at: datetime) -> bool:
    """The plan of the period that runs now begins, where another one did before. False where it has already.

    In the caller's transaction, which holds the subscription's row.
    """
    running = subscription.periods.select_related("plan_version__plan", "order").filter(
        starts_at__lte=at, ends_at__gt=at
    )
    period = running.order_by("-starts_at", "-pk").first()
    if period is None or period.plan_version_id == subscription.plan_version_id:
        return False
    before = subscription.plan_version
    subscription.plan_version = period.plan_version
    move_subscription(
        subscription=subscription, to=subscription.status, action="subscription.plan_changed", order=period.order,
        details={"from": str(before), "to": str(period.plan_version)},
    )  # fmt: skip
    return True


def last_version(subscription: Subscription) -> PlanVersion:
    """What the subscription ends on as it is paid today: the plan of its last period to come. One query."""
    last = periods_to_come(subscription, timezone.now())[-1:]
    return last[0].plan_version if last else subscription.plan_version


def move_subscription(
    *,
    subscription: Subscription,
    to: str,
    action: str,
    order: Order | None = None,
    actor: Any = None,
    paid_until: datetime | None = None,
    hold: str | None = None,
    at: datetime | None = None,
    delete_after: datetime | None = None,
    details: dict[str, Any] | None = None,
) -> SubscriptionEvent:
    """Give a locked subscription another status (or only other values), tell its workspace, and keep the history.

    `action` is an audit action, "subscription.renewed". `hold` is why access ends; left out, one that goes on being suspended
    keeps its own. `at` is since when it holds, left out now; `delete_after` when what is cancelled is deleted, left out
    DELETED_AFTER from now. In the caller's transaction, which holds its row; locks the organisation's row. Raises ValueError
    for a way the table does not have.
    """
    before = subscription.status
    if to != before and to not in ALLOWED[before]:
        raise ValueError(f"a subscription does not go from {before} to {to}")
    now = timezone.now()
    subscription.status = to
    if hold is not None or to != Status.SUSPENDED:
        subscription.hold = hold or ""
    subscription.paid_until = paid_until or subscription.paid_until
    subscription.suspended_at = (subscription.suspended_at or at or now) if to == Status.SUSPENDED else None
    if to == Status.CANCELLED:
        subscription.cancelled_at = subscription.cancelled_at or at or now
        subscription.delete_after = delete_after or subscription.delete_after or now + DELETED_AFTER
    elif to != Status.DELETED:
        subscription.cancelled_at, subscription.delete_after = None, None
    subscription.save()
    event = SubscriptionEvent.objects.create(
        subscription=subscription, action=action, from_status=before, to_status=to, order=order, actor=actor,
        details={**(details or {}), "paid_until": subscription.paid_until and subscription.paid_until.isoformat(),
                 **({"hold": subscription.hold} if subscription.hold else {})},
    )  # fmt: skip
    record(action=action, category=AuditCategory.ORGANISATION, resource=subscription, actor=actor,
           before={"status": before}, after={"status": to, "hold": subscription.hold})  # fmt: skip
    if subscription.organisation_id:
        set_standing(
            organisation_id=subscription.organisation_id,
            plan_version_id=subscription.plan_version_id,
            paid_until=subscription.paid_until,
            has_access=subscription.has_access,
        )
    return event


def add_credit(*, subscription_id: UUID, amount: Money) -> None:
    """Money that the customer may use later. In the caller's transaction, with the ledger's entries; locks the row."""
    if amount:
        Subscription.objects.filter(pk=subscription_id).update(credit_minor=F("credit_minor") + amount.minor)
        record(action="credit.added", category=AuditCategory.PAYMENT, resource=Subscription(pk=subscription_id),
               after={"amount_minor": amount.minor, "currency": amount.currency})  # fmt: skip


def set_credit_aside(*, subscription: Subscription, at_most: Money) -> Money:
    """Take credit for an order, no more than there is; how much. In the caller's transaction, which holds the row."""
    used = min(subscription.credit, at_most)
    if used:
        subscription.credit_minor -= used.minor
        subscription.save(update_fields=["credit_minor"])
        record(action="credit.set_aside", category=AuditCategory.PAYMENT, resource=subscription,
               after={"amount_minor": used.minor, "currency": used.currency})  # fmt: skip
    return used


def give_credit_back(*, order: Order) -> None:
    """An order that nobody pays lets go of the credit set aside for it. In the caller's transaction, which holds its row."""
    if order.credit_minor:
        amount = order.credit
        order.credit_minor = 0
        order.save(update_fields=["credit_minor"])
        add_credit(subscription_id=order.subscription_id, amount=amount)


def periods_to_come(subscription: Subscription, at: datetime) -> list[PaidPeriod]:
    """The paid periods that are not over, the first first; one whose time another plan took is empty. One query."""
    to_come = subscription.periods.select_related("plan_version__plan").filter(
        ends_at__gt=at, starts_at__lt=F("ends_at")
    )
    return list(to_come.order_by("starts_at", "pk"))


def stretch_of(period: PaidPeriod) -> Stretch:
    """The period in days of the platform's time zone."""
    zone = timezone.get_default_timezone()
    return Stretch(
        cycle=period.cycle,
        starts_on=day_of(period.starts_at, zone),
        ends_on=day_of(period.ends_at, zone),
        full_days=period.full_days,
        value=period.value,
    )


def _add_period(subscription: Subscription, order: Order, start: datetime, end: datetime) -> None:
    order.period_start, order.period_end = start, end
    order.save(update_fields=["period_start", "period_end"])
    PaidPeriod.objects.create(
        subscription=subscription, order=order, plan_version=order.plan_version, cycle=order.cycle,
        starts_at=start, ends_at=end, full_days=days_between(start, end, timezone.get_default_timezone()),
        value_minor=order.subtotal_minor - order.discount_minor, currency=order.currency,
        monthly_minor=monthly_value(order.net, cycle=order.cycle).minor,
    )  # fmt: skip


def _day_of_month(moment: datetime) -> int:
    return day_of(moment, timezone.get_default_timezone()).day


def _first_end(order: Order, at: datetime) -> datetime:
    """The end of what a first order gives from a moment on."""
    if order.trial_days:
        return at + timedelta(days=order.trial_days)
    return period_after(at, order.cycle, anchor_day=_day_of_month(at))


def with_access(subscription: Subscription) -> str:
    """The status after a payment: an admin's or a dispute's hold stays."""
    if subscription.status == Status.SUSPENDED and subscription.hold in (Hold.ADMIN, Hold.DISPUTE):
        return Status.SUSPENDED
    return Status.ACTIVE


def _use_coupon_period(subscription: Subscription, order: Order) -> None:
    """A coupon that lasts several periods has one less, and goes with its last. One for a single period leaves another that
    is running as it is."""
    coupon = order.coupon
    if coupon is None:
        return
    is_running = subscription.coupon_id == coupon.pk
    if not is_running and order.kind != Order.Kind.FIRST and not CouponUse.objects.filter(order=order).exists():
        return  # money that came late for a period of a coupon that has run out since
    lasting = subscription.coupon_periods_left if is_running else coupon.periods
    left = lasting and lasting - 1  # None: for ever
    if left != 0:
        subscription.coupon, subscription.coupon_periods_left = coupon, left
    elif is_running:
        subscription.coupon, subscription.coupon_periods_left = None, None


def _values_of_rest(order: Order, periods: list[PaidPeriod], at: datetime) -> list[tuple[PaidPeriod, Money, Money]]:
    """The periods an upgrade covers, each with its share of the order's price (the last has what rounding leaves) and what
    a month of it costs."""
    today = day_of(at, timezone.get_default_timezone())
    prices = {price.cycle: price.amount for price in order.plan_version.prices.filter(currency=order.currency)}
    included = order.tax_percent if order.tax_included else Decimal(0)
    weights = [price_of_rest(prices[one.cycle], stretch_of(one), today).minor for one in periods]
    left, values = order.subtotal, []
    for period, weight in zip(periods, weights, strict=True):
        share = Money(order.subtotal_minor * weight // (sum(weights) or 1), order.currency)
        worth = left if period is periods[-1] else share
        left -= share
        monthly = monthly_value(prices[period.cycle], cycle=period.cycle, tax_included=included)
        values.append((period, worth, monthly))
    return values


def current_version(plan_id: int) -> PlanVersion:
    """What a plan is on sale as today."""
    return PlanVersion.objects.select_related("plan").get(plan_id=plan_id, is_current=True)
