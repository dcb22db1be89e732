"""What the platform earns on its tenants' sales, and what it pays out to them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.models.catalogue import CURRENCY_CHECK
from billing.money import Money


class Payout(models.Model):
    """A month's statement of one organisation in one currency, and the money that is paid out by it.

    draft -> approved -> paid, with awaiting_second between the first two above the amount that takes two people; what does not
    come to more than nothing is carried over to the next one. Its figures never change.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        AWAITING_SECOND = "awaiting_second"
        APPROVED = "approved"
        PAID = "paid"
        CARRIED = "carried"

    SERIES = "R"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="payouts")
    number = models.CharField(max_length=20, unique=True)
    currency = models.CharField(max_length=3)
    month = models.DateField()  # its first day
    status = models.CharField(max_length=15, choices=Status)
    opening_minor = models.BigIntegerField(default=0)  # carried over from the one before: nothing, or below
    gross_minor = models.BigIntegerField()  # of the sales whose money we hold
    refunds_minor = models.BigIntegerField()
    commission_minor = models.BigIntegerField()  # of all sales; below zero in a month of refunds
    net_minor = models.BigIntegerField()
    seller = models.JSONField()
    customer = models.JSONField()
    locale = models.CharField(max_length=5)
    created_at = models.DateTimeField(db_default=Now())

    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_at = models.DateTimeField(null=True, blank=True)
    paid_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    paid_at = models.DateTimeField(null=True, blank=True)
    method = models.CharField(max_length=40, blank=True)
    reference = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["-month", "-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "currency", "month"], name="payout_once_a_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="payout_month"),
            models.CheckConstraint(condition=Q(currency__regex=CURRENCY_CHECK), name="payout_currency"),
            models.CheckConstraint(
                condition=Q(
                    net_minor=F("opening_minor") + F("gross_minor") - F("refunds_minor") - F("commission_minor"),
                    opening_minor__lte=0, gross_minor__gte=0, refunds_minor__gte=0,
                ),
                name="payout_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(status="carried", net_minor__lte=0)
                | Q(status__in=["draft", "awaiting_second", "approved", "paid"], net_minor__gt=0),
                name="payout_status",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "carried"], approved_by__isnull=True)
                | Q(status__in=["awaiting_second", "approved", "paid"], approved_by__isnull=False),
                name="payout_approved",
            ),
            models.CheckConstraint(
                condition=Q(second_by__isnull=True) | ~Q(second_by=F("approved_by")), name="payout_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(status="paid") | (Q(paid_at__isnull=False) & ~Q(reference="") & ~Q(method="")),
                name="payout_paid",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["status", "month"], name="payout_waiting",
                condition=Q(status__in=["draft", "awaiting_second", "approved"]),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def net(self) -> Money:
        return Money(self.net_minor, self.currency)

    @property
    def opening(self) -> Money:
        return Money(self.opening_minor, self.currency)

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, self.currency)

    @property
    def refunds(self) -> Money:
        return Money(self.refunds_minor, self.currency)

    @property
    def commission(self) -> Money:
        return Money(self.commission_minor, self.currency)


class Commission(models.Model):
    """A sale of a tenant, or part of one given back, with what the platform earned or gave back of its earnings.

    Collected from the tenant's own schema, once per event. Amounts are above zero: the kind says which way they go. What
    went back is summed up on the sale, whose constraint keeps it from going below nothing.
    """

    class Kind(models.TextChoices):
        COLLECTED = "collected"
        REFUNDED = "refunded"

    class HeldBy(models.TextChoices):
        PLATFORM = "platform"  # we have the money, and owe the rest of it
        TENANT = "tenant"  # the tenant has it, and owes the commission

    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="commissions")
    event_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    sale = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversals")
    method = models.CharField(max_length=40)
    held_by = models.CharField(max_length=10, choices=HeldBy)
    reference = models.CharField(max_length=60, blank=True)
    currency = models.CharField(max_length=3)
    gross_minor = models.BigIntegerField()
    rate_bp = models.PositiveIntegerField()
    commission_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField(default=0)  # of a sale: of its gross …
    reversed_minor = models.BigIntegerField(default=0)  # … and of its commission
    occurred_at = models.DateTimeField()
    collected_at = models.DateTimeField(db_default=Now())
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, null=True, blank=True, related_name="commissions")

    class Meta:
        ordering = ["-occurred_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "event_id"], name="commission_once"),
            models.CheckConstraint(
                condition=Q(kind="collected", sale__isnull=True)
                | Q(kind="refunded", sale__isnull=False, refunded_minor=0, reversed_minor=0),
                name="commission_kind",
            ),
            models.CheckConstraint(condition=Q(held_by__in=["platform", "tenant"]), name="commission_held_by"),
            models.CheckConstraint(condition=Q(currency__regex=CURRENCY_CHECK), name="commission_currency"),
            models.CheckConstraint(
                condition=Q(
                    gross_minor__gt=0, commission_minor__gte=0, commission_minor__lte=F("gross_minor"),
                    refunded_minor__gte=0, refunded_minor__lte=F("gross_minor"),
                    reversed_minor__gte=0, reversed_minor__lte=F("commission_minor"),
                ),
                name="commission_amounts",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["organisation", "currency", "occurred_at"], name="commission_open", condition=Q(payout__isnull=True)
            ),
            models.Index(fields=["occurred_at"], name="commission_by_time"),
        ]  # fmt: skip

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, self.currency)

    @property
    def commission(self) -> Money:
        return Money(self.commission_minor, self.currency)
