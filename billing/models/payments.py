"""Attempts to pay, and the receipts that people send for transfers."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.models.catalogue import CURRENCY_CHECK, PaymentMethod
from billing.models.orders import Order
from billing.money import Money


class Payment(models.Model):
    """One attempt to pay an order by one method.

    created -> pending -> succeeded | failed | expired | cancelled | needs_review; a transfer whose receipt was sent
    is under_review. failed, expired and cancelled may still succeed: a late approval is real money.
    """

    class Status(models.TextChoices):
        CREATED = "created"  # committed, the provider may or may not have heard of it
        PENDING = "pending"
        UNDER_REVIEW = "under_review"
        NEEDS_REVIEW = "needs_review"  # money that does not match what was asked
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    OPEN = (Status.CREATED, Status.PENDING, Status.UNDER_REVIEW)
    MAY_SUCCEED = (*OPEN, Status.FAILED, Status.EXPIRED, Status.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    method = models.ForeignKey(PaymentMethod, on_delete=models.PROTECT, related_name="payments")
    status = models.CharField(max_length=20, choices=Status, default=Status.CREATED)

    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # What the provider is asked for, and the frozen quote that led there.
    charge_minor = models.BigIntegerField()
    charge_currency = models.CharField(max_length=3)
    fx_rate = models.DecimalField(max_digits=14, decimal_places=6, default=1)
    fx_source = models.CharField(max_length=60, blank=True)
    quoted_at = models.DateTimeField(null=True, blank=True)

    idempotency_key = models.UUIDField(default=uuid.uuid4, unique=True)
    provider_account = models.CharField(max_length=60)
    provider_base_url = models.CharField(max_length=200, blank=True)
    provider_ref = models.CharField(max_length=100, blank=True)
    transaction_ref = models.CharField(max_length=100, blank=True)
    redirect_url = models.CharField(max_length=1000, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    return_url = models.CharField(max_length=1000, blank=True)
    cancel_url = models.CharField(max_length=1000, blank=True)

    received_minor = models.BigIntegerField(null=True, blank=True)
    received_currency = models.CharField(max_length=3, blank=True)
    fee_minor = models.BigIntegerField(null=True, blank=True)
    # What became of the money, in the order's currency: part of the order, credit for later.
    applied_minor = models.BigIntegerField(default=0)
    credited_minor = models.BigIntegerField(default=0)
    # Given back, or about to be, in the currency received.
    refunded_minor = models.BigIntegerField(default=0)
    refunding_minor = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=40, blank=True)
    comment = models.CharField(max_length=500, blank=True)  # an admin's words to the payer
    is_late = models.BooleanField(default=False)

    # A transfer's verdict: given by a person, believed by resolve_payment like any provider's answer.
    decision_approved = models.BooleanField(null=True, blank=True)
    decision_kind = models.CharField(max_length=8, blank=True)  # one of TransferDecision.Kind
    decision_reference = models.CharField(max_length=60, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    # Who says that money in review never came; above the limit a second person has to say so too.
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    succeeded_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_count = models.PositiveIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "created", "pending", "under_review", "needs_review",
                        "succeeded", "failed", "expired", "cancelled",
                    ]
                ),
                name="payment_status",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0, charge_minor__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=Q(currency__regex=CURRENCY_CHECK, charge_currency__regex=CURRENCY_CHECK),
                name="payment_currency",
            ),
            models.CheckConstraint(
                condition=~Q(status="succeeded") | Q(succeeded_at__isnull=False, received_minor__isnull=False),
                name="payment_succeeded_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(applied_minor=0, credited_minor=0)
                | Q(status="succeeded", applied_minor__gte=0, credited_minor__gte=0),
                name="payment_applied_once_succeeded",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor=0, refunding_minor=0)
                | Q(
                    refunded_minor__gte=0,
                    refunding_minor__gte=0,
                    received_minor__gte=F("refunded_minor") + F("refunding_minor"),
                ),
                name="payment_never_overrefunded",
            ),
            models.UniqueConstraint(
                fields=["order", "method"],
                condition=Q(status__in=["created", "pending", "under_review"]),
                name="payment_one_open_per_method",
            ),
            models.UniqueConstraint(
                fields=["method", "provider_ref"], condition=~Q(provider_ref=""), name="payment_provider_ref_unique"
            ),
            models.UniqueConstraint(
                fields=["method", "transaction_ref"],
                condition=~Q(transaction_ref=""),
                name="payment_transaction_ref_unique",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["next_check_at"], name="payment_due", condition=Q(next_check_at__isnull=False)),
            # The back office counts attempts and money over months: from the index alone.
            models.Index(fields=["created_at"], name="payment_made", include=["method", "status", "reason"]),
            models.Index(
                fields=["succeeded_at"],
                name="payment_collected",
                include=["method", "received_currency", "received_minor"],
                condition=Q(status="succeeded"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.status}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def charge(self) -> Money:
        return Money(self.charge_minor, self.charge_currency)

    @property
    def received(self) -> Money | None:
        if self.received_minor is None:
            return None
        return Money(self.received_minor, self.received_currency)

    @property
    def worth(self) -> Money:
        """What was received, in the order's currency; by the frozen quote where another one was charged."""
        if self.received is None or self.charge_currency != self.currency:
            return self.amount
        return self.received

    @property
    def refundable(self) -> Money | None:
        """What has neither been given back nor is about to be, in the currency received."""
        if self.received_minor is None:
            return None
        return Money(self.received_minor - self.refunded_minor - self.refunding_minor, self.received_currency)


class TransferReceipt(models.Model):
    """The proof of a transfer, scrubbed before it was stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="receipts")
    file = models.FileField(max_length=200)
    original_name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=30)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)  # of what was uploaded, to flag the same file elsewhere
    lookalike = models.BinaryField(max_length=32, null=True, blank=True)  # of pictures: `billing.lookalike.fingerprint`
    compared_at = models.DateTimeField(null=True, blank=True)  # with the pictures near it
    # What the payer says of the transfer, if they say it.
    declared_minor = models.BigIntegerField(null=True, blank=True)
    declared_on = models.DateField(null=True, blank=True)
    declared_reference = models.CharField(max_length=60, blank=True)
    # Null: sent by whoever had the order's link.
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "sha256"], name="receipt_once_per_payment"),
            models.CheckConstraint(
                condition=Q(content_type__in=["image/jpeg", "image/png", "application/pdf"]), name="receipt_type"
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="receipt_to_compare",
                condition=Q(lookalike__isnull=False, compared_at__isnull=True),
            ),
            models.Index(
                fields=["declared_reference"], name="receipt_declared_ref", condition=~Q(declared_reference="")
            ),
        ]
