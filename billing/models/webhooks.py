"""What providers told us, word for word, before anything was made of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from billing.models.payments import Payment


class WebhookEvent(models.Model):
    """One webhook or callback as it came. It changes nothing by itself: the provider is asked again."""

    class Status(models.TextChoices):
        RECEIVED = "received"
        PROCESSED = "processed"
        IGNORED = "ignored"  # authentic, and about nothing of ours
        REJECTED = "rejected"  # not from the provider

    provider = models.CharField(max_length=30)
    dedupe_key = models.CharField(max_length=100)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    remote_ip = models.GenericIPAddressField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.RECEIVED)
    event_type = models.CharField(max_length=60, blank=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="webhooks")
    copies = models.PositiveIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField(db_default=Now())
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "dedupe_key"], name="webhook_once")]
        indexes = [
            models.Index(fields=["received_at"], name="webhook_waiting", condition=Q(status="received")),
            models.Index(fields=["provider", "status", "-id"], name="webhook_inbox"),
        ]
