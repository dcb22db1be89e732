"""What an organisation asked to buy, frozen as it was when it asked."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.models.catalogue import CURRENCY_CHECK, Coupon, Cycle, PlanVersion
from billing.money import Money


class Order(models.Model):
    """One purchase: a plan version for one cycle. The first one of a subscription makes the workspace.

    awaiting_payment -> paid -> fulfilled; awaiting_payment -> expired | cancelled; expired -> paid (late payment).
    """

    class Kind(models.TextChoices):
        FIRST = "first"
        RENEWAL = "renewal"
        CHANGE = "change"  # a better plan from now to the end of what is paid

    class Status(models.TextChoices):
        AWAITING_PAYMENT = "awaiting_payment"
        PAID = "paid"
        FULFILLED = "fulfilled"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    # In these states a first order keeps its subdomain for itself.
    HOLDS_NAME = (Status.AWAITING_PAYMENT, Status.PAID)
    PAYABLE = (Status.AWAITING_PAYMENT, Status.EXPIRED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FIRST)
    subscription = models.ForeignKey("billing.Subscription", on_delete=models.PROTECT, related_name="orders")
    organisation = models.ForeignKey(
        "organisations.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.AWAITING_PAYMENT)
    idempotency_key = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 — null: not unique

    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="orders")
    cycle = models.CharField(max_length=10, choices=Cycle)
    currency = models.CharField(max_length=3)
    subtotal_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0)
    proration_minor = models.BigIntegerField(default=0)  # what is unused of the plan that is left
    tax_minor = models.BigIntegerField(default=0)
    tax_included = models.BooleanField(default=True)
    tax_name = models.CharField(max_length=30, blank=True)
    tax_percent = models.DecimalField(max_digits=6, decimal_places=3, default=0)
    tax_note = models.CharField(max_length=200, blank=True)
    total_minor = models.BigIntegerField()
    credit_minor = models.BigIntegerField(default=0)  # of the subscription's credit, set aside for this order
    received_minor = models.BigIntegerField(default=0)  # of payments; with the credit it makes the total
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, null=True, blank=True, related_name="orders")

    organisation_name = models.CharField(max_length=120)
    # Of a first order; the others' workspace is there.
    subdomain = models.CharField(max_length=40, blank=True)
    subdomain_skeleton = models.CharField(max_length=40, blank=True)
    locale = models.CharField(max_length=5)
    customer_name = models.CharField(max_length=120)
    customer_email = models.EmailField(max_length=254)
    customer_phone = models.CharField(max_length=20, blank=True)
    customer_address = models.CharField(max_length=300, blank=True)
    customer_country = models.CharField(max_length=2)
    tax_number = models.CharField(max_length=40, blank=True)

    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    fulfilled_at = models.DateTimeField(null=True, blank=True)
    # The time that is bought: known before for renewals and changes, for a first order once it is paid.
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    trial_days = models.PositiveSmallIntegerField(default=0)  # of a first order that begins with time to try

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["awaiting_payment", "paid", "fulfilled", "expired", "cancelled"]),
                name="order_status",
            ),
            models.CheckConstraint(condition=Q(kind__in=["first", "renewal", "change"]), name="order_kind"),
            models.CheckConstraint(
                condition=Q(
                    tax_included=True,
                    total_minor=F("subtotal_minor") - F("discount_minor") - F("proration_minor"),
                    tax_minor__lte=F("total_minor"),
                )
                | Q(
                    tax_included=False,
                    total_minor=F("subtotal_minor") - F("discount_minor") - F("proration_minor") + F("tax_minor"),
                ),
                name="order_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    subtotal_minor__gte=0,
                    discount_minor__gte=0,
                    proration_minor__gte=0,
                    tax_minor__gte=0,
                    discount_minor__lte=F("subtotal_minor") - F("proration_minor"),
                ),
                name="order_amounts",
            ),
            models.CheckConstraint(
                condition=Q(
                    credit_minor__gte=0,
                    received_minor__gte=0,
                    received_minor__lte=F("total_minor") - F("credit_minor"),
                ),
                name="order_never_overpaid",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["paid", "fulfilled"]) | Q(received_minor=F("total_minor") - F("credit_minor")),
                name="order_paid_in_full",
            ),
            models.CheckConstraint(condition=~Q(kind="first") | ~Q(subdomain=""), name="order_first_has_subdomain"),
            models.CheckConstraint(
                condition=Q(trial_days=0) | Q(kind="first", subtotal_minor=0), name="order_trial_costs_nothing"
            ),
            models.CheckConstraint(
                condition=Q(kind="first")
                | Q(organisation__isnull=False, period_start__isnull=False, period_end__isnull=False),
                name="order_later_has_organisation",
            ),
            models.CheckConstraint(condition=Q(currency__regex=CURRENCY_CHECK), name="order_currency"),
            models.CheckConstraint(
                condition=~Q(status__in=["paid", "fulfilled"]) | Q(paid_at__isnull=False), name="order_paid_has_date"
            ),
            models.CheckConstraint(
                condition=~Q(status="fulfilled") | Q(organisation__isnull=False), name="order_fulfilled_has_tenant"
            ),
            models.UniqueConstraint(
                fields=["subdomain_skeleton"],
                condition=Q(kind="first", status__in=["awaiting_payment", "paid"]),
                name="order_holds_subdomain",
            ),
            models.UniqueConstraint(fields=["organisation"], condition=Q(kind="first"), name="order_first_once"),
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(status="awaiting_payment"), name="order_one_open_per_subscription"
            ),
            models.UniqueConstraint(fields=["user", "idempotency_key"], name="order_idempotency"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="order_expiring", condition=Q(status="awaiting_payment")),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def payer(self) -> Any:
        """The account that is written to about its money: who made a first order, later ones' owner of today."""
        if self.kind == self.Kind.FIRST or self.organisation is None:
            return self.user
        return self.organisation.owner

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def subtotal(self) -> Money:
        return Money(self.subtotal_minor, self.currency)

    @property
    def discount(self) -> Money:
        return Money(self.discount_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def net(self) -> Money:
        """The total without its tax."""
        return Money(self.total_minor - self.tax_minor, self.currency)

    @property
    def proration(self) -> Money:
        return Money(self.proration_minor, self.currency)

    @property
    def credit(self) -> Money:
        return Money(self.credit_minor, self.currency)

    @property
    def received(self) -> Money:
        return Money(self.received_minor, self.currency)

    @property
    def money_due(self) -> Money:
        """What of the total credit did not pay."""
        return self.total - self.credit

    @property
    def due(self) -> Money:
        """What is left to pay."""
        return self.money_due - self.received


class CouponUse(models.Model):
    """One use of a coupon, given back when the order expires unpaid."""

    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="uses")
    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="coupon_use")
    created_at = models.DateTimeField(db_default=Now())
