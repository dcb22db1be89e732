"""Which tax a customer pays, and entering rates."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from billing.models import TaxRate
from billing.pricing import NO_TAX, Tax
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record


def tax_for(*, country: str, tax_number: str = "", on: date | None = None) -> Tax:
    """The tax of a customer in a country on a day: none where no rate is entered. One query."""
    day = on or timezone.localdate()
    rate = (
        TaxRate.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day), country=country, valid_from__lte=day)
        .order_by("-valid_from")
        .first()
    )  # fmt: skip
    if rate is None:
        return NO_TAX
    if rate.reverse_charge and tax_number.strip():
        return Tax(rate.name, Decimal(0), True, rate.note)
    return Tax(rate.name, rate.percent, rate.is_included, "" if rate.reverse_charge else rate.note)


def set_tax_rate(
    *,
    country: str,
    name: str,
    percent: Decimal,
    valid_from: date,
    is_included: bool = True,
    reverse_charge: bool = False,
    note: str = "",
    actor: Any = None,
) -> TaxRate:
    """Enter a country's rate from a day on; the one before it ends the day before. One transaction; locks the country's rows.

    Doing the same again changes nothing. Another rate for the same day replaces that row as long as it has not begun.
    """
    wanted = {
        "name": name, "percent": percent, "is_included": is_included, "reverse_charge": reverse_charge, "note": note,
    }  # fmt: skip
    with transaction.atomic():
        rows = list(TaxRate.objects.select_for_update().filter(country=country).order_by("valid_from"))
        rate = next((row for row in rows if row.valid_from == valid_from), None)
        before = {field: str(getattr(rate, field)) for field in wanted} if rate else {}
        if rate and before == {field: str(value) for field, value in wanted.items()}:
            return rate
        later = next((row for row in rows if row.valid_from > valid_from), None)
        for row in rows:
            if row.valid_from < valid_from and (row.valid_until is None or row.valid_until >= valid_from):
                _end(row, valid_from - timedelta(days=1), actor)
        until = later.valid_from - timedelta(days=1) if later else None
        rate, _created = TaxRate.objects.update_or_create(
            country=country, valid_from=valid_from, defaults={**wanted, "valid_until": until}
        )
        record(action="tax.set", category=AuditCategory.SETTINGS, resource=rate, actor=actor, before=before,
               after={field: str(value) for field, value in wanted.items()})  # fmt: skip
    return rate


def _end(rate: TaxRate, last_day: date, actor: Any) -> None:
    before = rate.valid_until
    rate.valid_until = last_day
    rate.save(update_fields=["valid_until"])
    record(action="tax.ended", category=AuditCategory.SETTINGS, resource=rate, actor=actor,
           before={"valid_until": str(before)}, after={"valid_until": str(last_day)})  # fmt: skip
