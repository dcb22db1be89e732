"""What people are told about transfers, each in the transaction that makes it true."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from billing.models import TransferDecision
from billing.services.letters import write_to_payer, write_to_team


def tell_rejected(decision: TransferDecision) -> None:
    """The payer learns why, and sends something better."""
    order = decision.payment.order
    write_to_payer(order, key=f"transfer-rejected:{decision.pk}", template="transfer_rejected",
                   amount=decision.payment.amount.display(order.locale), comment=decision.comment,
                   support=settings.SUPPORT_EMAIL)  # fmt: skip


def tell_team_second(decision: TransferDecision, *, admin: Any) -> None:
    """A transfer waits for a second person."""
    received = decision.received
    amount = received.display(settings.LANGUAGE_CODE) if received else ""
    write_to_team(decision.payment.order, key=f"transfer-second:{decision.pk}", template="transfer_second",
                  amount=amount, admin=admin.email, path=f"/backoffice/transfers/{decision.payment_id}/")  # fmt: skip
