"""What is sold, for how much, and how it can be paid."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.method_names import NAMES
from billing.money import Money

CURRENCY_CHECK = r"^(XAF|XOF|GNF|EUR|USD|JPY)$"


class Cycle(models.TextChoices):
    """How often a plan is paid."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


MONTHS = {Cycle.MONTHLY: 1, Cycle.QUARTERLY: 3, Cycle.YEARLY: 12}


class Plan(models.Model):
    """A tier of a product. What it costs and gives is in its versions."""

    product = models.CharField(max_length=20)
    name = models.SlugField(max_length=30)
    display_name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    is_recommended = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["product", "position"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="plan_once_per_product"),
            models.CheckConstraint(condition=Q(product__in=["store", "events", "esxi"]), name="plan_product"),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.display_name}"


class PlanVersion(models.Model):
    """What a plan gives and costs from a date on. Never changed: an edit is a new version, old orders keep theirs."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    quotas = models.JSONField(default=dict)  # name -> integer, null for unlimited
    features = models.JSONField(default=list)  # names, texts are in billing.plan_texts
    retention = models.JSONField(default=dict)  # name -> days
    grace_days = models.PositiveSmallIntegerField(default=7)  # of use after an unpaid period's end
    trial_days = models.PositiveSmallIntegerField(default=0)  # given once a customer, before the first payment
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="planversion_number"),
            models.UniqueConstraint(fields=["plan"], condition=Q(is_current=True), name="planversion_one_current"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} v{self.number}"


class Price(models.Model):
    """One price of a plan version, in minor units."""

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="prices")
    cycle = models.CharField(max_length=10, choices=Cycle)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "cycle", "currency"], name="price_once"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="price_not_negative"),
            models.CheckConstraint(condition=Q(cycle__in=["monthly", "quarterly", "yearly"]), name="price_cycle"),
            models.CheckConstraint(condition=Q(currency__regex=CURRENCY_CHECK), name="price_currency"),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class PaymentMethod(models.Model):
    """A way to pay as payers see it; the provider behind it has the same name."""

    name = models.SlugField(max_length=30, unique=True)
    display_name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)
    is_automatic = models.BooleanField(default=True)  # False: a person checks it
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        """Its name in the reader's language."""
        return str(NAMES.get(self.name, self.display_name))


class Coupon(models.Model):
    """A reduction on an order: per cent, or a fixed amount in one currency."""

    code = models.CharField(max_length=30, unique=True)
    percent = models.PositiveSmallIntegerField(null=True, blank=True)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    plans = models.ManyToManyField(Plan, blank=True)
    first_purchase_only = models.BooleanField(default=False)
    periods = models.PositiveSmallIntegerField(null=True, blank=True, default=1)  # paid periods it lasts; null: all
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    max_uses_per_organisation = models.PositiveIntegerField(null=True, blank=True)
    used = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__gte=1, percent__lte=100, amount_minor__isnull=True)
                | Q(percent__isnull=True, amount_minor__gt=0, currency__regex=CURRENCY_CHECK),
                name="coupon_percent_or_amount",
            ),
            models.CheckConstraint(
                condition=Q(max_uses__isnull=True) | Q(used__lte=F("max_uses")), name="coupon_never_overused"
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[A-Z0-9_-]{3,30}$"), name="coupon_code"),
            models.CheckConstraint(condition=Q(periods__isnull=True) | Q(periods__gte=1), name="coupon_periods"),
        ]

    def __str__(self) -> str:
        return self.code
