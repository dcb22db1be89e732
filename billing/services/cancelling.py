"""What an owner decides about the end of a subscription: no further period, or everything deleted; and thinking better of it.

Whoever calls has checked that the person may. Locks are taken in one order: open order, subscription, organisation.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models import Dispute, Subscription
from billing.services.reminder_texts import tell_of_cancellation, tell_that_it_goes_on
from billing.services.renewals import close_order, lock_with_open_order
from billing.services.subscriptions import lock_subscription, move_subscription
from billing.transitions import DELETED_ON_REQUEST_AFTER, clock_of, status_by_time
from shared_apps.core.errors import Conflict

Status = Subscription.Status
Hold = Subscription.Hold

MAX_COMMENT = 500


def cancel_subscription(*, subscription_id: UUID, reason: str, comment: str = "", actor: Any) -> Subscription:
    """No further period: access goes on until what is paid ends. One that is in grace or unpaid ends at once.

    One transaction; locks the open order (which is given up), the subscription. Repeating it changes nothing. Raises
    Conflict while money is on its way, or while the subscription is held.
    """
    with transaction.atomic():
        open_order, subscription = lock_with_open_order(subscription_id)
        if subscription.cancel_at_period_end or subscription.status == Status.CANCELLED:
            return subscription
        _check_free_to_end(subscription)
        if open_order:
            close_order(order=open_order, actor=actor, reason="subscription_cancelled")
            subscription = lock_subscription(subscription_id)
        details = {"reason": reason, "comment": comment.strip()[:MAX_COMMENT]}
        later = subscription.status in (Status.TRIALING, Status.ACTIVE)
        subscription.cancel_at_period_end = later
        event = move_subscription(
            subscription=subscription,
            to=subscription.status if later else Status.CANCELLED,
            action="subscription.cancellation_scheduled" if later else "subscription.cancelled",
            actor=actor,
            details=details,
        )
        tell_of_cancellation(subscription=subscription, event=event)
        return subscription


def undo_cancellation(*, subscription_id: UUID, actor: Any) -> Subscription:
    """The owner thought better of it: a scheduled end is taken back, and what was cancelled with time left is open again.

    One transaction; locks the subscription. Raises Conflict where only a payment opens it again, or while it is held.
    """
    with transaction.atomic():
        subscription = lock_subscription(subscription_id)
        scheduled = subscription.cancel_at_period_end
        to = subscription.status
        if to == Status.CANCELLED:
            _check_undisputed(subscription)
            to = status_by_time(replace(clock_of(subscription), status=Status.ACTIVE, ends=False), now=timezone.now())
        elif not scheduled:
            raise Conflict("not_cancelled", _("This subscription goes on. There is nothing to take back."))
        if to not in Subscription.HAS_ACCESS or was_closed_before(subscription):
            raise Conflict(
                "payment_needed", _("The paid time is over. Pay the next period to open the workspace again.")
            )
        subscription.cancel_at_period_end = False
        event = move_subscription(
            subscription=subscription, to=to, action="subscription.cancellation_undone", actor=actor
        )
        tell_that_it_goes_on(subscription=subscription, event=event)
        return subscription


def was_closed_before(subscription: Subscription) -> bool:
    """Whether what is cancelled had no access when it was cancelled: grace that was over, or never was, does not begin anew.

    One query, none where it is not cancelled.
    """
    if subscription.status != Status.CANCELLED:
        return False
    ended = subscription.events.filter(to_status=Status.CANCELLED).exclude(from_status=Status.CANCELLED)
    return ended.order_by("-pk").values_list("from_status", flat=True).first() == Status.SUSPENDED


def request_deletion(*, subscription_id: UUID, actor: Any) -> datetime:
    """The owner wants everything deleted: cancelled now, deleted after DELETED_ON_REQUEST_AFTER; returns when.

    Until then nothing is lost, and the owner can still take it back. One transaction; locks the open order (which is given
    up), the subscription. Raises Conflict while money is on its way, or while the subscription is held.
    """
    with transaction.atomic():
        open_order, subscription = lock_with_open_order(subscription_id)
        _check_free_to_end(subscription)
        if open_order:
            close_order(order=open_order, actor=actor, reason="deletion_requested")
            subscription = lock_subscription(subscription_id)
        wanted = timezone.now() + DELETED_ON_REQUEST_AFTER
        due = min(subscription.delete_after or wanted, wanted)
        move_subscription(
            subscription=subscription,
            to=Status.CANCELLED,
            action="subscription.deletion_requested",
            actor=actor,
            delete_after=due,
        )
        return due


def _check_free_to_end(subscription: Subscription) -> None:
    if subscription.status in (Status.INCOMPLETE, Status.DELETED) or subscription.organisation_id is None:
        raise Conflict("subscription_not_open", _("This organisation has no plan that can be changed or renewed."))
    if subscription.status == Status.SUSPENDED and subscription.hold in (Hold.ADMIN, Hold.DISPUTE):
        raise _held()


def _check_undisputed(subscription: Subscription) -> None:
    """A dispute cannot hold what is cancelled already; it holds what would be opened again."""
    disputes = Dispute.objects.filter(payment__order__subscription=subscription).exclude(status=Dispute.Status.WON)
    if settings.DISPUTE_SUSPENDS and disputes.exists():
        raise _held()


def _held() -> Conflict:
    return Conflict("subscription_held", _("Our team holds this workspace at the moment. Write to us first."))
