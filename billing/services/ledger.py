"""Writing the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Sum

from billing import ledger
from billing.ledger import Entry
from billing.models import Journal, LedgerEntry, Payment
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


def set_unapplied(*, payment: Payment, amount: Money | None) -> None:
    """Make the account of a payment's unexplained money hold exactly this, or nothing. In the caller's transaction, which
    holds the order's row.

    It may happen several times: money is seen, corrected, dismissed, and seen again.
    """
    account = ledger.unapplied(payment.pk)
    standing = LedgerEntry.objects.filter(account=account).values_list("currency").annotate(total=Sum("amount_minor"))
    booked = [Money(-int(total), currency) for currency, total in standing]
    method = payment.method.name
    entries = [
        *(entry for one in booked for entry in ledger.unexplained_sent(method, amount=one, payment_id=payment.pk)),
        *(ledger.money_unexplained(method, received=amount, payment_id=payment.pk) if amount else []),
    ]
    source = f"review:{payment.pk}"
    before = Journal.objects.filter(source__startswith=source).count()
    post(
        kind="review",
        source=f"{source}:{before}" if before else source,
        document=payment.order.number,
        entries=ledger.net(entries),
    )
