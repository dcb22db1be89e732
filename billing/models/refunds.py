"""Money given back, and money that payers take back through their bank."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.models.payments import Payment
from billing.money import Money


class Refund(models.Model):
    """Part or all of a payment given back, in the currency that was taken.

    awaiting_approval -> created -> pending -> succeeded | failed. What is not failed is reserved on the payment, whose
    constraint keeps the sum below what was received. One that a provider made by itself is external and succeeded. One
    that is made credit never leaves us: the customer has it for orders to come.
    """

    class Status(models.TextChoices):
        AWAITING_APPROVAL = "awaiting_approval"  # above the amount that takes two people
        CREATED = "created"  # committed; the provider may or may not have heard of it
        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        REJECTED = "rejected"  # by the second person

    OPEN = (Status.AWAITING_APPROVAL, Status.CREATED, Status.PENDING)
    LIVE = (*OPEN, Status.SUCCEEDED)

    class Origin(models.TextChoices):
        """Where the money was when it was asked back; beside what is taken from the subscription's credit."""

        INVOICE = "invoice"  # in an order that is paid: a credit note takes back as much
        ORDER = "order"  # in an order that is not paid yet: it left the order when the refund was asked for
        UNAPPLIED = "unapplied"  # nowhere: nobody could explain it

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    status = models.CharField(max_length=20, choices=Status, default=Status.CREATED)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    origin = models.CharField(max_length=9, choices=Origin)
    # Its worth in the order's currency, by the payment's frozen rate; nothing where nobody could explain the money.
    order_minor = models.BigIntegerField()
    order_currency = models.CharField(max_length=3)
    credited_minor = models.BigIntegerField(default=0)  # of order_minor: set aside of the subscription's credit
    reason = models.CharField(max_length=300)
    failure = models.CharField(max_length=40, blank=True)  # one of billing.messages.REFUND_FAILURES
    ends_access = models.BooleanField(default=False)
    is_external = models.BooleanField(default=False)
    is_manual = models.BooleanField(default=False)  # a person sends it: no provider can
    to_credit = models.BooleanField(default=False)  # kept for orders to come instead of sent
    manual_reference = models.CharField(max_length=60, blank=True)

    idempotency_key = models.UUIDField(default=uuid.uuid4, unique=True)
    provider_ref = models.CharField(max_length=100, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    check_count = models.PositiveIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=["awaiting_approval", "created", "pending", "succeeded", "failed", "rejected"]
                ),
                name="refund_status",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0, order_minor__gte=0), name="refund_positive"),
            models.CheckConstraint(condition=Q(origin__in=["invoice", "order", "unapplied"]), name="refund_origin"),
            models.CheckConstraint(
                condition=Q(credited_minor__gte=0, credited_minor__lte=F("order_minor")), name="refund_credited"
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")), name="refund_two_people"
            ),
            models.UniqueConstraint(
                fields=["payment", "provider_ref"], condition=~Q(provider_ref=""), name="refund_provider_ref"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["next_check_at"], name="refund_due", condition=Q(next_check_at__isnull=False)),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def order_amount(self) -> Money:
        return Money(self.order_minor, self.order_currency)

    @property
    def worth(self) -> Money | None:
        """What it is in the order's currency; None of money that nobody could explain."""
        return self.order_amount if self.order_minor else None

    @property
    def credited(self) -> Money:
        return Money(self.credited_minor, self.order_currency)

    @property
    def applied(self) -> Money:
        """What of it was in the order."""
        return Money(self.order_minor - self.credited_minor, self.order_currency)

    @property
    def is_sent(self) -> bool:
        """Whether a provider may have heard of it."""
        return self.started_at is not None and self.status in (self.Status.CREATED, self.Status.PENDING)


class Dispute(models.Model):
    """A payer asks the provider for the money back over our head. open -> won | lost."""

    class Status(models.TextChoices):
        OPEN = "open"
        WON = "won"  # the money is ours again
        LOST = "lost"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    provider_ref = models.CharField(max_length=100)
    status = models.CharField(max_length=5, choices=Status, default=Status.OPEN)
    amount_minor = models.BigIntegerField()
    # Of the amount, what had not been given back already: reserved on the payment while open, gone from it when lost.
    held_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=80, blank=True)
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "provider_ref"], name="dispute_once"),
            models.CheckConstraint(condition=Q(status__in=["open", "won", "lost"]), name="dispute_status"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, held_minor__gte=0, held_minor__lte=F("amount_minor")),
                name="dispute_positive",
            ),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def held(self) -> Money:
        return Money(self.held_minor, self.currency)
