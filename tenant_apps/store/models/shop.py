"""The shop itself."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.team.models import Photo


class Shop(models.Model):
    """What the shop says about itself: one row, whose lock guards addresses, names and references."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    name = models.CharField(max_length=120)
    # Never changed: prices are counted in its minor units.
    currency = models.CharField(max_length=3)
    description = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=20, blank=True)  # E.164, answers on WhatsApp
    email = models.EmailField(max_length=254, blank=True)  # where customers write to, and orders are announced
    brand_colour = models.CharField(max_length=7, blank=True)  # "#1a5c3a"; empty: the platform's own
    logo = models.OneToOneField(
        Photo, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="+"
    )  # see Photo
    country = models.CharField(
        max_length=2, blank=True
    )  # ISO 3166-1: how phone numbers without a country code are read
    address = models.CharField(max_length=300, blank=True)
    tax_number = models.CharField(max_length=60, blank=True)
    # Prices are what customers pay; this much of them is tax.
    tax_rate_bp = models.PositiveIntegerField(default=0)  # hundredths of a per cent
    tax_name = models.CharField(max_length=20, blank=True)  # "TVA"
    delivery_text = models.TextField(max_length=2000, blank=True)
    returns_text = models.TextField(max_length=2000, blank=True)
    # Where a variant says nothing else: at so many pieces or fewer the stock is low.
    low_stock_at = models.PositiveIntegerField(default=3)
    # What lists sort by (`Product.price_from_minor`) holds until then; null: until a price is changed.
    prices_valid_until = models.DateTimeField(null=True, blank=True)
    setup_closed_at = models.DateTimeField(null=True, blank=True)  # when somebody put the list of first steps away
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="store_shop_only_one"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="store_shop_currency"),
            models.CheckConstraint(condition=Q(tax_rate_bp__lt=10_000), name="store_shop_tax_rate"),
            models.CheckConstraint(
                condition=Q(brand_colour="") | Q(brand_colour__regex=r"^#[0-9a-f]{6}$"), name="store_shop_colour"
            ),
        ]

    def __str__(self) -> str:
        return self.name
