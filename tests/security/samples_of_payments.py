"""A tenant's takings, full of canaries: a transfer with its proof, cash, and a refund by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404

from billing.money import Money
from shared_apps.core.tenancy import connection
from tenant_apps.payments.bills import Bill, register_payee
from tenant_apps.payments.models import Payment
from tenant_apps.payments.sealing import callback_token
from tenant_apps.payments.services.by_hand import record_cash
from tenant_apps.payments.services.methods import save_method
from tenant_apps.payments.services.refunds import request_refund
from tenant_apps.payments.services.starting import start_payment
from tenant_apps.payments.services.transfers import send_receipt
from tenant_apps.payments.tests.support import FakePayee, owner
from tenant_apps.team.tests.support import photo_bytes

PRICE = Money(25_000, "XAF")


class OfItsTenant(FakePayee):
    """What one tenant sells is not there in another."""

    homes: dict[UUID, str] = {}

    def sell(self, amount: Money, **values: Any) -> UUID:
        subject = super().sell(amount, **values)
        self.homes[subject] = connection.schema_name
        return subject

    def lock(self, subject: UUID) -> None:
        self.bill_of(subject)

    def bill_of(self, subject: UUID) -> Bill:
        if self.homes.get(subject) != connection.schema_name:
            raise Http404
        return super().bill_of(subject)


_PAYEE = OfItsTenant(purpose="matrix.thing")


def payment_samples(canary: str) -> dict[str, dict[str, Any]]:
    """Arguments for every address of the payments room, in the current tenant."""
    register_payee(_PAYEE)
    bank = {"bank_name": canary, "account_name": canary, "iban": canary}
    save_method(name="bank_transfer", values=bank, is_active=True, is_test=False, by=owner())
    save_method(
        name="wave", values={"api_key": canary, "webhook_secret": canary}, is_active=False, is_test=False, by=owner()
    )
    subject = _PAYEE.sell(PRICE, number=canary[:40])
    transfer = start_payment(purpose=_PAYEE.purpose, subject=subject, method="bank_transfer")
    proof = SimpleUploadedFile(f"{canary}.jpg", photo_bytes(), content_type="image/jpeg")
    receipt = send_receipt(payment=transfer, upload=proof)
    cash = record_cash(purpose=_PAYEE.purpose, subject=_PAYEE.sell(PRICE), amount=PRICE, by=owner(), key=uuid4())
    refund = request_refund(payment=cash, amount=PRICE, reason=canary, by=owner(), key=uuid4())
    partly = _refundable()
    one = {"name": "bank_transfer"}
    return {
        "payments:hook": {"method": "wave"},
        "payments:hook_payment": {
            "method": "bank_transfer",
            "payment_id": transfer.pk,
            "token": callback_token(transfer),
        },
        "payments:choose": {"purpose": _PAYEE.purpose, "subject": subject},
        "payments:staff_receipt": {"receipt_id": receipt.pk},
        "payments:staff_finish_refund": {"refund_id": refund.pk},
        "payments:staff_refund": {"payment_id": partly.pk},
        **{f"payments:{page}": {"payment_id": transfer.pk} for page in ("payment", "follow", "return", "receipt")},
        **{
            f"payments:staff_{page}": {"payment_id": transfer.pk}
            for page in ("payment", "ask", "approve", "reject", "review")
        },
        **{f"payments:staff_{page}": one for page in ("method", "switch", "move", "check")},
    }


def _refundable() -> Payment:
    return record_cash(purpose=_PAYEE.purpose, subject=_PAYEE.sell(PRICE), amount=PRICE, by=owner(), key=uuid4())
