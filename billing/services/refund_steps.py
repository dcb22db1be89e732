"""The steps of a refund that change money, each in the caller's transaction, which holds the order's row.

Reserved when it is asked for, so that nothing is given back twice; booked when it is done; let go when it is not.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Sum
from django.utils import timezone

from billing import ledger
from billing.models import Dispute, Invoice, Order, Payment, Refund, Subscription
from billing.money import Money, convert
from billing.refunding import Standing, Taken
from billing.services.endings import end_paid_time
from billing.services.fulfilment import mark_paid
from billing.services.invoices import SentBack, issue_credit_note
from billing.services.ledger import post
from billing.services.moves import move_payment
from billing.services.refund_mail import tell_payer, tell_team
from billing.services.subscriptions import add_credit, lock_subscription, set_credit_aside
from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.audit.services import record

Status = Refund.Status


def standing_of(payment: Payment) -> Standing | None:
    """What is left of a payment that was received; None for one that was not. Four queries.

    Whoever acts on it holds the rows of the payment's order and of its subscription, in this order.
    """
    if payment.refundable is None:
        return None
    live = payment.refunds.filter(status__in=Refund.LIVE)
    of_invoice = live.filter(origin=Refund.Origin.INVOICE)
    credited = live.aggregate(total=Sum("credited_minor"))["total"] or 0
    applied = of_invoice.aggregate(total=Sum(F("order_minor") - F("credited_minor")))["total"] or 0
    subscription = Subscription.objects.get(pk=payment.order.subscription_id)
    left, lost = payment.applied_minor - applied, _lost(payment)
    return Standing(
        refundable=payment.refundable,
        applied=Money(max(0, left - lost), payment.currency),
        credited=Money(max(0, payment.credited_minor - credited - max(0, lost - left)), payment.currency),
        credit=Money(subscription.credit_minor, payment.currency),
    )


def _lost(payment: Payment) -> int:
    """What disputes took of it, in minor units of the order's currency."""
    lost = payment.disputes.filter(status=Dispute.Status.LOST).aggregate(total=Sum("held_minor"))["total"] or 0
    taken = Money(lost, payment.received_currency)
    return convert(taken, rate=payment.fx_rate, currency=payment.currency).minor if lost else 0


def origin_of(payment: Payment, order: Order) -> str:
    """Where the money of a payment is."""
    if payment.applied_minor == 0 and payment.credited_minor == 0:
        return Refund.Origin.UNAPPLIED
    paid = order.status in (Order.Status.PAID, Order.Status.FULFILLED)
    return Refund.Origin.INVOICE if paid else Refund.Origin.ORDER


def reserve(*, refund: Refund, order: Order, taken: Taken) -> bool:
    """Make a new refund and set its money aside: on the payment (guarded UPDATE), of the credit, of an order that is not
    paid yet. False when the payment has not so much left. The caller holds the subscription's row too."""
    payment = refund.payment
    refund.origin = origin_of(payment, order)
    room = Payment.objects.filter(
        pk=payment.pk, received_minor__gte=F("refunded_minor") + F("refunding_minor") + refund.amount_minor
    )
    if not room.update(refunding_minor=F("refunding_minor") + refund.amount_minor):
        return False
    refund.order_minor, refund.credited_minor = taken.total.minor, taken.credited.minor
    refund.order_currency = payment.currency
    refund.save(force_insert=True)
    if taken.credited:
        set_credit_aside(subscription=lock_subscription(order.subscription_id), at_most=taken.credited)
    if refund.origin == Refund.Origin.ORDER and taken.applied:
        move_out_of_order(payment=payment, order=order, amount=taken.applied)
    return True


def let_unsent_go(*, payment: Payment, order: Order, failure: str) -> None:
    """Refunds that no provider has heard of are not made."""
    waiting = payment.refunds.filter(status__in=[Status.AWAITING_APPROVAL, Status.CREATED], started_at__isnull=True)
    for refund in list(waiting.select_related("payment__method", "payment__order__user")):
        let_go(refund=refund, order=order, to=Status.FAILED, failure=failure)


def move_out_of_order(*, payment: Payment, order: Order, amount: Money) -> None:
    """An order that is not paid yet has so much less of a payment; below zero, so much more."""
    Payment.objects.filter(pk=payment.pk).update(applied_minor=F("applied_minor") - amount.minor)
    Order.objects.filter(pk=order.pk).update(received_minor=F("received_minor") - amount.minor)


def finish(*, refund: Refund, order: Order, actor: Any = None, **values: Any) -> bool:
    """The money has left us (or has become credit): book it, once. Locks subscription, organisation and invoice counter.

    False when the refund was over before. Further `values` are columns of the refund.
    """
    moved = Refund.objects.filter(pk=refund.pk, status__in=[Status.CREATED, Status.PENDING]).update(
        status=Status.SUCCEEDED, finished_at=timezone.now(), next_check_at=None, failure="", **values
    )
    if not moved:
        return False
    Payment.objects.filter(pk=refund.payment_id).update(
        refunded_minor=F("refunded_minor") + refund.amount_minor,
        refunding_minor=F("refunding_minor") - refund.amount_minor,
    )
    note(refund, _done(refund), actor=actor, before=refund.status, after=Status.SUCCEEDED)
    refund.refresh_from_db()
    if not refund.to_credit:
        post(kind="refund", source=f"refund:{refund.pk}", document=order.number, entries=_entries(refund, order))
    if refund.ends_access:
        end_paid_time(order=order, at=timezone.now(), actor=actor)
    if refund.to_credit:
        add_credit(subscription_id=order.subscription_id, amount=refund.applied)
        entries = ledger.made_credit(refund.applied, subscription_id=order.subscription_id)
        post(kind="refund", source=f"refund:{refund.pk}", document=order.number, entries=entries)
    number = ""
    if refund.origin == Refund.Origin.INVOICE and refund.applied:
        number = _take_invoice_back(refund, order)
    tell_payer(refund, order, credit_note=number)
    return True


def _done(refund: Refund) -> str:
    """The log's name for a refund that is done."""
    if refund.is_external:
        return "refund.external"
    return "refund.kept" if refund.to_credit else "refund.succeeded"


def _entries(refund: Refund, order: Order) -> list[ledger.Entry]:
    payment, method = refund.payment, refund.payment.method.name
    if refund.origin == Refund.Origin.UNAPPLIED:
        return ledger.unexplained_sent(method, amount=refund.amount, payment_id=payment.pk)
    return ledger.refund_sent(
        method, amount=refund.amount, applied=refund.applied, credited=refund.credited, rate=payment.fx_rate,
        subscription_id=order.subscription_id,
    )  # fmt: skip


def _take_invoice_back(refund: Refund, order: Order) -> str:
    """The customer owes so much less: a credit note, whose number it gives. Orders of the time before invoices only give
    their revenue back."""
    source, owed = f"refund:{refund.pk}", ledger.receivable(order.subscription_id)
    invoice = order.invoices.filter(kind=Invoice.Kind.INVOICE).first()
    if invoice:
        amount = refund.applied if refund.credited else refund.amount
        sent = None if refund.to_credit else SentBack(refund.payment.method.name, amount)
        made = issue_credit_note(
            invoice=invoice, amount=refund.applied, source=source, to=owed, reason=refund.reason, sent=sent
        )
        return made.number if made else ""
    entries = ledger.invoice_credited(
        total=refund.applied, tax=Money(0, order.currency), country=order.customer_country, to=owed
    )
    post(kind="credit_note", source=f"uninvoiced:{refund.pk}", document=order.number, entries=entries)
    return ""


def let_go(*, refund: Refund, order: Order, to: str, failure: str, actor: Any = None) -> bool:
    """A refund that is not made: what was set aside is free again. Locks the subscription's row where it was credit.

    False when the refund was over before. Money that nobody could explain waits for a decision again.
    """
    moved = Refund.objects.filter(pk=refund.pk, status__in=Refund.OPEN).update(
        status=to, failure=failure, finished_at=timezone.now(), next_check_at=None
    )
    if not moved:
        return False
    payment = refund.payment
    Payment.objects.filter(pk=payment.pk).update(refunding_minor=F("refunding_minor") - refund.amount_minor)
    add_credit(subscription_id=order.subscription_id, amount=refund.credited)
    if refund.origin == Refund.Origin.ORDER:
        _put_back(refund, order)
    elif refund.origin == Refund.Origin.UNAPPLIED:
        move_payment(payment=payment, to=Payment.Status.NEEDS_REVIEW, allowed=[Payment.Status.SUCCEEDED], actor=actor)
    level = AuditLog.Level.ERROR if to == Status.FAILED else AuditLog.Level.INFO
    note(refund, f"refund.{to}", actor=actor, before=refund.status, after=to, level=level, failure=failure)
    if to == Status.FAILED:
        tell_team(refund, order, failure)
    return True


def _put_back(refund: Refund, order: Order) -> None:
    """To the order that it left, as far as that still needs it; the rest is credit."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    wanted = order.due if order.status == Order.Status.AWAITING_PAYMENT else Money(0, order.currency)
    back = min(refund.applied, wanted)
    rest = refund.applied - back
    if back:
        move_out_of_order(payment=refund.payment, order=order, amount=Money(-back.minor, back.currency))
    if rest:
        Payment.objects.filter(pk=refund.payment_id).update(credited_minor=F("credited_minor") + rest.minor)
        add_credit(subscription_id=order.subscription_id, amount=rest)
        entries = ledger.made_credit(rest, subscription_id=order.subscription_id)
        post(kind="refund", source=f"refund-kept:{refund.pk}", document=order.number, entries=entries)
    if back and back == wanted:
        mark_paid(order_id=order.pk)


def note(refund: Refund, action: str, *, actor: Any, before: str = "", after: str, level: str = AuditLog.Level.INFO,
         failure: str = "") -> None:  # fmt: skip
    """The entry of the log for a refund, and the payment's own."""
    told = {"amount_minor": refund.amount_minor, "currency": refund.currency, "status": after}
    extra = {"failure": failure} if failure else {"reason": refund.reason}
    record(action=action, category=AuditCategory.PAYMENT, resource=refund.payment, actor=actor, level=level,
           before={"status": before} if before else None,
           after={**told, **extra, "refund": str(refund.pk)})  # fmt: skip
