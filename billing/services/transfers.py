"""Bank transfers: the payer's receipt, and the platform admin's verdict."""

from __future__ import annotations

import uuid
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing import gateways
from billing.models import Order, Payment, TransferReceipt
from billing.money import Money
from billing.providers import reasons
from billing.services.resolve import resolve_payment
from shared_apps.accounts.admins import is_platform_admin
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core import uploads
from shared_apps.core.context import platform_url
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.notifications.services import notify_by_email

MAX_RECEIPTS = 3


def upload_receipt(*, payment: Payment, upload: UploadedFile, user: Any) -> TransferReceipt:
    """Keep the proof of a transfer, scrubbed, and put the payment before the admins.

    Locks the order row, then a guarded UPDATE of the payment; the file is written before the transaction, so that a
    row never points to nothing. Raises DomainError on the field `receipt`.
    """
    _check_transfer(payment)
    scrubbed = _scrub(upload)
    path = default_storage.save(f"receipts/{uuid.uuid4().hex}.{scrubbed.extension}", ContentFile(scrubbed.content))
    try:
        with transaction.atomic():
            Order.objects.select_for_update().get(pk=payment.order_id)
            _check_room(payment)
            receipt = TransferReceipt.objects.create(
                payment=payment,
                file=path,
                original_name=PurePath(upload.name or "recu").name[-120:],
                content_type=scrubbed.content_type,
                size=len(scrubbed.content),
                sha256=scrubbed.sha256,
                uploaded_by=user,
            )
            # A verdict that is already given stands, whatever is sent while it is being acted upon.
            undecided = Payment.objects.filter(
                pk=payment.pk, status__in=[Payment.Status.PENDING, Payment.Status.UNDER_REVIEW]
            ).exclude(decision_approved=True)
            moved = undecided.update(
                status=Payment.Status.UNDER_REVIEW, reason="", comment="", decision_approved=None, decided_at=None
            )
            if not moved:
                raise Conflict("payment_closed", _("This payment no longer waits for a receipt."), field="receipt")
            record(action="receipt.uploaded", category=AuditCategory.PAYMENT, resource=payment, actor=user,
                   after={"sha256": scrubbed.sha256})  # fmt: skip
    except (IntegrityError, DomainError) as error:
        default_storage.delete(path)
        if isinstance(error, DomainError):
            raise
        raise Conflict(
            "receipt_known", _("You have already sent this file. It is being checked."), field="receipt"
        ) from None
    return receipt


def decide_transfer(
    *,
    payment: Payment,
    admin: Any,
    approved: bool,
    comment: str = "",
    received: Money | None = None,
    reference: str = "",
) -> Payment:
    """Record a platform admin's verdict on a transfer, then resolve the payment by it.

    `received` and `reference` are what the bank's statement shows; left out, they are as expected. One transaction for
    the verdict (locks the order row, guarded UPDATE), none during resolution. Raises NotAllowed, Conflict, DomainError.
    """
    if not is_platform_admin(admin):
        raise NotAllowed("admins_only", _("Only platform admins may check transfers."))
    if payment.order.user_id == admin.pk:
        raise NotAllowed("own_payment", _("Someone else must check your own payment."))
    if payment.method.name != gateways.BANK_TRANSFER:
        raise DomainError("not_a_transfer", _("This payment is not a bank transfer."))
    if not approved and not comment.strip():
        raise DomainError("comment_required", _("Say why, so that the payer knows what to do."), field="comment")
    amount = received or payment.charge
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=payment.order_id)
        decided = {
            "decision_approved": approved,
            "decision_reference": (reference or payment.order.number) if approved else "",
            "decided_by": admin,
            "decided_at": timezone.now(),
            "comment": comment.strip()[:500],
            "received_minor": amount.minor if approved else None,
            "received_currency": amount.currency if approved else "",
            # Should this process end before it resolves the payment, the poller does.
            "next_check_at": timezone.now() if approved else None,
        }
        # Decided on what the admin saw: another decision or a new receipt in between makes this one void.
        open_transfer = Payment.objects.filter(
            pk=payment.pk, status__in=(*Payment.OPEN, Payment.Status.EXPIRED, Payment.Status.CANCELLED)
        ).filter(Q(decided_at=payment.decided_at) if payment.decided_at else Q(decided_at__isnull=True))
        if not approved:
            open_transfer = open_transfer.filter(status=Payment.Status.UNDER_REVIEW)
            decided |= {"status": Payment.Status.PENDING, "reason": reasons.NOT_RECEIVED}
        if not open_transfer.update(**decided):
            raise Conflict("already_decided", _("This transfer has already been decided. Refresh the page."))
        record(
            action="transfer.approved" if approved else "transfer.rejected",
            category=AuditCategory.PAYMENT,
            resource=payment,
            actor=admin,
            before={"status": payment.status},
            after={"received_minor": amount.minor, "currency": amount.currency, "comment": comment.strip()[:500]},
        )
        if not approved:
            _tell_rejected(payment, comment.strip())
    return resolve_payment(payment.pk)


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


def _scrub(upload: UploadedFile) -> uploads.Scrubbed:
    if (upload.size or 0) > uploads.MAX_BYTES:
        raise DomainError("receipt_too_big", RECEIPT_TEXTS["too_big"], field="receipt")
    try:
        return uploads.scrub(upload.read(uploads.MAX_BYTES + 1))
    except uploads.BadUpload as problem:
        raise DomainError(f"receipt_{problem.code}", RECEIPT_TEXTS[problem.code], field="receipt") from None


def _tell_rejected(payment: Payment, comment: str) -> None:
    order = payment.order
    notify_by_email(
        key=f"transfer-rejected:{payment.pk}:{uuid.uuid4().hex[:8]}",
        template="transfer_rejected",
        recipient=order.user.email,
        locale=order.locale,
        context={
            "name": order.user.get_short_name(),
            "number": order.number,
            "amount": payment.amount.display(order.locale),
            "comment": comment,
            "url": platform_url(f"/orders/{order.pk}/"),
            "support": settings.SUPPORT_EMAIL,
        },
    )


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
