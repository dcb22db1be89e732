"""Carts. They hold no stock and no price: both are looked at when they are shown, and once more at the checkout."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.store.models.catalogue import Variant


class Cart(models.Model):
    """A visitor's, known by a signed cookie, or an account's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="cart"
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["updated_at"], name="store_cart_left", condition=Q(user__isnull=True))]


class CartLine(models.Model):
    """So many of a variant."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()
    added_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="store_cart_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="store_cart_line_quantity"),
        ]
