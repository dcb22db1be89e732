"""What the pages about commissions and payouts show: balances, sales and statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing import ledger
from billing.commissions import month_after
from billing.method_names import method_name
from billing.models import Commission, LedgerEntry, Payout
from billing.money import Money
from shared_apps.core.errors import NotFound
from shared_apps.organisations.models import Organisation

Text = str | Promise
Status = Payout.Status

STATES: dict[str, tuple[Text, str]] = {
    Status.DRAFT: (_("To approve"), "warning"),
    Status.AWAITING_SECOND: (_("Waits for a second person"), "warning"),
    Status.APPROVED: (_("To pay out"), "info"),
    Status.PAID: (_("Paid out"), "success"),
    Status.CARRIED: (_("Carried over"), "neutral"),
}
# What the tenant is told: who agrees among us is our own affair.
STATES_OF_TENANT = {
    **dict.fromkeys((Status.DRAFT, Status.AWAITING_SECOND, Status.APPROVED), (_("Being paid out"), "info")),
    Status.PAID: STATES[Status.PAID],
    Status.CARRIED: STATES[Status.CARRIED],
}
KINDS: dict[str, Text] = {Commission.Kind.COLLECTED: _("Sale"), Commission.Kind.REFUNDED: _("Given back")}
HOLDERS: dict[str, Text] = {
    Commission.HeldBy.PLATFORM: _("Received by us"),
    Commission.HeldBy.TENANT: _("Received by them"),
}
_SIGN = Case(When(kind=Commission.Kind.COLLECTED, then=Value(1)), default=Value(-1), output_field=IntegerField())
_HELD = Case(When(held_by=Commission.HeldBy.PLATFORM, then=F("gross_minor")), default=Value(0))
# By how much sales make us owe a tenant more.
WORTH = Sum(_SIGN * (_HELD - F("commission_minor")))
OPEN = Q(payout__isnull=True)


def places() -> QuerySet[Any]:
    """Who sells: (name, organisation's id, currency), by name."""
    columns = ("name", "organisation_id", "currency")
    since = Commission.objects.filter(OPEN).order_by().annotate(name=F("organisation__name")).values_list(*columns)
    stated = Payout.objects.order_by().annotate(name=F("organisation__name")).values_list(*columns)
    return since.union(stated).order_by("name", "organisation_id", "currency")


def balance_rows(found: Iterable[tuple[str, UUID, str]]) -> list[dict[str, Any]]:
    """What we owe each of these in its currency, by the books, and what of it is on no statement. Two queries."""
    found = list(found)
    ids = {organisation_id for _name, organisation_id, _currency in found}
    entries = LedgerEntry.objects.filter(account__in=[ledger.tenant_payable(one) for one in ids])
    owed = {
        (account, currency): -int(total)
        for account, currency, total in entries.values_list("account", "currency").annotate(total=Sum("amount_minor"))
    }
    since = (
        Commission.objects.filter(OPEN, organisation_id__in=ids).order_by().values_list("organisation_id", "currency")
    )
    open_now = {
        (one, currency): (int(worth), sales)
        for one, currency, worth, sales in since.annotate(worth=WORTH, sales=Count("pk"))
    }
    return [
        {
            "name": name,
            "organisation_id": one,
            "owed": Money(owed.get((ledger.tenant_payable(one), currency), 0), currency),
            "open": Money(open_now.get((one, currency), (0, 0))[0], currency),
            "sales": open_now.get((one, currency), (0, 0))[1],
        }
        for name, one, currency in found
    ]


def open_sums(organisation: Organisation) -> list[dict[str, Any]]:
    """What an organisation has sold since its last statement, by currency. One query."""
    rows = Commission.objects.filter(OPEN, organisation=organisation).order_by("currency").values_list("currency")
    found = rows.annotate(worth=WORTH, sales=Count("pk", filter=Q(kind=Commission.Kind.COLLECTED)))
    return [{"worth": Money(int(worth), currency), "sales": sales} for currency, worth, sales in found]


def commissions(*, organisation_id: UUID | None = None, month: date | None = None) -> QuerySet[Commission]:
    """Sales and refunds, the latest first; of one organisation, of one month of the platform's time zone."""
    found = Commission.objects.select_related("organisation", "payout").order_by("-occurred_at", "-pk")
    if organisation_id:
        found = found.filter(organisation_id=organisation_id)
    if month:
        zone = timezone.get_default_timezone()
        first, end = (datetime(day.year, day.month, 1, tzinfo=zone) for day in (month, month_after(month)))
        found = found.filter(occurred_at__gte=first, occurred_at__lt=end)
    return found


def commission_rows(found: Iterable[Commission]) -> Iterator[dict[str, Any]]:
    """Sales as a table shows them; what went back is below zero."""
    for one in found:
        sign = 1 if one.kind == Commission.Kind.COLLECTED else -1
        yield {
            "commission": one,
            "kind": KINDS[one.kind],
            "holder": HOLDERS[one.held_by],
            "gross": Money(sign * one.gross_minor, one.currency),
            "earned": Money(sign * one.commission_minor, one.currency),
            "percent": Decimal(one.rate_bp) / 100,
        }


def csv_row(one: Commission) -> list[Any]:
    """A sale for a spreadsheet: amounts as decimal numbers, what went back below zero."""
    sign = 1 if one.kind == Commission.Kind.COLLECTED else -1
    gross, commission = (
        Money(sign * minor, one.currency).as_decimal() for minor in (one.gross_minor, one.commission_minor)
    )
    return [
        timezone.localtime(one.occurred_at).isoformat(timespec="seconds"), one.organisation.name, one.reference,
        str(KINDS[one.kind]), str(HOLDERS[one.held_by]), method_name(one.method), gross,
        Decimal(one.rate_bp) / 100, commission, one.currency,
        one.payout.number if one.payout else "",
    ]  # fmt: skip


def payouts(status: str) -> QuerySet[Payout]:
    """The statements of one state: what waits the longest first, what is over the latest first."""
    found = Payout.objects.filter(status=status).select_related("organisation")
    return (
        found.order_by("-month", "number")
        if status in (Status.PAID, Status.CARRIED)
        else found.order_by("month", "number")
    )


def payout_rows(found: Iterable[Payout], *, states: dict[Any, tuple[Text, str]] = STATES) -> list[dict[str, Any]]:
    """Statements with their state in words."""
    return [{"payout": one, "state": states[one.status][0], "tone": states[one.status][1]} for one in found]


def get_payout(payout_id: UUID) -> Payout:
    """A statement with its organisation and who decided; raises NotFound."""
    people = ("organisation", "approved_by", "second_by", "paid_by")
    found = Payout.objects.select_related(*people).filter(pk=payout_id).first()
    if found is None:
        raise NotFound
    return found


def waiting_counts() -> dict[str, int]:
    """How many statements wait, by state. One query."""
    waiting = Payout.objects.filter(status__in=[Status.DRAFT, Status.AWAITING_SECOND, Status.APPROVED])
    return dict(waiting.order_by().values_list("status").annotate(number=Count("pk")))
