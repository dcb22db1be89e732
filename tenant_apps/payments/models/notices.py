"""What providers told the tenant, word for word, before anything was made of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.payments.models.methods import Method
from tenant_apps.payments.models.payments import Payment


class Notice(models.Model):
    """One webhook or callback as it came. It changes nothing by itself: the provider is asked."""

    class Status(models.TextChoices):
        RECEIVED = "received"
        PROCESSED = "processed"
        IGNORED = "ignored"  # authentic, and about nothing of ours
        REJECTED = "rejected"  # not from the provider

    method = models.CharField(max_length=20, choices=Method.Name)
    dedupe_key = models.CharField(max_length=64)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    remote_ip = models.GenericIPAddressField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.RECEIVED)
    event_type = models.CharField(max_length=60, blank=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="notices")
    copies = models.PositiveIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField(db_default=Now())
    processed_at = models.DateTimeField(null=True, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["method", "dedupe_key"], name="payments_notice_once"),
            models.CheckConstraint(
                condition=Q(status__in=["received", "processed", "ignored", "rejected"]), name="payments_notice_status"
            ),
        ]
        indexes = [
            models.Index(fields=["received_at"], name="payments_notice_waiting", condition=Q(status="received")),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.status}"
