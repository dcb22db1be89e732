"""Giving money back: reserved first, then sent by the provider or by hand, then booked."""

from __future__ import annotations

from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import Outcome, ProviderRefused, ProviderUnavailable, RefundState
from billing.providers.polling import next_look
from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.core.soon import send_soon
from tenant_apps.payments.bills import payee_for
from tenant_apps.payments.gateways import gateway_of
from tenant_apps.payments.models import Method, Payment, Refund
from tenant_apps.payments.models.payments import MAX_REFERENCE
from tenant_apps.payments.services.health import watched
from tenant_apps.payments.services.refund_steps import finish, let_go, note, reserve, too_much, worth_of
from tenant_apps.payments.services.resolve import BY_STAFF
from tenant_apps.payments.services.starting import as_attempt
from tenant_apps.payments.services.watching import CLAIM, watch_after_commit

logger = structlog.get_logger(__name__)

Status = Refund.Status


def request_refund(
    *, payment: Payment, amount: Money, reason: str, by: User, key: UUID, by_hand: bool = False
) -> Refund:
    """Give back a part or all of a payment, in the currency that was received. The same `key` makes one refund.

    One transaction reserves the amount: locks the payee's row, guarded UPDATE. It is sent by a worker after commit, or waits
    for staff to send it by hand (`finish_by_hand`) where no provider can, or where they want to (`by_hand`). Raises DomainError on `amount` or `reason`.
    """
    words = " ".join(reason.split())[:300]
    if not words:
        raise DomainError("reason_required", _("Say why the money goes back."), field="reason")
    is_manual = by_hand or not can_send(payment)
    with transaction.atomic():
        payee_for(payment.purpose).lock(payment.subject)
        known: Refund | None = Refund.objects.filter(idempotency_key=key).first()
        if known is not None:
            return _same(known, payment, amount)
        payment.refresh_from_db()
        _check_amount(payment, amount, is_manual=is_manual)
        refund = Refund(
            payment=payment, amount_minor=amount.minor, currency=amount.currency, bill_minor=worth_of(payment, amount),
            reason=words, is_manual=is_manual, idempotency_key=key, requested_by=by,
            next_check_at=None if is_manual else timezone.now() + CLAIM,
        )  # fmt: skip
        reserve(refund)
        watch_after_commit(refund)
    if not is_manual:
        _send_after_commit(refund)
    return refund


def _same(known: Refund, payment: Payment, amount: Money) -> Refund:
    if (known.payment_id, known.amount) != (payment.pk, amount):
        raise Conflict(
            "key_used", _("This was sent before with something else. Refresh the page, then enter it again.")
        )
    return known


def _send_after_commit(refund: Refund) -> None:
    from tenant_apps.payments.tasks import send_refund as task

    transaction.on_commit(lambda: send_soon(task, str(refund.pk)))


def can_send(payment: Payment) -> bool:
    """Whether the provider gives money back itself; else staff do, and say so."""
    if payment.method in BY_STAFF:
        return False
    try:
        return gateway_of(payment).capabilities.refunds
    except ProviderRefused:
        return False


def _check_amount(payment: Payment, amount: Money, *, is_manual: bool) -> None:
    left = payment.refundable
    if left is None:
        raise Conflict("not_refundable", _("Nothing was received by this payment, so nothing can be given back."))
    if amount.currency != left.currency or amount.minor <= 0:
        raise DomainError("refund_amount", _("Enter the amount to give back."), field="amount")
    if left < amount:
        raise too_much(left)
    if payment.method == Method.Name.WAVE and not is_manual and amount != payment.received:
        raise DomainError(
            "refund_whole", _("Wave gives back whole payments only. Give back the whole amount."), field="amount"
        )


def send_refund(refund_id: UUID | str) -> Refund:
    """Have a provider give the money back, or ask what became of that; safe to call any number of times, at once too.

    Call it outside a transaction. That it was begun is committed before the first call; every try carries the same key, which
    makes them one refund. The answer is applied in one transaction that locks the payee's row.
    """
    refund = _load(refund_id)
    if not _can_be_sent(refund):
        return refund
    now = timezone.now()
    first = bool(
        Refund.objects.filter(pk=refund.pk, started_at__isnull=True, status=Status.CREATED).update(
            started_at=now, next_check_at=now + CLAIM
        )
    )
    if not first:
        refund = _load(refund_id)
        if not _can_be_sent(refund):  # let go meanwhile: it must not be sent all the same
            return refund
    try:
        state = _ask(refund, first=first)
    except ProviderUnavailable as trouble:
        logger.warning("provider away", refund=str(refund.pk), reason=trouble.reason, detail=trouble.detail[:200])
        _note_look(refund)
    except ProviderRefused as refusal:
        logger.error("refund refused", refund=str(refund.pk), reason=refusal.reason, detail=refusal.detail[:200])
        # Being refused for our keys says nothing of an earlier try.
        if first or refusal.reason != reasons.MISCONFIGURED:
            let_go(refund, refusal.reason)
        else:
            _note_look(refund)
    else:
        _apply(refund, state)
    return _load(refund_id)


def _can_be_sent(refund: Refund) -> bool:
    return refund.status in Refund.OPEN and not refund.is_manual and refund.origin == Refund.Origin.STAFF


def _load(refund_id: UUID | str) -> Refund:
    refund: Refund = Refund.objects.select_related("payment").get(pk=refund_id)
    return refund


def _ask(refund: Refund, *, first: bool) -> RefundState:
    payment = refund.payment
    provider, attempt = gateway_of(payment), as_attempt(payment)
    with watched(payment.method):
        if not first:
            state = provider.fetch_refund(attempt, refund_ref=refund.provider_ref, key=refund.idempotency_key)
            # It may never have landed: the same key makes at most one refund. One that was known is not sent again.
            if state.outcome is not Outcome.NOT_FOUND or refund.provider_ref:
                return state
        return provider.refund(
            attempt, transaction_ref=payment.transaction_ref, amount=refund.amount, key=refund.idempotency_key
        )


def _apply(refund: Refund, state: RefundState) -> None:
    ref = state.refund_ref[:255] or refund.provider_ref
    if state.outcome is Outcome.SUCCEEDED:
        if state.amount not in (None, refund.amount):
            logger.error("another amount was refunded", refund=str(refund.pk), amount=str(state.amount))
        with transaction.atomic():
            finish(refund, provider_ref=ref)
    elif state.outcome is Outcome.FAILED:
        let_go(refund, state.reason or reasons.UNKNOWN, provider_ref=ref)
    else:
        with transaction.atomic():
            if Refund.objects.filter(pk=refund.pk, status=Status.CREATED).update(
                status=Status.PENDING, provider_ref=ref
            ):
                note(refund, "refund.pending", actor=None)
        _note_look(refund)


def finish_by_hand(*, refund: Refund, by: User, reference: str = "") -> Refund:
    """Staff have given the money back. One transaction that locks the payee's row; guarded UPDATE. Raises Conflict."""
    _check_manual(refund)
    words = " ".join(reference.split())[:MAX_REFERENCE]
    with transaction.atomic():
        if not finish(refund, actor=by, manual_reference=words):
            raise _over_already()
    return _load(refund.pk)


def give_up_by_hand(*, refund: Refund, by: User) -> Refund:
    """It was not given back, and will not be: the amount is free again. One transaction, as above. Raises Conflict."""
    _check_manual(refund)
    if not let_go(refund, reasons.CANCELLED, actor=by):
        raise _over_already()
    return _load(refund.pk)


def _check_manual(refund: Refund) -> None:
    if not refund.is_manual:
        raise Conflict("not_manual", _("The provider gives this money back itself."))


def _over_already() -> Conflict:
    return Conflict("decided", _("Somebody has settled this refund already."))


def _note_look(refund: Refund) -> None:
    """Nothing final: when to ask again. Guarded UPDATE, no lock."""
    refund.next_check_at = next_look(started_at=refund.started_at or refund.created_at, now=timezone.now())
    if refund.next_check_at is None:
        logger.error("refund without an answer", refund=str(refund.pk))
    still = Refund.objects.filter(pk=refund.pk, status__in=Refund.OPEN)
    still.update(check_count=F("check_count") + 1, next_check_at=refund.next_check_at)
    watch_after_commit(refund)
