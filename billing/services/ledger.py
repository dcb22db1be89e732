"""Writing the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Sum

from billing.ledger import Entry
from billing.models import Journal, LedgerEntry
from billing.money import Money


def post(*, kind: str, source: str, entries: Sequence[Entry], document: str = "") -> Journal | None:
    """Write one journal, once per `source`, in the caller's transaction; None when there is nothing to write.

    Takes no lock. Raises IntegrityError when the source was posted before; the database raises another at commit when the
    entries do not add up to zero in each currency.
    """
    if not entries:
        return None
    journal = Journal.objects.create(kind=kind, source=source, document=document)
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            journal=journal, account=entry.account, amount_minor=entry.amount.minor, currency=entry.amount.currency
        )
        for entry in entries
    )
    return journal


def balance(account: str, currency: str) -> Money:
    """What stands on an account now: debits less credits."""
    total = LedgerEntry.objects.filter(account=account, currency=currency).aggregate(total=Sum("amount_minor"))["total"]
    return Money(int(total or 0), currency)
