"""Invoices and credit notes of the shop: numbered without a gap, and never changed once issued."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.money import Money
from shared_apps.core.querysets import SchemaBoundQuerySet
from shared_apps.documents.filed import Filed
from tenant_apps.store.models.orders import Order


class InvoiceCounter(models.Model):
    """The last number given in a series and year. Its row's lock is what keeps numbers without gap."""

    series = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="store_invoicecounter_once")]


class NeverChanged(TypeError):
    """Somebody tried to change or delete a document that was issued."""


class InvoiceQuerySet(SchemaBoundQuerySet):
    """Rows are made once. What follows an issued document may be noted, and nothing else is ever written or deleted."""

    def update(self, **values: Any) -> int:
        changed = sorted(values.keys() - set(Filed.LATER))
        if changed:
            raise NeverChanged(f"an issued document keeps its {', '.join(changed)}")
        return super().update(**values)

    def delete(self) -> Any:
        raise NeverChanged("an issued document is never deleted")


class Invoice(Filed):
    """An invoice, or the credit note that takes (part of) one back. A snapshot: it reads nothing that may change."""

    class Kind(models.TextChoices):
        INVOICE = "invoice"
        CREDIT_NOTE = "credit_note"

    SERIES: ClassVar[dict[Any, str]] = {Kind.INVOICE: "F", Kind.CREDIT_NOTE: "A"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    series = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=20, unique=True)
    issued_at = models.DateTimeField(db_default=Now())
    issued_on = models.DateField()  # the shop's day, which the document is dated by
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
    original = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="credit_notes")
    source = models.CharField(max_length=120, unique=True)  # what it documents: "order:<uuid>", "credit:<uuid>:<key>"
    reason = models.CharField(max_length=300, blank=True)  # why a credit note was issued, for the customer

    locale = models.CharField(max_length=5)
    currency = models.CharField(max_length=3)
    seller = models.JSONField()
    customer = models.JSONField()
    lines = models.JSONField()  # `invoicing.lines_of`
    subtotal_minor = models.BigIntegerField()  # the lines' sum
    reduction_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField()
    tax_name = models.CharField(max_length=20, blank=True)
    tax_rate_bp = models.PositiveIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)  # within the total
    settlements = models.JSONField(default=list)  # `invoicing.Paid.as_kept`

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-issued_at", "-sequence"]
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "sequence"], name="store_invoice_sequence"),
            models.UniqueConstraint(fields=["order"], condition=Q(kind="invoice"), name="store_invoice_once_an_order"),
            models.CheckConstraint(
                condition=Q(kind="invoice", series="F", original__isnull=True)
                | Q(kind="credit_note", series="A", original__isnull=False),
                name="store_invoice_kind",
            ),
            models.CheckConstraint(
                condition=Q(
                    subtotal_minor__gte=0, reduction_minor__gte=0, total_minor=F("subtotal_minor") - F("reduction_minor"),
                    tax_minor__gte=0, tax_minor__lte=F("total_minor"),
                ),
                name="store_invoice_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice") | Q(total_minor__gt=0), name="store_invoice_credits_something"
            ),
            models.CheckConstraint(
                condition=Q(fiscal_status__in=["not_required", "to_certify", "certified", "failed"]),
                name="store_invoice_fiscal_status",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["-issued_on", "-issued_at"], name="store_invoice_by_day"),
            models.Index(fields=["issued_at"], name="store_invoice_without_pdf", condition=Q(pdf="")),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep a new document. Raises NeverChanged for one that is kept."""
        if not self._state.adding:
            raise NeverChanged("an issued document is never saved again")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Raises NeverChanged."""
        raise NeverChanged("an issued document is never deleted")

    @property
    def is_credit_note(self) -> bool:
        return self.kind == self.Kind.CREDIT_NOTE

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def booked(self) -> tuple[Money, Money, Money]:
        """Before tax, tax and total as accounts count them: those of a credit note are below zero."""
        sign = -1 if self.is_credit_note else 1
        minors = (self.total_minor - self.tax_minor, self.tax_minor, self.total_minor)
        net, tax, total = (Money(sign * minor, self.currency) for minor in minors)
        return net, tax, total
