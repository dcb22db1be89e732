"""Messages from one room to another, written in the transaction that makes them true."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class OutboxMessage(models.Model):
    """One thing that happened and that another room must act on, exactly once per (topic, key)."""

    topic = models.CharField(max_length=60)
    key = models.CharField(max_length=100)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    available_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "key"], name="outbox_once_per_key")]
        indexes = [
            models.Index(fields=["available_at"], name="outbox_due", condition=models.Q(done_at__isnull=True)),
        ]
