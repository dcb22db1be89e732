"""What left the shop for an order, and what came back."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.store.models.orders import Order, OrderLine
from tenant_apps.store.models.stock import Location
from tenant_apps.store.models.till import Method, TillSession


class Shipment(models.Model):
    """A parcel, or what a customer carried away. An order may leave in several."""

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, editable=False
    )  # made with the form: sent twice, it is one
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")
    carrier = models.CharField(max_length=80, blank=True)
    tracking = models.CharField(max_length=120, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]


class ShipmentLine(models.Model):
    """So many pieces of a line in a shipment."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="shipped_in")
    quantity = models.PositiveIntegerField()

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "line"], name="store_shipment_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="store_shipment_line_quantity"),
        ]


class Return(models.Model):
    """Goods that came back, on the order's page or over the counter.

    What was paid for them is given back by a refund of the order's payments. Over the counter it leaves a till at once: then
    `session`, `method` and `amount_minor` say where and how much. There are no lines where only money was given, for goods
    that had come back before.
    """

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, editable=False
    )  # made with the form: sent twice, it is one
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="returns")
    session = models.ForeignKey(TillSession, on_delete=models.PROTECT, null=True, blank=True, related_name="returns")
    method = models.CharField(max_length=15, choices=Method, blank=True)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=300)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(session__isnull=True, amount_minor__isnull=True, method="")
                | Q(session__isnull=False, amount_minor__gte=0, method__in=Method.values),
                name="store_return_money",
            )
        ]


class ReturnLine(models.Model):
    """So many pieces of a line that came back; with a `location` they are on sale again."""

    back = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="returned_in")
    quantity = models.PositiveIntegerField()
    location = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["back", "line"], name="store_return_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="store_return_line_quantity"),
        ]
