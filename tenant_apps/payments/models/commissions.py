"""What the platform is told of the tenant's own takings."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from billing.money import Money
from shared_apps.core.querysets import SchemaBoundQuerySet


class CommissionEvent(models.Model):
    """Money that came from a customer of the tenant, or went back to one. The platform collects it from here, once.

    Written in the transaction that believes the money, and only added to; the rate is the plan's at that moment.
    """

    class Kind(models.TextChoices):
        COLLECTED = "collected"
        REFUNDED = "refunded"

    class HeldBy(models.TextChoices):
        """On whose account the money is."""

        PLATFORM = "platform"
        TENANT = "tenant"

    # What the platform knows it by. Not the primary key: a restored workspace counts on from an earlier number.
    event_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    source = models.CharField(max_length=80, unique=True)  # what it is of: "ticket-payment:<uuid>"
    taking = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds")
    gross_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField(default=0)  # of a taking: all that went back
    currency = models.CharField(max_length=3)
    rate_bp = models.PositiveIntegerField()  # hundredths of a per cent
    method = models.CharField(max_length=40)
    held_by = models.CharField(max_length=10, choices=HeldBy)
    reference = models.CharField(max_length=60, blank=True)  # what people call it: the order's number
    occurred_at = models.DateTimeField()
    collected_at = models.DateTimeField(null=True, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="collected", taking__isnull=True) | Q(kind="refunded", taking__isnull=False),
                name="commissionevent_kind",
            ),
            models.CheckConstraint(
                condition=Q(gross_minor__gt=0, refunded_minor__gte=0, refunded_minor__lte=F("gross_minor")),
                name="commissionevent_amounts",
            ),
            models.CheckConstraint(condition=Q(rate_bp__lte=10_000), name="commissionevent_rate"),
            models.CheckConstraint(condition=Q(held_by__in=["platform", "tenant"]), name="commissionevent_held_by"),
        ]
        indexes = [
            models.Index(fields=["id"], name="commissionevent_waiting", condition=Q(collected_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.source

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, self.currency)
