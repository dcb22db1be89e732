"""Invoices and credit notes: numbered without a gap, and never changed once issued."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from billing.models.orders import Order
from billing.money import Money
from shared_apps.documents.filed import Filed


class InvoiceCounter(models.Model):
    """The last number given in a series and year. Its row's lock is what keeps numbers without gap."""

    series = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="invoicecounter_once")]


class Invoice(Filed):
    """An invoice, or the credit note that takes (part of) one back. A snapshot: it reads nothing that may change.

    The database refuses every change but to the columns of its PDF and of its certificate.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice"
        CREDIT_NOTE = "credit_note"

    SERIES = {Kind.INVOICE: "F", Kind.CREDIT_NOTE: "A"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    series = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=20, unique=True)
    issued_at = models.DateTimeField(db_default=Now())
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
    subscription = models.ForeignKey("billing.Subscription", on_delete=models.PROTECT, related_name="invoices")
    credits = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="credit_notes")
    source = models.CharField(max_length=80, unique=True)  # what it documents: "order:<uuid>", "refund:<uuid>"

    locale = models.CharField(max_length=5)
    currency = models.CharField(max_length=3)
    seller = models.JSONField()
    customer = models.JSONField()
    lines = models.JSONField()  # [{text keys, quantity, amount_minor, …}], read by billing.documents
    subtotal_minor = models.BigIntegerField()
    reduction_minor = models.BigIntegerField(default=0)
    tax_name = models.CharField(max_length=30, blank=True)
    tax_percent = models.DecimalField(max_digits=6, decimal_places=3, default=0)
    tax_included = models.BooleanField(default=True)
    tax_note = models.CharField(max_length=200, blank=True)
    tax_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField()
    # How money paid it, or went back for a credit note: [{method, amount_minor, on, charged_minor, charged_currency}],
    # amounts in its currency; what was charged only where that is in another one. Credit that was used is not in it.
    settlements = models.JSONField(default=list)

    class Meta:
        ordering = ["-issued_at", "-sequence"]
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "sequence"], name="invoice_sequence"),
            models.CheckConstraint(condition=Q(kind__in=["invoice", "credit_note"]), name="invoice_kind"),
            models.CheckConstraint(
                condition=Q(subtotal_minor__gte=0, reduction_minor__gte=0, tax_minor__gte=0, total_minor__gte=0),
                name="invoice_amounts",
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", credits__isnull=True) | Q(kind="credit_note", credits__isnull=False),
                name="invoice_credit_note_credits",
            ),
        ]
        indexes = [
            models.Index(fields=["subscription", "-issued_at"], name="invoice_of_subscription"),
            models.Index(fields=["issued_at"], name="invoice_without_pdf", condition=Q(pdf="")),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def booked(self) -> tuple[Money, Money, Money]:
        """Before tax, tax and total as accounts count them: those of a credit note are below zero."""
        sign = -1 if self.kind == self.Kind.CREDIT_NOTE else 1
        minors = (self.total_minor - self.tax_minor, self.tax_minor, self.total_minor)
        net, tax, total = (Money(sign * minor, self.currency) for minor in minors)
        return net, tax, total
