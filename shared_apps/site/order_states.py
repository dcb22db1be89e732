"""What an order came to, in the words of every list of orders."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField, Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.models import Dispute, Order, Refund

Text = str | Promise

_STATES: dict[str, tuple[Text, str]] = {
    Order.Status.AWAITING_PAYMENT: (_("To pay"), "warning"),
    Order.Status.PAID: (_("Paid"), "success"),
    Order.Status.FULFILLED: (_("Paid"), "success"),
    Order.Status.EXPIRED: (_("Expired"), "neutral"),
    Order.Status.CANCELLED: (pgettext_lazy("order", "Cancelled"), "neutral"),
}
_PREPARED: tuple[Text, str] = (_("Being prepared"), "info")
_TRIAL: tuple[Text, str] = (pgettext_lazy("order", "Trial"), "info")
_REFUNDED: tuple[Text, str] = (pgettext_lazy("order", "Refunded"), "neutral")
_CREDITED: tuple[Text, str] = (pgettext_lazy("order", "Turned into credit"), "neutral")
_LOST: tuple[Text, str] = (pgettext_lazy("order", "Lost in a dispute"), "danger")


def with_refunds(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Orders with what was taken back of their money once they were paid: what was sent, and what became credit (minor units
    of the order's currency), whether their time ended with it, and whether their payer took money back by a dispute."""
    ending = _refunds().filter(ends_access=True)
    lost = Dispute.objects.filter(payment__order_id=OuterRef("pk"), status=Dispute.Status.LOST, held_minor__gt=0)
    return orders.annotate(
        sent_back_minor=_sum_of(_refunds().filter(to_credit=False)),
        made_credit_minor=_sum_of(_refunds().filter(to_credit=True)),
        has_ended=Exists(ending),
        is_lost=Exists(lost),
    )


def _refunds() -> QuerySet[Refund]:
    return Refund.objects.filter(
        payment__order_id=OuterRef("pk"), origin=Refund.Origin.INVOICE, status=Refund.Status.SUCCEEDED
    )


def _sum_of(refunds: QuerySet[Refund]) -> Coalesce:
    sums = refunds.order_by().values("payment__order_id").annotate(sum=Sum(F("order_minor") - F("credited_minor")))
    return Coalesce(Subquery(sums.values("sum")), 0, output_field=BigIntegerField())


def order_state(order: Any) -> tuple[Text, str]:
    """The word and tone for an order of `with_refunds`. One that was given back in part is paid all the same, as long as its
    time goes on."""
    if order.is_lost:
        return _LOST
    if order.has_ended or 0 < order.total_minor <= order.sent_back_minor + order.made_credit_minor:
        return _REFUNDED if order.sent_back_minor >= order.made_credit_minor else _CREDITED
    if order.status == Order.Status.PAID and order.kind == Order.Kind.FIRST:
        return _PREPARED
    return _TRIAL if order.status == Order.Status.FULFILLED and order.trial_days else _STATES[order.status]
