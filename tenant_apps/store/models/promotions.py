"""Promotions: less for some products, some shelves or some people, for a time."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.store.models.catalogue import Category, Product
from tenant_apps.store.models.customers import Segment


class Promotion(models.Model):
    """A promotion. Without products and categories it is for all of them, without segments for everybody."""

    class Kind(models.TextChoices):
        PERCENT = "percent"
        FIXED = "fixed"  # off each piece
        FREE_DELIVERY = "free_delivery"

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=15, choices=Kind)
    percent_bp = models.PositiveIntegerField(null=True, blank=True)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    products = models.ManyToManyField(Product, blank=True, related_name="promotions")
    categories = models.ManyToManyField(Category, blank=True, related_name="promotions")  # with all below them
    segments = models.ManyToManyField(Segment, blank=True, related_name="promotions")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="store_promotion_window"),
            models.CheckConstraint(
                condition=Q(kind="percent", percent_bp__gt=0, percent_bp__lte=10_000, amount_minor__isnull=True)
                | Q(kind="fixed", amount_minor__gt=0, percent_bp__isnull=True)
                | Q(kind="free_delivery", percent_bp__isnull=True, amount_minor__isnull=True),
                name="store_promotion_value",
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], name="store_promotion_live", condition=Q(is_active=True))]

    def __str__(self) -> str:
        return self.name
