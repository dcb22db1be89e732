"""Stock: how much of a variant lies where, every movement of it, and what is held for buyers."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.store.models.catalogue import Variant


class Location(models.Model):
    """A place that holds stock: a shop, a depot. The one with the lowest position is taken from first."""

    name = models.CharField(max_length=80)
    address = models.CharField(max_length=300, blank=True)
    sells_online = models.BooleanField(default=True)  # what lies here can be ordered from the storefront
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="store_location_name_unique")]

    def __str__(self) -> str:
        return self.name


class StockLevel(models.Model):
    """How much of a variant is in one place.

    `quantity` is the sum of its movements and `reserved` that of its holds: services change both only together, by
    guarded UPDATEs of rows locked in the order of their ids. What can be sold is `quantity - reserved`. A sale made
    while a till was offline cannot be refused afterwards: it alone may take more than there is, and `overdrawn` says by
    how much, until goods arrive or somebody counts.
    """

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="levels")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="levels")
    quantity = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    overdrawn = models.BigIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="store_level_once_per_place"),
            models.CheckConstraint(condition=Q(reserved__gte=0, overdrawn__gte=0), name="store_level_counts"),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("quantity") + F("overdrawn")), name="store_level_never_oversold"
            ),
        ]
        indexes = [models.Index(fields=["location", "variant"], name="store_level_of_place")]

    def __str__(self) -> str:
        return f"{self.variant_id} @ {self.location_id}: {self.quantity}"

    @property
    def free(self) -> int:
        """What can be sold: not promised to anybody. Below zero where it is overdrawn."""
        return self.quantity - self.reserved


class Movement(models.Model):
    """One line of the stock's ledger: append-only, `after` is `before + quantity`, and the sum is the level's quantity."""

    class Action(models.TextChoices):
        RECEIVED = "received"
        SOLD = "sold"
        RETURNED = "returned"
        ADJUSTED = "adjusted"  # lost, broken, found, given away
        COUNTED = "counted"
        SENT = "sent"  # to another place
        ARRIVED = "arrived"  # from another place

    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="movements")
    action = models.CharField(max_length=10, choices=Action)
    quantity = models.BigIntegerField()  # below zero: it went out
    before = models.BigIntegerField()
    after = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=60, blank=True)  # an order's number, a delivery note
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(after=F("before") + F("quantity")), name="store_movement_adds_up"),
            models.CheckConstraint(
                condition=Q(action__in=["received", "sold", "returned", "adjusted", "counted", "sent", "arrived"]),
                name="store_movement_action",
            ),
        ]
        indexes = [
            models.Index(fields=["level", "-id"], name="store_movement_of_level"),
            models.Index(fields=["-created_at", "-id"], name="store_movement_latest"),
            models.Index(fields=["reference"], condition=~Q(reference=""), name="store_movement_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.level_id} {self.action} {self.quantity:+d}"


class LowStock(models.Model):
    """A variant that was found low, and told of: the row goes when there is enough again, so it is told once each time."""

    variant = models.OneToOneField(Variant, on_delete=models.CASCADE, related_name="low_stock")
    since = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()


class StockCount(models.Model):
    """Somebody counts a place: what they have counted so far is kept until it is booked or given up."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="counts")
    # Whoever counts sees the expected number only if they want to: people find what they expect.
    shows_expected = models.BooleanField(default=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(db_default=Now())
    booked_at = models.DateTimeField(null=True, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["location"], condition=Q(booked_at__isnull=True), name="store_count_one_open_per_place"
            ),
        ]


class CountedPieces(models.Model):
    """How many pieces of a variant were found, and how many the shop thought there were at that moment.

    Booking adds the difference: what is sold or received between counting and booking stays right.
    """

    count = models.ForeignKey(StockCount, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    counted = models.PositiveIntegerField()
    expected = models.BigIntegerField()
    counted_at = models.DateTimeField(auto_now=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "variant"], name="store_counted_once")]

    @property
    def difference(self) -> int:
        """How many pieces more were found than there should have been; fewer, below zero."""
        return self.counted - self.expected


class BookedForm(models.Model):
    """A form that was booked, known by the key it was made with: sent again, it books nothing more.

    `content` is what it said, to know another form that comes with its key; null for those booked before that was kept.
    """

    key = models.UUIDField(primary_key=True, editable=False)
    content = models.JSONField(null=True)
    booked_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()
