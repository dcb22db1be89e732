"""Tax as dated data: what an admin enters, never code."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class TaxRate(models.Model):
    """The tax on what customers of a country buy, from one day until another.

    A change of rate is a new row and an end for the old one: documents keep what they were made with.
    """

    country = models.CharField(max_length=2)  # ISO 3166-1, of the customer
    name = models.CharField(max_length=30)  # as printed: "TVA"
    percent = models.DecimalField(max_digits=6, decimal_places=3)
    is_included = models.BooleanField(default=True)  # in the prices of the list, or added to them
    reverse_charge = models.BooleanField(default=False)  # customers with a tax number account for it themselves
    note = models.CharField(max_length=200, blank=True)  # a legal mention for documents
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)  # the last day
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["country", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["country", "valid_from"], name="taxrate_once_a_day"),
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lt=100), name="taxrate_percent"),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="taxrate_country"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")), name="taxrate_dates"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.name} {self.percent}"
