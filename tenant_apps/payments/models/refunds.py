"""Money given back to customers."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from billing.money import Money
from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.payments.models.payments import MAX_REFERENCE, Payment
from tenant_apps.payments.texts import DISPUTE_TEXTS, REFUND_TEXTS, explain_failure


class Refund(models.Model):
    """Part or all of a payment given back, in the currency that was taken.

    created -> pending -> succeeded | failed. What is not failed is reserved on the payment, whose constraint keeps the sum
    below what was received. One that no provider can send is manual: staff give it back and say so. What was given back on
    the provider's own site is found there (`services.reversals`); a dispute is pending as long as it is open, succeeded when
    it is lost, and failed when it is won.
    """

    class Origin(models.TextChoices):
        STAFF = "staff"
        PROVIDER = "provider"  # on the provider's own site, by whoever may
        DISPUTE = "dispute"  # the payer's bank, or the provider, took it back

    class Status(models.TextChoices):
        CREATED = "created"  # committed; the provider may or may not have heard of it
        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    OPEN = (Status.CREATED, Status.PENDING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    status = models.CharField(max_length=10, choices=Status, default=Status.CREATED)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.STAFF)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    bill_minor = models.BigIntegerField()  # its worth in the bill's currency, by the payment's frozen rate
    reason = models.CharField(max_length=300)
    failure = models.CharField(max_length=40, blank=True)  # one of billing.providers.reasons
    is_manual = models.BooleanField(default=False)
    manual_reference = models.CharField(max_length=MAX_REFERENCE, blank=True)

    idempotency_key = models.UUIDField(unique=True)
    provider_ref = models.CharField(max_length=255, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    finished_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    check_count = models.PositiveIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["created", "pending", "succeeded", "failed"]), name="payments_refund_status"
            ),
            models.CheckConstraint(
                condition=Q(origin="staff")
                | Q(origin__in=["provider", "dispute"], is_manual=False, next_check_at__isnull=True),
                name="payments_refund_origin",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0, bill_minor__gte=0), name="payments_refund_positive"),
            models.CheckConstraint(
                condition=Q(status__in=["created", "pending"]) | Q(finished_at__isnull=False),
                name="payments_refund_finished",
            ),
            models.CheckConstraint(
                condition=Q(is_manual=False) | Q(next_check_at__isnull=True), name="payments_refund_manual"
            ),
            models.UniqueConstraint(
                fields=["payment", "provider_ref"], condition=~Q(provider_ref=""), name="payments_refund_ref_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"], name="payments_refund_due", condition=Q(next_check_at__isnull=False)
            ),
            models.Index(
                fields=["created_at"],
                name="payments_refund_by_hand",
                condition=Q(is_manual=True, status__in=["created", "pending"]),
            ),
            models.Index(
                fields=["created_at"],
                name="payments_refund_disputed",
                condition=Q(origin="dispute", status__in=["created", "pending"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency} {self.status}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def status_text(self) -> str:
        """The status in words for staff, with the reason of a failure."""
        if self.origin == self.Origin.DISPUTE:
            return str(DISPUTE_TEXTS[self.status])
        text = str(REFUND_TEXTS[self.status])
        return f"{text}: {explain_failure(self.failure)}" if self.failure else text

    @property
    def status_tone(self) -> str:
        """The badge's tone."""
        if self.origin == self.Origin.DISPUTE:
            return {"succeeded": "danger", "failed": "success"}.get(self.status, "warning")
        return {"succeeded": "success", "failed": "danger"}.get(self.status, "info")
