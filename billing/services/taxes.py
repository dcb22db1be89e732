"""Which tax a customer pays, and entering rates. Orders keep the tax they were made with."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models import TaxRate
from billing.pricing import NO_TAX, Tax
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError

# One at a time edits a country's rates: their days may not overlap, and a country may have none to lock.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('billing.taxrate'), hashtext(%s))"
_ONE_DAY = timedelta(days=1)


class PriceTax(StrEnum):
    """How the list prices stand to the tax of those who have one."""

    NONE = "none"
    INCLUDED = "included"
    ADDED = "added"
    MIXED = "mixed"


def today_here() -> date:
    """The day in the platform's own time zone: rates begin and end there, whoever asks."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def tax_for(*, country: str, tax_number: str = "", on: date | None = None) -> Tax:
    """The tax of a customer in a country on a day: none where no rate is entered. One query."""
    rate = rates_on(on or today_here()).filter(country=country).order_by("-valid_from").first()
    return tax_of_rate(rate, tax_number=tax_number) if rate else NO_TAX


def tax_of_rate(rate: TaxRate, *, tax_number: str = "") -> Tax:
    """What a rate means for a customer with or without a tax number."""
    if rate.reverse_charge and tax_number.strip():
        return Tax(rate.name, Decimal(0), True, rate.note)
    return Tax(rate.name, rate.percent, rate.is_included, "" if rate.reverse_charge else rate.note)


def price_tax(*, on: date | None = None) -> PriceTax:
    """Whether the list prices include tax today. One query."""
    ways = set(
        rates_on(on or today_here()).filter(percent__gt=0).order_by().values_list("is_included", flat=True).distinct()
    )
    if not ways:
        return PriceTax.NONE
    if len(ways) == 2:
        return PriceTax.MIXED
    return PriceTax.INCLUDED if True in ways else PriceTax.ADDED


def rates_on(day: date) -> QuerySet[TaxRate]:
    """The rates that are valid on a day."""
    return TaxRate.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day), valid_from__lte=day)


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
    """Enter a country's rate from a day on, until the next one that is entered already; the one before ends the day before.

    One transaction; an advisory lock of the country. Doing the same again changes nothing. A rate for the same day is
    replaced as long as that day is not over. Raises Conflict on `valid_from` for days on which another rate was in force.
    """
    wanted = {
        "name": name, "percent": percent, "is_included": is_included, "reverse_charge": reverse_charge, "note": note,
    }  # fmt: skip
    with transaction.atomic():
        rows = _lock_rates(country)
        rate = next((row for row in rows if row.valid_from == valid_from), None)
        before = {field: getattr(rate, field) for field in wanted} if rate else {}
        if rate and before == wanted:
            return rate
        _check_past(rows, valid_from)
        for row in rows:
            if row.valid_from < valid_from and (row.valid_until is None or row.valid_until >= valid_from):
                _end(row, valid_from - _ONE_DAY, actor)
        later = next((row for row in rows if row.valid_from > valid_from), None)
        until = later.valid_from - _ONE_DAY if later else None
        rate, _created = TaxRate.objects.update_or_create(
            country=country, valid_from=valid_from, defaults={**wanted, "valid_until": until}
        )
        record(action="tax.set", category=AuditCategory.SETTINGS, resource=rate, actor=actor, before=before,
               after={**wanted, "country": country, "valid_from": valid_from, "valid_until": until})  # fmt: skip
    return rate


def end_tax_rate(*, rate_id: int, last_day: date, actor: Any) -> TaxRate:
    """Say until which day a rate is valid, that day included; days after it have no tax until another rate begins.

    One transaction; an advisory lock of the country. Raises DomainError on `last_day`, and Conflict for a rate that has not
    begun (withdraw it) or is over.
    """
    with transaction.atomic():
        rate, rows = _lock_rate(rate_id)
        today = today_here()
        if rate.valid_from > today:
            raise Conflict("tax_not_begun", _("This rate has not begun. Withdraw it instead."))
        if rate.valid_until and rate.valid_until < today:
            raise Conflict("tax_over", _("This rate is over already."))
        if last_day < today:
            raise DomainError(
                "tax_past", _("Choose today or a later day: past days keep their rate."), field="last_day"
            )
        later = next((row for row in rows if row.valid_from > rate.valid_from), None)
        if later and last_day >= later.valid_from:
            raise DomainError(
                "tax_overlap", _("Another rate has begun by then. Choose an earlier day."), field="last_day"
            )
        if rate.valid_until != last_day:
            _end(rate, last_day, actor)
    return rate


def withdraw_tax_rate(*, rate_id: int, actor: Any) -> None:
    """Take back a rate that has not begun; one that ended for it goes on.

    One transaction; an advisory lock of the country. Raises Conflict for a rate that has begun.
    """
    with transaction.atomic():
        rate, rows = _lock_rate(rate_id)
        if rate.valid_from <= today_here():
            raise Conflict("tax_begun", _("This rate has begun: end it instead."))
        for row in rows:
            if row.valid_until == rate.valid_from - _ONE_DAY:
                _end(row, rate.valid_until, actor)
        record(action="tax.withdrawn", category=AuditCategory.SETTINGS, resource=rate, actor=actor,
               before={"country": rate.country, "percent": rate.percent, "valid_from": rate.valid_from})  # fmt: skip
        rate.delete()


def _lock_rates(country: str) -> list[TaxRate]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [country])
    return list(TaxRate.objects.select_for_update().filter(country=country).order_by("valid_from"))


def _lock_rate(rate_id: int) -> tuple[TaxRate, list[TaxRate]]:
    country = TaxRate.objects.values_list("country", flat=True).filter(pk=rate_id).first()
    rows = _lock_rates(country) if country else []
    rate = next((row for row in rows if row.pk == rate_id), None)
    if rate is None:
        raise Conflict("tax_gone", _("This rate is not there any more."))
    return rate, rows


def _check_past(rows: list[TaxRate], valid_from: date) -> None:
    """Documents were made with the rates of past days."""
    in_force = any(row.valid_from <= valid_from and (row.valid_until or date.max) >= valid_from for row in rows)
    if in_force and valid_from < today_here():
        raise Conflict(
            "tax_past", _("Another rate was valid since then: choose today or a later day."), field="valid_from"
        )


def _end(rate: TaxRate, last_day: date | None, actor: Any) -> None:
    before = rate.valid_until
    rate.valid_until = last_day
    rate.save(update_fields=["valid_until"])
    record(action="tax.ended", category=AuditCategory.SETTINGS, resource=rate, actor=actor,
           before={"valid_until": before}, after={"valid_until": last_day})  # fmt: skip
