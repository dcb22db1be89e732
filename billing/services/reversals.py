"""Money that is taken back over our head: refunds made at the provider's own site, disputes and chargebacks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Sum

from billing import gateways
from billing.messages import EXTERNAL
from billing.models import Order, Payment, Refund
from billing.money import Money
from billing.refunding import take_what_is_there
from billing.services import refund_steps as steps
from billing.services.disputes import note_dispute
from billing.services.health import watched
from billing.services.locks import lock_order_of
from billing.services.moves import move_payment
from billing.services.payments import as_attempt
from billing.services.refund_mail import tell_team_of_difference
from billing.services.refund_sending import send_refund
from billing.services.subscriptions import lock_subscription

logger = structlog.get_logger(__name__)

Status = Refund.Status
RECEIVED = (Payment.Status.SUCCEEDED, Payment.Status.NEEDS_REVIEW)


def sync_reversals(payment_id: UUID | str) -> None:
    """Ask a provider what was given back or is disputed of a payment, and record what we did not know.

    No transaction is open while the provider is asked; each thing found is one transaction that locks the order's row. Safe
    to repeat, at once too. Raises ProviderUnavailable; nothing happens for money that was not received.
    """
    payment = Payment.objects.select_related("order__plan_version__plan", "order__user", "method").get(pk=payment_id)
    if payment.status not in RECEIVED or payment.received is None:
        return
    for refund in _sent(payment):
        send_refund(refund.pk)
    provider = gateways.gateway(payment.method.name, payment.provider_base_url)
    with watched(payment.method):
        reversals = provider.fetch_reversals(as_attempt(payment), transaction_ref=payment.transaction_ref)
    for state in reversals.disputes:
        note_dispute(payment_id=payment.pk, state=state)
    if reversals.refunded is not None and reversals.refunded.currency == payment.received_currency:
        note_refunded(payment_id=payment.pk, total=reversals.refunded)


def note_refunded(*, payment_id: UUID, total: Money) -> Refund | None:
    """The provider says how much of a payment it has given back in all: what we did not begin is an external refund.

    What is sent and not answered may be in `total` already, so it counts as ours; should it fail, the next look finds the
    difference. One transaction: locks the order's row, then as `finish`.
    """
    with transaction.atomic():
        payment, order = _lock(payment_id)
        done = _sum(payment, status=Status.SUCCEEDED, to_credit=False)
        extra = total.minor - done - sum(refund.amount_minor for refund in _sent(payment))
        if total.minor < done:
            logger.error("provider knows fewer refunds", payment=str(payment.pk))
            tell_team_of_difference(payment, ours=Money(done, total.currency), theirs=total)
        if extra <= 0:
            return None
        return _record_external(payment, order, Money(extra, total.currency), total)


def _record_external(payment: Payment, order: Order, amount: Money, total: Money) -> Refund | None:
    """The money is gone: what waits to be given back and does not fit any more is let go first."""
    if payment.refundable is None:
        return None
    if payment.refundable < amount:
        steps.let_unsent_go(payment=payment, order=order, failure=EXTERNAL)
        payment.refresh_from_db()
    fits = min(amount, payment.refundable)
    if fits < amount:
        # Part was made credit, say, and then given back all the same: a person has to look at it.
        tell_team_of_difference(payment, ours=total - amount + fits, theirs=total)
    standing = steps.standing_of(payment)
    if standing is None or not fits:
        return None
    refund = Refund(
        payment=payment,
        amount_minor=fits.minor,
        currency=fits.currency,
        reason="",
        is_external=True,
        status=Status.CREATED,
    )
    taken = take_what_is_there(fits, standing, rate=payment.fx_rate)
    if not steps.reserve(refund=refund, order=order, taken=taken):
        raise RuntimeError(f"payment {payment.pk} was changed by somebody who does not hold its order")
    steps.finish(refund=refund, order=order)
    if fits == standing.refundable:
        # Nothing is left to decide about.
        move_payment(payment=payment, to=Payment.Status.SUCCEEDED, allowed=[Payment.Status.NEEDS_REVIEW])
    return refund


def _lock(payment_id: UUID) -> tuple[Payment, Order]:
    order = lock_order_of(payment_id)
    lock_subscription(order.subscription_id)
    return Payment.objects.select_related("order__user", "method").get(pk=payment_id), order


def _sent(payment: Payment) -> list[Refund]:
    open_ones = payment.refunds.filter(status__in=[Status.CREATED, Status.PENDING], is_manual=False)
    return list(open_ones.filter(started_at__isnull=False))


def _sum(payment: Payment, **condition: Any) -> int:
    return payment.refunds.filter(**condition).aggregate(total=Sum("amount_minor"))["total"] or 0
