"""Bank transfers: the payer's receipt, and the platform admin's verdict."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from billing import gateways
from billing.lookalike import fingerprint
from billing.models import Order, Payment, TransferDecision, TransferReceipt
from billing.money import Money
from billing.services.resolve import resolve_payment
from billing.services.verdicts import (
    Kind,
    Verdict,
    check_may_decide,
    give_verdict,
    live_decision,
    second_verdict,
    take_back,
)
from billing.statements.entries import clean_reference
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core import uploads
from shared_apps.core.errors import Conflict, DomainError

MAX_RECEIPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a payer says of the transfer, beside its receipt. Nothing of it is believed: it is laid beside what came."""

    amount: Money | None = None
    day: date | None = None
    reference: str = ""


def upload_receipt(
    *, payment: Payment, upload: UploadedFile, user: Any, declared: Declared | None = None
) -> TransferReceipt:
    """Keep the proof of a transfer, scrubbed, and put the payment before the admins.

    Locks the order row, then a guarded UPDATE of the payment; the file is written before the transaction, so that a
    row never points to nothing. Raises DomainError on the field `receipt`.
    """
    _check_transfer(payment)
    scrubbed = _scrub(upload)
    path = default_storage.save(f"receipts/{uuid.uuid4().hex}.{scrubbed.extension}", ContentFile(scrubbed.content))
    receipt = TransferReceipt(
        payment=payment,
        file=path,
        original_name=_shown_name(upload.name or ""),
        content_type=scrubbed.content_type,
        size=len(scrubbed.content),
        sha256=scrubbed.sha256,
        lookalike=fingerprint(scrubbed.content) if scrubbed.content_type.startswith("image/") else None,
        uploaded_by=user,
        **_as_declared(declared or Declared()),
    )
    try:
        with transaction.atomic():
            _put_before_admins(payment, receipt)
    except DomainError:
        default_storage.delete(path)
        raise
    except IntegrityError:
        default_storage.delete(path)
        raise Conflict(
            "receipt_known", _("You have already sent this file. It is being checked."), field="receipt"
        ) from None
    return receipt


def _put_before_admins(payment: Payment, receipt: TransferReceipt) -> None:
    """In the caller's transaction: locks the order row, then a guarded UPDATE of the payment."""
    Order.objects.select_for_update().get(pk=payment.order_id)
    _check_room(payment)
    _check_undecided(payment)
    receipt.save(force_insert=True)
    # A verdict that is already given stands, whatever is sent while it is being acted upon.
    undecided = Payment.objects.filter(
        pk=payment.pk, status__in=[Payment.Status.PENDING, Payment.Status.UNDER_REVIEW]
    ).exclude(decision_approved=True)
    moved = undecided.update(
        status=Payment.Status.UNDER_REVIEW, reason="", comment="",
        decision_approved=None, decision_kind="", decided_at=None,
    )  # fmt: skip
    if not moved:
        raise Conflict("payment_closed", _("This payment no longer waits for a receipt."), field="receipt")
    record(action="receipt.uploaded", category=AuditCategory.PAYMENT, resource=payment, actor=receipt.uploaded_by,
           after={"sha256": receipt.sha256})  # fmt: skip


def _as_declared(said: Declared) -> dict[str, Any]:
    return {
        "declared_minor": said.amount.minor if said.amount else None,
        "declared_on": said.day,
        "declared_reference": clean_reference(said.reference)[:60],
    }


def _shown_name(name: str) -> str:
    """A file's name as people may read it: without folders, nor signs that cannot be seen or turn the letters around."""
    return "".join(sign for sign in PurePath(name).name if sign.isprintable())[-120:] or "recu"


def decide_transfer(
    *,
    payment: Payment,
    admin: Any,
    approved: bool,
    comment: str = "",
    received: Money | None = None,
    reference: str = "",
    as_received: bool = False,
    bank_reference: str = "",
) -> Payment:
    """Record a platform admin's verdict on a transfer. It counts after TRANSFER_UNDO_SECONDS, above a limit only once
    another admin agrees; the payment is resolved by it then.

    `received` and `reference` are what the bank's statement shows; left out, they are as expected. Another amount goes to
    review, but `as_received`: then less pays part of the order, and more leaves credit. One transaction for the verdict
    (locks the order's row, guarded UPDATE), none during resolution. Raises NotAllowed, Conflict, DomainError.
    """
    check_may_decide(payment.order, admin)
    if payment.method.name != gateways.BANK_TRANSFER:
        raise DomainError("not_a_transfer", _("This payment is not a bank transfer."))
    words = comment.strip()[:500]
    if not approved and not words:
        raise DomainError("comment_required", _("Say why, so that the payer knows what to do."), field="comment")
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=payment.order_id)
        verdict = Verdict(kind=Kind.REJECT, comment=words)
        if approved:
            amount = received or payment.charge
            verdict = Verdict(
                kind=kind_of(amount, payment=payment, order=order, as_received=as_received),
                received=amount,
                reference=reference or order.number,
                bank_reference=clean_reference(bank_reference),
                comment=words,
            )
        give_verdict(payment=payment, verdict=verdict, admin=admin)
    return resolve_payment(payment.pk)


def kind_of(amount: Money, *, payment: Payment, order: Order, as_received: bool) -> str:
    """What approving this amount means; another one than was asked for counts only if it is confirmed."""
    if not as_received or amount == payment.charge or amount.currency != payment.charge_currency:
        return Kind.APPROVE
    return Kind.PARTIAL if amount < order.due else Kind.OVER


def confirm_transfer(*, decision: TransferDecision, admin: Any) -> Payment:
    """The second person agrees that a transfer has come. One transaction, as above, then resolution.

    Raises NotAllowed and Conflict.
    """
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=decision.payment.order_id)
        second_verdict(decision=decision, admin=admin, agreed=True)
    return resolve_payment(decision.payment_id)


def send_transfer_back(*, decision: TransferDecision, admin: Any, comment: str) -> None:
    """The second person does not agree: the transfer waits for a verdict again. One transaction, as above.

    Raises NotAllowed, Conflict, and DomainError on `comment`.
    """
    words = " ".join(comment.split())[:300]
    if not words:
        raise DomainError("comment_required", _("Say why, so that your colleague knows."), field="comment")
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=decision.payment.order_id)
        second_verdict(decision=decision, admin=admin, agreed=False, comment=words)


def undo_decision(*, decision: TransferDecision, admin: Any) -> None:
    """Take a verdict back before it counts: it never was. One transaction: locks the order's row, guarded UPDATE.

    Raises NotAllowed, and Conflict when it counts already.
    """
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=decision.payment.order_id)
        take_back(decision=decision, admin=admin)


def _check_transfer(payment: Payment) -> None:
    if payment.method.name != gateways.BANK_TRANSFER:
        raise DomainError("not_a_transfer", _("Only bank transfers need a receipt."), field="receipt")
    if payment.status not in (Payment.Status.PENDING, Payment.Status.UNDER_REVIEW):
        raise Conflict("payment_closed", _("This payment no longer waits for a receipt."), field="receipt")


def _check_room(payment: Payment) -> None:
    if payment.receipts.count() >= MAX_RECEIPTS:
        raise DomainError(
            "too_many_receipts",
            _("You have sent %(count)d files, which is the most we take. They are being checked.")
            % {"count": MAX_RECEIPTS},
            field="receipt",
        )


def _check_undecided(payment: Payment) -> None:
    """What is being approved needs no receipt; a rejection that does not count yet gives way to the better one."""
    decision = live_decision(payment.pk)
    if decision is None:
        return
    if decision.kind != Kind.REJECT:
        raise Conflict("payment_closed", _("Your transfer is being confirmed. You need not send anything more."),
                       field="receipt")  # fmt: skip
    take_back(decision=decision, admin=decision.admin)


def _scrub(upload: UploadedFile) -> uploads.Scrubbed:
    if (upload.size or 0) > uploads.MAX_BYTES:
        raise DomainError("receipt_too_big", RECEIPT_TEXTS["too_big"], field="receipt")
    try:
        return uploads.scrub(upload.read(uploads.MAX_BYTES + 1))
    except uploads.BadUpload as problem:
        raise DomainError(f"receipt_{problem.code}", RECEIPT_TEXTS[problem.code], field="receipt") from None


RECEIPT_TEXTS = {
    "empty": _("This file is empty. Choose the photo or PDF of your receipt."),
    "too_big": _("This file is larger than 5 MB. Take a smaller photo, or a PDF."),
    "not_a_receipt": _("This is neither a photo (JPEG, PNG, WebP) nor a PDF."),
    "too_many_pixels": _("This picture is too large. Take a smaller photo of the receipt."),
    "damaged": _("This file is damaged. Take a new photo, or save the PDF again."),
    "encrypted": _("This PDF is protected by a password. Send it without one, or as a photo."),
    "too_many_pages": _("This PDF has too many pages. Send only the receipt."),
    "active_content": _("This PDF contains a script or an attached file. Send a photo of the receipt instead."),
}
