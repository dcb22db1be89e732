"""What an order came to, in the words of every list of orders."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.models import Order, Refund

Text = str | Promise

_STATES: dict[str, tuple[Text, str]] = {
    Order.Status.AWAITING_PAYMENT: (_("To pay"), "warning"),
    Order.Status.PAID: (_("Paid"), "success"),
    Order.Status.FULFILLED: (_("Paid"), "success"),
    Order.Status.EXPIRED: (_("Expired"), "neutral"),
    Order.Status.CANCELLED: (pgettext_lazy("order", "Cancelled"), "neutral"),
}
_PREPARED: tuple[Text, str] = (_("Being prepared"), "info")
_REFUNDED: tuple[Text, str] = (pgettext_lazy("order", "Refunded"), "neutral")
_CREDITED: tuple[Text, str] = (pgettext_lazy("order", "Turned into credit"), "neutral")


def with_refunds(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Orders with what was taken back of their money once they were paid: what was sent, and what became credit (minor units
    of the order's currency)."""
    return orders.annotate(sent_back_minor=_taken_back(to_credit=False), made_credit_minor=_taken_back(to_credit=True))


def _taken_back(*, to_credit: bool) -> Coalesce:
    refunds = Refund.objects.filter(
        payment__order_id=OuterRef("pk"),
        origin=Refund.Origin.INVOICE,
        status=Refund.Status.SUCCEEDED,
        to_credit=to_credit,
    )
    sums = refunds.order_by().values("payment__order_id").annotate(sum=Sum(F("order_minor") - F("credited_minor")))
    return Coalesce(Subquery(sums.values("sum")), 0, output_field=BigIntegerField())


def order_state(order: Any) -> tuple[Text, str]:
    """The word and tone for an order of `with_refunds`. One that was given back in part is paid all the same."""
    if 0 < order.received_minor <= order.sent_back_minor + order.made_credit_minor:
        return _REFUNDED if order.sent_back_minor else _CREDITED
    if order.status == Order.Status.PAID and order.kind == Order.Kind.FIRST:
        return _PREPARED
    return _STATES[order.status]
