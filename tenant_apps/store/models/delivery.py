"""How goods reach customers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.store.models.stock import Location


class DeliveryZone(models.Model):
    """Where the shop delivers and what it costs; with a `pickup` place, customers come for their goods."""

    name = models.CharField(max_length=80)  # "Dakar Plateau", "Retrait à la boutique"
    fee_minor = models.BigIntegerField(default=0)
    free_from_minor = models.BigIntegerField(null=True, blank=True)  # orders of so much are delivered for nothing
    delay = models.CharField(max_length=80, blank=True)  # "sous 48 h"
    pickup = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    takes_cash = models.BooleanField(default=True)  # may be paid when it is handed over
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="store_zone_name_unique"),
            models.CheckConstraint(condition=Q(fee_minor__gte=0), name="store_zone_fee"),
            models.CheckConstraint(
                condition=Q(free_from_minor__isnull=True) | Q(free_from_minor__gt=0), name="store_zone_free_from"
            ),
        ]

    def __str__(self) -> str:
        return self.name
