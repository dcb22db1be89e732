"""Takings of the ready tenants, as their apps tell them, and what must be true of the books about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum
from django_tenants.utils import tenant_context

from billing import ledger
from billing.models import Commission, LedgerEntry, Payout
from billing.money import Money
from billing.services.ledger import balance
from shared_apps.organisations.models import Organisation
from tenant_apps.payments.models import CommissionEvent
from tenant_apps.payments.services import record_refund, record_taking
from tests.support.portal import organisation_at
from tests.support.tenants import ready_tenant


def events_organisation(name: str = "events-a") -> Organisation:
    """A ready tenant's organisation; its plan takes 3 % of what it sells."""
    connection.set_schema_to_public()
    return organisation_at(name)


def sell(
    source: str, minor: int, *, name: str = "events-a", currency: str = "XAF", held_by: str = "platform", at: Any = None
) -> CommissionEvent:
    """A ticket is paid."""
    with tenant_context(ready_tenant(name)), transaction.atomic():
        return record_taking(
            source=source, gross=Money(minor, currency), method="mtn_momo", held_by=held_by, reference=source.upper(),
            occurred_at=at,
        )  # fmt: skip


def give_back(
    source: str, minor: int, *, of: str, name: str = "events-a", currency: str = "XAF", at: datetime | None = None
) -> CommissionEvent:
    """Part of a ticket's price goes back."""
    with tenant_context(ready_tenant(name)), transaction.atomic():
        return record_refund(source=source, taking=of, amount=Money(minor, currency), occurred_at=at)


def check_commissions(organisation: Organisation) -> None:
    """Ledger, commissions and statements of an organisation say the same, in each currency."""
    for total in LedgerEntry.objects.values("journal", "currency").annotate(total=Sum("amount_minor")):
        assert total["total"] == 0
    mine = Commission.objects.filter(organisation=organisation)
    for currency in set(mine.values_list("currency", flat=True)):
        owed = sum(_worth(one) for one in mine.filter(currency=currency, payout__isnull=True))
        statements = Payout.objects.filter(organisation=organisation, currency=currency)
        owed += sum(one.net_minor for one in statements.exclude(status__in=["paid", "carried"]))
        last = statements.order_by("-month").first()
        owed += last.net_minor if last and last.status == "carried" else 0
        assert -balance(ledger.tenant_payable(organisation.pk), currency).minor == owed
    for sale in mine.filter(kind="collected"):
        back = sale.reversals.aggregate(gross=Sum("gross_minor"), earned=Sum("commission_minor"))
        assert (sale.refunded_minor, sale.reversed_minor) == (back["gross"] or 0, back["earned"] or 0)


def _worth(one: Commission) -> int:
    """What it makes us owe the tenant."""
    held = one.gross_minor if one.held_by == "platform" else 0
    return (held - one.commission_minor) * (1 if one.kind == "collected" else -1)
