"""A line of a bank statement pays something: an order, credit, or what was recorded by hand before the statement came."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import gateways
from billing.models import Order, Payment, PaymentMethod, StatementLine, Subscription, TransferDecision
from billing.money import Money
from billing.proposals import certain, waiting_lines
from billing.services.resolve import resolve_payment
from billing.services.transfers import kind_of
from billing.services.verdicts import Kind, Verdict, check_may_decide, give_verdict, move_line
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError

Status = StatementLine.Status
OTHER_DECIDED = gettext_lazy(
    "Another transfer for it was decided and does not count yet: what is left to pay is known then."
)


def accept_line(*, line: StatementLine, order: Order, admin: Any) -> Payment:
    """A movement pays an order, by the rules of every transfer: it may be undone, above a limit a second person agrees,
    less is part of the order and more leaves credit. A transfer is made where the payer chose another way.

    One transaction: locks the order's row; guarded UPDATE of the line, a constraint behind it. Raises NotAllowed, Conflict.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
        check_may_decide(order, admin)
        if order.status not in Order.PAYABLE:
            raise Conflict(
                "order_closed", _("This order waits for no money any more. Choose another one, or make it credit.")
            )
        _check_currency(line, order)
        if TransferDecision.objects.filter(payment__order=order, status__in=TransferDecision.LIVE).exists():
            raise Conflict("already_decided", OTHER_DECIDED)
        payment = _open_transfer(order) or _new_transfer(order, order.due, status=Payment.Status.CREATED, actor=admin)
        _use(line, payment, kind_of(line.amount, payment=payment, order=order, as_received=True), admin)
    return resolve_payment(payment.pk)


def credit_line(*, line: StatementLine, subscription: Subscription, admin: Any) -> Payment:
    """A movement becomes an organisation's credit. One transaction: locks the row of its latest paid order; as above."""
    paid = (Order.Status.PAID, Order.Status.FULFILLED)
    with transaction.atomic():
        orders = Order.objects.select_for_update(of=("self",)).filter(subscription=subscription, status__in=paid)
        order = orders.order_by("-created_at").first()
        if order is None or subscription.status == Subscription.Status.DELETED:
            raise DomainError("no_workspace", _("There is no workspace that could use the credit."))
        check_may_decide(order, admin)
        _check_currency(line, order)
        payment = _new_transfer(order, line.amount, status=Payment.Status.CANCELLED, actor=admin)
        _use(line, payment, Kind.CREDIT, admin)
    return resolve_payment(payment.pk)


def link_line(*, line: StatementLine, decision: TransferDecision, admin: Any) -> None:
    """A movement is the one that somebody recorded before its statement came: it counts already, and not again.

    One transaction: guarded UPDATEs of the line and of the decision. Raises NotAllowed, Conflict.
    """
    check_may_decide(decision.payment.order, admin)
    if decision.received != line.amount:
        raise Conflict("other_amount", _("Another amount was recorded for that transfer."))
    with transaction.atomic():
        move_line(line, before=Status.OPEN, to=Status.TAKEN, actor=admin)
        free = TransferDecision.objects.filter(pk=decision.pk, status=TransferDecision.Status.DONE, line__isnull=True)
        if not free.update(line=line, bank_reference=line.bank_ref):
            raise Conflict(
                "already_linked", _("Another movement has been laid beside this transfer. Refresh the page.")
            )
        record(action="transfer.linked", category=AuditCategory.PAYMENT, resource=decision.payment, actor=admin,
               after={"line": str(line.pk), "bank_reference": line.bank_ref})  # fmt: skip


def accept_certain(*, shown: Mapping[UUID, UUID], admin: Any) -> int:
    """Accept the movements that a page showed as certain (line to order), so far as they still are; how many.

    A transaction each, as `accept_line`.
    """
    accepted = 0
    lines = {line.pk: line for line in waiting_lines()}
    for pk, proposal in certain(lines.values()).items():
        if shown.get(pk) != proposal.candidate.key:
            continue
        try:
            accept_line(line=lines[pk], order=Order.objects.get(pk=proposal.candidate.key), admin=admin)
        except DomainError:
            continue  # somebody was quicker, or it is the admin's own order: it stays where it was
        accepted += 1
    return accepted


def _use(line: StatementLine, payment: Payment, kind: str, admin: Any) -> None:
    verdict = Verdict(
        kind=kind, received=line.amount, reference=payment.order.number, bank_reference=line.bank_ref, line=line
    )
    give_verdict(payment=payment, verdict=verdict, admin=admin)


def _check_currency(line: StatementLine, order: Order) -> None:
    if line.currency != order.currency:
        raise DomainError("other_currency", _("The movement is in another currency than the order."))


def _open_transfer(order: Order) -> Payment | None:
    """The transfer that the payer announced."""
    transfers = order.payments.filter(method__name=gateways.BANK_TRANSFER, status__in=Payment.OPEN)
    return transfers.select_related("order", "method").first()


def _new_transfer(order: Order, amount: Money, *, status: str, actor: Any) -> Payment:
    """A transfer that nobody announced. In the caller's transaction, which holds the order's row."""
    now, pk = timezone.now(), uuid.uuid4()
    payment = Payment.objects.create(
        id=pk, order=order, method=PaymentMethod.objects.get(name=gateways.BANK_TRANSFER), status=status,
        amount_minor=amount.minor, currency=amount.currency, charge_minor=amount.minor,
        charge_currency=amount.currency, quoted_at=now, started_at=now, provider_ref=str(pk),
        provider_account=gateways.gateway(gateways.BANK_TRANSFER).account, expires_at=order.expires_at,
    )  # fmt: skip
    record(action="payment.created", category=AuditCategory.PAYMENT, resource=payment, actor=actor,
           after={"payment_method": gateways.BANK_TRANSFER, "amount_minor": amount.minor})  # fmt: skip
    return payment
