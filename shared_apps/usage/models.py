"""How much of its plan a workspace uses."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from shared_apps.core.querysets import SchemaBoundQuerySet


class UsageCounter(models.Model):
    """How much there is of something that the plan limits, in step with the rows it counts.

    Whoever makes or deletes one of those changes the counter in the same transaction, and first: its row lock puts them
    one behind the other. A counter that is not there yet starts from the truth (`services.take`).
    """

    name = models.CharField(max_length=40)
    period = models.CharField(max_length=7, blank=True)  # "2026-11"; empty for what does not begin anew each month
    used = models.BigIntegerField()  # in the unit of `names.UNITS`: bytes of storage
    warned = models.CharField(max_length=30, blank=True)  # month and limit of the last warning: "2026-11/100"

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "period"], name="usage_counter_once"),
            models.CheckConstraint(condition=Q(used__gte=0), name="usage_counter_used"),
            models.CheckConstraint(
                condition=Q(period="") | Q(period__regex=r"^\d{4}-(0[1-9]|1[0-2])$"), name="usage_counter_period"
            ),
        ]
