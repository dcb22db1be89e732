"""What the portal's billing pages show: documents, orders with their payments, and credit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from billing import ledger
from billing.models import Invoice, LedgerEntry, Order, Payment, Refund, Subscription
from billing.money import Money
from billing.services.commissions import takes_money
from shared_apps.organisations.models import Membership
from shared_apps.site.doors import share_links
from shared_apps.site.order_states import order_state, with_refunds
from shared_apps.site.payment_rows import payment_row, told
from shared_apps.site.plan_texts import ORDER_KINDS, PRODUCTS, plan_label

Text = str | Promise

DOCUMENTS: dict[str, Text] = {
    Invoice.Kind.INVOICE: pgettext_lazy("document", "Invoice"),
    Invoice.Kind.CREDIT_NOTE: pgettext_lazy("document", "Credit note"),
}
_WHAT: dict[str, Text] = {**ORDER_KINDS, Order.Kind.FIRST: pgettext_lazy("order", "Subscription")}
_MOVEMENTS: dict[str, Text] = {
    "payment": gettext_lazy("Paid beyond what was due"),
    "opening": gettext_lazy("Paid beyond what was due"),
    "invoice": gettext_lazy("Used for an invoice"),
    "credit_note": pgettext_lazy("document", "Credit note"),
    "refund": gettext_lazy("Given back"),
    "review": gettext_lazy("Paid beyond what was due"),
    "dispute": gettext_lazy("Disputed payment"),
}
# Attempts that moved nothing are of no interest afterwards.
_TELLING = (*Payment.OPEN, Payment.Status.SUCCEEDED, Payment.Status.NEEDS_REVIEW)


def tabs_of(place: Membership, current: str) -> list[dict[str, Any]]:
    """The billing pages of an organisation."""
    labels = (
        ("organisation_billing", _("Invoices")),
        ("organisation_orders", _("Orders and payments")),
        ("organisation_credit", _("Credit")),
        *((("organisation_payouts", _("Payouts")),) if takes_money(place.organisation) else ()),
        ("organisation_billing_details", _("Billing details")),
    )
    return [
        {"url": reverse(name, args=[place.organisation_id]), "label": label, "current": name == current}
        for name, label in labels
    ]


def invoices_of(subscription: Subscription) -> QuerySet[Invoice]:
    """Its invoices and credit notes, newest first."""
    return subscription.invoices.select_related("credits").order_by("-issued_at", "-pk")


def invoice_rows(invoices: Iterable[Invoice]) -> Iterator[dict[str, Any]]:
    """Documents as a table shows them."""
    for one in invoices:
        yield {"invoice": one, "kind": DOCUMENTS[one.kind], "what": what_of(one)}


def what_of(invoice: Invoice) -> str:
    """What a document is about, in few words."""
    line = invoice.lines[0]
    if line["what"] == "credit":
        return _("For invoice %(number)s") % {"number": line["invoice"]}
    product = PRODUCTS[line["product"]].name if line["product"] in PRODUCTS else line["product"]
    return f"{_WHAT[line['what']]}, {product} {line['plan']}"


def orders_of(subscription: Subscription) -> QuerySet[Order]:
    """Its orders with what was paid for each, newest first."""
    done = Prefetch("refunds", Refund.objects.filter(status=Refund.Status.SUCCEEDED).order_by("finished_at"))
    payments = told(Payment.objects.filter(status__in=_TELLING)).select_related("method").order_by("-created_at")
    orders = with_refunds(subscription.orders.select_related("plan_version__plan"))
    return orders.prefetch_related(Prefetch("payments", payments.prefetch_related(done)))


def order_rows(orders: Iterable[Order]) -> Iterator[dict[str, Any]]:
    """Orders as a table shows them."""
    for one in orders:
        state, tone = order_state(one)
        yield {
            "order": one,
            "kind": ORDER_KINDS[one.kind],
            "plan_label": plan_label(one),
            "state": state,
            "tone": tone,
            "payments": [{**payment_row(payment), "refunds": payment.refunds.all()} for payment in one.payments.all()],
        }


def open_order(subscription: Subscription) -> dict[str, Any]:
    """The order that waits to be paid, with its link to share; both empty while there is none."""
    order = subscription.orders.select_related("plan_version__plan").filter(status=Order.Status.AWAITING_PAYMENT).first()  # fmt: skip
    if order is None:
        return {"open_order": None, "share": None}
    return {"open_order": order, "share": share_links(order), "plan_label": plan_label(order)}


def movements_of(subscription: Subscription) -> QuerySet[LedgerEntry]:
    """What came to its credit and went from it, newest first."""
    account = ledger.credit(subscription.pk)
    return LedgerEntry.objects.filter(account=account).select_related("journal").order_by("-journal__posted_at", "-pk")


def movement_rows(entries: Iterable[LedgerEntry]) -> Iterator[dict[str, Any]]:
    """Movements as the customer counts them: what we owe more is above zero."""
    for one in entries:
        kept = one.journal.kind == "refund" and one.amount_minor < 0
        yield {
            "at": one.journal.posted_at,
            "what": _("Kept as credit") if kept else _MOVEMENTS.get(one.journal.kind, one.journal.kind),
            "document": one.journal.document,
            "amount": Money(-one.amount_minor, one.currency),
            "came": one.amount_minor < 0,
        }
