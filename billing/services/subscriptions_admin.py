"""What platform admins do to subscriptions: hold access back, give it back, give days. Each with a reason, in the history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models import PaidPeriod, Subscription
from billing.periods import days_between
from billing.services.orders import is_being_paid
from billing.services.renewals import close_order, lock_with_open_order
from billing.services.subscriptions import last_version, lock_subscription, move_subscription, period_after, with_access
from billing.transitions import start_of_renewal, status_without_hold
from shared_apps.accounts.admins import is_platform_admin
from shared_apps.core.errors import Conflict, DomainError, NotAllowed

Status = Subscription.Status
Hold = Subscription.Hold

MOST_DAYS = 366


def suspend_subscription(*, subscription_id: UUID, reason: str, admin: Any) -> None:
    """Hold access back until an admin gives it back; money alone does not. One transaction, locks the subscription.

    Raises NotAllowed, DomainError on `reason`, and Conflict where there is nothing to hold back.
    """
    _check_admin(admin)
    _check_reason(reason)
    with transaction.atomic():
        subscription = lock_subscription(subscription_id)
        if subscription.status in (Status.INCOMPLETE, Status.DELETED):
            raise Conflict("subscription_not_open", _("This subscription has nothing to suspend."))
        if subscription.status == Status.SUSPENDED and subscription.hold != Hold.UNPAID:
            raise Conflict("already_held", _("This workspace is already held. Refresh the page."))
        move_subscription(
            subscription=subscription, to=Status.SUSPENDED, action="subscription.held", actor=admin, hold=Hold.ADMIN,
            details={"reason": reason.strip()},
        )  # fmt: skip


def end_provisional_access(*, subscription_id: UUID, reason: str, admin: Any) -> None:
    """Nothing is open any more on the strength of money that is only on its way; a payment opens it again.

    One transaction, locks the subscription. Raises NotAllowed, DomainError on `reason`, Conflict outside the grace.
    """
    _check_admin(admin)
    _check_reason(reason)
    with transaction.atomic():
        subscription = lock_subscription(subscription_id)
        if subscription.status != Status.PAST_DUE:
            raise Conflict("not_in_grace", _("This workspace is not in grace any more. Refresh the page."))
        move_subscription(
            subscription=subscription, to=Status.SUSPENDED, action="subscription.grace_ended", actor=admin, hold=Hold.UNPAID,
            details={"reason": reason.strip()},
        )  # fmt: skip


def lift_hold(*, subscription_id: UUID, reason: str, admin: Any) -> None:
    """Take back an admin's hold, and no other: the subscription is then where time alone would have it by now.

    What is unpaid has CANCELLED_AFTER from now on. One transaction, locks the subscription. Raises NotAllowed, DomainError
    on `reason`, and Conflict when it is not an admin who holds it.
    """
    _check_admin(admin)
    _check_reason(reason)
    with transaction.atomic():
        subscription = lock_subscription(subscription_id)
        if subscription.status != Status.SUSPENDED or subscription.hold != Hold.ADMIN:
            raise Conflict(
                "not_held", _("No admin holds this workspace. A payment or the end of the dispute opens it.")
            )
        to = status_without_hold(subscription, now=timezone.now())
        subscription.suspended_at = None
        move_subscription(
            subscription=subscription, to=to, action="subscription.hold_lifted", actor=admin,
            hold=Hold.UNPAID if to == Status.SUSPENDED else None, details={"reason": reason.strip()},
        )  # fmt: skip


def give_days(*, subscription_id: UUID, days: int, reason: str, admin: Any) -> None:
    """Free days after what is paid, or from now on where access had ended; they open what is only unpaid.

    An open renewal is given up, for it was made for another date; unless its money is on its way. One transaction; locks
    the open order, the subscription. Raises NotAllowed, Conflict, and DomainError on `days` and `reason`.
    """
    _check_admin(admin)
    _check_reason(reason)
    if not 1 <= days <= MOST_DAYS:
        raise DomainError("days", _("Give between 1 and 366 days."), field="days")
    with transaction.atomic():
        open_order, subscription = lock_with_open_order(subscription_id)
        if subscription.status in (Status.INCOMPLETE, Status.DELETED):
            raise Conflict("subscription_not_open", _("This subscription cannot be extended."))
        if open_order and not is_being_paid(open_order):
            close_order(order=open_order, actor=admin, reason="extended")
            subscription = lock_subscription(subscription_id)
        _add_free_period(subscription, days)
        to = subscription.status if subscription.status == Status.TRIALING else with_access(subscription)
        move_subscription(
            subscription=subscription, to=to, action="subscription.extended", actor=admin, details={"days": days, "reason": reason.strip()}
        )  # fmt: skip


def _add_free_period(subscription: Subscription, days: int) -> None:
    """Days that cost nothing; renewals follow the day of the month on which they end."""
    now, zone = timezone.now(), timezone.get_default_timezone()
    start = start_of_renewal(status=subscription.status, paid_until=subscription.paid_until or now, now=now)
    end = start + timedelta(days=days)
    whole = period_after(start, subscription.cycle, anchor_day=timezone.localtime(start, zone).day)
    PaidPeriod.objects.create(
        subscription=subscription, plan_version=last_version(subscription), cycle=subscription.cycle,
        starts_at=start, ends_at=end, full_days=days_between(start, whole, zone),
        value_minor=0, currency=subscription.currency,
    )  # fmt: skip
    subscription.anchor_day = timezone.localtime(end, zone).day
    subscription.started_at = subscription.started_at or start
    subscription.paid_until = end


def _check_admin(admin: Any) -> None:
    if not is_platform_admin(admin):
        raise NotAllowed("admins_only", _("Only platform admins may do this."))


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError("reason_required", _("Say why: it stays in the history."), field="reason")
