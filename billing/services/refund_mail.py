"""Who hears of refunds: the payer when money is theirs again, the team when somebody has to do something."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.utils.translation import override

from billing.messages import explain_refund
from billing.method_names import method_name
from billing.models import Dispute, Order, Payment, Refund
from billing.money import Money, with_worth
from billing.services.letters import write_to_payer, write_to_team


def tell_payer(refund: Refund, order: Order, *, credit_note: str) -> None:
    """The money has left us, or is credit now; `credit_note` is the number of the document, if there is one. In the caller's
    transaction."""
    write_to_payer(
        order,
        key=f"refund-done:{refund.pk}",
        template="refund_done",
        amount=with_worth(refund.amount, refund.worth, order.locale),
        credit_note=credit_note,
        method=method_name(refund.payment.method.name, locale=order.locale),
        reason="" if refund.is_external else refund.reason,
        reference=refund.manual_reference,
        to_credit=refund.to_credit,
        ends_access=refund.ends_access,
    )


def tell_team(refund: Refund, order: Order, failure: str) -> None:
    """A refund did not go through: the customer still waits. In the caller's transaction."""
    with override(settings.LANGUAGE_CODE):
        words = str(explain_refund(failure))
    _to_team(order, refund.payment, key=f"refund-failed:{refund.pk}", template="refund_failed", amount=refund.amount,
             words=words)  # fmt: skip


def tell_team_waiting(refund: Refund, order: Order) -> None:
    """A refund waits for a person: the second one, or whoever sends it. In the caller's transaction."""
    second = refund.status == Refund.Status.AWAITING_APPROVAL
    _to_team(order, refund.payment, key=f"refund-waiting:{refund.pk}:{refund.status}", template="refund_waiting",
             amount=refund.amount, words=refund.reason, second=second)  # fmt: skip


def tell_team_of_dispute(dispute: Dispute, payment: Payment) -> None:
    """A dispute was opened, won or lost. In the caller's transaction, which found this out first."""
    _to_team(payment.order, payment, key=f"dispute:{dispute.pk}:{uuid.uuid4().hex[:8]}", template="dispute_changed",
             amount=dispute.amount, words=dispute.reason, status=dispute.status)  # fmt: skip


def tell_team_of_difference(payment: Payment, *, ours: Money, theirs: Money) -> None:
    """A provider and we do not agree on what was given back. Once for each pair of amounts."""
    _to_team(payment.order, payment, key=f"refunds-differ:{payment.pk}:{ours.minor}:{theirs.minor}",
             template="refunds_differ", amount=theirs, words=ours.display(settings.LANGUAGE_CODE))  # fmt: skip


def _to_team(
    order: Order, payment: Payment, *, key: str, template: str, amount: Money, words: str, **more: Any
) -> None:
    write_to_team(
        order,
        key=key,
        template=template,
        path=f"/backoffice/payments/{payment.pk}/",
        method=method_name(payment.method.name, locale=settings.LANGUAGE_CODE),
        amount=amount.display(settings.LANGUAGE_CODE),
        words=words,
        **more,
    )
