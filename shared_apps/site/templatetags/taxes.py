"""Taxes in templates."""

from __future__ import annotations

from decimal import Decimal

from django import template

from shared_apps.site.tax_texts import tax_label

register = template.Library()


@register.simple_tag(name="tax_label")
def tax_label_tag(name: str, percent: Decimal) -> str:
    """`{% tax_label order.tax_name order.tax_percent %}`: "TVA (19,25 %)"."""
    return tax_label(name, percent)
