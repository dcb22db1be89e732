"""Transfers: proofs that payers send, and what staff find on the account."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.money import Money
from billing.providers import reasons
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core import uploads
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.payments.bills import payee_for
from tenant_apps.payments.models import Method, Payment, Receipt
from tenant_apps.payments.models.payments import MAX_REFERENCE
from tenant_apps.payments.services.letters import tell_payer
from tenant_apps.payments.services.resolve import resolve_payment
from tenant_apps.payments.services.watching import watch_after_commit
from tenant_apps.payments.texts import RECEIPT_TEXTS

Status = Payment.Status
MAX_RECEIPTS = 5
PROVE_AGAIN = timedelta(days=3)
WAITING = (Status.PENDING, Status.UNDER_REVIEW)


def send_receipt(*, payment: Payment, upload: UploadedFile) -> Receipt:
    """Keep the proof of a transfer and put the payment before staff.

    The file is scrubbed and written before the transaction, and removed if it is refused. One transaction: locks the payee's
    row, guarded UPDATE. Raises DomainError on `receipt`.
    """
    _check_transfer(payment)
    scrubbed = _scrub(upload)
    path = default_storage.save(f"receipts/{payment.pk}.{scrubbed.extension}", ContentFile(scrubbed.content))
    receipt = Receipt(
        payment=payment, file=path, original_name=_shown_name(upload.name or ""), content_type=scrubbed.content_type,
        size=len(scrubbed.content), sha256=scrubbed.sha256,
    )  # fmt: skip
    try:
        with transaction.atomic():
            _put_before_staff(payment, receipt)
    except DomainError:
        default_storage.delete(path)
        raise
    except IntegrityError:
        default_storage.delete(path)
        raise Conflict(
            "receipt_known", _("You have already sent this file. It is being checked."), field="receipt"
        ) from None
    return receipt


def _put_before_staff(payment: Payment, receipt: Receipt) -> None:
    payee_for(payment.purpose).lock(payment.subject)
    payment.refresh_from_db()
    if payment.receipts.count() >= MAX_RECEIPTS:
        raise DomainError(
            "too_many_receipts",
            _("You have sent %(count)d files, which is the most we take. They are being checked.")
            % {"count": MAX_RECEIPTS},
            field="receipt",
        )
    receipt.save(force_insert=True)
    moved = (
        Payment.objects.filter(pk=payment.pk, status__in=WAITING)
        .exclude(decision_approved=True)
        .update(status=Status.UNDER_REVIEW, reason="", comment="", decision_approved=None, decision_minor=None,
                decided_by=None, decided_at=None)
    )  # fmt: skip
    if not moved:
        raise _closed()
    record(action="receipt.uploaded", category=AuditCategory.PAYMENT, resource=payment,
           after={"sha256": receipt.sha256, "number": payment.subject_number})  # fmt: skip
    # Several pictures of one transfer are one occasion; what follows a rejection is another.
    rejected_at = payment.decided_at.isoformat() if payment.decided_at else ""
    if payment.status == Status.PENDING:
        tell_payer(payment, "proof", amount=payment.charge, occasion=rejected_at)


def _check_transfer(payment: Payment) -> None:
    if payment.method != Method.Name.BANK_TRANSFER:
        raise DomainError("not_a_transfer", _("Only bank transfers need a receipt."), field="receipt")
    if payment.status not in WAITING:
        raise _closed()


def _closed() -> Conflict:
    return Conflict("payment_closed", _("This payment no longer waits for a receipt."), field="receipt")


def _scrub(upload: UploadedFile) -> uploads.Scrubbed:
    if (upload.size or 0) > uploads.MAX_BYTES:
        raise DomainError("receipt_too_big", RECEIPT_TEXTS["too_big"], field="receipt")
    try:
        return uploads.scrub(upload.read(uploads.MAX_BYTES + 1))
    except uploads.BadUpload as problem:
        raise DomainError(f"receipt_{problem.code}", RECEIPT_TEXTS[problem.code], field="receipt") from None


def _shown_name(name: str) -> str:
    """A file's name as people may read it: without folders, nor signs that cannot be seen or turn the letters around."""
    return "".join(sign for sign in PurePath(name).name if sign.isprintable())[-120:] or "recu"


def decide_transfer(
    *, payment: Payment, by: User, approved: bool, received: Money | None = None, reference: str = "", reason: str = ""
) -> Payment:
    """What staff found on the account: all, a part or more than was asked for (`received`; None: what was asked for), or
    nothing, with words to the payer (`reason`), who has three days at least to send another proof. Where the bill needs no
    money any more a rejected transfer is set aside, so that nobody is asked to make it again.

    One transaction: locks the payee's row, guarded UPDATE; then resolution, outside it. `reference` is the bank's own and
    counts for one payment only. Raises DomainError on `received`, `reference` or `reason`, and Conflict.
    """
    if payment.method != Method.Name.BANK_TRANSFER:
        raise DomainError("not_a_transfer", _("This payment is not a bank transfer."))
    words = " ".join(reason.split())[:300]
    if not approved:
        return _reject(payment, by, words)
    amount = received or payment.charge
    _check_amount(payment, amount)
    bank_reference = " ".join(reference.split())[:MAX_REFERENCE]
    with transaction.atomic():
        payee_for(payment.purpose).lock(payment.subject)
        _check_unused(payment, bank_reference)
        decided = Payment.objects.filter(pk=payment.pk, status__in=Payment.MAY_SUCCEED).exclude(decision_approved=True)
        moved = decided.update(
            decision_approved=True, decision_minor=amount.minor, decision_reference=bank_reference, decided_by=by,
            decided_at=timezone.now(), comment=words,
        )  # fmt: skip
        if not moved:
            raise _decided_already()
        record(action="transfer.approved", category=AuditCategory.PAYMENT, resource=payment, actor=by,
               after={"received_minor": amount.minor, "currency": amount.currency, "bank_reference": bank_reference,
                      "number": payment.subject_number})  # fmt: skip
    return resolve_payment(payment.pk)


def _check_amount(payment: Payment, amount: Money) -> None:
    if amount.currency != payment.charge_currency or amount.minor <= 0:
        raise DomainError(
            "received_amount", _("Enter the amount that arrived, as the bank statement says it."), field="received"
        )


def _check_unused(payment: Payment, bank_reference: str) -> None:
    """A line of the statement pays once. The caller holds the payee's row; two bills at once are a matter for the eye."""
    used = Payment.objects.filter(method=Method.Name.BANK_TRANSFER, decision_reference=bank_reference,
                                  decision_approved=True).exclude(pk=payment.pk).first()  # fmt: skip
    if bank_reference and used is not None:
        raise Conflict(
            "reference_used",
            _("This movement was already used for %(number)s. Check the statement.") % {"number": used.subject_number},
            field="reference",
        )


def _reject(payment: Payment, by: User, words: str) -> Payment:
    if not words:
        raise DomainError("reason_required", _("Say why, so that the payer knows what to do."), field="reason")
    now = timezone.now()
    payee = payee_for(payment.purpose)
    with transaction.atomic():
        payee.lock(payment.subject)
        is_wanted = payee.bill_of(payment.subject).payable
        until = max(payment.expires_at, now + PROVE_AGAIN) if is_wanted else payment.expires_at
        undecided = Payment.objects.filter(pk=payment.pk, status__in=Payment.OPEN, decision_approved=None)
        moved = undecided.update(
            status=Status.PENDING if is_wanted else Status.CANCELLED, reason=reasons.NOT_RECEIVED, comment=words, decision_approved=False,
            decision_minor=None, decided_by=by, decided_at=now, expires_at=until,
            next_check_at=until if is_wanted else None,
        )  # fmt: skip
        if not moved:
            raise _decided_already()
        tell_payer(payment, "rejected", amount=payment.charge, occasion=now.isoformat(), comment=words)
        record(action="transfer.rejected", category=AuditCategory.PAYMENT, resource=payment, actor=by,
               after={"comment": words, "number": payment.subject_number})  # fmt: skip
        payment.refresh_from_db()
        watch_after_commit(payment)
    return payment


def _decided_already() -> Conflict:
    return Conflict("decided", _("Somebody has decided about this payment already. Look at it again."))
