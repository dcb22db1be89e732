"""What an organisation has a right to, until when, and how it came to that."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.models.catalogue import CURRENCY_CHECK, Coupon, Cycle, Plan, PlanVersion
from billing.money import Money


class Subscription(models.Model):
    """An organisation's plan over time. Made with the first order, before there is an organisation.

    incomplete -> trialing | active -> past_due (grace) -> suspended (read-only) -> cancelled -> deleted;
    money leads back to active from every state but deleted. `transitions.py` has the table.
    """

    class Status(models.TextChoices):
        INCOMPLETE = "incomplete"
        TRIALING = "trialing"
        ACTIVE = "active"
        PAST_DUE = "past_due"
        SUSPENDED = "suspended"
        CANCELLED = "cancelled"
        DELETED = "deleted"

    class Hold(models.TextChoices):
        """Why access ended before its time; money alone does not lift the last two."""

        UNPAID = "unpaid"
        ADMIN = "admin"
        DISPUTE = "dispute"

    HAS_ACCESS = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.OneToOneField(
        "organisations.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="subscription"
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.INCOMPLETE)
    hold = models.CharField(max_length=10, choices=Hold, blank=True)
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="subscriptions")
    cycle = models.CharField(max_length=10, choices=Cycle)
    currency = models.CharField(max_length=3)

    anchor_day = models.PositiveSmallIntegerField(null=True, blank=True)  # of the month, 31 on a 31st
    paid_until = models.DateTimeField(null=True, blank=True)
    cancel_at_period_end = models.BooleanField(default=False)
    next_plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    next_cycle = models.CharField(max_length=10, choices=Cycle, blank=True)  # from the next renewal on
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, null=True, blank=True, related_name="subscriptions")
    coupon_periods_left = models.PositiveSmallIntegerField(null=True, blank=True)  # null with a coupon: all
    # What we owe the customer and future orders use up; the ledger's account "credit" says the same.
    credit_minor = models.BigIntegerField(default=0)

    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    delete_after = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=["incomplete", "trialing", "active", "past_due", "suspended", "cancelled", "deleted"]
                ),
                name="subscription_status",
            ),
            models.CheckConstraint(condition=Q(hold__in=["", "unpaid", "admin", "dispute"]), name="subscription_hold"),
            models.CheckConstraint(condition=Q(currency__regex=CURRENCY_CHECK), name="subscription_currency"),
            models.CheckConstraint(condition=Q(credit_minor__gte=0), name="subscription_credit_not_negative"),
            models.CheckConstraint(
                condition=~Q(status__in=["trialing", "active", "past_due"])
                | Q(paid_until__isnull=False, anchor_day__gte=1, anchor_day__lte=31, started_at__isnull=False),
                name="subscription_access_has_end",
            ),
            models.CheckConstraint(
                condition=Q(status="suspended", suspended_at__isnull=False) & ~Q(hold="") | ~Q(status="suspended"),
                name="subscription_suspended_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | Q(cancelled_at__isnull=False, delete_after__isnull=False),
                name="subscription_cancelled_has_dates",
            ),
        ]
        indexes = [
            models.Index(
                fields=["paid_until"], name="subscription_ending", condition=Q(status__in=["trialing", "active", "past_due"])
            ),
            models.Index(fields=["delete_after"], name="subscription_deletable", condition=Q(status="cancelled")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.status}"

    @property
    def has_access(self) -> bool:
        return self.status in self.HAS_ACCESS

    @property
    def credit(self) -> Money:
        return Money(self.credit_minor, self.currency)


class PaidPeriod(models.Model):
    """A stretch of time that was paid for, and what of the price is spread over it.

    A plan change ends one and begins another on the same day, so what is unused can always be told.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="periods")
    order = models.ForeignKey("billing.Order", on_delete=models.PROTECT, related_name="periods", null=True, blank=True)
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    cycle = models.CharField(max_length=10, choices=Cycle)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    full_days = models.PositiveSmallIntegerField()  # of the whole cycle, also where this is the rest of one
    value_minor = models.BigIntegerField()  # tax as in the price list, after reductions
    monthly_minor = models.BigIntegerField(default=0)  # what a month costs at its price, before tax; for figures only
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="paidperiod_dates"),
            models.CheckConstraint(condition=Q(value_minor__gte=0, full_days__gte=1), name="paidperiod_value"),
            models.CheckConstraint(condition=Q(monthly_minor__gte=0), name="paidperiod_monthly"),
        ]
        indexes = [
            models.Index(fields=["subscription", "ends_at"], name="paidperiod_of_subscription"),
            models.Index(
                fields=["subscription", "starts_at", "id"],
                name="paidperiod_in_turn",
                include=["ends_at", "order", "monthly_minor", "value_minor"],
            ),
        ]

    @property
    def value(self) -> Money:
        return Money(self.value_minor, self.currency)


class SubscriptionEvent(models.Model):
    """One change of a subscription and who made it. Only added to."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="events")
    action = models.CharField(max_length=40)
    from_status = models.CharField(max_length=12)
    to_status = models.CharField(max_length=12)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    order = models.ForeignKey("billing.Order", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    details = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["to_status", "at"], name="subscriptionevent_by_status"),
            # Renewals, which are most of them, leave the status as it is.
            models.Index(
                fields=["subscription", "at", "id"],
                name="subscriptionevent_moves",
                include=["to_status"],
                condition=~Q(from_status=F("to_status")),
            ),
        ]


class Reminder(models.Model):
    """A reminder that was sent once: about the end of a paid period, or about the deletion of what was cancelled."""

    class Kind(models.TextChoices):
        RENEWAL = "renewal"
        DELETION = "deletion"

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.RENEWAL)
    period_end = models.DateTimeField()  # or the deletion
    day = models.SmallIntegerField()  # counted from there: -30 … 15
    sent_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "kind", "period_end", "day"], name="reminder_once"),
            models.CheckConstraint(condition=Q(kind__in=["renewal", "deletion"]), name="reminder_kind"),
        ]
