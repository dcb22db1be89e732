"""Orders, from the storefront and from the till: what was sold, to whom, at which prices."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.store.models.catalogue import Variant
from tenant_apps.store.models.delivery import DeliveryZone
from tenant_apps.store.models.stock import StockLevel


class OrderDay(models.Model):
    """How many orders a day has: its row is locked while one is numbered, so that numbers have no gap."""

    day = models.DateField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()


class Order(models.Model):
    """What somebody bought. Names, addresses and prices are copied: they stay as they were.

    pending -> confirmed -> preparing -> shipped -> delivered; -> cancelled until it is shipped, or when all of it came back
    unpaid. A pending order waits for its payment, and holds its goods until `holds_until`; paid later, it takes what is there
    then, and what is missing is `is_short`, for staff to settle. One to be paid on delivery is confirmed at once.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        CONFIRMED = "confirmed"
        PREPARING = "preparing"
        SHIPPED = "shipped"
        DELIVERED = "delivered"
        CANCELLED = "cancelled"

    class Channel(models.TextChoices):
        ONLINE = "online"
        TILL = "till"

    LIVE = (Status.CONFIRMED, Status.PREPARING, Status.SHIPPED, Status.DELIVERED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # the tracking link's secret
    number = models.CharField(max_length=20, unique=True)  # YYYYMMDDNNNN
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.ONLINE)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="shop_orders"
    )
    cart_id = models.UUIDField(null=True, blank=True)  # emptied once the order is confirmed
    name = models.CharField(max_length=100, blank=True)
    phone = models.CharField(max_length=20, blank=True)  # E.164
    email = models.EmailField(max_length=254, blank=True)
    locale = models.CharField(max_length=5, default="fr")
    zone = models.ForeignKey(DeliveryZone, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    zone_name = models.CharField(max_length=80, blank=True)
    is_pickup = models.BooleanField(default=False)
    line1 = models.CharField(max_length=150, blank=True)
    line2 = models.CharField(max_length=150, blank=True)
    city = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=500, blank=True)  # the customer's
    staff_note = models.TextField(max_length=2000, blank=True)

    currency = models.CharField(max_length=3)
    items_minor = models.BigIntegerField()  # the lines' sum, discounts taken off
    discount_minor = models.BigIntegerField(default=0)  # what they are below the list prices
    delivery_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField()
    tax_rate_bp = models.PositiveIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)  # within the total
    paid_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    method = models.CharField(max_length=20, blank=True)  # how the customer wants to pay; "cash" on delivery

    holds_until = models.DateTimeField(null=True, blank=True)
    is_short = models.BooleanField(default=False)
    cancel_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["pending", "confirmed", "preparing", "shipped", "delivered", "cancelled"]),
                name="store_order_status",
            ),
            models.CheckConstraint(
                condition=Q(items_minor__gte=0, discount_minor__gte=0, delivery_minor__gte=0, tax_minor__gte=0),
                name="store_order_amounts",
            ),
            models.CheckConstraint(
                condition=Q(total_minor=F("items_minor") + F("delivery_minor")), name="store_order_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(paid_minor__gte=0, refunded_minor__gte=0, refunded_minor__lte=F("paid_minor")),
                name="store_order_never_overrefunded",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "cancelled"]) | Q(confirmed_at__isnull=False),
                name="store_order_confirmed_at",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-created_at"], name="store_order_by_status"),
            models.Index(fields=["-created_at"], name="store_order_latest"),
            models.Index(fields=["phone"], name="store_order_phone", condition=~Q(phone="")),
            models.Index(fields=["user", "-created_at"], name="store_order_of_user", condition=Q(user__isnull=False)),
            models.Index(fields=["confirmed_at"], name="store_order_sold", condition=Q(confirmed_at__isnull=False)),
            models.Index(fields=["holds_until"], name="store_order_holding", condition=Q(holds_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """So many of a variant, as it was called and priced when it was ordered.

    `quantity` is what stands of it; what was `cancelled` of an order that goes on is no part of it, nor of the order's sums.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.SET_NULL, null=True, related_name="order_lines")
    product_name = models.CharField(max_length=120)
    variant_name = models.CharField(max_length=80, blank=True)
    sku = models.CharField(max_length=40, blank=True)
    quantity = models.PositiveIntegerField()
    list_minor = models.BigIntegerField()  # a piece, before every discount
    unit_minor = models.BigIntegerField()  # a piece, as it is paid
    discounts = models.JSONField(default=list)  # why: [{"kind", "name", "minor"}]
    cost_minor = models.BigIntegerField(null=True, blank=True)
    counts_stock = models.BooleanField(default=True)
    cancelled = models.PositiveIntegerField(default=0)
    shipped = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1) | Q(cancelled__gte=1), name="store_order_line_quantity"
            ),
            models.CheckConstraint(
                condition=Q(unit_minor__gte=0, list_minor__gte=F("unit_minor")), name="store_order_line_price"
            ),
            models.CheckConstraint(
                condition=Q(shipped__lte=F("quantity"), returned__lte=F("quantity")), name="store_order_line_sent"
            ),
        ]
        indexes = [models.Index(fields=["order"], condition=Q(returned__gt=0), name="store_order_line_back")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_name}"

    @property
    def full_name(self) -> str:
        """The product's name with the variant's, as they were: "Pagne wax (M, rouge)"."""
        return f"{self.product_name} ({self.variant_name})" if self.variant_name else self.product_name

    @property
    def total_minor(self) -> int:
        return self.unit_minor * self.quantity


class Hold(models.Model):
    """Pieces of a level kept for an order: until the order's `holds_until` while it waits for its money, then sold.

    It goes, and the level's `reserved` with it, in the transaction that sells the pieces or gives them back.
    """

    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="holds")
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="holds")
    quantity = models.PositiveIntegerField()

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "level"], name="store_hold_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="store_hold_quantity"),
        ]


class OrderEvent(models.Model):
    """What happened to an order, in the order it happened: its page tells it to staff and customer."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20)  # one of `tenant_apps.store.texts.orders`
    data = models.JSONField(default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
