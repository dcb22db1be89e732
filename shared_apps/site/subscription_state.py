"""What the portal says of a subscription, and what its people may do about it now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from billing.models import Order, Subscription
from billing.services.cancelling import was_closed_before
from billing.services.life import waits_for_money
from billing.transitions import PROVISIONAL, clock_of
from shared_apps.core.templatetags.ui import day, moment_and_zone
from shared_apps.organisations.models import Membership
from shared_apps.organisations.policies import may_end, may_pay

Status = Subscription.Status
Hold = Subscription.Hold

LABELS: dict[str, tuple[str | Promise, str]] = {
    Status.INCOMPLETE: (gettext_lazy("Not paid yet"), "neutral"),
    Status.TRIALING: (gettext_lazy("On trial"), "info"),
    Status.ACTIVE: (pgettext_lazy("subscription", "Active"), "success"),
    Status.PAST_DUE: (gettext_lazy("In grace"), "warning"),
    Status.SUSPENDED: (gettext_lazy("Read-only"), "danger"),
    Status.CANCELLED: (pgettext_lazy("subscription", "Cancelled"), "neutral"),
    Status.DELETED: (pgettext_lazy("subscription", "Deleted"), "neutral"),
}
# Why access ended before its time.
HOLDS: dict[str, str | Promise] = {
    "": "",
    Hold.UNPAID: pgettext_lazy("subscription", "Not paid"),
    Hold.ADMIN: gettext_lazy("Held by an administrator"),
    Hold.DISPUTE: gettext_lazy("Payment disputed"),
}


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """Context of `site/portal/partials/subscription_state.html`."""

    subscription: Subscription
    text: str
    label: str | Promise
    tone: str
    open_order: Order | None
    can_renew: bool
    can_cancel: bool
    can_undo: bool
    can_delete: bool

    @property
    def is_urgent(self) -> bool:
        """Whether something is closed, or soon will be: what opens it is the main thing on the page."""
        return self.subscription.status not in (Status.TRIALING, Status.ACTIVE)


def state_of(membership: Membership) -> SubscriptionState | None:
    """The state of the organisation's subscription, for one of its people; None while there is none. Three queries at most."""
    subscription = getattr(membership.organisation, "subscription", None)
    if subscription is None or subscription.status in (Status.INCOMPLETE, Status.DELETED):
        return None
    label, tone = LABELS[subscription.status]
    is_held = subscription.status == Status.SUSPENDED and subscription.hold != Hold.UNPAID
    is_cancelled = subscription.status == Status.CANCELLED
    ends, is_left = may_end(membership.role), has_time_left(subscription)
    return SubscriptionState(
        subscription=subscription,
        text=text_of(subscription),
        label=label,
        tone=tone,
        open_order=_open_order(subscription),
        can_renew=may_pay(membership.role) and not is_held and not is_left,
        can_cancel=ends and not is_held and not is_cancelled and not subscription.cancel_at_period_end,
        can_undo=ends and (subscription.cancel_at_period_end or is_left),
        can_delete=ends and not is_held,
    )


def has_time_left(subscription: Subscription) -> bool:
    """Whether what is cancelled is opened again without a payment: paid time, or grace, is left of it. One query at most."""
    ends_at = clock_of(subscription).grace_ends_at
    is_left = subscription.status == Status.CANCELLED and ends_at is not None and ends_at > timezone.now()
    return is_left and not was_closed_before(subscription)


def text_of(subscription: Subscription, *, for_admin: bool = False) -> str:
    """One or two sentences: what holds now, until when, and what follows; said to the customer, or of them to an admin. A
    query where somebody is in grace."""
    clock = clock_of(subscription)
    dates = {
        "until": day(subscription.paid_until), "grace": day(clock.grace_ends_at), "deleted": day(subscription.delete_after)
    }  # fmt: skip
    if subscription.status == Status.PAST_DUE:
        return (
            _provisional_text(subscription, clock.grace_ends_at)
            or _(
                "The subscription ended on %(until)s. Everything works until %(grace)s; after that the workspace can only be read."
            )
            % dates
        )
    case = _case(subscription)
    return (_FOR_ADMINS.get(case, _TEXTS[case]) if for_admin else _TEXTS[case]) % dates


def _provisional_text(subscription: Subscription, grace_ends_at: datetime | None) -> str:
    if grace_ends_at is None or not waits_for_money(subscription):
        return ""
    until = moment_and_zone(grace_ends_at + PROVISIONAL)
    return _("A payment is being checked. The workspace stays open meanwhile, until %(until)s at the latest.") % {
        "until": until
    }


def _case(subscription: Subscription) -> str:
    if subscription.status == Status.SUSPENDED:
        return "unpaid" if subscription.hold == Hold.UNPAID else "held"
    if subscription.status == Status.CANCELLED:
        return "cancelled"
    if subscription.cancel_at_period_end:
        return "ends"
    return "trial" if subscription.status == Status.TRIALING else "active"


_TEXTS: dict[str, Promise] = {
    "active": gettext_lazy("Paid until %(until)s. Nothing is debited by itself: we write to you before."),
    "trial": gettext_lazy("You are trying the plan until %(until)s. We write to you before."),
    "ends": gettext_lazy("Cancelled for %(until)s. Everything works until then, and you can still take it back."),
    "unpaid": gettext_lazy(
        "The subscription ended on %(until)s. The workspace can be read; nothing can be changed until it is paid."
    ),
    "held": gettext_lazy("Our team holds this workspace: it can be read, and nothing can be changed. Write to us."),
    "cancelled": gettext_lazy(
        "The subscription is cancelled. The workspace can be read until %(deleted)s; then it is deleted with everything in it."
    ),
}

_FOR_ADMINS: dict[str, Promise] = {
    "active": gettext_lazy("Paid until %(until)s."),
    "trial": gettext_lazy("On trial until %(until)s."),
    "ends": gettext_lazy("Cancelled by the customer for %(until)s. Everything works until then."),
    "held": gettext_lazy("Held by our team: the workspace can be read, and nothing can be changed."),
}


def _open_order(subscription: Subscription) -> Order | None:
    return subscription.orders.filter(
        status=Order.Status.AWAITING_PAYMENT, expires_at__gt=timezone.now()
    ).exclude(kind=Order.Kind.FIRST).first()  # fmt: skip
