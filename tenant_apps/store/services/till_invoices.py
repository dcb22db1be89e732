"""Invoices that customers ask for at the counter."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from billing.money import Money
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import own_path, own_url
from shared_apps.core.errors import Conflict
from shared_apps.notifications.services import notify_by_email
from tenant_apps.store.models import Invoice, Order, Return, Shop
from tenant_apps.store.rules.invoicing import Buyer
from tenant_apps.store.services.invoices import issue_invoice
from tenant_apps.store.services.orders import lock_order
from tenant_apps.store.services.till_returns import credit_return

LONGEST_NAME = Order._meta.get_field("name").max_length  # a company's may be longer: the invoice has it whole


@transaction.atomic
def issue_till_invoice(*, order_id: UUID, buyer: Buyer, by: User) -> Invoice:
    """The invoice of a sale at a till, made out to `buyer`; the one there is, if it was issued before, to whoever it was made
    out then. What came back of the sale before is credited with it. It is sent to the buyer's address, once an address.

    Locks the order, then the counters of the year; one transaction. Raises Conflict (`not_a_till_sale`, `all_given_back`).
    """
    order = lock_order(order_id)
    if order.channel != Order.Channel.TILL:
        raise Conflict("not_a_till_sale", _("This was ordered online. Its invoice is on the page of the order."))
    invoice = Invoice.objects.filter(order=order, kind=Invoice.Kind.INVOICE).first()
    if invoice is None:
        invoice = _issue(order, buyer, by)
    if buyer.email:
        _send(invoice, buyer.email)
    return invoice


def _issue(order: Order, buyer: Buyer, by: User) -> Invoice:
    if order.total_minor and order.refunded_minor >= order.total_minor:
        raise Conflict("all_given_back", _("All of this sale was given back. There is nothing to invoice."))
    _note_buyer(order, buyer, by)
    invoice = issue_invoice(order=order, by=by, buyer=buyer)
    for back in Return.objects.filter(order=order, amount_minor__gt=0).select_related("order").order_by("created_at"):
        credit_return(back=back, pieces=None, by=by)
    return invoice


def _note_buyer(order: Order, buyer: Buyer, by: User) -> None:
    """Say on the order who bought, where nothing is said there yet."""
    told = {"name": (buyer.name or buyer.company)[:LONGEST_NAME], "phone": buyer.phone, "email": buyer.email}
    news = {name: value for name, value in told.items() if value and not getattr(order, name)}
    if news:
        Order.objects.filter(pk=order.pk).update(**news)
        # Which, not what: people are named on the order alone.
        record(action="store.order.buyer_named", category=AuditCategory.ORDER, resource=order, actor=by,
               after={"fields": sorted(news)})  # fmt: skip


def _send(invoice: Invoice, address: str) -> None:
    order = invoice.order
    notify_by_email(
        key=f"store-invoice:{invoice.pk}:{address}", template="store_till_invoice", recipient=address, locale=invoice.locale,
        context={
            "shop": Shop.objects.get().name,
            "name": invoice.customer["name"],
            "number": invoice.number,
            "amount": Money(invoice.total_minor, invoice.currency).display(invoice.locale),
            "url": own_url(own_path("store:order_invoice", order.pk)),
        },
    )  # fmt: skip
