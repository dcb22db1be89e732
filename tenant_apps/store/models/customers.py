"""Who buys, and what they are given for who they are."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from shared_apps.core.querysets import SchemaBoundQuerySet


class Segment(models.Model):
    """A kind of customer: students have 10 % off unless the shop says otherwise."""

    STUDENT = "student"

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60, blank=True)  # empty: the platform's own word, in the reader's language
    discount_bp = models.PositiveIntegerField(default=0)  # hundredths of a per cent
    position = models.PositiveIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(discount_bp__lte=10_000), name="store_segment_discount"),
            models.UniqueConstraint(Lower("name"), condition=~Q(name=""), name="store_segment_name_unique"),
        ]


class Partner(models.Model):
    """An organisation whose people pay less."""

    class Kind(models.TextChoices):
        UNIVERSITY = "university"
        SCHOOL = "school"
        COMPANY = "company"
        INSTITUTION = "institution"

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind)
    contact = models.CharField(max_length=120, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=20, blank=True)  # E.164
    discount_bp = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="store_partner_name_unique"),
            models.CheckConstraint(condition=Q(discount_bp__lte=10_000), name="store_partner_discount"),
            models.CheckConstraint(
                condition=Q(kind__in=["university", "school", "company", "institution"]), name="store_partner_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PartnerMember(models.Model):
    """Somebody of a partner, known by the address they sign in with: it counts once an account has proved it."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="members")
    email = models.EmailField(max_length=254)
    added_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["email"], name="store_partner_member_once"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="store_partner_member_lower"),
        ]

    def __str__(self) -> str:
        return self.email


class Customer(models.Model):
    """What the shop knows of an account. Guests have none: their orders say who they are."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="customer")
    phone = models.CharField(max_length=20, blank=True)  # E.164
    segment = models.ForeignKey(Segment, on_delete=models.SET_NULL, null=True, blank=True, related_name="customers")
    note = models.TextField(max_length=1000, blank=True)  # for staff
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()


class Address(models.Model):
    """Where an account has things sent to."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="addresses")
    name = models.CharField(max_length=100)  # who receives
    phone = models.CharField(max_length=20)  # E.164
    line1 = models.CharField(max_length=150)  # street, or how to find the place
    line2 = models.CharField(max_length=150, blank=True)
    city = models.CharField(max_length=80)
    zone = models.ForeignKey("store.DeliveryZone", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-is_default", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(is_default=True), name="store_address_one_default"),
        ]

    def __str__(self) -> str:
        return f"{self.line1}, {self.city}"
