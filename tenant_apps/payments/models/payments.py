"""Attempts to pay a bill, and the proofs that people send for transfers."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.money import Money, convert
from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.payments.models.methods import Method
from tenant_apps.payments.texts import STATUS_TEXTS, STATUS_TONES

CURRENCY_CHECK = r"^[A-Z]{3}$"
MAX_REFERENCE = 60


class Payment(models.Model):
    """One attempt to pay a product's bill (`purpose`, `subject`) by one method.

    created -> pending -> succeeded | failed | expired | cancelled | needs_review; a transfer whose proof was sent is
    under_review. failed, expired and cancelled may still succeed: a late approval is real money.
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

    UNPROVEN = (Status.CREATED, Status.PENDING)
    OPEN = (*UNPROVEN, Status.UNDER_REVIEW)
    WITH_STAFF = (Status.UNDER_REVIEW, Status.NEEDS_REVIEW)
    MAY_SUCCEED = (*OPEN, Status.FAILED, Status.EXPIRED, Status.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # its pages' secret
    purpose = models.CharField(max_length=40)  # whose: `bills.Payee.purpose`
    subject = models.UUIDField()
    subject_number = models.CharField(max_length=40)
    description = models.CharField(max_length=150)
    locale = models.CharField(max_length=5, default="fr")
    method = models.CharField(max_length=20, choices=Method.Name)
    is_test = models.BooleanField(default=False)
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
    provider_account = models.CharField(max_length=60, blank=True)
    provider_base_url = models.CharField(max_length=200, blank=True)
    provider_ref = models.CharField(max_length=255, blank=True)
    transaction_ref = models.CharField(max_length=255, blank=True)
    redirect_url = models.CharField(max_length=2000, blank=True)
    notification_ciphertext = models.TextField(
        blank=True
    )  # what the provider's notices will show (Orange Money), sealed
    phone = models.CharField(max_length=20, blank=True)
    return_path = models.CharField(max_length=200, blank=True)

    received_minor = models.BigIntegerField(null=True, blank=True)
    received_currency = models.CharField(max_length=3, blank=True)
    fee_minor = models.BigIntegerField(null=True, blank=True)
    # Given back, or about to be, in the currency received.
    refunded_minor = models.BigIntegerField(default=0)
    refunding_minor = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=40, blank=True)  # one of billing.providers.reasons
    comment = models.CharField(max_length=300, blank=True)  # staff's words to the payer
    is_late = models.BooleanField(default=False)

    # A transfer's verdict: given by a person, believed by resolve_payment like any provider's answer.
    decision_approved = models.BooleanField(null=True, blank=True)
    decision_minor = models.BigIntegerField(null=True, blank=True)
    decision_reference = models.CharField(max_length=MAX_REFERENCE, blank=True)  # the bank's own
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    succeeded_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_count = models.PositiveIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True, blank=True)
    # When the provider is asked next whether money that came was taken back; null where nobody can say.
    reversals_check_at = models.DateTimeField(null=True, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "created", "pending", "under_review", "needs_review",
                        "succeeded", "failed", "expired", "cancelled",
                    ]
                ),
                name="payments_payment_status",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, charge_minor__gt=0), name="payments_payment_positive"
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=CURRENCY_CHECK, charge_currency__regex=CURRENCY_CHECK),
                name="payments_payment_currency",
            ),
            models.CheckConstraint(
                condition=Q(received_minor__isnull=True)
                | Q(received_minor__gte=0, received_currency__regex=CURRENCY_CHECK),
                name="payments_payment_received",
            ),
            models.CheckConstraint(
                condition=~Q(status="succeeded")
                | Q(succeeded_at__isnull=False, received_minor__isnull=False, received_minor__gt=0),
                name="payments_payment_complete",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor=0, refunding_minor=0)
                | Q(
                    status="succeeded",
                    refunded_minor__gte=0,
                    refunding_minor__gte=0,
                    received_minor__gte=F("refunded_minor") + F("refunding_minor"),
                ),
                name="payments_never_overrefunded",
            ),
            models.CheckConstraint(
                condition=Q(decision_approved__isnull=True)
                | Q(decision_approved=False, decided_at__isnull=False)
                | Q(decision_approved=True, decided_at__isnull=False, decision_minor__gt=0),
                name="payments_decision_complete",
            ),
            models.UniqueConstraint(
                fields=["purpose", "subject", "method"],
                condition=Q(status__in=["created", "pending", "under_review"]),
                name="payments_one_open_per_method",
            ),
            models.UniqueConstraint(
                fields=["method", "provider_ref"], condition=~Q(provider_ref=""), name="payments_provider_ref_once"
            ),
            models.UniqueConstraint(
                fields=["method", "transaction_ref"],
                condition=~Q(transaction_ref=""),
                name="payments_transaction_once",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["next_check_at"], name="payments_due", condition=Q(next_check_at__isnull=False)),
            models.Index(
                fields=["reversals_check_at"],
                name="payments_reversals_due",
                condition=Q(reversals_check_at__isnull=False),
            ),
            models.Index(fields=["purpose", "subject", "-created_at"], name="payments_of_subject"),
            models.Index(fields=["status", "-created_at"], name="payments_by_status"),
            models.Index(fields=["-created_at", "-id"], name="payments_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_number} {self.method} {self.status}"

    @property
    def amount(self) -> Money:
        """What was asked for, in the bill's currency."""
        return Money(self.amount_minor, self.currency)

    @property
    def charge(self) -> Money:
        """What the provider was asked for."""
        return Money(self.charge_minor, self.charge_currency)

    @property
    def received(self) -> Money | None:
        """What came, as the provider or the bank said."""
        return None if self.received_minor is None else Money(self.received_minor, self.received_currency)

    @property
    def worth(self) -> Money:
        """What was received, in the bill's currency; by the frozen quote where another one was charged."""
        received = self.received
        if received is None or received == self.charge:
            return self.amount
        if received.currency == self.currency:
            return received
        return convert(received, rate=self.fx_rate, currency=self.currency)

    @property
    def refundable(self) -> Money | None:
        """What has neither been given back nor is about to be, in the currency received; None of what was not received."""
        if self.received_minor is None or self.status != self.Status.SUCCEEDED:
            return None
        return Money(self.received_minor - self.refunded_minor - self.refunding_minor, self.received_currency)

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def status_text(self) -> str:
        """The status in words for staff."""
        return str(STATUS_TEXTS[self.status])

    @property
    def status_tone(self) -> str:
        """The badge's tone."""
        return STATUS_TONES.get(self.status, "neutral")


class Receipt(models.Model):
    """The proof of a transfer, scrubbed before it was stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="receipts")
    file = models.FileField(max_length=200)
    original_name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=30)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)  # of what was uploaded, to flag the same file elsewhere
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "sha256"], name="payments_receipt_once"),
            models.CheckConstraint(
                condition=Q(content_type__in=["image/jpeg", "application/pdf"]), name="payments_receipt_type"
            ),
        ]

    def __str__(self) -> str:
        return self.original_name
