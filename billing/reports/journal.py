"""The accounting journal of some days: every ledger entry once, as debits and credits. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.method_names import method_name
from billing.models import Invoice, Journal, LedgerEntry, Subscription
from billing.money import Money
from billing.reports.accounts import JOURNALS, account_of, journal_of
from shared_apps.organisations.models import Organisation

PIECE = 500  # journals read at once
HEADER: tuple[str | Promise, ...] = (
    pgettext_lazy("accounting", "Journal"), _("Name of the journal"), _("Entry"), _("Date"), _("Account"),
    _("Name of the account"), _("Auxiliary account"), _("Name of the auxiliary account"), _("Piece"),
    pgettext_lazy("accounting", "Label"), _("Debit"), _("Credit"), _("Currency"), _("Period from"), _("Period to"),
)  # fmt: skip
KINDS: dict[str, str | Promise] = {
    "payment": _("Payment received"),
    "opening": _("Payment received"),
    "fee": _("Fee"),
    "review": _("Unassigned payment"),
    "invoice": _("Invoice"),
    "credit_note": _("Credit note"),
    "refund": _("Refund"),
    "dispute": _("Dispute"),
    "commission": _("Commission"),
    "payout": _("Payout"),
}


# A refund that sends nothing.
_KEPT = _("Kept as credit")


@dataclass(frozen=True, slots=True)
class _Names:
    """What a piece of the journal refers to: organisations by the id in an account, paid time by document."""

    parties: dict[str, str]
    periods: dict[str, tuple[datetime | None, datetime | None]]

    def of(self, account: str) -> str:
        """Who or what an auxiliary account is named after; empty where the account's own name says it."""
        kind, auxiliary = account.partition(":")[0], _auxiliary(account)
        return method_name(auxiliary) if kind == "psp" else self.parties.get(auxiliary, "")


def journal_rows(*, since: datetime, until: datetime) -> Iterator[list[Any]]:
    """The entries of the journals posted between two moments (the second one excluded) in the order of HEADER.

    Four queries for each PIECE of journals. Debits and credits are equal in each entry and currency, as the ledger's are.
    """
    last: tuple[datetime, UUID] | None = None
    while True:
        journals = _piece(since, until, after=last)
        if not journals:
            return
        names = _names(journals)
        for journal in journals:
            yield from _rows(journal, names)
        last = (journals[-1].posted_at, journals[-1].pk)


def kind_of(journal: Journal) -> str | Promise:
    """What a journal is called; its entries are loaded. A refund that moved no provider's money was kept as credit."""
    if journal.kind == "refund" and not any(entry.account.startswith("psp:") for entry in journal.entries.all()):
        return _KEPT
    return KINDS.get(journal.kind, journal.kind)


def _piece(since: datetime, until: datetime, *, after: tuple[datetime, UUID] | None) -> list[Journal]:
    found = Journal.objects.filter(posted_at__gte=since, posted_at__lt=until)
    if after:
        found = found.filter(
            Q(posted_at__gt=after[0]) | Q(posted_at=after[0], pk__gt=after[1]), posted_at__gte=after[0]
        )
    entries = Prefetch("entries", LedgerEntry.objects.order_by("pk"))
    return list(found.order_by("posted_at", "pk").prefetch_related(entries)[:PIECE])


def _names(journals: Sequence[Journal]) -> _Names:
    ids = {_auxiliary(entry.account) for journal in journals for entry in journal.entries.all()}
    wanted = [one for one in ids if len(one) == len(str(UUID(int=0)))]
    parties = dict(
        Subscription.objects.filter(pk__in=wanted, organisation__isnull=False).values_list("pk", "organisation__name")
    ) | dict(Organisation.objects.filter(pk__in=wanted).values_list("pk", "name"))
    numbers = {journal.document for journal in journals if journal.kind in ("invoice", "credit_note")}
    documents = Invoice.objects.filter(number__in=numbers).values_list(
        "number", "order__period_start", "order__period_end"
    )
    return _Names(
        {str(key): name for key, name in parties.items()}, {number: (start, end) for number, start, end in documents}
    )


def _rows(journal: Journal, names: _Names) -> Iterator[list[Any]]:
    entries = list(journal.entries.all())
    code = journal_of(journal.kind, [entry.account for entry in entries])
    label = " ".join(part for part in (str(kind_of(journal)), journal.document) if part)
    start, end = names.periods.get(journal.document, (None, None))
    for entry in entries:
        account = account_of(entry.account, minor=entry.amount_minor, changed=settings.ACCOUNTING_ACCOUNTS)
        auxiliary = _auxiliary(entry.account)
        yield [
            code, str(JOURNALS[code]), str(journal.pk), _day(journal.posted_at), account.number, str(account.name),
            auxiliary, names.of(entry.account), journal.document, label, *_sides(entry.amount), entry.currency,
            _day(start), _day(end),
        ]  # fmt: skip


def _auxiliary(account: str) -> str:
    """Whose account it is, or which: what follows the colon. Kinds of income have a number of their own."""
    kind, _colon, name = account.partition(":")
    return "" if kind == "revenue" else name


def _sides(amount: Money) -> tuple[Decimal | str, Decimal | str]:
    """Debit and credit, one of them empty."""
    if amount.minor > 0:
        return amount.as_decimal(), ""
    return "", Money(-amount.minor, amount.currency).as_decimal()


def _day(moment: datetime | None) -> str:
    """A day where the platform is, as ISO 8601 writes it."""
    found: date | None = moment and timezone.localtime(moment, timezone.get_default_timezone()).date()
    return found.isoformat() if found else ""
