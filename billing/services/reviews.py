"""Money in review: it came and does not fit, or seems to have come. A person says what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import gateways, ledger
from billing.models import Order, Payment, Subscription
from billing.money import Money, convert
from billing.providers import reasons
from billing.providers.base import Flow
from billing.providers.judging import Verdict
from billing.refunding import needs_second_person
from billing.services.fulfilment import apply_payment, book_fee
from billing.services.ledger import set_unapplied
from billing.services.locks import lock_order_of
from billing.services.moves import move_payment
from billing.services.payment_mail import tell_credited, tell_dismissed
from billing.services.refunds import check_may_refund, request_refund
from billing.services.resolve import follow_applied, judge_order
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError, NotAllowed


class Decision(StrEnum):
    """What may become of money in review."""

    APPLY = "apply"  # it pays its order, or the one that is open instead
    CREDIT = "credit"
    REFUND = "refund"
    DISMISS = "dismiss"  # it never came


@dataclass(frozen=True, slots=True)
class Settlement:
    """One decision about one payment, whose order's row is held."""

    payment: Payment
    order: Order
    admin: Any
    comment: str


def settle_review(
    *, payment: Payment, decision: str, received: Money | None = None, admin: Any, comment: str = ""
) -> Payment:
    """Decide about money in review. `received` is what the statement shows, where nobody told us or a person typed it wrong;
    above TRANSFER_SECOND_APPROVER_ABOVE it is noted, and somebody else makes it pay.

    One transaction: locks the payment's order, the open order it pays instead, then subscription, organisation and invoice
    counter. Raises NotAllowed, Conflict, and DomainError on `decision`, `received` or `comment`.
    """
    check_may_refund(payment, admin)
    if decision not in list(Decision):
        raise DomainError("unknown_decision", _("Choose what becomes of the money."), field="decision")
    with transaction.atomic():
        order = lock_order_of(payment.pk)
        payment = Payment.objects.select_related("method", "order__user").get(pk=payment.pk)
        if payment.status != Payment.Status.NEEDS_REVIEW:
            raise Conflict("already_decided", _("Somebody has decided about this money meanwhile. Refresh the page."))
        if decision != Decision.DISMISS:
            _check_second(payment, received, decision, admin)
            corrected = _settle_received(payment, received, admin)
            if corrected and _needs_second(payment, decision):
                return payment  # who says that so much came does not alone make it pay
        _DECIDE[Decision(decision)](Settlement(payment, order, admin, " ".join(comment.split())[:300]))
    return Payment.objects.select_related("method", "order__user").get(pk=payment.pk)


def _check_second(payment: Payment, received: Money | None, decision: str, admin: Any) -> None:
    """Who alone said that a large transfer came does not alone make it pay: two people, here as on the transfer desk."""
    if payment.decided_by_id == admin.pk and _needs_second(payment, decision, received):
        raise NotAllowed("same_person", _("Somebody else must decide: you said that this transfer came."))


def _needs_second(payment: Payment, decision: str, received: Money | None = None) -> bool:
    amount, limits = received or payment.received, settings.TRANSFER_SECOND_APPROVER_ABOVE
    pays = decision in (Decision.APPLY, Decision.CREDIT)
    return bool(pays and amount and needs_second_person(amount, alone_before=0, limits=limits))


def worth_of(payment: Payment, received: Money) -> Money | None:
    """What money in review is worth in its order's currency, by the payment's frozen rate; None for a third currency."""
    if received == payment.charge:
        return payment.amount
    if received.currency == payment.currency:
        return received
    if received.currency == payment.charge_currency:
        return convert(received, rate=payment.fx_rate, currency=payment.currency)
    return None


def order_for(payment: Payment) -> Order | None:
    """The order that the money may pay now: its own, else the open one of its subscription. Four queries at most."""
    own = payment.order
    worth = (worth_of(payment, payment.received) if payment.received else None) or payment.amount
    if own.status in Order.PAYABLE and judge_order(own, worth=worth).verdict is Verdict.SUCCEED:
        return own
    others = Order.objects.filter(subscription_id=own.subscription_id, status=Order.Status.AWAITING_PAYMENT)
    other = others.exclude(pk=own.pk).first()
    return other if other and judge_order(other, worth=worth).verdict is Verdict.SUCCEED else None


def takes_credit(payment: Payment) -> bool:
    """Whether there is, or will be, a workspace whose orders use credit up."""
    gone = (Subscription.Status.INCOMPLETE, Subscription.Status.DELETED)
    return payment.order.subscription.status not in gone


def _settle_received(payment: Payment, received: Money | None, admin: Any) -> bool:
    """Book what came, if it was not booked or was typed wrong, and who says so; what a provider itself says is not up to us.
    Whether another amount than before was booked."""
    by_hand = gateways.gateway(payment.method.name).capabilities.flow is Flow.MANUAL
    if received and payment.received and received != payment.received and not by_hand:
        raise DomainError(
            "provider_knows",
            _("%(method)s says that another amount came. It is not changed by hand.") % {"method": payment.method},
            field="received",
        )
    amount = received or payment.received
    if amount is None:
        raise DomainError("received_required", _("Enter what the statement shows."), field="received")
    if payment.refunding_minor or payment.refunded_minor:
        if amount != payment.received:
            raise Conflict("already_decided", _("Part of this money has been given back already."))
        return False
    corrected = amount != payment.received
    if corrected:
        Payment.objects.filter(pk=payment.pk).update(
            received_minor=amount.minor, received_currency=amount.currency, decided_by=admin
        )
        record(action="review.corrected", category=AuditCategory.PAYMENT, resource=payment, actor=admin,
               before={"received_minor": payment.received_minor, "currency": payment.received_currency},
               after={"received_minor": amount.minor, "currency": amount.currency})  # fmt: skip
        payment.received_minor, payment.received_currency = amount.minor, amount.currency
    set_unapplied(payment=payment, amount=amount)
    return corrected


def _apply(settlement: Settlement) -> None:
    payment, target = settlement.payment, order_for(settlement.payment)
    if target is None:
        raise DomainError(
            "no_order", _("No order waits for this money any more. Make it credit, or give it back."), field="decision"
        )
    worth = _worth(payment)
    target = Order.objects.select_for_update().get(pk=target.pk)
    if target.status not in Order.PAYABLE or target.currency != payment.currency:
        raise DomainError("no_order", _("The open order cannot take this money. Make it credit, or give it back."),
                          field="decision")  # fmt: skip
    _accept(settlement, "review.applied", order=target)
    apply_payment(payment=payment, worth=worth, source=ledger.unapplied(payment.pk))
    follow_applied(payment, target)


def _credit(settlement: Settlement) -> None:
    payment = settlement.payment
    if not takes_credit(payment):
        raise DomainError(
            "no_workspace", _("There is no workspace that could use the credit. Give the money back."), field="decision"
        )
    worth = _worth(payment)
    _accept(settlement, "review.credited", order=settlement.order)
    apply_payment(payment=payment, worth=worth, source=ledger.unapplied(payment.pk), as_credit=True)
    tell_credited(payment)


def _refund(settlement: Settlement) -> None:
    """The payment keeps its reason: should the refund fail, it waits for a decision again."""
    payment = settlement.payment
    if not settlement.comment:
        raise DomainError("reason_required", _("Say why: the customer reads it."), field="comment")
    _accept(settlement, "review.refunded", order=settlement.order)
    book_fee(payment, settlement.order)
    request_refund(payment=payment, reason=settlement.comment, actor=settlement.admin)


def _dismiss(settlement: Settlement) -> None:
    payment, admin = settlement.payment, settlement.admin
    if not settlement.comment:
        raise DomainError("comment_required", _("Say why, so that the payer knows what to do."), field="comment")
    claimed = payment.received or payment.charge
    if payment.refunding_minor or payment.refunded_minor:
        raise Conflict("already_decided", _("Part of this money has been given back already."))
    two = needs_second_person(claimed, alone_before=0, limits=settings.REFUND_SECOND_APPROVER_ABOVE)
    if two and payment.dismissed_by_id in (None, admin.pk):
        _propose_dismissal(settlement)
        return
    set_unapplied(payment=payment, amount=None)
    # A transfer's verdict goes with it, so that the same transfer may be looked at anew.
    moved = move_payment(
        payment=payment, to=Payment.Status.FAILED, allowed=[Payment.Status.NEEDS_REVIEW], actor=admin,
        reason=reasons.NOT_RECEIVED, comment=settlement.comment, received_minor=None, received_currency="",
        decision_approved=None, decision_kind="", decided_at=None, next_check_at=None,
    )  # fmt: skip
    if moved:
        tell_dismissed(payment, settlement.comment)


def _propose_dismissal(settlement: Settlement) -> None:
    payment, admin = settlement.payment, settlement.admin
    if payment.dismissed_by_id == admin.pk:
        raise Conflict("same_person", _("Somebody else must agree: you said that this money never came."))
    Payment.objects.filter(pk=payment.pk).update(dismissed_by=admin)
    record(action="review.dismissal_proposed", category=AuditCategory.PAYMENT, resource=payment, actor=admin,
           after={"comment": settlement.comment})  # fmt: skip


def _worth(payment: Payment) -> Money:
    if payment.refunding_minor or payment.refunded_minor or payment.received is None:
        raise Conflict("partly_returned", _("Part of this money has been given back: give the rest back too."))
    worth = worth_of(payment, payment.received)
    if worth is None:
        raise DomainError(
            "other_currency",
            _("The money came in a currency that nobody quoted. Give it back, or make the exchange first."),
            field="decision",
        )
    return worth


def _accept(settlement: Settlement, action: str, *, order: Order) -> None:
    """The payment counts as received from now on; it belongs to the order it pays."""
    payment = settlement.payment
    moved = Payment.objects.filter(pk=payment.pk, status=Payment.Status.NEEDS_REVIEW).update(
        status=Payment.Status.SUCCEEDED, succeeded_at=timezone.now(), dismissed_by=None, order=order
    )
    if not moved:
        raise Conflict("already_decided", _("Somebody has decided about this money meanwhile. Refresh the page."))
    record(action=action, category=AuditCategory.PAYMENT, resource=payment, actor=settlement.admin,
           before={"status": "needs_review", "order": payment.order.number},
           after={"status": "succeeded", "order": order.number, "comment": settlement.comment})  # fmt: skip
    payment.refresh_from_db()


_DECIDE: dict[Decision, Callable[[Settlement], None]] = {
    Decision.APPLY: _apply,
    Decision.CREDIT: _credit,
    Decision.REFUND: _refund,
    Decision.DISMISS: _dismiss,
}
